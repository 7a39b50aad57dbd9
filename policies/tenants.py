"""Tenants in a plan: whom the gateway tells apart, where it sends each, and whose every namespace and store is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from plan.model import PlannedResource
from policies.config_maps import gateways
from policies.review import StackUnderReview
from policies.types import NAMESPACE

SHARED = "shared"
"""The tenant label of what serves everybody. As config/tenants.py has it: tests/components/test_tenancy.py."""
TENANT, USE_CASE = "bailiwick/tenant", "bailiwick/use-case"
_COMPONENT = "app.kubernetes.io/component"


@dataclass(frozen=True, kw_only=True)
class Told:
    """What one gateway is told."""

    config: PlannedResource
    everybody: Mapping[str, object]
    """Routes of who speaks for no tenant, by use case."""
    tenants: Mapping[str, Mapping[str, object]]
    """By tenant: `models` by use case, `cacheSalt`, `requestsPerMinute`."""
    readable: bool = True

    def routes(self, tenant: str) -> Mapping[str, object]:
        """A tenant's, by use case."""
        found = self.tenants.get(tenant, {}).get("models", {})
        return found if isinstance(found, dict) else {}


def told(stack: StackUnderReview) -> Iterator[Told]:
    """Every gateway's settings; those that can't be read are of no tenant, and say so."""
    for config, known in gateways(stack):
        everybody, tenants = (known or {}).get("models", {}), (known or {}).get("tenants", {})
        if known is not None and isinstance(everybody, dict) and _mappings(tenants):
            yield Told(config=config, everybody=everybody, tenants=tenants)
        else:
            yield Told(config=config, everybody={}, tenants={}, readable=False)


def _mappings(found: object) -> bool:
    return isinstance(found, dict) and all(isinstance(one, dict) for one in found.values())


def spaces(stack: StackUnderReview) -> Mapping[str, tuple[str, str]]:
    """Tenant and use case of every namespace of models, by its name."""
    found: dict[str, tuple[str, str]] = {}
    for space in stack.of_type(NAMESPACE):
        name, labels = str(space.get("metadata.name")), space.get("metadata.labels")
        own = labels if isinstance(labels, dict) else {}
        if own.get(_COMPONENT) == "inference" or name.startswith("inference-"):
            found[name] = (str(own.get(TENANT)), str(own.get(USE_CASE)))
    return found


def use_cases(stack: StackUnderReview) -> set[str]:
    """What is served to anybody."""
    return {use_case for _, use_case in spaces(stack).values()}


def space_of(url: object) -> str:
    """The namespace that an address inside the cluster names."""
    return str(url).partition("//")[2].partition(".")[2].partition(".")[0]


def named(tenant: object, use_case: object) -> str:
    """What the namespace of a tenant's use case is called."""
    return f"inference-{use_case}" if tenant == SHARED else f"inference-{tenant}-{use_case}"
