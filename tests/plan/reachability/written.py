"""Small plans written by hand, with known answers."""

from collections.abc import Mapping
from typing import Any

from plan.model import Plan, PlannedResource

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
OTHER = "22222222-2222-2222-2222-222222222222"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"


def resource(
    short: str,
    name: str,
    inputs: Mapping[str, Any] | None = None,
    *,
    identifier: str | None = None,
    outputs: Mapping[str, Any] | None = None,
    made_from: Mapping[str, tuple[str, ...]] | None = None,
    provider: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> PlannedResource:
    """`network:Subnet` for `azure-native:network:Subnet`; without an id it is known only after deployment."""
    token = short if short.startswith(("kubernetes:", "azuread:", "pulumi:", "aws:")) else f"azure-native:{short}"
    known = {"id": identifier} if identifier is not None else {}
    return PlannedResource(
        urn=urn(token, name),
        type=token,
        name=name,
        provider=provider,
        inputs={**(inputs or {}), **({"tags": tags} if tags else {})},
        outputs={**known, **(outputs or {})},
        property_dependencies=made_from or {},
    )


def urn(short: str, name: str) -> str:
    """URN that `resource` gives."""
    token = (
        short
        if short.startswith(("kubernetes:", "azure-native:", "azuread:", "pulumi:", "aws:"))
        else f"azure-native:{short}"
    )
    return f"urn:pulumi:eu-prod::bailiwick::{token}::{name}"


def plan_of(*resources: PlannedResource) -> Plan:
    """A plan of these."""
    return Plan(project="bailiwick", stack="eu-prod", jurisdiction="eu", resources=resources)


def arm(kind: str, name: str, subscription: str = SUBSCRIPTION) -> str:
    """An id: `arm("Microsoft.Network/virtualNetworks", "vnet")`."""
    return f"/subscriptions/{subscription}/resourceGroups/rg/providers/{kind}/{name}"


VNET = arm("Microsoft.Network/virtualNetworks", "vnet")


def vnet(*subnets: Mapping[str, Any], name: str = "vnet", **inputs: object) -> PlannedResource:
    """A network with inline subnets."""
    return resource(
        "network:VirtualNetwork",
        name,
        {
            "virtualNetworkName": name,
            "location": "West Europe",
            "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
            "subnets": list(subnets),
            **inputs,
        },
        identifier=arm("Microsoft.Network/virtualNetworks", name),
    )


def subnet(name: str, prefix: str, **inputs: object) -> dict[str, Any]:
    """An inline subnet."""
    return {"name": name, "addressPrefix": prefix, **inputs}


def subnet_id(name: str, network: str = "vnet") -> str:
    """Id of an inline subnet."""
    return f"{arm('Microsoft.Network/virtualNetworks', network)}/subnets/{name}"


def account(name: str, *, identifier: str | None = None, **inputs: object) -> PlannedResource:
    """A storage account, closed unless something is said."""
    closed = {"publicNetworkAccess": "Disabled", "sku": {"name": "Standard_ZRS"}, "location": "westeurope"}
    return resource(
        "storage:StorageAccount",
        name,
        {"accountName": name, **closed, **inputs},
        identifier=identifier or arm("Microsoft.Storage/storageAccounts", name),
    )


def pods(
    namespace: str,
    name: str,
    labels: object,
    *,
    kind: str = "apps/v1:Deployment",
    spec: Mapping[str, Any] | None = None,
) -> PlannedResource:
    """A workload."""
    return resource(
        f"kubernetes:{kind}",
        f"{namespace}-{name}",
        {
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"template": {"metadata": {"labels": labels}, "spec": dict(spec or {})}},
        },
        identifier=f"{namespace}/{name}",
    )


def namespace(name: str, **labels: str) -> PlannedResource:
    """A namespace with labels."""
    inputs = {"metadata": {"name": name, "labels": labels}}
    return resource("kubernetes:core/v1:Namespace", name, inputs, identifier=name)


def network_policy(namespace: str, name: str, spec: Mapping[str, Any]) -> PlannedResource:
    """A network policy."""
    return resource(
        "kubernetes:networking.k8s.io/v1:NetworkPolicy",
        f"{namespace}-{name}",
        {"metadata": {"name": name, "namespace": namespace}, "spec": dict(spec)},
        identifier=f"{namespace}/{name}",
    )
