"""Where a planned resource belongs: its component, and the region whose prices hold for it."""

from typing import Final

from plan.model import OWN_PREFIX, Plan, PlannedResource

NOWHERE: Final = "an unknown region"
_PLATFORM: Final = "bailiwick:platform:Platform"
_HOME: Final = {
    "azure-native:containerservice:AgentPool": ("azure-native:containerservice:ManagedCluster", "resourceName"),
    "azure-native:keyvault:Key": ("azure-native:keyvault:Vault", "vaultName"),
}
"""Types without a location of their own: the type that has it, and the input which names it in both."""


def component_of(plan: Plan, resource: PlannedResource) -> str:
    """The component that the resource's parents reach first below the platform; the platform for what is its own."""
    name, at = "", resource
    while at.parent is not None and (parent := plan.by_urn(at.parent)) is not None:
        if parent.type == _PLATFORM:
            return name or parent.name
        if parent.type.startswith(OWN_PREFIX):
            name = parent.name
        at = parent
    return name or "outside the platform"


def region_of(plan: Plan, resource: PlannedResource) -> str:
    """Azure's name of the region, `global` for what has none, or NOWHERE where the plan does not say."""
    home = _HOME.get(resource.type)
    if home is not None and "location" not in resource.inputs:
        token, key = home
        named = resource.get(key)
        hosts = (host for host in plan.of_type(token) if isinstance(named, str) and host.get(key) == named)
        resource = next(hosts, resource)
    value = resource.get("location")
    return value.replace(" ", "").lower() if isinstance(value, str) else NOWHERE
