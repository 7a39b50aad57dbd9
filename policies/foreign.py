"""The same kind of thing, outside: another subscription's id, a region beyond the border, somebody else's host."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from plan.model import Plan, Value

NOBODY: Final = "00000000-0000-4000-8000-000000000000"
"""A subscription, tenant or principal that is nobody's here."""
OUTSIDE: Final = ("eastus", "westeurope", "japaneast")
ABROAD: Final = ("RU", "KP")
"""Countries that no jurisdiction permits."""
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_HOST = re.compile(r"^((?:[a-z+]+://)?)([a-z0-9-]+)((?:\.[a-z0-9-]+)+(?:[:/].*)?)$", re.IGNORECASE)
_ADDRESS = re.compile(r"^\d+\.\d+\.\d+\.\d+(/\d+)?$")


@dataclass(frozen=True)
class Surroundings:
    """What a weaker value may name: `$region`, `$tags`, `$subscription`, `$nobody`, `$jurisdiction`, `$id:<type>`.

    `$of:<type>#<input>` is an input of the first resource of a type, as the name of a parent.
    """

    plan: Plan
    region: str
    tags: Mapping[str, Value]
    subscription: str

    @classmethod
    def of(cls, plan: Plan) -> "Surroundings":
        """Read from what most of the plan's resources have."""
        regions: Counter[str] = Counter()
        tags: Mapping[str, Value] = {}
        subscriptions: Counter[str] = Counter()
        for resource in plan.resources:
            place, own = resource.inputs.get("location"), resource.inputs.get("tags")
            if isinstance(place, str) and place.casefold() != "global":
                regions[place] += 1
            if isinstance(own, Mapping) and len(own) > len(tags):
                tags = own
            if isinstance(resource.id, str) and resource.id.startswith("/subscriptions/"):
                subscriptions[resource.id.split("/")[2]] += 1
        return cls(
            plan=plan,
            region=next((name for name, _ in regions.most_common(1)), ""),
            tags=tags,
            subscription=next((name for name, _ in subscriptions.most_common(1)), NOBODY),
        )

    def filled(self, value: object) -> Value:
        """A value of a file with the names in it replaced."""
        if isinstance(value, Mapping):
            return {str(key): self.filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.filled(item) for item in value]
        if not isinstance(value, str) or "$" not in value:
            return value
        if value == "$tags":
            return dict(self.tags)
        if value.startswith("$id:"):
            found = next(iter(self.plan.of_type(value.removeprefix("$id:"))), None)
            return found.id if found is not None else f"/subscriptions/{NOBODY}"
        if value.startswith("$of:"):
            token, _, key = value.removeprefix("$of:").partition("#")
            return next((held.inputs.get(key) for held in self.plan.of_type(token)), "somebody-elses")
        for name, known in (
            ("$region", self.region),
            ("$subscription", self.subscription),
            ("$nobody", NOBODY),
            ("$jurisdiction", self.plan.jurisdiction),
        ):
            value = value.replace(name, known)
        return value


def foreign(value: Value, around: Surroundings) -> Value:
    """The outside counterpart of a value; None where there is none."""
    if not isinstance(value, str) or not value:
        return None
    if value.casefold() in _regions():
        return next(place for place in OUTSIDE if place not in _lawful(around.plan.jurisdiction))
    if _GUID.search(value):
        return _GUID.sub(NOBODY, value, count=1)
    if _ADDRESS.match(value):
        return "203.0.113.0/24" if "/" in value else "203.0.113.7"
    if re.fullmatch(r"[A-Z]{2}", value):
        return ABROAD[value == ABROAD[0]]
    if "@" in value and "/" not in value:
        return "somebody@elsewhere.example"
    host = _HOST.match(value)
    if host is not None:
        return f"{host[1]}somebody-elses{host[3]}"
    return None if value.casefold() == "global" else "somebody-elses"


@lru_cache(maxsize=1)
def _regions() -> frozenset[str]:
    from jurisdictions import available, load

    known = {name.casefold() for jurisdiction in available() for name in load(jurisdiction).regions}
    return frozenset(known | set(OUTSIDE))


@lru_cache(maxsize=32)
def _lawful(jurisdiction: str) -> frozenset[str]:
    from jurisdictions import load

    return frozenset(load(jurisdiction).regions)
