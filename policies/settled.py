"""Tables of settings that stand as they were reviewed: what a rule wants of many properties of one resource at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from plan.model import MISSING, UNKNOWN, PlannedResource, Value
from policies.require import same, show
from policies.verdict import PASSED, Verdict, all_of, not_evaluated, refused


class _Shut:
    """Not there, or there and off: a door that nobody made."""

    def __repr__(self) -> str:
        return "not set"


@dataclass(frozen=True)
class Among:
    """One of these; `unset` where Azure's own default is as good."""

    allowed: tuple[object, ...]
    unset: bool = False


@dataclass(frozen=True)
class AtLeast:
    """A number, or a list of so many."""

    least: float


SHUT: Final = _Shut()
Wanted = Mapping[str, object]
"""Path (`[*]` for every element) to SHUT, Among, AtLeast, or the one value that it must have."""


def settled(resource: PlannedResource, wanted: Wanted) -> Verdict:
    """Every path has what is wanted of it; an element that isn't there wants nothing."""
    return all_of(_one(where, value, want) for path, want in wanted.items() for where, value in resource.each(path))


def _one(path: str, value: Value, want: object) -> Verdict:
    if value is UNKNOWN:
        return not_evaluated(f"{path} is known only after deployment")
    if want is SHUT:
        return PASSED if value is MISSING or value in (False, "", [], {}) else refused(f"{path} is {show(value)}")
    if value is MISSING:
        fine = isinstance(want, Among) and want.unset
        return PASSED if fine else refused(f"{path} is not set; it must be {_told(want)}", _cure(path, want))
    if isinstance(want, Among):
        fine = any(same(value, one) for one in want.allowed)
    elif isinstance(want, AtLeast):
        size = len(value) if isinstance(value, list | tuple) else value
        fine = isinstance(size, int | float) and not isinstance(size, bool) and size >= want.least
    else:
        fine = same(value, want)
    return PASSED if fine else refused(f"{path} is {show(value)}; it must be {_told(want)}", _cure(path, want))


def _cure(path: str, want: object) -> dict[str, object]:
    """What to write: none where several values would do, or where what somebody made would have to go."""
    if isinstance(want, Among):
        return {path: want.allowed[0]} if len(want.allowed) == 1 else {}
    return {} if isinstance(want, AtLeast) else {path: want}


def _told(want: object) -> str:
    if isinstance(want, Among):
        return " or ".join(show(one) for one in want.allowed)
    return f"{want.least:g} or more" if isinstance(want, AtLeast) else show(want)
