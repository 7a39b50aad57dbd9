"""What providers tell of a resource in the engine's first preview: the inputs, and unknown what only the cloud gives.

A rule has to judge this too, or a stack can't be deployed at all: what a pack doesn't know fails the preview.
"""

from collections.abc import Mapping
from typing import Any, Final

from plan.file import UNKNOWN_TEXT

OUTPUTS: Final[Mapping[str, tuple[str, ...]]] = {
    "azure-native:resources:ResourceGroup": ("name",),
    "azure-native:managedidentity:UserAssignedIdentity": ("name", "principalId", "clientId"),
    "azure-native:keyvault:Key": ("name", "keyUri", "keyUriWithVersion"),
    "azure-native:operationalinsights:Workspace": ("name", "customerId"),
    "azure-native:monitor:AzureMonitorWorkspace": ("metrics",),
    "azure-native:authorization:RoleDefinition": ("name",),
    "azure-native:storage:ObjectReplicationPolicy": ("policyId",),
    "azuread:index/application:Application": ("objectId", "clientId"),
    "azuread:index/servicePrincipal:ServicePrincipal": ("objectId",),
    "azuread:index/group:Group": ("objectId",),
    "azuread:index/namedLocation:NamedLocation": ("objectId",),
    "random:index/randomString:RandomString": ("result",),
    "random:index/randomUuid:RandomUuid": ("result",),
}
"""Output-only properties that the program reads; every other output is an input, or is left out and so unknown."""
WITHIN: Final[Mapping[str, tuple[str, str]]] = {
    "azure-native:keyvault:Vault": ("properties", "vaultUri"),
    "azure-native:keyvault:ManagedHsm": ("properties", "hsmUri"),
    "azure-native:containerservice:ManagedCluster": ("oidcIssuerProfile", "issuerURL"),
}
"""The same inside an object that is an input too."""


def told_before(token: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """State of a resource that is yet to be made. Its id is unknown, and is not in it."""
    state = dict(inputs) | dict.fromkeys(OUTPUTS.get(token, ()), UNKNOWN_TEXT)
    identity = state.get("identity")
    if isinstance(identity, Mapping) and isinstance(identity.get("userAssignedIdentities"), list):
        # A list going in, an object coming out, as with the real provider.
        state["identity"] = {key: value for key, value in identity.items() if key != "userAssignedIdentities"}
    if token in WITHIN:
        outer, inner = WITHIN[token]
        state[outer] = {**(state.get(outer) or {}), inner: UNKNOWN_TEXT}
    return state
