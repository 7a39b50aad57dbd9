"""Compliant plans with a path opened: each break on its own, or several that open one together."""

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from plan.model import Plan, PlannedResource
from tests.plans import Matches, added, changed, swapped, token, where, without

NSG, VNET, ROUTE = "network:NetworkSecurityGroup", "network:VirtualNetwork", "network:Route"
RULES, POLICY = "network:FirewallPolicyRuleCollectionGroup", "kubernetes:networking.k8s.io/v1:NetworkPolicy"
FINE, WIDE = "kubernetes:cilium.io/v2:CiliumNetworkPolicy", "kubernetes:cilium.io/v2:CiliumClusterwideNetworkPolicy"
ELSEWHERE = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/x/providers"
BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
"""Storage Blob Data Reader: learn.microsoft.com/azure/role-based-access-control/built-in-roles/storage"""


def group(role: str) -> Matches:
    """The security group of a subnet."""
    return lambda found: str(found.get("networkSecurityGroupName")).endswith(f"-{role}")


def one(plan: Plan, short: str, only: Matches) -> PlannedResource:
    """The one resource of a type that matches."""
    (found,) = [resource for resource in plan.of_type(token(short)) if only(resource)]
    return found


def with_rule(plan: Plan, role: str, **rule: object) -> Plan:
    """A security group with one rule more, before all others."""
    found = one(plan, NSG, group(role))
    base: Mapping[str, Any] = {
        "name": "by-hand",
        "access": "Allow",
        "priority": 100,
        "protocol": "*",
        "sourcePortRange": "*",
        "sourceAddressPrefix": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "*",
    }
    inputs = copy.deepcopy(dict(found.inputs))
    inputs["securityRules"] = [{**base, **rule}, *inputs["securityRules"]]  # type: ignore[misc]  # JSON
    return swapped(plan, found, replace(found, inputs=inputs))


def subnet_at(plan: Plan, name: str) -> int:
    """The place of a subnet in its network's list."""
    subnets = plan.of_type(token(VNET))[0].get("subnets")
    assert isinstance(subnets, list)
    return next(index for index, subnet in enumerate(subnets) if subnet["name"] == name)


def out_of(plan: Plan, subnet: str) -> Plan:
    """A subnet's security group lets everything out: by itself that opens nothing."""
    return with_rule(plan, subnet, direction="Outbound")


def past_the_firewall(plan: Plan, subnet: str) -> Plan:
    """A subnet without the route to the firewall: by itself that opens nothing either."""
    return changed(plan, VNET, f"subnets.{subnet_at(plan, subnet)}.routeTable", None)


def with_outbound(plan: Plan, subnet: str) -> Plan:
    """Azure's hidden way out of a subnet."""
    return changed(plan, VNET, f"subnets.{subnet_at(plan, subnet)}.defaultOutboundAccess", value=True)


def straight_out(plan: Plan, subnet: str = "confidential") -> Plan:
    """The three together."""
    return with_outbound(past_the_firewall(out_of(plan, subnet), subnet), subnet)


def to_strange_host(plan: Plan) -> Plan:
    """The firewall lets nodes reach a host that nobody has listed."""
    return changed(plan, RULES, "ruleCollections.0.rules.0.targetFqdns", ["api.example.com"])


def public_store(plan: Plan) -> Plan:
    """A patient store that answers the internet."""
    patient: Matches = lambda found: found.name == "store-patient-account"  # noqa: E731 a shorthand
    opened = changed(plan, "storage:StorageAccount", "publicNetworkAccess", "Enabled", patient)
    return changed(opened, "storage:StorageAccount", "networkRuleSet.defaultAction", "Allow", patient)


def peered(plan: Plan) -> Plan:
    """A peering to a network of another subscription."""
    vnet = plan.of_type(token(VNET))[0]
    return added(
        plan,
        "network:VirtualNetworkPeering",
        {
            "virtualNetworkName": vnet.get("virtualNetworkName"),
            "resourceGroupName": vnet.get("resourceGroupName"),
            "virtualNetworkPeeringName": "us",
            "remoteVirtualNetwork": {"id": f"{ELSEWHERE}/Microsoft.Network/virtualNetworks/vnet-us"},
            "allowVirtualNetworkAccess": True,
            "allowForwardedTraffic": True,
        },
        f"{vnet.id}/virtualNetworkPeerings/us",
    )


def models_for_all(plan: Plan) -> Plan:
    """The model's port is open to every pod."""
    models: Matches = lambda found: str(found.get("metadata.namespace")).startswith("inference-")  # noqa: E731 a shorthand
    return changed(plan, FINE, "spec.ingress.0.fromEndpoints", None, models)


def retrieval_for_all(plan: Plan) -> Plan:
    """Every pod may search."""
    return changed(plan, FINE, "spec.ingress.0.fromEndpoints", None, where(metadata__namespace="retrieval"))


def gateway_for_all(plan: Plan) -> Plan:
    """The gateway is open to every pod."""
    return changed(plan, POLICY, "spec.ingress.0.from", None, where(metadata__name="gateway"))


def api_for_vault(plan: Plan) -> Plan:
    """The machines of the token vault reach the API server."""
    return with_rule(with_rule(plan, "confidential", direction="Outbound"), "apiserver", direction="Inbound")


def learner_reads_patients(plan: Plan) -> Plan:
    """The identity that trains may read patients' documents."""
    store = one(plan, "storage:StorageAccount", lambda found: found.name == "store-patient-account")
    learner = one(plan, "managedidentity:UserAssignedIdentity", lambda found: found.name == "identities-learning")
    role = f"/providers/Microsoft.Authorization/roleDefinitions/{BLOB_READER}"
    return added(
        plan,
        "authorization:RoleAssignment",
        {
            "scope": store.id,
            "principalId": learner.outputs["principalId"],
            "principalType": "ServicePrincipal",
            "roleDefinitionId": role,
        },
        f"{store.id}/providers/Microsoft.Authorization/roleAssignments/by-hand",
    )


def with_hub(plan: Plan) -> Plan:
    """A virtual hub, whose routes no plan shows."""
    return added(plan, "network:VirtualHub", {"virtualHubName": "hub", "location": "westeurope"})


def unenforced(plan: Plan) -> Plan:
    """A cluster that takes network policies and holds none."""
    return changed(plan, "containerservice:ManagedCluster", "networkProfile.networkPolicy", "none")


def unguarded(plan: Plan) -> Plan:
    """No network policies in the cluster at all."""
    return without(plan, POLICY, FINE, WIDE)
