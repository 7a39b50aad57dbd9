"""Two values of any shape, property by property. Elements of a list are told apart by their names where they have some.

The raw values stay in here; what is handed out was masked by the veils.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from plan.diff.forcing import forcing
from plan.diff.model import ORDER, Element, PropertyChange, Step
from plan.diff.veil import Veil, calls_secret
from plan.file import MASKED
from plan.model import MISSING, UNKNOWN, Value

_NAMES: Final = ("name", "key", "id", "ruleName")
_INTERNAL: Final = "__"
"""Begins what a provider keeps for itself among the inputs of a state: `__defaults`."""


@dataclass
class Comparison:
    """Of the inputs of one resource. Paths as `Search` writes them (`.a.b.0`) go along, for the veils."""

    token: str
    old: Veil
    new: Veil
    deployed: bool
    """One side is what stands: what the plan doesn't know yet is no change."""
    secrets: int = 0
    unknown: int = 0
    changes: list[PropertyChange] = field(default_factory=list)

    def run(self, before: Mapping[str, Value], after: Mapping[str, Value]) -> list[PropertyChange]:
        """Every property that differs, in the order of its path."""
        self._mappings((), before, after, "", "")
        return self.changes

    def _values(self, steps: tuple[Step, ...], before: Value, after: Value, here: str, there: str) -> None:
        if _equal(before, after):
            self._count(before)
            return
        if self.deployed and (before is UNKNOWN or after is UNKNOWN) and before is not MISSING is not after:
            self.unknown += 1
            return
        hidden = self.old.hides(here, steps[-1], before) or self.new.hides(there, steps[-1], after)
        if isinstance(before, Mapping) and isinstance(after, Mapping) and not hidden:
            self._mappings(steps, before, after, here, there)
        elif isinstance(before, list | tuple) and isinstance(after, list | tuple) and not hidden:
            self._lists(steps, before, after, here, there)
        else:
            self._differ(steps, before, after, here, there, hidden=hidden)

    def _mappings(
        self, steps: tuple[Step, ...], before: Mapping[str, Value], after: Mapping[str, Value], here: str, there: str
    ) -> None:
        called = calls_secret(before) or calls_secret(after)
        for name in sorted({*before, *after}):
            if name.startswith(_INTERNAL):
                continue
            old, new = before.get(name, MISSING), after.get(name, MISSING)
            if called and name == "value" and not _equal(old, new):
                self._differ((*steps, name), old, new, f"{here}.{name}", f"{there}.{name}", hidden=True)
            else:
                self._values((*steps, name), old, new, f"{here}.{name}", f"{there}.{name}")

    def _lists(
        self, steps: tuple[Step, ...], before: Sequence[Value], after: Sequence[Value], here: str, there: str
    ) -> None:
        key = self._told_apart_by(before, after, here, there)
        if key is None:
            for index in range(max(len(before), len(after))):
                left = before[index] if index < len(before) else MISSING
                right = after[index] if index < len(after) else MISSING
                self._values((*steps, index), left, right, f"{here}.{index}", f"{there}.{index}")
            return
        olds, news = _by_name(before, key), _by_name(after, key)
        added = [name for name in news if name not in olds]
        for name in (*olds, *added):
            at, was = olds.get(name, (0, MISSING))
            to, will = news.get(name, (0, MISSING))
            self._values((*steps, Element(key, name)), was, will, f"{here}.{at}", f"{there}.{to}")
        if [*(name for name in olds if name in news), *added] != list(news):
            self._add((*steps, ORDER), list(olds), list(news))

    def _told_apart_by(self, before: Sequence[Value], after: Sequence[Value], here: str, there: str) -> str | None:
        """The key under which every element of both lists has a name of its own, none of which is hidden."""
        elements = [*before, *after]
        if not elements or not all(isinstance(item, Mapping) for item in elements):
            return None
        sides = ((before, self.old, here), (after, self.new, there))
        return next((key for key in _NAMES if all(_has_names(key, *side) for side in sides)), None)

    def _differ(
        self, steps: tuple[Step, ...], before: Value, after: Value, here: str, there: str, *, hidden: bool
    ) -> None:
        old = MASKED if hidden and before is not MISSING else self.old.masked(before, here, steps[-1])
        new = MASKED if hidden and after is not MISSING else self.new.masked(after, there, steps[-1])
        self._add(steps, old, new, secret=hidden or _equal(old, new))

    def _add(self, steps: tuple[Step, ...], before: Value, after: Value, *, secret: bool = False) -> None:
        effect = forcing(self.token, steps)
        self.changes.append(PropertyChange(steps=steps, before=before, after=after, forcing=effect, secret=secret))

    def _count(self, value: Value) -> None:
        """Of what is the same: masks and unknowns, which only look the same."""
        if value is UNKNOWN:
            self.unknown += 1
        elif isinstance(value, str):
            self.secrets += value == MASKED
        elif isinstance(value, Mapping):
            for inner in value.values():
                self._count(inner)
        elif isinstance(value, list | tuple):
            for inner in value:
                self._count(inner)


def _equal(before: Value, after: Value) -> bool:
    """As JSON tells values apart: true is not 1."""
    if isinstance(before, bool) or isinstance(after, bool):
        return before is after
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return before.keys() == after.keys() and all(_equal(before[key], after[key]) for key in before)
    if isinstance(before, list | tuple) and isinstance(after, list | tuple):
        return len(before) == len(after) and all(map(_equal, before, after))
    return bool(before == after)


def _has_names(key: str, items: Sequence[Value], veil: Veil, trail: str) -> bool:
    names = [item.get(key) for item in items if isinstance(item, Mapping)]
    if not all(isinstance(name, str) and name for name in names) or len(set(map(str, names))) < len(names):
        return False
    return not any(veil.hides(f"{trail}.{index}.{key}", key, name) for index, name in enumerate(names))


def _by_name(items: Sequence[Value], key: str) -> dict[str, tuple[int, Value]]:
    return {str(item[key]): (index, item) for index, item in enumerate(items) if isinstance(item, Mapping)}
