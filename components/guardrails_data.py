"""The policies that hold our rules in the subscription, as data: Azure's own, and ours where Azure has none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from components.tables import table

BUILT_IN_FILES = ("guardrails.yaml", "guardrails_stores.yaml", "guardrails_clusters.yaml")
OWN_FILES = (
    "guardrails_own.yaml",
    "guardrails_own_network.yaml",
    "guardrails_own_portal.yaml",
    "guardrails_own_platform.yaml",
    "guardrails_own_stores.yaml",
)
AT_GROUP = "guardrails_own.yaml"
"""The file whose definitions may stand at a management group, with Azure's."""
MOST_AT_A_SCOPE = 200
"""Assignments at one scope: "Azure Policy limits" of learn.microsoft.com/azure/azure-resource-manager/management/
azure-subscription-service-limits."""
OF_JURISDICTION = frozenset(
    {
        "regions",
        "paired_regions",
        "countries",
        "node_sizes",
        "audit_days",
        "jurisdiction",
        "system_namespaces",
        "unrestricted_namespaces",
        "edge_namespaces",
    }
)
"""Placeholders with one value for every stack of a jurisdiction. A policy with any other is its stack's own: at a
management group it would hold the group's other stacks to this one's registry, workspace or zones."""

NEEDED_WHERE: Mapping[str, tuple[str, str]] = {"azure-native:cdn:Profile": ("portal.mode", "front-door")}
"""Types that only some stacks make: the dial that decides, and its value."""


@dataclass(frozen=True, kw_only=True)
class BuiltIn:
    """A definition or an initiative of Azure's."""

    key: str
    name: str
    """Its display name, as Azure prints it."""
    version: str
    effect: str
    definition: str | None = None
    """GUID."""
    initiative: str | None = None
    """GUID."""
    government: bool = False
    """Whether Azure Government lists it."""
    government_version: str = ""
    """Its version there; empty: the same."""
    edge: bool = False
    """Without sites there is nothing that it could look at."""
    narrowed_to: str = ""
    """The type of resource that its assignment is narrowed to; empty: all that the definition looks at."""
    parameters: Mapping[str, Any] | None = None
    fixed: bool = False
    """Its effect stands in its rule: it takes no parameter of that name."""
    roles: Sequence[str] = ()
    """GUIDs of the roles that its remediation asks for."""
    why_not_deny: str = ""
    says: str = ""
    """What is told to whom it refuses; empty: its name."""

    @property
    def id(self) -> str:
        """Its id in every tenant."""
        kind = "policySetDefinitions" if self.initiative else "policyDefinitions"
        return f"/providers/Microsoft.Authorization/{kind}/{self.initiative or self.definition}"

    @property
    def remediates(self) -> bool:
        """It changes what does not comply, and needs an identity for that."""
        return self.effect in ("DeployIfNotExists", "Modify")

    @property
    def of_stack(self) -> bool:
        """Its stack's own: told something of the stack, or acting with the stack's identity."""
        return self.edge or self.remediates or not set(placeholders(self.parameters)) <= OF_JURISDICTION

    def pinned(self, cloud: str) -> str:
        """The major version: what an assignment takes up by itself are minor ones."""
        version = (self.government_version if cloud == "usgovernment" else "") or self.version
        number, dash, suffix = version.partition("-")
        return f"{number.partition('.')[0]}.*.*{dash}{suffix}"


@dataclass(frozen=True, kw_only=True)
class Own:
    """A definition of ours."""

    key: str
    name: str
    mode: str
    effect: str
    condition: Mapping[str, Any]
    """The rule's `if`."""
    prod: bool = False
    """Assigned in production alone."""
    at_subscription: bool = False
    """Kept at the stack's subscription, whatever its placeholders say: a management group takes `MOST_AT_A_SCOPE`
    assignments, and every stack of it has its own."""

    @property
    def of_stack(self) -> bool:
        """Its stack's own."""
        return self.at_subscription or not set(placeholders(self.condition)) <= OF_JURISDICTION


@lru_cache(maxsize=1)
def built_ins() -> tuple[BuiltIn, ...]:
    """Those of `BUILT_IN_FILES`, in their order."""
    return tuple(BuiltIn(**item) for name in BUILT_IN_FILES for item in table(name))


@lru_cache(maxsize=1)
def own() -> tuple[Own, ...]:
    """Those of `OWN_FILES`, in their order."""
    return tuple(
        Own(condition=item["if"], at_subscription=name != AT_GROUP, **{k: v for k, v in item.items() if k != "if"})
        for name in OWN_FILES
        for item in table(name)
    )


def filled(value: Any, known: Mapping[str, Any]) -> Any:  # noqa: ANN401 JSON of any shape
    """A copy in which each text `$name` is what `known` says; KeyError for a name that it doesn't know."""
    if isinstance(value, str) and value.startswith("$"):
        return known[value[1:]]
    if isinstance(value, Mapping):
        return {key: filled(inner, known) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [filled(inner, known) for inner in value]
    return value


def placeholders(value: Any) -> Iterator[str]:  # noqa: ANN401 JSON of any shape
    """The names of the `$name` texts in it."""
    if isinstance(value, str) and value.startswith("$"):
        yield value[1:]
    elif isinstance(value, Mapping | list | tuple):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from placeholders(inner)
