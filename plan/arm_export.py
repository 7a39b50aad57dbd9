"""The plan's Azure resources as ARM sees them, so that outside scanners and schemas can judge them.

Pulumi's SDK lifts `properties` out of the body, and out of parts of it; here they are put back. Where the SDK lifts
a part is not in its Python package: the tables below were read from Microsoft's templates reference.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from plan.arm_types import ArmType, arm_type
from plan.model import UNKNOWN, PlannedResource, Value

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
UNKNOWN_MARK = "[unknown before deployment]"

_ENVELOPE: Final = ("location", "tags", "sku", "kind", "identity", "zones", "plan", "extendedLocation", "managedBy")
"""Top-level keys of ARM's common schema that stay outside `properties`."""

_SKU_INSIDE: Final = frozenset(
    {
        "azure-native:network:AzureFirewall",
        "azure-native:network:FirewallPolicy",
        "azure-native:network:ApplicationGateway",
        "azure-native:operationalinsights:Workspace",
    }
)
"""Types whose `sku` is one of their properties."""

_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "azure-native:network:VirtualNetwork": ("subnets", "subnets.delegations"),
    "azure-native:network:NetworkSecurityGroup": ("securityRules",),
    "azure-native:network:RouteTable": ("routes",),
    "azure-native:network:AzureFirewall": ("ipConfigurations", "managementIpConfiguration"),
    "azure-native:network:PrivateEndpoint": ("privateLinkServiceConnections",),
    "azure-native:network:PrivateDnsZoneGroup": ("privateDnsZoneConfigs",),
    "azure-native:network:NetworkInterface": ("ipConfigurations",),
    "azure-native:network:ApplicationGateway": (
        "gatewayIPConfigurations",
        "frontendIPConfigurations",
        "frontendPorts",
        "sslCertificates",
        "httpListeners",
        "probes",
        "backendAddressPools",
        "backendHttpSettingsCollection",
        "requestRoutingRules",
    ),
}
"""Parts whose own `properties` the SDK lifts: name and id stay beside them."""

_BESIDE: Final = ("name", "id", "type", "etag")


def to_arm(resources: Iterable[PlannedResource], *, subscription_id: str) -> dict[str, object]:
    """A template-shaped document of every azure-native resource, in order of resource id.

    Raises plan.arm_types.UnknownType for a type that is not listed.
    """
    azure = [resource for resource in resources if resource.type.startswith("azure-native:")]
    ids = {resource.urn: resource.id for resource in azure}
    exported = [_resource(resource, ids) for resource in azure]
    return {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "metadata": {"subscriptionId": subscription_id},
        "resources": sorted(exported, key=lambda item: str(item["id"]).lower()),
    }


def _resource(resource: PlannedResource, ids: Mapping[str, Value]) -> dict[str, object]:
    entry = arm_type(resource.type)
    names = entry.name_values(resource.inputs) or ()
    return {
        "id": _json(resource.id),
        "type": entry.type,
        "apiVersion": entry.api,
        "name": "/".join(names),
        **body(resource.type, resource.inputs, entry),
        "dependsOn": sorted({str(ids[urn]) for urn in resource.dependencies if isinstance(ids.get(urn), str)}),
    }


def body(token: str, inputs: Mapping[str, Value], entry: ArmType) -> dict[str, object]:
    """A resource's body as the REST API takes it."""
    addressing = {*entry.names, "resourceGroupName", "workspaceName", "clusterRp", "clusterResourceName", "clusterName"}
    if entry.scope not in ("group", "subscription", "workspace", "cluster"):
        addressing.add(entry.scope)
    own = {key: value for key, value in inputs.items() if key not in addressing}
    outside = [key for key in _ENVELOPE if key in own and not (key == "sku" and token in _SKU_INSIDE)]
    envelope = {key: own.pop(key) for key in outside}
    lifted = own.pop("properties", None)
    properties = {**(lifted if isinstance(lifted, Mapping) else {}), **own}
    for path in _PARTS.get(token, ()):
        properties = _unlift(properties, path.split("."))
    if token == "azure-native:frontdoor:Policy":
        properties = _front_door(properties)
    result: dict[str, object] = {key: _json(value) for key, value in envelope.items()}
    if properties:
        result["properties"] = _json(properties)
    return result


def _unlift(parent: Mapping[str, Value], path: list[str]) -> dict[str, Value]:
    key, rest = path[0], path[1:]
    found = parent.get(key)
    if rest:
        # The outer part has been put in form already: its own values lie under `properties`.
        def deeper(item: Value) -> Value:
            if not isinstance(item, Mapping) or not isinstance(item.get("properties"), Mapping):
                return item
            return {**item, "properties": _unlift(item["properties"], rest)}

        changed: Value = [deeper(item) for item in found] if isinstance(found, list | tuple) else found
    elif isinstance(found, list | tuple):
        changed = [_part(item) for item in found]
    else:
        changed = _part(found)
    return {**parent, key: changed} if key in parent else dict(parent)


def _part(item: Value) -> Value:
    if not isinstance(item, Mapping):
        return item
    beside = {key: value for key, value in item.items() if key in _BESIDE}
    return {**beside, "properties": {key: value for key, value in item.items() if key not in _BESIDE}}


def _front_door(properties: Mapping[str, Value]) -> dict[str, Value]:
    """The SDK lifts the scrubbing of logs into the policy's settings."""
    settings = properties.get("policySettings")
    if not isinstance(settings, Mapping):
        return dict(properties)
    scrubbing = {key: settings[key] for key in ("state", "scrubbingRules") if key in settings}
    kept = {key: value for key, value in settings.items() if key not in scrubbing}
    return {**properties, "policySettings": {**kept, **({"logScrubbing": scrubbing} if scrubbing else {})}}


def _json(value: Value) -> object:
    if value is UNKNOWN:
        return UNKNOWN_MARK
    if isinstance(value, Mapping):
        return {key: _json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_json(inner) for inner in value]
    return value
