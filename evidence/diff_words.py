"""What the screen and the comment on a pull request say in the same words of a difference."""

import json
from collections import Counter
from collections.abc import Iterator

from plan.diff.model import Difference, Forcing, Kind, PropertyChange, ResourceChange
from plan.file import MASKED
from plan.model import MISSING, UNKNOWN, Value

LONGEST = 120
"""Characters of a value that are shown; of a longer one, the part that differs."""
_AROUND = 20
_MARKS = {Kind.CREATED: "+", Kind.CHANGED: "~", Kind.REPLACED: "±", Kind.DELETED: "-"}


def mark(change: ResourceChange) -> str:
    """One sign for each kind."""
    return _MARKS[change.kind]


def tally(found: Difference) -> str:
    """`2 created, 1 replaced, …`, and how many are as they were."""
    counts = Counter(change.kind for change in found.changes)
    return ", ".join([*(f"{counts[kind]} {kind.value}" for kind in _MARKS), f"{found.unchanged} unchanged"])


def heading(change: ResourceChange) -> str:
    """The resource, its type, and what forces a replacement."""
    forced = f"   forced by {', '.join(change.forced_by)}" if change.forced_by else ""
    return f"{change.resource.label}  {change.resource.type}{forced}"


def about(change: ResourceChange) -> Iterator[str]:
    """What a reader has to know of one change, beside its properties."""
    if change.loses_data:
        stands = (
            "protected: `pulumi up` stops until somebody takes `protect` away"
            if change.is_protected
            else "NOT PROTECTED: `pulumi up` does it without asking"
        )
        yield f"goes with it: {change.holds}; {stands}"
    if change.twin:
        other = "created" if change.kind is Kind.DELETED else "deleted"
        yield f"{change.twin.rpartition('::')[2]}, which is {other}, has its type and name: renamed, or moved?"
        if change.kind is Kind.DELETED:
            yield "hint: an alias in the program keeps it; the plan knows none, `pulumi preview` does"


def properties(change: ResourceChange) -> Iterator[tuple[str, str, str, str]]:
    """Path, before, after, and what the change does where that is more than to happen in place."""
    for item in change.properties:
        before, after = values(item)
        yield item.path, before, after, effect(item)


def values(item: PropertyChange) -> tuple[str, str]:
    """Both sides as text; of long ones the part that differs."""
    if item.secret:
        return (text(item.before), "(another secret)" if item.after is not MISSING else text(MISSING))
    before, after = text(item.before), text(item.after)
    if max(len(before), len(after)) <= LONGEST:
        return before, after
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    return _part(before, start, end), _part(after, start, end)


def effect(item: PropertyChange) -> str:
    """In words; empty for a change in place, and for what is said once for all."""
    if item.forcing is Forcing.REPLACES:
        return "forces replacement"
    return "Azure does not change this in place: `pulumi up` would fail" if item.forcing is Forcing.FIXED else ""


def text(value: Value) -> str:
    """One value, on one line."""
    if value is MISSING:
        return "(not set)"
    if value is UNKNOWN:
        return "(known after deployment)"
    return "(secret)" if value == MASKED else json.dumps(_plain(value), ensure_ascii=False)


def remarks(found: Difference) -> Iterator[str]:
    """What the difference does not tell, and the reader's notes."""
    yield from found.notes
    if found.secrets:
        yield f"{_values(found.secrets, 'secret')} on both sides: whether the same, nobody can say"
    if found.unknown:
        yield f"{_values(found.unknown, 'value')} known only after deployment: not compared"
    unread = sorted(
        {
            change.resource.type
            for change in found.changes
            if change.kind is Kind.CHANGED and any(item.forcing is Forcing.NOT_KNOWN for item in change.properties)
        }
    )
    if unread:
        yield f"not known whether it happens in place, for want of a source: {', '.join(unread)}"


def _values(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _common(one: str, other: str) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _part(whole: str, start: int, end: int) -> str:
    first, last = max(0, start - _AROUND), min(len(whole), len(whole) - end + _AROUND)
    part = whole[first:last]
    if len(part) > LONGEST:
        part = f"{part[: LONGEST - 1]}…"
    return f"{'…' if first else ''}{part}{'…' if last < len(whole) and not part.endswith('…') else ''}"


def _plain(value: Value) -> object:
    if value is UNKNOWN or value is MISSING:
        return text(value)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return "(secret)" if value == MASKED else value
