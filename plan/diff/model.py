"""The difference of two plans, as plain data. No value in it is a secret's: `veil.py` has masked those."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from plan.model import Plan, PlannedResource, Value


class Kind(StrEnum):
    """What becomes of a resource."""

    DELETED = "deleted"
    REPLACED = "replaced"
    CREATED = "created"
    CHANGED = "changed"


class Forcing(StrEnum):
    """What a change of one property does to the resource."""

    REPLACES = "replaces"
    """It is deleted and made again."""
    FIXED = "fixed"
    """Azure changes it on no resource that is there, and the provider doesn't replace it: `pulumi up` would fail."""
    IN_PLACE = "in place"
    NOT_KNOWN = "not known"
    """Nothing that was read says; see plan/diff/create_only.yaml."""


@dataclass(frozen=True)
class Element:
    """A step into a list whose elements are told apart by a name: that of one."""

    key: str
    name: str


Step = str | int | Element
ORDER = "(order)"
"""Last step of a change that is of a list's order alone."""
PROTECT = "(protect)"
"""The option that stops a deletion; no property of the resource."""


@dataclass(frozen=True, kw_only=True)
class PropertyChange:
    """One property, before and after; MISSING where it isn't there."""

    steps: tuple[Step, ...]
    before: Value
    after: Value
    forcing: Forcing
    secret: bool = False
    """The values differ, and are not told."""

    @property
    def path(self) -> str:
        """For people: `spec.containers[gateway].image`."""
        text = ""
        for step in self.steps:
            if isinstance(step, Element):
                text += f"[{step.name}]"
            elif isinstance(step, int):
                text += f"[{step}]"
            elif step.replace("_", "").replace("-", "").isalnum() or step in (ORDER, PROTECT):
                text += f".{step}" if text else step
            else:
                text += f"['{step}']"
        return text


@dataclass(frozen=True, kw_only=True)
class ResourceChange:
    """One resource that is not as it was."""

    kind: Kind
    before: PlannedResource | None
    after: PlannedResource | None
    properties: Sequence[PropertyChange] = ()
    holds: str = ""
    """What is lost with it where it is deleted or replaced, in words; empty where no data is."""
    twin: str = ""
    """Of a deletion or a creation: URN of a resource of the same type and name in the cloud on the other side."""

    @property
    def resource(self) -> PlannedResource:
        """As it will be, or as it was where it goes."""
        found = self.after or self.before
        assert found is not None  # noqa: S101 one of both is always there
        return found

    @property
    def loses_data(self) -> bool:
        """Whether data goes with it, as far as its type tells."""
        return bool(self.holds) and self.kind in (Kind.DELETED, Kind.REPLACED)

    @property
    def is_protected(self) -> bool:
        """Whether `protect` stands in the way today: it is the state's word that counts, not the program's."""
        return self.before is not None and self.before.protect

    @property
    def forced_by(self) -> tuple[str, ...]:
        """The properties that force a replacement."""
        return tuple(item.path for item in self.properties if item.forcing is Forcing.REPLACES)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """From one plan to another: what loses data first, then by kind, type and name."""

    before: Plan
    after: Plan
    changes: Sequence[ResourceChange]
    unchanged: int
    """Resources that are on both sides, and the same."""
    secrets: int
    """Secrets on both sides, of which nobody can say whether they are the same."""
    unknown: int
    """Values known only after deployment, which could not be held against what stands."""
    notes: Sequence[str] = ()
    """What a reader has to know beside it."""

    def of_kind(self, kind: Kind) -> tuple[ResourceChange, ...]:
        """All of one kind."""
        return tuple(change for change in self.changes if change.kind is kind)

    @property
    def losses(self) -> tuple[ResourceChange, ...]:
        """Deletions and replacements of what holds data."""
        return tuple(change for change in self.changes if change.loses_data)
