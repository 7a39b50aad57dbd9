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

_ENVELOPE: Final = ("location", "tags", "sku", "kind", "identity", "zones", "extendedLocation", "managedBy")
"""Top-level keys of ARM's common schema that stay outside `properties`."""

_INSIDE: Final[Mapping[str, tuple[str, ...]]] = {
    "azure-native:network:AzureFirewall": ("sku",),
    "azure-native:network:FirewallPolicy": ("sku",),
    "azure-native:network:ApplicationGateway": ("sku",),
    "azure-native:operationalinsights:Workspace": ("sku",),
    "azure-native:containerservice:AgentPool": ("tags",),
    "azure-native:appconfiguration:KeyValue": ("tags",),
}
"""Types of which a part of the common schema is one of their properties."""

_FLAT: Final = frozenset({"azure-native:authorization:AccessReviewScheduleDefinitionById"})
"""Access reviews, whose body has no `properties` but `settings`."""

_RENAMED: Final[Mapping[str, Mapping[str, str]]] = {
    "azure-native:storage:StorageAccount": {
        "enableHttpsTrafficOnly": "supportsHttpsTrafficOnly",
        "networkRuleSet": "networkAcls",
        "encryption.encryptionIdentity.encryptionUserAssignedIdentity": "userAssignedIdentity",
        "encryption.encryptionIdentity": "identity",
        "encryption.keyVaultProperties.keyName": "keyname",
        "encryption.keyVaultProperties.keyVaultUri": "keyvaulturi",
        "encryption.keyVaultProperties.keyVersion": "keyversion",
        "encryption.keyVaultProperties": "keyvaultproperties",
    },
    "azure-native:keyvault:Key": {"releasePolicy": "release_policy"},
    "azure-native:authorization:RoleDefinition": {"roleType": "type"},
}
"""Paths below `properties` that the SDK gives another name than the REST API; inner ones first."""

_ADDRESSING: Final = frozenset(
    {
        "resourceGroupName",
        "workspaceName",
        "clusterRp",
        "clusterResourceName",
        "clusterName",
        "managementGroupId",
        "managementGroupsNamespace",
    }
)

_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "azure-native:network:VirtualNetwork": ("subnets", "subnets.delegations"),
    "azure-native:network:NetworkSecurityGroup": ("securityRules",),
    "azure-native:network:RouteTable": ("routes",),
    "azure-native:network:AzureFirewall": ("ipConfigurations", "managementIpConfiguration"),
    "azure-native:network:PrivateEndpoint": ("privateLinkServiceConnections", "subnet"),
    "azure-native:network:PrivateDnsZoneGroup": ("privateDnsZoneConfigs",),
    "azure-native:network:NetworkInterface": ("ipConfigurations", "ipConfigurations.subnet"),
    "azure-native:compute:VirtualMachine": ("networkProfile/networkInterfaces",),
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
"""Parts whose own `properties` the SDK lifts: name and id stay beside them. A dot leads into a part's properties, a
slash into a plain object."""

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
    addressing = {*entry.names, *_ADDRESSING}
    if entry.scope not in ("group", "subscription", "workspace", "cluster", "managementGroup", "tenant"):
        addressing.add(entry.scope)
    if token == "azure-native:privatedns:PrivateRecordSet":
        addressing.add("recordType")
    own = {key: value for key, value in inputs.items() if key not in addressing}
    inside = _INSIDE.get(token, ())
    envelope = {key: own.pop(key) for key in _ENVELOPE if key in own and key not in inside}
    if "identity" in envelope:
        envelope["identity"] = _identity(envelope["identity"])
    lifted = own.pop("properties", None)
    properties = {**(lifted if isinstance(lifted, Mapping) else {}), **own}
    for path in _PARTS.get(token, ()):
        properties = _unlift(properties, path.split("."))
    for path, name in _RENAMED.get(token, {}).items():
        properties = _rename(properties, path.split("."), name)
    if token in _FLAT:
        flat = [*envelope.items(), *_review(properties).items()]
        return {str(key): _json(value) for key, value in flat}
    if token == "azure-native:frontdoor:Policy":
        properties = _front_door(properties)
    result: dict[str, object] = {key: _json(value) for key, value in envelope.items()}
    if properties:
        result["properties"] = _json(properties)
    return result


def _identity(identity: Value) -> Value:
    """The SDK takes assigned identities as a list of ids; ARM as an object by id."""
    assigned = identity.get("userAssignedIdentities") if isinstance(identity, Mapping) else None
    if not isinstance(identity, Mapping) or not isinstance(assigned, list | tuple):
        return identity
    return {**identity, "userAssignedIdentities": {str(_json(item)): {} for item in assigned}}


def _rename(parent: Mapping[str, Value], path: list[str], name: str) -> dict[str, Value]:
    key, rest = path[0], path[1:]
    if key not in parent:
        return dict(parent)
    if not rest:
        return {(name if known == key else known): value for known, value in parent.items()}
    inner = parent[key]
    return {**parent, key: _rename(inner, rest, name) if isinstance(inner, Mapping) else inner}


def _unlift(parent: Mapping[str, Value], path: list[str]) -> dict[str, Value]:
    key, rest = path[0], path[1:]
    outer, slash, key_inside = key.partition("/")
    if slash:
        plain = parent.get(outer)
        return {**parent, outer: _unlift(plain, [key_inside, *rest])} if isinstance(plain, Mapping) else dict(parent)
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


def _review(properties: Mapping[str, Value]) -> dict[str, Value]:
    """An access review's settings, and within them its recurrence, which the SDK lifts."""
    outside = ("displayName", "descriptionForAdmins", "descriptionForReviewers", "reviewers", "backupReviewers")
    pattern = {key: properties[key] for key in ("type", "interval") if key in properties}
    recurrence: Mapping[str, Value] = dict(pattern=pattern, range=properties.get("range"))  # noqa: C408 mypy infers it
    inside = {key: value for key, value in properties.items() if key not in (*outside, "type", "interval", "range")}
    return {
        **{key: properties[key] for key in outside if key in properties},
        "settings": {**inside, "recurrence": recurrence},
    }


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
