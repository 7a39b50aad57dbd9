"""The parts of a stack as OSCAL sees them: the program's components, and the resources that each holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from evidence.formats.oscal.forms import Json, identity, line, prop
from evidence.pack.subject import Subject
from plan.model import OWN_PREFIX, STACK_TYPE, PlannedResource
from policies.rule import Rule, applies

_WORKLOADS: Final = ("kubernetes:apps/", "kubernetes:batch/", "azure-native:app:Job", "azure-native:compute:Virtual")
_POLICIES: Final = (
    "azure-native:authorization:Policy",
    "azuread:index/conditionalAccessPolicy",
    "kubernetes:admissionregistration.k8s.io/",
)


@dataclass(frozen=True)
class Part:
    """A component of the program, or the stack itself."""

    uuid: str
    name: str
    token: str
    """Type, for example `bailiwick:gateway:Gateway`."""
    parent: str | None
    """UUID of the part that holds it; None for the stack."""
    resources: tuple[PlannedResource, ...]
    """Its own, without those of parts within."""

    @cached_property
    def types(self) -> Mapping[str, int]:
        """Types of its resources, and how many there are of each."""
        found: dict[str, int] = {}
        for resource in self.resources:
            found[resource.type] = found.get(resource.type, 0) + 1
        return dict(sorted(found.items()))

    @property
    def kind(self) -> str:
        """OSCAL's word: `software` where programs of ours run, `policy` where all are policies, else `service`."""
        if any(token.startswith(_WORKLOADS) for token in self.types):
            return "software"
        return "policy" if self.types and all(token.startswith(_POLICIES) for token in self.types) else "service"

    @property
    def title(self) -> str:
        """`Gateway 'gateway'`."""
        return line(f"{self.token.rpartition(':')[2]} '{self.name}'")

    @property
    def described(self) -> str:
        """How many resources of how many types."""
        return f"{self.token} as planned: {len(self.resources)} resources of {len(self.types)} types of its own."


class System:
    """A subject's parts, found once for a document."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The stack first, then its components in the plan's order."""
        plan = self.subject.plan
        own = {item.urn: item for item in plan.resources if item.type.startswith(OWN_PREFIX)}
        held: dict[str, list[PlannedResource]] = {"": [], **{urn: [] for urn in own}}
        for resource in plan.resources:
            if not resource.is_component:
                held[self._holder(resource, own)].append(resource)
        stack = Part(self.part_id(""), f"{plan.project} {plan.stack}", STACK_TYPE, None, tuple(held[""]))
        return (
            stack,
            *(
                Part(self.part_id(urn), item.name, item.type, self.part_id(self._holder(item, own)), tuple(held[urn]))
                for urn, item in own.items()
            ),
        )

    def part_id(self, urn: str) -> str:
        """UUID of a component by its URN; of the stack, by none. The same in both documents."""
        return identity("component", self.subject.name, urn)

    def resource_id(self, urn: str) -> str:
        """UUID of a resource."""
        return identity("resource", self.subject.name, urn)

    def looked_at(self, rule: Rule) -> tuple[Part, ...]:
        """Parts that hold a resource of a type that the rule judges."""
        types = {token for token in self._types if applies(rule, token)}
        return tuple(part for part in self.parts if not types.isdisjoint(part.types))

    @cached_property
    def _types(self) -> frozenset[str]:
        return frozenset(token for part in self.parts for token in part.types)

    def inventory(self) -> list[Json]:
        """Every resource, and the part that it is of."""
        return [
            {
                "uuid": self.resource_id(resource.urn),
                "description": line(resource.label),
                "props": [prop("type", resource.type), prop("name", resource.name)],
                "implemented-components": [{"component-uuid": part.uuid}],
            }
            for part in self.parts
            for resource in part.resources
        ]

    def _holder(self, resource: PlannedResource, own: Mapping[str, PlannedResource]) -> str:
        """URN of the nearest component above; empty where only the stack is."""
        above, seen = resource.parent, {resource.urn}
        # A plan from a file may say that two resources are each other's parent.
        while above is not None and above not in own and above not in seen:
            seen.add(above)
            found = self.subject.plan.by_urn(above)
            above = found.parent if found is not None else None
        return above if above is not None and above in own else ""
