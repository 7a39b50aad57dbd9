"""The steps of a drill, in order, each timed; and what it made is removed again, whatever happened.

Verbs and options were looked up, and tried against the parser of `az` 2.91; none of it was run against Azure.
"""

import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from drill import STEPS
from drill.az import AzFailed, shown
from drill.backup import restore_blob
from drill.canary import Canary, canaries, put_canary
from drill.copies import look_at_copies, look_at_replica
from drill.database import restore_database
from drill.ground import Ground, Result
from drill.names import Place

RESTORING = ("documents", "database")
"""Those that make something, which is removed at the end."""


@dataclass(frozen=True, kw_only=True)
class Done:
    """A step that ran."""

    name: str
    title: str
    seconds: float
    result: Result


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A drill that ran."""

    steps: Sequence[Done]
    left_behind: Sequence[str]
    """Lines that remove what the drill could not."""


def clearing(place: Place) -> tuple[str, ...]:
    """What removes all that a drill makes. The name is always the drill's own, never one of the stack's."""
    return ("group", "delete", "--name", place.drill_group, "--yes", *place.subscription)


def run(
    ground: Ground, chosen: Sequence[str], *, begins: Callable[[str, str], None], ended: Callable[[Result], None]
) -> Ran:
    """Go through the chosen steps. Nothing that a step meets ends the drill: later ones and the clearing still come."""
    done: list[Done] = []

    def step(name: str, title: str, work: Callable[[], Result]) -> Result:
        begins(name, title)
        began = time.monotonic()
        try:
            result = work()
        except AzFailed as error:
            result = Result(outcome="failed", says=str(error), line=error.line)
        done.append(Done(name=name, title=title, seconds=time.monotonic() - began, result=result))
        ended(result)
        return result

    makes = [name for name in chosen if name in RESTORING]
    left: list[str] = []
    try:
        free = not makes or step("leftovers", "remove what an earlier drill left", lambda: _clear(ground))
        there: list[Canary] = []
        put: list[Canary] = []
        if "documents" in chosen or ("copies" in chosen and ground.place.has_second_region):
            step("canary", "put a canary into `documents`", lambda: _canary(ground, there, put))
        works: dict[str, Callable[[], Result]] = {
            "documents": lambda: restore_blob(ground, there),
            "database": lambda: restore_database(ground),
            "replica": lambda: look_at_replica(ground),
            "copies": lambda: look_at_copies(ground, put[0] if put else None),
            "volumes": lambda: _volumes(ground),
        }
        for name in chosen:
            blocked = name in RESTORING and isinstance(free, Result) and free.outcome == "failed"
            step(name, STEPS[name], _in_the_way if blocked else works[name])
    finally:
        if makes and step("clean-up", "remove what the drill made", lambda: _clear(ground)).outcome == "failed":
            left.append(shown(clearing(ground.place)))
    return Ran(steps=done, left_behind=left)


def _clear(ground: Ground) -> Result:
    place, az = ground.place, ground.az
    exists = az.text("group", "exists", "--name", place.drill_group, *place.subscription, sample="true")
    if exists.lower() != "true":
        return Result(outcome="done", says="nothing there")
    try:
        az.text(*clearing(place))
    except AzFailed as error:
        raise AzFailed(f"{place.drill_group} is left behind: {error}", clearing(place)) from error
    return Result(outcome="done", says=f"{place.drill_group} removed, with all in it")


def _canary(ground: Ground, there: list[Canary], put: list[Canary]) -> Result:
    there.extend(canaries(ground))
    put.append(put_canary(ground, there))
    says = f"{put[0].name}; {len(there)} lay there before. It stays, for the next drill to bring back"
    return Result(outcome="done", says=says, facts={"blob": put[0].name, "sha256": put[0].sha256})


def _in_the_way() -> Result:
    return Result(outcome="failed", says="not begun: what an earlier drill left is in the way")


def _volumes(ground: Ground) -> Result:
    """By hand, as it needs a cluster to restore into: the dev stack's, never the one that serves."""
    place, az = ground.place, ground.az
    words = ("dataprotection", "recovery-point", "list", "--backup-instance-name", place.instance("cluster"))
    line = shlex.join(("az", *words, *place.vault))
    if az.dry:
        az.note(f"# by hand, docs/runbooks/restore-drill.md: {line}")
    return Result(outcome="by hand", says="docs/runbooks/restore-drill.md, `Volumes`", line=line)
