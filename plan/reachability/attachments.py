"""Everything with an address in a subnet of the plan: machines, nodes, endpoints, gateways, balancers, injected
services. What names a subnet and is none of these is not understood, and said so."""

from collections.abc import Iterable, Iterator, Mapping

from plan.model import UNKNOWN, Plan, PlannedResource
from plan.reachability import clusters
from plan.reachability.guards import groups_among
from plan.reachability.interfaces import interfaces, machines
from plan.reachability.known_types import NEVER_IN_A_SUBNET
from plan.reachability.model import Attachment, Hop, SecurityGroup
from plan.reachability.reading import given, mapping, place_id, rows, strings, text, texts
from plan.reachability.subnets import DeclaredSubnet, referred_subnets, subnet_named, within

Groups = Mapping[str, SecurityGroup]
Declared = tuple[DeclaredSubnet, ...]

INJECTED: Mapping[str, tuple[str, str | None]] = {
    "azure-native:app:ManagedEnvironment": ("vnetConfiguration.infrastructureSubnetId", "Microsoft.App/environments"),
    "azure-native:dbforpostgresql:Server": (
        "network.delegatedSubnetResourceId",
        "Microsoft.DBforPostgreSQL/flexibleServers",
    ),
    "azure-native:web:WebApp": ("virtualNetworkSubnetId", "Microsoft.Web/serverFarms"),
    "azure-native:containerinstance:ContainerGroup": ("subnetIds[*].id", "Microsoft.ContainerInstance/containerGroups"),
    "azure-native:network:ApplicationGateway": ("gatewayIPConfigurations[*].subnet.id", None),
    "azure-native:network:BastionHost": ("ipConfigurations[*].subnet.id", None),
    "azure-native:network:LoadBalancer": ("frontendIPConfigurations[*].subnet.id", None),
}
"""Where a type names its subnet, and the delegation that the subnet then has."""
_READ_ELSEWHERE = frozenset(
    {
        "azure-native:network:VirtualNetwork",
        "azure-native:network:Subnet",
        "azure-native:network:AzureFirewall",
        "azure-native:network:VirtualNetworkGateway",
        "azure-native:network:NetworkInterface",
        "azure-native:network:PrivateEndpoint",
        "azure-native:network:PrivateLinkService",
        "azure-native:compute:VirtualMachine",
        "azure-native:compute:VirtualMachineScaleSet",
        clusters.CLUSTER,
        clusters.POOL,
        # Names the subnets that may come in by a service endpoint, and stands in none.
        "azure-native:storage:StorageAccount",
        "azure-native:keyvault:Vault",
        "azure-native:keyvault:ManagedHsm",
        "azure-native:cosmosdb:DatabaseAccount",
        "azure-native:network:FlowLog",
    }
)


def attachments(plan: Plan, declared: Declared, groups: Groups, notes: list[Hop]) -> tuple[Attachment, ...]:
    """Who stands where."""
    found = [
        *interfaces(plan, declared, groups, notes),
        *machines(plan, declared, groups, notes),
        *_nodes(plan, declared, notes),
        *_api_servers(plan, declared),
        *_endpoints(plan, declared, notes),
        *_injected(plan, declared, groups),
        *_balancers(plan, declared, notes),
    ]
    _unread(plan, notes)
    return tuple(dict.fromkeys(found))


def _nodes(plan: Plan, declared: Declared, notes: list[Hop]) -> Iterator[Attachment]:
    """Nodes, and pods with addresses of their own; pods of an overlay leave with their node's address.

    learn.microsoft.com/azure/aks/concepts-network-azure-cni-overlay
    """
    for pool in clusters.pools(plan):
        public = given(pool.raw.get("enableNodePublicIP")) or _leaves_by_balancer(pool.cluster)
        where = list(referred_subnets(declared, pool.holder, f"{pool.path}vnetSubnetID"))
        if not where:
            what = f"unjudged: nodes '{pool.name}' stand in no subnet of this plan"
            notes.append(Hop(what=what, urn=pool.holder.urn))
        where += referred_subnets(declared, pool.holder, f"{pool.path}podSubnetID")
        for item in where:
            yield Attachment(place=pool.id, subnet=item.id, public=public)


def _leaves_by_balancer(cluster: PlannedResource | None) -> bool:
    """Whether a public load balancer translates what nodes send: so it is unless something else is asked for.

    learn.microsoft.com/azure/aks/egress-outboundtype
    """
    kind = cluster.get("networkProfile.outboundType") if cluster is not None else None
    return kind not in ("userDefinedRouting", "none", "block", "userAssignedNATGateway")


def _api_servers(plan: Plan, declared: Declared) -> Iterator[Attachment]:
    """In a subnet of its own, or as a private endpoint that Azure makes beside the nodes."""
    for cluster in plan.of_type(clusters.CLUSTER):
        path, delegated = "apiServerAccessProfile.subnetId", "Microsoft.ContainerService/managedClusters"
        own = referred_subnets(declared, cluster, path, delegated=delegated)
        for item in own:
            yield Attachment(place=place_id(cluster), subnet=item.id)
        if not own and given(cluster.get("apiServerAccessProfile.enablePrivateCluster")):
            for item in referred_subnets(declared, cluster, "agentPoolProfiles[*].vnetSubnetID"):
                yield Attachment(place=place_id(cluster), subnet=item.id, is_endpoint=True)


def _endpoints(plan: Plan, declared: Declared, notes: list[Hop]) -> Iterator[Attachment]:
    for endpoint in plan.of_type("azure-native:network:PrivateEndpoint"):
        where = referred_subnets(declared, endpoint, "subnet.id")
        if not where:
            notes.append(Hop(what=f"unjudged: {endpoint.label} stands in no subnet of this plan", urn=endpoint.urn))
        chosen = [text(row.get("privateIPAddress")) for row in rows(endpoint.get("ipConfigurations"))]
        chosen += [
            text(mapping(row.get("properties")).get("privateIPAddress"))
            for row in rows(endpoint.get("ipConfigurations"))
        ]
        for item in where:
            yield Attachment(
                place=place_id(endpoint),
                subnet=item.id,
                addresses=single(address for address in chosen if address and within(address, item.prefixes)),
                application_groups=texts([row.get("id") for row in rows(endpoint.get("applicationSecurityGroups"))]),
                is_endpoint=True,
            )


def single(addresses: Iterable[str]) -> tuple[str, ...]:
    """Addresses as CIDRs."""
    return tuple(dict.fromkeys(f"{address}/32" for address in addresses))


def _injected(plan: Plan, declared: Declared, groups: Groups) -> Iterator[Attachment]:
    for token, (path, delegated) in INJECTED.items():
        for resource in plan.of_type(token):
            for item in referred_subnets(declared, resource, path, delegated=delegated):
                yield Attachment(
                    place=place_id(resource),
                    subnet=item.id,
                    addresses=_frontends(resource, item),
                    group=groups_among(plan, resource, "networkSecurityGroup.id", groups),
                    public=has_public_address(resource),
                    # A balancer's address takes connections and starts none.
                    is_endpoint=token.endswith(":LoadBalancer"),
                )


def _frontends(resource: PlannedResource, item: DeclaredSubnet) -> tuple[str, ...]:
    """Addresses chosen for the frontends of a load balancer; those of a gateway start connections from anywhere."""
    if not resource.type.endswith(":LoadBalancer"):
        return ()
    written = (text(row.get("privateIPAddress")) for row in rows(resource.get("frontendIPConfigurations")))
    return single(address for address in written if address and within(address, item.prefixes))


def has_public_address(resource: PlannedResource) -> bool:
    """Whether any of its configurations has a public address; what is not known yet has."""
    for key in ("frontendIPConfigurations", "ipConfigurations"):
        listed = resource.get(key)
        if listed is UNKNOWN:
            return True
        if any(given(row.get("publicIPAddress")) or given(row.get("publicIPPrefix")) for row in rows(listed)):
            return True
    return False


def _balancers(plan: Plan, declared: Declared, notes: list[Hop]) -> Iterator[Attachment]:
    """Internal load balancers that a cluster makes for its Services."""
    for service in clusters.services(plan):
        if not clusters.is_balancer(service) or not clusters.is_internal(service):
            continue
        where = _frontend_subnets(plan, declared, service)
        if not where:
            what = f"unjudged: {service.label} has its address in no subnet of this plan"
            notes.append(Hop(what=what, urn=service.urn))
        chosen = [text(clusters.annotation(service, "load-balancer-ipv4")), text(service.get("spec.loadBalancerIP"))]
        for item in where:
            yield Attachment(
                place=clusters.service_id(plan, service),
                subnet=item.id,
                addresses=single(address for address in chosen if address and within(address, item.prefixes)),
                is_endpoint=True,
            )


def _frontend_subnets(plan: Plan, declared: Declared, service: PlannedResource) -> tuple[DeclaredSubnet, ...]:
    """The subnet named, in the network of the cluster's nodes; without a name the nodes' own."""
    cluster = clusters.cluster_of(plan, service)
    pools = [pool for pool in clusters.pools(plan) if pool.cluster is cluster]
    homes = [item for pool in pools for item in referred_subnets(declared, pool.holder, f"{pool.path}vnetSubnetID")]
    name = clusters.annotation(service, "load-balancer-internal-subnet")
    networks = frozenset(item.network.urn for item in homes or declared)
    if isinstance(name, str):
        return subnet_named(declared, networks, name)
    if name is UNKNOWN:
        return tuple(item for item in declared if item.network.urn in networks)
    return tuple(homes)


def _unread(plan: Plan, notes: list[Hop]) -> None:
    """Whatever else names a subnet: it stands there in a way that nothing here understands."""
    for resource in plan.of_type("azure-native:*"):
        if resource.type in INJECTED or resource.type in _READ_ELSEWHERE or resource.type in NEVER_IN_A_SUBNET:
            continue
        named = next((value for value in strings(resource.inputs) if "/subnets/" in value), None)
        if named is not None:
            what = f"unjudged: {resource.label} names subnet '{named.rpartition('/')[2]}' in a way that is not read"
            notes.append(Hop(what=what, urn=resource.urn))
