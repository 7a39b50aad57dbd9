"""Promote, hold or roll back: a pure function of what was kept, what was measured, and the time.

Rolling back is for good: only another change begins anew. What is not known holds, and after a while rolls back.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from delivery.held import hard, soft, unproved
from delivery.limits import (
    BREACHES,
    OF_WINDOWS,
    PATIENCE,
    SILENT_MINUTES,
    STALE_MINUTES,
    WINDOW_MINUTES,
    Limits,
)
from delivery.samples import Sample
from delivery.state import BEGINNING, State


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Both versions in the same stretch of time."""

    stable: Sample
    candidate: Sample


@dataclass(frozen=True, kw_only=True)
class Look:
    """What was measured by a moment; None where there is nothing, or nothing that can be."""

    at: datetime
    newest: datetime | None = None
    """Of the newest number."""
    recent: Pair | None = None
    """Of the last window."""
    step: Pair | None = None
    """Since the step began."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What to do, and why."""

    kind: Literal["promote", "hold", "roll back"]
    weight: int
    """Percent of requests from now on."""
    reasons: tuple[str, ...]


def decide(limits: Limits, state: State | None, look: Look) -> tuple[Decision, State]:
    """The decision, and where the change stands after it."""
    today = look.at.astimezone(UTC).date()
    if state is None or state.change != limits.change:
        return _begin(limits, state, look.at, today)
    if state.outcome == "rolled back":
        told = f" {state.note}" if state.note else ""
        return _stay(state, f"was rolled back{told}; another change begins anew")
    if today > limits.until:
        return _back(state, f"the change ended on {limits.until}")
    if state.step >= len(limits.steps):
        return _back(state, "the steps of the change are not those that it began with")
    pair = _heard(look)
    if pair is None:
        return _silent(limits, state, look.at)
    state = replace(state, silent_since=None)
    if state.looked is not None and look.at - state.looked < timedelta(minutes=WINDOW_MINUTES):
        return _hold(limits, state, "between two windows")
    return _judge(limits, replace(state, looks=state.looks + 1, looked=look.at), look.at, *pair)


def _begin(limits: Limits, before: State | None, at: datetime, today: date) -> tuple[Decision, State]:
    previous = before.previous if before is not None else BEGINNING
    fresh = State(change=limits.change, began=at, previous=previous)
    if today > limits.until:
        return _back(fresh, f"the change ended on {limits.until}")
    return _hold(limits, fresh, f"begins with {limits.steps[0]} percent")


def _heard(look: Look) -> tuple[Pair, Pair] | None:
    if look.recent is None or look.step is None or look.newest is None:
        return None
    fresh = timedelta(0) <= look.at - look.newest + timedelta(minutes=1) <= timedelta(minutes=STALE_MINUTES + 1)
    return (look.recent, look.step) if fresh else None


def _judge(limits: Limits, state: State, at: datetime, recent: Pair, step: Pair) -> tuple[Decision, State]:
    climbing = state.outcome == "running"
    error = limits.rollback_error if climbing else limits.rollback_error_after
    # Where the candidate has it all, what is served has no requests: its last step speaks for it.
    served = step.stable if step.stable.requests or state.reference is None else state.reference
    beside = recent.stable if recent.stable.requests else served
    broken = tuple(hard(limits, recent.candidate, beside, step.candidate, error))
    found = dict(soft(limits, recent.candidate, beside, (step.candidate, served), error))
    state = replace(state, breaches=(*state.breaches, tuple(found))[-OF_WINDOWS:])
    if broken:
        return _back(state, *broken)
    often = Counter(name for names in state.breaches for name in names)
    if lasting := [found[name] for name in found if often[name] >= BREACHES]:
        return _back(state, *(f"{words}, in {BREACHES} of the last {OF_WINDOWS} windows" for words in lasting))
    if state.looks > (limits.looks if climbing else limits.looks_after):
        return _back(state, "has been looked at as often as chance may: undecided")
    if not climbing:
        return _hold(limits, state, "was promoted; what is served is still to be changed in the stack file")
    elapsed = at - state.began
    if elapsed < timedelta(minutes=limits.step_minutes):
        return _hold(limits, state, f"{_minutes(elapsed)} of {limits.step_minutes} minutes", *found.values())
    missing = (*found.values(), *unproved(limits, step.candidate, served, limits.promotion_error))
    if not missing:
        return _on(limits, state, at, served)
    if elapsed >= timedelta(minutes=PATIENCE * limits.step_minutes):
        return _back(state, f"not shown to be as good within {PATIENCE * limits.step_minutes} minutes", *missing)
    return _hold(limits, state, *missing)


def _on(limits: Limits, state: State, at: datetime, served: Sample) -> tuple[Decision, State]:
    step = state.step + 1
    if step == len(limits.steps):
        last = replace(state, outcome="promoted", looks=0, breaches=(), began=at)
        told = f"held through its last step, {limits.steps[-1]} percent: make it what is served"
        return Decision(kind="promote", weight=limits.steps[-1], reasons=(told,)), last
    further = replace(state, step=step, began=at, breaches=(), reference=served)
    told = f"as good as what is served at {limits.steps[state.step]} percent"
    return Decision(kind="promote", weight=limits.steps[step], reasons=(told,)), further


def _silent(limits: Limits, state: State, at: datetime) -> tuple[Decision, State]:
    since = state.silent_since or at
    if at - since >= timedelta(minutes=SILENT_MINUTES):
        return _back(state, f"no numbers for {_minutes(at - since)} minutes")
    return _hold(limits, replace(state, silent_since=since), "no numbers, or old ones")


def _hold(limits: Limits, state: State, *reasons: str) -> tuple[Decision, State]:
    return Decision(kind="hold", weight=limits.steps[state.step], reasons=reasons), state


def _stay(state: State, reason: str) -> tuple[Decision, State]:
    return Decision(kind="hold", weight=0, reasons=(reason,)), state


def _back(state: State, *reasons: str) -> tuple[Decision, State]:
    return Decision(kind="roll back", weight=0, reasons=reasons), replace(state, outcome="rolled back")


def _minutes(time: timedelta) -> int:
    return int(time.total_seconds() // 60)


def replay(limits: Limits, looks: Sequence[Look], state: State | None = None) -> list[tuple[Decision, State]]:
    """Look after look."""
    told: list[tuple[Decision, State]] = []
    for look in looks:
        decision, state = decide(limits, state, look)
        told.append((decision, state))
    return told
