"""Plans with exactly one thing weaker than the one they are made of; ids and relations of the rest are as they were."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from plan.model import MISSING, UNKNOWN, Plan, PlannedResource, Value
from policies.foreign import Surroundings, foreign
from policies.require import same, show
from policies.weakening import Weakening, steps_of

Rewriting = tuple[str, Value, Value, Value, Value]
"""Concrete path, what stood there, what stands there now, the whole anew, and the list element that it is in."""


@dataclass(frozen=True)
class Mutant:
    """One change, not yet made."""

    weakening: Weakening
    subject: PlannedResource
    """The resource that changes or comes, as it is then; or the one that goes."""
    what: str
    """`publicNetworkAccess: 'Disabled' → 'Enabled'`."""

    @property
    def after(self) -> PlannedResource | None:
        """The resource once the change is made; None where it is gone."""
        return None if self.weakening.change == "vanish" else self.subject

    def plan(self, base: Plan) -> Plan:
        """The base with this one change."""
        if self.weakening.change == "appear":
            return replace(base, resources=(*base.resources, self.subject))
        kept = (self.after if r.urn == self.subject.urn else r for r in base.resources)
        return replace(base, resources=tuple(r for r in kept if r is not None))


@dataclass(frozen=True)
class Breeder:
    """Makes the mutants of one plan."""

    base: Plan

    @cached_property
    def _around(self) -> Surroundings:
        return Surroundings.of(self.base)

    def of(self, weakening: Weakening) -> Iterator[Mutant]:
        """Every mutant that one weakening makes: none where nothing in the plan is as it says."""
        if weakening.change == "appear":
            if self._admits(weakening, None, None):
                yield self._appearing(weakening)
            return
        for resource in self.base.of_type(weakening.type):
            if not resource.is_component:
                yield from self._on(resource, weakening)

    def _on(self, resource: PlannedResource, weakening: Weakening) -> Iterator[Mutant]:
        if weakening.change == "vanish":
            if self._admits(weakening, resource, None):
                yield Mutant(weakening, resource, "removed")
            return
        if weakening.path == "$protect":
            if resource.protect and self._admits(weakening, resource, None):
                yield Mutant(weakening, replace(resource, protect=False), "protect: true → false")
            return
        steps = steps_of(weakening.path)
        for path, old, new, whole, element in self._rewritten(resource.inputs, steps, weakening, "", None):
            if not isinstance(whole, Mapping) or not self._admits(weakening, resource, element):
                continue
            # A value that is changed by hand comes from nowhere: what it was computed from no longer speaks for it.
            origins = {k: v for k, v in resource.property_dependencies.items() if k != steps[0]}
            weaker = replace(resource, inputs=whole, property_dependencies=origins)
            yield Mutant(weakening, weaker, f"{path}: {_shown(old)} → {_shown(new)}")

    def _rewritten(
        self, value: Value, steps: Sequence[str], weakening: Weakening, trail: str, element: Value
    ) -> Iterator[Rewriting]:
        """Every rewriting of a value."""
        if not steps:
            for new in self._changes(value, weakening):
                yield trail, value, new, new, element
            return
        step, rest = steps[0], steps[1:]
        if step == "|":
            try:
                inner = json.loads(value) if isinstance(value, str) else None
            except (ValueError, RecursionError):
                return
            for path, old, new, whole, near in self._rewritten(inner, rest, weakening, trail + "|", element):
                yield path, old, new, json.dumps(whole, ensure_ascii=False), near
        elif step == "*":
            pairs: list[tuple[str, Value]] = []
            if isinstance(value, Mapping):
                pairs = [(str(key), item) for key, item in value.items()]
            elif isinstance(value, list | tuple):
                pairs = [(str(index), item) for index, item in enumerate(value)]
            for key, item in pairs:
                for path, old, new, whole, near in self._rewritten(item, rest, weakening, f"{trail}.{key}", item):
                    yield path, old, new, _with(value, key, whole), near
        else:
            yield from self._at_key(value, step, rest, weakening, trail, element)

    def _at_key(
        self, value: Value, key: str, rest: Sequence[str], weakening: Weakening, trail: str, element: Value
    ) -> Iterator[Rewriting]:
        if isinstance(value, list | tuple):
            if not key.isdigit() or int(key) >= len(value):
                return
            inner: Value = value[int(key)]
        elif isinstance(value, Mapping):
            inner = value.get(key, MISSING)
        elif value is MISSING and weakening.change in ("set", "add"):
            inner = MISSING
        else:
            return
        path = f"{trail}.{key}".lstrip(".")
        for found, old, new, whole, near in self._rewritten(inner, rest, weakening, path, element):
            yield found, old, new, _with({} if value is MISSING else value, key, whole), near

    def _changes(self, old: Value, weakening: Weakening) -> Iterator[Value]:  # noqa: C901 one branch per word
        change, missing = weakening.change, old is MISSING or old is None
        if change == "set":
            new = self._around.filled(weakening.value)
            if missing or old is UNKNOWN or not same(old, new):
                yield new
        elif change == "add":
            items = list(old) if isinstance(old, list | tuple) else []
            if not missing and not isinstance(old, list | tuple):
                return
            yield [*items, self._around.filled(weakening.value)]
        elif missing or old is UNKNOWN:
            return
        elif change == "absent":
            yield MISSING
        elif change == "empty":
            blank: Value = {} if isinstance(old, Mapping) else [] if isinstance(old, list | tuple) else ""
            if old != blank:
                yield blank
        elif change == "foreign":
            new = foreign(old, self._around)
            if new is not None:
                yield new
        elif change in ("smaller", "larger"):
            if isinstance(old, int | float) and not isinstance(old, bool):
                yield old * 100 if change == "larger" else (1 if old > 1 else 0)
        elif change == "remove-item" and isinstance(old, list | tuple):
            for index in range(len(old)):
                yield [item for place, item in enumerate(old) if place != index]

    def _admits(self, weakening: Weakening, resource: PlannedResource | None, element: Value) -> bool:
        if any(not self._is(path, wanted, resource, element) for path, wanted in weakening.when.items()):
            return False
        return not any(self._is(path, wanted, resource, element) for path, wanted in weakening.unless.items())

    def _is(self, path: str, wanted: object, resource: PlannedResource | None, element: Value) -> bool:
        if path.startswith("$"):
            found: Value = {
                "$environment": self.base.environment,
                "$jurisdiction": self.base.jurisdiction,
                "$stack": self.base.stack,
                "$name": resource.name if resource else "",
                "$protect": bool(resource and resource.protect),
            }.get(path, MISSING)
        else:
            whole = element if path.startswith(".") else resource.inputs if resource else {}
            found = _at(whole, steps_of(path.lstrip(".")))
        return any(_meets(found, one) for one in (wanted if isinstance(wanted, list) else [wanted]))

    def _appearing(self, weakening: Weakening) -> Mutant:
        like = next(iter(self.base.of_type(weakening.like)), None) if weakening.like else None
        inputs = dict(like.inputs) if like is not None else {}
        filled = self._around.filled(weakening.value)
        inputs |= filled if isinstance(filled, Mapping) else {}
        extra = PlannedResource(
            urn=f"urn:pulumi:{self.base.stack}::{self.base.project}::{weakening.type}::one-more",
            type=weakening.type,
            name="one-more",
            inputs={key: value for key, value in inputs.items() if value is not None},
            outputs={"id": "/made/one-more"},
            protect=like.protect if like is not None else False,
        )
        return Mutant(weakening, extra, f"one more: {weakening.what}")


def _with(value: Value, key: str, new: Value) -> Value:
    """A copy with another value under a key or index; MISSING takes it away."""
    if isinstance(value, Mapping):
        copy = dict(value)
        if new is MISSING:
            copy.pop(key, None)
        else:
            copy[key] = new
        return copy
    items = list(value) if isinstance(value, list | tuple) else []
    if new is MISSING:
        del items[int(key)]
    else:
        items[int(key)] = new
    return items


def _at(value: Value, steps: Sequence[str]) -> Value:
    for step in steps:
        if isinstance(value, Mapping):
            value = value.get(step, MISSING)
        elif isinstance(value, list | tuple) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return MISSING
    return value


def _meets(found: Value, wanted: object) -> bool:
    if wanted == "absent":
        return found is MISSING or found is None
    if isinstance(wanted, str) and wanted.startswith("~"):
        return isinstance(found, str) and re.search(wanted[1:], found) is not None
    return found is not MISSING and same(found, wanted)


def _shown(value: Value) -> str:
    if value is MISSING:
        return "not set"
    text = show(value)
    return text if len(text) <= 70 else f"{text[:40]}…{text[-28:]}"
