"""Every way out is the route to the firewall: routes, subnets, addresses, the cluster."""

from collections.abc import Iterable

from plan.model import PlannedResource
from policies.require import items, refers, require, same, show
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, judged, rule, stack_rule
from policies.types import (
    APPLICATION_GATEWAY,
    CLUSTER,
    FIREWALL,
    PUBLIC_IP,
    ROUTE,
    ROUTE_TABLE,
    VNET,
)
from policies.verdict import PASSED, Verdict, refused

AZURE_SUBNETS = ("AzureFirewallSubnet", "AzureFirewallManagementSubnet", "AzureBastionSubnet", "GatewaySubnet")
SELF_ROUTED = ("apiserver", "portal")
"""Azure routes the API server's subnet; an Application Gateway answers callers directly, and runs no code of ours."""


@stack_rule(
    "egress.default-route-to-firewall",
    title="Every route table's default route is the firewall",
    severity=Severity.CRITICAL,
    applies_to=(ROUTE_TABLE, ROUTE),
    fix="let components/egress.py make the route",
    example="a route table without a route for 0.0.0.0/0",
)
def default_route(stack: StackUnderReview) -> Iterable[Judged]:
    """Without the route, packets leave by Azure's own gateway, and the firewall never sees them."""
    tables = stack.of_type(ROUTE_TABLE)
    if not tables:
        return absent(stack, "the plan has no route table")
    by_table = stack.parts(ROUTE, "routeTableName", ROUTE_TABLE, "routeTableName")
    return judged(tables, lambda table: _routed(table, by_table.get(table.urn, [])))


def _routed(table: PlannedResource, linked: list[PlannedResource]) -> Verdict:
    routes = [*items(table.get("routes")), *(route.inputs for route in linked)]
    default = [route for route in routes if route.get("addressPrefix") == "0.0.0.0/0"]
    if not default:
        return refused("has no route for 0.0.0.0/0")
    leaks = [r for r in routes if same(r.get("nextHopType"), "Internet")]
    if leaks:
        return refused(f"sends {show(leaks[0].get('addressPrefix'))} straight to the internet")
    if not all(same(route.get("nextHopType"), "VirtualAppliance") for route in default):
        return refused(f"sends 0.0.0.0/0 to {show(default[0].get('nextHopType'))}")
    return require(table, "disableBgpRoutePropagation", equals=True)


@rule(
    "egress.subnets-routed-to-firewall",
    title="Every subnet's traffic is routed to the firewall",
    severity=Severity.CRITICAL,
    applies_to=VNET,
    fix="add the role to ROUTED in components/network.py",
    example="a subnet for nodes without a route table",
)
def subnets_routed(vnet: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A subnet without a route table leaves by Azure's own gateway."""
    own = [s for s in items(vnet.get("subnets")) if s.get("name") not in (*AZURE_SUBNETS, *SELF_ROUTED)]
    if not own:
        return refused("has no subnets in the plan, so their routes can't be shown")
    bare = [str(subnet.get("name")) for subnet in own if not refers(subnet, "routeTable")]
    return refused(f"subnets without a route table: {', '.join(bare)}") if bare else PASSED


@rule(
    "egress.no-default-outbound-access",
    title="No subnet has Azure's hidden default way out",
    severity=Severity.CRITICAL,
    applies_to=VNET,
    fix="set defaultOutboundAccess to false on every subnet",
    example="a subnet without defaultOutboundAccess, which Azure takes as true",
    remediate=True,
)
def no_default_outbound(vnet: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Azure gives machines an address of its own to leave by, unless told not to."""
    return require(vnet, "subnets[*].defaultOutboundAccess", equals=False)


@rule(
    "egress.no-nat-gateway",
    title="There is no NAT gateway",
    severity=Severity.CRITICAL,
    applies_to=("azure-native:network:NatGateway", "azure-native:network:PublicIPPrefix"),
    fix="remove it; what must leave is named in jurisdictions/clouds/<cloud>.yaml",
    example="a NAT gateway on the nodes' subnet",
)
def no_nat(gateway: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A NAT gateway takes precedence over the firewall's route for its subnet, and knows no names."""
    return refused("is a way out beside the firewall")


@stack_rule(
    "egress.public-addresses-only-at-the-edge",
    title="Only the firewall and a regional portal have public addresses",
    severity=Severity.CRITICAL,
    applies_to=PUBLIC_IP,
    fix="remove the address; administrators come in by the runner inside the network",
    example="a public address that nothing but a virtual machine uses",
)
def public_addresses(stack: StackUnderReview) -> Iterable[Judged]:
    """Each public address is a way in and a way out; two places are watched, others are not."""
    used: set[str] = set()
    for token, paths in (
        (FIREWALL, ("ipConfigurations[*].publicIPAddress.id", "managementIpConfiguration.publicIPAddress.id")),
        (APPLICATION_GATEWAY, ("frontendIPConfigurations[*].publicIPAddress.id",)),
    ):
        for source in stack.of_type(token):
            used |= {found.urn for path in paths for found in stack.targets(source, path)}
    return judged(
        stack.of_type(PUBLIC_IP),
        lambda address: PASSED if address.urn in used else refused("belongs to neither the firewall nor the portal"),
    )


@rule(
    "egress.interfaces-without-public-address",
    title="No network interface has a public address",
    severity=Severity.CRITICAL,
    applies_to="azure-native:network:NetworkInterface",
    fix="remove publicIPAddress from the interface",
    example="a network interface with ipConfigurations[0].publicIPAddress",
)
def interfaces_private(interface: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A machine with an address of its own is not behind the firewall at all."""
    return require(interface, "ipConfigurations[*].publicIPAddress", absent=True)


@rule(
    "egress.cluster-leaves-by-firewall",
    title="The cluster leaves by the route to the firewall, or not at all",
    severity=Severity.CRITICAL,
    applies_to=CLUSTER,
    fix="set networkProfile.outboundType to userDefinedRouting, or none with bailiwick:cluster.networkIsolated",
    example="a cluster with outboundType loadBalancer, the default",
)
def cluster_leaves_by_firewall(cluster: PlannedResource, stack: StackUnderReview) -> Verdict:
    """By default AKS makes a load balancer with a public address, through which every pod reaches the internet."""
    return require(cluster, "networkProfile.outboundType", one_of=("userDefinedRouting", "none", "block"))
