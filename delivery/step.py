"""One run of the job: look, decide, say so, and put it in force.

A line is printed before its decision is put in force: what is in force was recorded. Where the last cannot be done,
the gateway drops an old weight by itself.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from delivery.course import Course
from delivery.decide import Decision, Look, decide
from delivery.limits import Limits
from delivery.record import line_of, watched_line
from delivery.routing import kept, kept_course, written
from delivery.state import BEGINNING, BadState, State
from delivery.watch import Watched, watch
from delivery.web import Unreachable


class Numbers(Protocol):
    """Where samples come from."""

    def look(self, use_case: str, at: datetime, began: datetime | None) -> Look:
        """Raises Unreachable."""

    def watched(self, use_case: str, at: datetime) -> Watched:
        """Of what is active. Raises Unreachable."""


class Weights(Protocol):
    """Where weights are kept."""

    def read(self, use_case: str) -> tuple[str | None, str | None]:
        """The value and its tag. Raises Unreachable."""

    def write(self, use_case: str, value: str, tag: str | None) -> None:
        """Raises Unreachable."""


def run(
    limits: Limits,
    *,
    numbers: Numbers,
    weights: Weights,
    at: datetime,
    tell: Callable[[str], None],
    note: Callable[[str], None],
) -> Decision:
    """One canary, once. Raises Unreachable where its weight can't be read or written.

    `tell` takes the line of the record, `note` what an operator should see.
    """
    value, tag = weights.read(limits.use_case)
    if limits.way_back:
        watched, course, seen = _watched(limits, value, numbers, at, note)
        line, digest = watched_line(limits, seen, watched, course)
        tell(line)
        weights.write(limits.use_case, written(watched, course.following(digest), at), tag)
        return watched
    decision, state, look = _one(limits, value, numbers, at, note)
    line, digest = line_of(limits, look, decision, previous=state.previous)
    tell(line)
    weights.write(limits.use_case, written(decision, state.following(digest), at), tag)
    return decision


def _one(
    limits: Limits, value: str | None, numbers: Numbers, at: datetime, note: Callable[[str], None]
) -> tuple[Decision, State, Look]:
    try:
        state = kept(value)
    except BadState as error:
        note(str(error))
        lost = State(change=limits.change, began=at, outcome="rolled back")
        told = ("what was kept of the change can't be read; another change begins anew",)
        return Decision(kind="roll back", weight=0, reasons=told), lost, Look(at=at)
    try:
        began = state.began if state is not None and state.change == limits.change else None
        look = numbers.look(limits.use_case, at, began)
    except Unreachable as error:
        note(str(error))
        look = Look(at=at)
    decision, after = decide(limits, state, look)
    return decision, after, look


def _watched(
    limits: Limits, value: str | None, numbers: Numbers, at: datetime, note: Callable[[str], None]
) -> tuple[Decision, Course, Watched]:
    """Where nobody knows how it went, what is active stays: a lost value is no sign that it failed."""
    try:
        course = kept_course(value, limits.change)
    except BadState as error:
        note(str(error))
        course = None
    if course is None:
        course = Course(change=limits.change, began=at, previous=_last(value))
    try:
        look = numbers.watched(limits.use_case, at)
    except Unreachable as error:
        note(str(error))
        look = Watched(at=at)
    decision, after = watch(limits, course, look)
    return decision, after, look


def _last(value: str | None) -> str:
    """Hash of the last line of the record, whatever change it was of."""
    try:
        found = json.loads(value or "")["state"]["previous"]
    except (ValueError, KeyError, TypeError):
        return BEGINNING
    return found if isinstance(found, str) else BEGINNING


def by_hand(limits: Limits, value: str | None, *, at: datetime, who: str, why: str) -> str:
    """A person takes the candidate back: what to write. The job's next lines say who and why, the store's log when.

    Of a way back: a person goes it, and what is active gets nothing more.
    """
    if limits.way_back:
        course = Course(
            change=limits.change, began=at, health="gone back", note=f"by {who}: {why}", previous=_last(value)
        )
        return written(Decision(kind="roll back", weight=100, reasons=(why,)), course, at)
    try:
        state = kept(value)
    except BadState:
        state = None
    before = state or State(change=limits.change, began=at)
    after = replace(before, change=limits.change, outcome="rolled back", note=f"by {who}: {why}")
    return written(Decision(kind="roll back", weight=0, reasons=(why,)), after, at)
