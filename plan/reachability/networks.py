"""The networks of a plan, as Azure would see them, and everything of a network kind that is not understood."""

from collections.abc import Mapping

from plan.model import UNKNOWN, Plan, PlannedResource, Value
from plan.reachability.attachments import attachments
from plan.reachability.firewalls import firewalls
from plan.reachability.gateways import behind_gateways
from plan.reachability.guards import GROUP, TABLE, guard_of, route_tables, security_groups
from plan.reachability.known_types import unread_network_types
from plan.reachability.model import Estate, Hop, Peering, RouteTable, SecurityGroup, Subnet, VirtualNetwork
from plan.reachability.reading import given, name_of, parents, place_id, region, rows, targets, text, texts
from plan.reachability.subnets import NETWORK, DeclaredSubnet, network_prefixes, subnets

PEERING = "azure-native:network:VirtualNetworkPeering"


def estate(plan: Plan) -> tuple[Estate, tuple[Hop, ...]]:
    """Networks, firewalls and what stands in them; and what no packet may be said of, each with a reason."""
    notes: list[Hop] = list(unread_network_types(plan))
    declared = subnets(plan)
    walls = firewalls(plan, declared, notes)
    groups = security_groups(plan)
    tables = route_tables(plan, walls, declared, notes)
    behind = behind_gateways(plan, declared, notes)
    networks = tuple(
        _network(plan, network, declared, groups, tables, behind.get(network.urn, ()), notes)
        for network in plan.of_type(NETWORK)
    )
    attached = attachments(plan, declared, groups, notes)
    found = Estate(networks=networks, firewalls=walls, attachments=attached)
    return found, tuple(dict.fromkeys(notes))


def _network(
    plan: Plan,
    network: PlannedResource,
    declared: tuple[DeclaredSubnet, ...],
    groups: Mapping[str, SecurityGroup],
    tables: Mapping[str, RouteTable],
    behind: tuple[str, ...],
    notes: list[Hop],
) -> VirtualNetwork:
    if any(":" in prefix for prefix in texts(network.get("addressSpace.addressPrefixes"))):
        notes.append(
            Hop(what=f"unjudged: {network.label} has IPv6 addresses, which are not looked at", urn=network.urn)
        )
    if network.get("subnets") is UNKNOWN:
        notes.append(Hop(what=f"unjudged: the subnets of {network.label} are not known yet", urn=network.urn))
    return VirtualNetwork(
        id=place_id(network),
        name=name_of(network),
        prefixes=network_prefixes(network),
        subnets=tuple(
            _subnet(plan, item, groups, tables, notes) for item in declared if item.network.urn == network.urn
        ),
        peerings=_peerings(plan, network, notes),
        gateway_prefixes=behind,
        region=region(network.get("location")),
    )


def _subnet(
    plan: Plan,
    item: DeclaredSubnet,
    groups: Mapping[str, SecurityGroup],
    tables: Mapping[str, RouteTable],
    notes: list[Hop],
) -> Subnet:
    raw, holder = item.raw, item.holder
    what = f"subnet '{item.name}'"
    group = guard_of(
        plan, holder, raw.get("networkSecurityGroup"), item.key or "networkSecurityGroup", GROUP, notes, what
    )
    table = guard_of(plan, holder, raw.get("routeTable"), item.key or "routeTable", TABLE, notes, what)
    if raw.get("ipamPoolPrefixAllocations"):
        notes.append(Hop(what=f"unjudged: {what} takes its range from a pool of addresses", urn=holder.urn))
    # Absent is disabled: learn.microsoft.com/azure/private-link/disable-private-endpoint-network-policy
    policies = raw.get("privateEndpointNetworkPolicies")
    return Subnet(
        id=item.id,
        name=item.name,
        prefixes=item.prefixes,
        group=groups.get(group) if group is not None else None,
        table=tables.get(table) if table is not None else None,
        # Absent is a way out; learn.microsoft.com/azure/virtual-network/ip-services/default-outbound-access
        default_outbound=raw.get("defaultOutboundAccess") is not False,
        nat_gateway=given(raw.get("natGateway")),
        service_endpoints=_endpoints(raw.get("serviceEndpoints")),
        endpoints_filtered=policies in ("Enabled", "NetworkSecurityGroupEnabled"),
        endpoints_routed=policies in ("Enabled", "RouteTableEnabled"),
    )


ALL_SERVICES = (
    "Microsoft.Storage.Global",
    "Microsoft.Storage",
    "Microsoft.Sql",
    "Microsoft.KeyVault",
    "Microsoft.AzureCosmosDB",
    "Microsoft.ContainerRegistry",
    "Microsoft.CognitiveServices",
    "Microsoft.EventHub",
    "Microsoft.ServiceBus",
    "Microsoft.Web",
)
"""learn.microsoft.com/azure/virtual-network/virtual-network-service-endpoints-overview: where none is known yet."""


def _endpoints(value: Value) -> tuple[str, ...]:
    if value is UNKNOWN:
        return ALL_SERVICES
    named = [row.get("service") for row in rows(value)]
    return ALL_SERVICES if UNKNOWN in named else tuple(item for item in named if isinstance(item, str))


def _peerings(plan: Plan, network: PlannedResource, notes: list[Hop]) -> tuple[Peering, ...]:
    found = []
    for index, row in enumerate(rows(network.get("virtualNetworkPeerings"))):
        found += _peering(plan, network, row, f"virtualNetworkPeerings.{index}.", notes)
    for resource in plan.of_type(PEERING):
        if network in parents(plan, resource, "virtualNetworkName", NETWORK):
            found += _peering(plan, resource, resource.inputs, "", notes)
    return tuple(found)


def _peering(
    plan: Plan, holder: PlannedResource, row: Mapping[str, Value], path: str, notes: list[Hop]
) -> list[Peering]:
    if row.get("enableOnlyIPv6Peering") is True:
        notes.append(Hop(what=f"unjudged: a peering of {holder.label} is for IPv6 alone", urn=holder.urn))
        return []
    others = targets(plan, holder, f"{path}remoteVirtualNetwork.id", NETWORK)
    if not others:
        notes.append(Hop(what=f"unjudged: {holder.label} leads to a network that is not in this plan", urn=holder.urn))
    remote = row.get("remoteVirtualNetwork")
    written = text(remote.get("id")) if isinstance(remote, Mapping) else None
    ids = [place_id(other) for other in others] or [written or "unknown"]
    identifier = f"{place_id(holder)}/{text(row.get('name')) or ''}".rstrip("/") if path else place_id(holder)
    return [
        Peering(
            id=identifier,
            remote=other,
            # What is absent or not known yet counts as open; a way for forwarded packets has to be asked for.
            access=row.get("allowVirtualNetworkAccess") is not False,
            forwarded=given(row.get("allowForwardedTraffic")),
            gateway_transit=given(row.get("allowGatewayTransit")),
            remote_gateways=given(row.get("useRemoteGateways")),
        )
        for other in ids
    ]
