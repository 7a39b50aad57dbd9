"""Doors of the network that are not rules of a security group: peerings, delegations, resolvers, taps, gateways."""

import ipaddress
from collections.abc import Iterable, Iterator

from plan.model import MISSING, PlannedResource
from policies.addresses import is_private
from policies.require import given, items, require, texts
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, rule, stack_rule
from policies.settled import SHUT, Among, AtLeast, settled
from policies.types import CLUSTER, NSG, PRIVATE_ENDPOINT, PUBLIC_IP, VNET
from policies.verdict import PASSED, Verdict, all_of, refused, refused_for

NIC = "azure-native:network:NetworkInterface"
FLOW_LOG = "azure-native:network:FlowLog"
NAMES = "azure-native:network:PrivateDnsZoneGroup"
LINK = "azure-native:privatedns:VirtualNetworkLink"
RECORD = "azure-native:privatedns:PrivateRecordSet"
ZONE = "azure-native:privatedns:PrivateZone"
PERIMETER_RULE = "azure-native:network:NetworkSecurityPerimeterAccessRule"
SCOPE = "azure-native:monitor:PrivateLinkScope"
NO_DOORS = tuple(
    f"azure-native:network:{name}"
    for name in (
        "BastionHost",
        "ExpressRouteCircuit",
        "LoadBalancer",
        "PrivateLinkService",
        "PublicIPPrefix",
        "SecurityRule",
        "Subnet",
        "VirtualNetworkGateway",
        "VirtualNetworkPeering",
        "VirtualNetworkTap",
        "VpnGateway",
    )
)
"""Types that open the network beside what is judged as a part of it."""
DELEGATED = ("Microsoft.App/environments", "Microsoft.ContainerService/managedClusters")
WIDE_TAGS = ("internet", "azurecloud", "virtualnetwork", "*", "0.0.0.0/0")
INSPECTED = "allow-to-inspected-by-the-firewall"
"""The one rule that names the internet: the route takes it to the firewall (egress.subnets-routed-to-firewall)."""


@rule(
    "network.no-other-doors",
    title="The network has no peering, gateway, bastion, tap, or part that is made beside it",
    severity=Severity.CRITICAL,
    applies_to=NO_DOORS,
    fix="make subnets and rules with components/network.py, and doors not at all",
    example="a peering with another network",
)
def no_other_doors(door: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A subnet or a rule of its own is judged by none of the rules that read the network as a whole."""
    return refused("is a door beside the network that is judged")


@rule(
    "network.is-made-as-reviewed",
    title="The network is private, encrypted, guarded from floods in prod, and lent to known services",
    severity=Severity.HIGH,
    applies_to=VNET,
    fix="leave the network to components/network.py",
    example="a subnet delegated to Microsoft.Web/serverFarms, or shared with the tenant",
    remediate=("encryption.enabled", "enableDdosProtection"),
)
def as_reviewed(network: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A delegation puts somebody's service inside; a shared subnet is everybody's in the tenant."""
    wanted: dict[str, object] = {
        "encryption.enabled": True,
        "virtualNetworkPeerings": SHUT,
        "bgpCommunities": SHUT,
        "subnets[*].natGateway": SHUT,
        "subnets[*].sharingScope": SHUT,
        "subnets[*].delegations[*].serviceName": Among(DELEGATED),
    }
    public = [p for p in texts(network.get("addressSpace.addressPrefixes")) if not is_private(p)]
    endpoints = [s for s in items(network.get("subnets")) if s.get("name") == "endpoints"]
    past = [s for s in endpoints if s.get("privateEndpointNetworkPolicies") != "Enabled"]
    return all_of(
        (
            settled(network, wanted | ({"enableDdosProtection": True} if stack.is_prod else {})),
            given(network, "ddosProtectionPlan.id") if stack.is_prod else PASSED,
            refused(f"has public addresses {', '.join(public)}") if public else PASSED,
            refused("its private endpoints are past its security groups") if past else PASSED,
        )
    )


@stack_rule(
    "network.rules-name-own-ranges",
    title="What security groups let out goes to ranges of the stack's own, tags of its region, or the firewall",
    severity=Severity.HIGH,
    applies_to=(NSG, VNET, CLUSTER),
    fix="name the subnet in components/security_groups.py",
    example="a rule that lets a subnet reach 203.0.113.0/24",
)
def own_ranges(stack: StackUnderReview) -> Iterable[Judged]:
    """The firewall still stands behind it; a rule that means to go past it is where the next one begins."""
    own = [ipaddress.ip_network(p) for p in _ranges(stack)]
    for group in stack.of_type(NSG):
        strange: list[str] = []
        for opening in items(group.get("securityRules")):
            if str(opening.get("access")).lower() != "allow":
                continue
            name, outward = str(opening.get("name")), str(opening.get("direction")).lower() == "outbound"
            for target in _named(opening, "destination"):
                wide = target.lower() in WIDE_TAGS and name != INSPECTED
                if outward and (wide or (own and not _within(target, own))):
                    strange.append(f"{name} reaches {target}")
            sources = {source.lower() for source in _named(opening, "source")}
            known = sources <= {"azureloadbalancer"} or all(_is_range(s) for s in sources)
            if opening.get("destinationPortRange") == "*" and not (known and name in EVERY_PORT):
                strange.append(f"{name} opens every port")
        yield group, refused_for(strange)


EVERY_PORT = ("allow-from-cluster", "allow-to-cluster", "allow-from-load-balancer-probes")
"""Pods and nodes among themselves, whom network policies part, and Azure's probes."""


def _named(opening: dict[str, object], side: str) -> list[str]:
    one, many = opening.get(f"{side}AddressPrefix"), opening.get(f"{side}AddressPrefixes")
    return [*([one] if isinstance(one, str) else []), *texts(many)]


def _ranges(stack: StackUnderReview) -> Iterator[str]:
    for network in stack.of_type(VNET):
        yield from texts(network.get("addressSpace.addressPrefixes"))
    for cluster in stack.of_type(CLUSTER):
        for key in ("podCidr", "serviceCidr"):
            value = cluster.get(f"networkProfile.{key}")
            if isinstance(value, str):
                yield value


def _is_range(text: str) -> bool:
    return text[:1].isdigit()


def _within(text: str, own: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    if not _is_range(text):
        return True
    found = ipaddress.ip_network(text, strict=False)
    return any(found.version == known.version and found.subnet_of(known) for known in own)  # type: ignore[arg-type]


@rule(
    "network.interfaces-lead-one-way",
    title="Interfaces of machines forward nothing, ask the network's names, and hang on no balancer or tap",
    severity=Severity.HIGH,
    applies_to=NIC,
    fix="leave interfaces to components/confidential.py",
    example="an interface in the pool of a load balancer",
)
def one_way(interface: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A machine that forwards is a router; a tap is a copy of what it says."""
    parts = (
        "loadBalancerBackendAddressPools",
        "loadBalancerInboundNatRules",
        "gatewayLoadBalancer",
        "virtualNetworkTaps",
    )
    return settled(
        interface,
        {f"ipConfigurations[*].{part}": SHUT for part in (*parts, "publicIPAddress")}
        | dict.fromkeys(("enableIPForwarding", "disableTcpStateTracking", "dnsSettings", "privateLinkService"), SHUT),
    )


@rule(
    "network.addresses-are-plain",
    title="Public addresses are regional, zonal, unnamed, and protected as the network is",
    severity=Severity.HIGH,
    applies_to=PUBLIC_IP,
    fix="leave addresses to components/egress.py and components/portal.py",
    example="a public address with a name in the cloud's domain, or of the global tier",
)
def addresses_plain(address: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A global address answers from the nearest region of the world; a basic one is open until a rule shuts it."""
    region = stack.jurisdiction.regions.get(str(address.get("location")).lower())
    wanted: dict[str, object] = {
        "sku.name": "Standard",
        "sku.tier": Among(("Regional",), unset=True),
        "dnsSettings": SHUT,
        "ddosSettings.protectionMode": Among(("Enabled", "VirtualNetworkInherited"), unset=True),
        "natGateway": SHUT,
        "ipTags": SHUT,
    }
    return settled(address, wanted | ({"zones": AtLeast(2)} if region is not None and region.zones else {}))


@rule(
    "network.flow-logs-leave-nothing-out",
    title="Flow logs are whole, and kept for three months or more",
    severity=Severity.MEDIUM,
    applies_to=FLOW_LOG,
    fix="leave the log to components/flow_logs.py",
    example="a flow log that a filter narrows to one address",
)
def flows_whole(log: PlannedResource, stack: StackUnderReview) -> Verdict:
    """An intruder's way is pieced together months later, from what was not filtered."""
    wanted = {"enabledFilteringCriteria": SHUT, "retentionPolicy.enabled": True, "retentionPolicy.days": AtLeast(90)}
    return settled(log, wanted | {"format.version": Among((2,), unset=True)})


@stack_rule(
    "network.names-lead-inside",
    title="Names of private endpoints are whole, lead to private addresses, and are never asked for in public",
    severity=Severity.HIGH,
    applies_to=(NAMES, LINK, RECORD, PRIVATE_ENDPOINT, ZONE),
    fix="leave names to components/private_endpoint.py and components/private_dns.py",
    example="a private endpoint without its DNS zones, or a zone that shadows login.microsoftonline.com",
)
def names_inside(stack: StackUnderReview) -> Iterable[Judged]:
    """A private endpoint whose name leads to the public address is a store that is reached in public, or not at all."""
    named = {group.get("privateEndpointName") for group in stack.of_type(NAMES)}
    linked = {link.get("privateZoneName") for link in stack.of_type(LINK)}
    for endpoint in stack.of_type(PRIVATE_ENDPOINT):
        held = stack.partial or endpoint.get("privateEndpointName") in named
        shut = settled(endpoint, {"manualPrivateLinkServiceConnections": SHUT, "customDnsConfigs": SHUT})
        yield endpoint, all_of((shut, PASSED if held else refused("has no names in a zone")))
    kinds = {e.get("privateEndpointName"): texts(e.get(GROUP_IDS)) for e in stack.of_type(PRIVATE_ENDPOINT)}
    for group in stack.of_type(NAMES):
        count, of = len(items(group.get("privateDnsZoneConfigs"))), kinds.get(group.get("privateEndpointName"), [])
        least = max((ZONES_OF.get(kind, 1) for kind in of), default=1)
        yield group, PASSED if count >= least else refused(f"names {count} zones; {', '.join(of)} needs {least}")
    for link in stack.of_type(LINK):
        yield link, settled(link, {"resolutionPolicy": Among(("Default",), unset=True)})
    for record in stack.of_type(RECORD):
        outside = [
            str(v) for _, v in record.each("aRecords[*].ipv4Address") if isinstance(v, str) and not is_private(v)
        ]
        shut = settled(record, {"cnameRecord": SHUT})
        yield record, all_of((shut, refused(f"leads to {', '.join(outside)}") if outside else PASSED))
    for zone in stack.of_type(ZONE):
        seen = stack.partial or zone.get("privateZoneName") in linked
        name = str(zone.get("privateZoneName"))
        public = name.endswith(SHADOWED) and not name.startswith("privatelink.") and ".privatelink." not in name
        told = ("shadows a public name of Microsoft's" if public else "") if seen else "is linked to no network"
        yield zone, refused(told) if told else PASSED


GROUP_IDS = "privateLinkServiceConnections.0.groupIds"
ZONES_OF = {"azuremonitor": 5, "hybridcompute": 3, "amlworkspace": 2}
"""Zones that a service's endpoint needs: learn.microsoft.com/azure/private-link/private-endpoint-dns"""
SHADOWED = ("microsoftonline.com", "microsoft.com", "windows.net", "azure.com", "office.com", "live.com")


@rule(
    "network.perimeter-admits-no-person",
    title="The perimeter admits this subscription, by no address, name, mail or telephone number",
    severity=Severity.CRITICAL,
    applies_to=(PERIMETER_RULE, SCOPE),
    fix="leave access rules to components/perimeter.py",
    example="an access rule for 0.0.0.0/0, or a private link scope with an exclusion",
)
def perimeter_shut(access: PlannedResource, stack: StackUnderReview) -> Verdict:
    """One rule for everybody makes the perimeter a list of what it could have held."""
    if access.type == SCOPE:
        return settled(access, {"accessModeSettings.exclusions": SHUT})
    doors = ("addressPrefixes", "serviceTags", "fullyQualifiedDomainNames", "emailAddresses", "phoneNumbers")
    named = access.get("subscriptions")
    many = isinstance(named, list | tuple) and len(named) > 1
    one = require(access, "subscriptions", present=True) if named is not MISSING else refused("names nobody")
    shut = settled(access, {**dict.fromkeys(doors, SHUT), "direction": "Inbound"})
    return all_of((shut, one, refused("names more than one subscription") if many else PASSED))
