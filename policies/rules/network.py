"""Inside the network: nobody talks to anybody unless it is written down, and services have one private door."""

from collections.abc import Iterable

from plan.model import PlannedResource
from policies.require import items, refers, require, same, show, texts
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Least, Severity, judged, rule, stack_rule
from policies.types import (
    ATTESTATION,
    CLUSTER,
    CONFIGURATION_STORE,
    DATABASE_SERVER,
    HSM,
    LEARNING_WORKSPACE,
    NSG,
    PRIVATE_ENDPOINT,
    REGISTRY,
    STORAGE,
    VAULT,
    VNET,
)
from policies.verdict import PASSED, Verdict, all_of, refused

FLOW_LOG = "azure-native:network:FlowLog"
SCOPE = "azure-native:monitor:PrivateLinkScope"
ZONE = "azure-native:privatedns:PrivateZone"
ZONE_LINK = "azure-native:privatedns:VirtualNetworkLink"
ZONE_GROUP = "azure-native:network:PrivateDnsZoneGroup"
NO_GROUP = ("AzureFirewallSubnet", "AzureFirewallManagementSubnet", "GatewaySubnet")
"""Subnets on which Azure takes no security group."""
FLOW_DAYS = Least("days", 90, "days for which flows are kept")
REGIONAL_TAGS = (
    "Storage",
    "AzureCloud",
    "Sql",
    "AzureKeyVault",
    "AzureContainerRegistry",
    "MicrosoftContainerRegistry",
    "EventHub",
    "ServiceBus",
    "AzureMonitor",
    "AzureActiveDirectory",
)
"""Tags that, without a region, stand for a service everywhere in the world."""


@rule(
    "network.subnets-have-security-group",
    title="Every subnet has a network security group",
    severity=Severity.HIGH,
    applies_to=VNET,
    fix="add the role's flows to components/security_groups.py",
    example="a subnet without networkSecurityGroup",
)
def subnets_guarded(vnet: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A subnet without a group admits everything from the whole network."""
    subnets = [subnet for subnet in items(vnet.get("subnets")) if subnet.get("name") not in NO_GROUP]
    if not subnets:
        return refused("has no subnets in the plan")
    bare = [str(subnet.get("name")) for subnet in subnets if not refers(subnet, "networkSecurityGroup")]
    return refused(f"subnets without a security group: {', '.join(bare)}") if bare else PASSED


@rule(
    "network.denies-by-default",
    title="Every security group ends in a denial, both ways",
    severity=Severity.CRITICAL,
    applies_to=NSG,
    fix="make the group's rules with components/security_groups.py",
    example="a security group whose last outbound rule is Azure's AllowInternetOutBound",
)
def denies_by_default(group: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Azure's own last rules admit the whole network, and let everything out to the internet."""
    rules = items(group.get("securityRules"))
    return all_of(
        PASSED if _denies(rules, direction) else refused(f"does not end in a denial of all {direction.lower()} traffic")
        for direction in ("Inbound", "Outbound")
    )


def _denies(rules: list[dict[str, object]], direction: str) -> bool:
    mine = sorted((r for r in rules if same(r.get("direction"), direction)), key=_priority)
    if not mine:
        return False
    last = mine[-1]
    everything = all(
        last.get(key) == "*"
        for key in ("protocol", "sourceAddressPrefix", "destinationAddressPrefix", "destinationPortRange")
    )
    return same(last.get("access"), "Deny") and everything


def _priority(rule_: dict[str, object]) -> float:
    value = rule_.get("priority")
    return float(value) if isinstance(value, int | float) else 0.0


@rule(
    "network.nothing-from-the-internet",
    title="No security group admits the internet, but the portal's on 443",
    severity=Severity.CRITICAL,
    applies_to=NSG,
    fix="remove the rule; callers come by the portal or inside the network",
    example="an inbound rule that allows source Internet to port 22",
)
def nothing_from_internet(group: PlannedResource, stack: StackUnderReview) -> Verdict:
    """An open port is found within minutes; the portal's has a web firewall in front of what it leads to."""
    portal = stack.partial or bool(stack.of_type("azure-native:network:ApplicationGateway"))
    open_ = [
        rule_
        for rule_ in items(group.get("securityRules"))
        if same(rule_.get("direction"), "Inbound")
        and same(rule_.get("access"), "Allow")
        and any(source in ("*", "0.0.0.0/0", "Internet", "any") for source in _peers(rule_, "source"))
    ]
    bad = [rule_ for rule_ in open_ if not (portal and _is_portal(group) and _ports(rule_) == ["443"])]
    return refused(f"admits the internet by {show(bad[0].get('name'))}") if bad else PASSED


def _is_portal(group: PlannedResource) -> bool:
    return str(group.get("networkSecurityGroupName")).endswith("-portal")


def _peers(rule_: dict[str, object], side: str) -> list[str]:
    one = rule_.get(f"{side}AddressPrefix")
    return ([one] if isinstance(one, str) else []) + texts(rule_.get(f"{side}AddressPrefixes"))


def _ports(rule_: dict[str, object]) -> list[str]:
    one = rule_.get("destinationPortRange")
    return ([one] if isinstance(one, str) else []) + texts(rule_.get("destinationPortRanges"))


@rule(
    "network.no-blanket-allow",
    title="No rule allows the whole network, or everything out",
    severity=Severity.HIGH,
    applies_to=NSG,
    fix="name the subnets and ports of the flow in components/security_groups.py",
    example="an outbound rule that allows destination '*' on every port",
)
def no_blanket(group: PlannedResource, stack: StackUnderReview) -> Verdict:
    """`VirtualNetwork` is every subnet and every peer, now and later; `*` is everybody."""
    bad = [
        show(rule_.get("name"))
        for rule_ in items(group.get("securityRules"))
        if same(rule_.get("access"), "Allow")
        and (
            any(peer in ("*", "VirtualNetwork") for peer in _peers(rule_, _far(rule_)))
            or ("Internet" in _peers(rule_, _far(rule_)) and _ports(rule_) != ["443"])
        )
    ]
    return refused(f"rules {', '.join(bad)} are open to everybody") if bad else PASSED


def _far(rule_: dict[str, object]) -> str:
    return "source" if same(rule_.get("direction"), "Inbound") else "destination"


@rule(
    "network.service-tags-regional",
    title="Service tags name the region",
    severity=Severity.HIGH,
    applies_to=NSG,
    fix="write the tag with its region, as in AzureCloud.WestEurope",
    example="an outbound rule to service tag Storage",
)
def tags_regional(group: PlannedResource, stack: StackUnderReview) -> Verdict:
    """`Storage` is every storage account in the world; `Storage.WestEurope` is those of one region."""
    allowed = {region.tag for region in stack.jurisdiction.regions.values()}
    bad = [
        peer
        for rule_ in items(group.get("securityRules"))
        if same(rule_.get("access"), "Allow")
        for peer in _peers(rule_, "source") + _peers(rule_, "destination")
        if peer.split(".")[0] in REGIONAL_TAGS and peer.partition(".")[2] not in allowed
    ]
    return refused(f"names {', '.join(sorted(set(bad)))}, which is not a region of the jurisdiction") if bad else PASSED


@stack_rule(
    "network.flows-recorded",
    title="Every network's flows are recorded, with analytics",
    severity=Severity.HIGH,
    applies_to=(VNET, FLOW_LOG),
    fix="let components/flow_logs.py make the log",
    example="a virtual network without a flow log",
    least=(FLOW_DAYS,),
)
def flows_recorded(stack: StackUnderReview) -> Iterable[Judged]:
    """After an incident the first question is who talked to whom; without the log there is no answer."""
    networks = stack.of_type(VNET)
    if not networks:
        return absent(stack, "the plan has no virtual network")
    logs = stack.referring(FLOW_LOG, "targetResourceId")
    return judged(networks, lambda vnet: _recorded(logs.get(vnet.urn, []), stack.least(FLOW_DAYS)))


def _recorded(logs: list[PlannedResource], days: int) -> Verdict:
    if not logs:
        return refused("has no flow log")
    analytics = "flowAnalyticsConfiguration.networkWatcherFlowAnalyticsConfiguration"
    return all_of(
        verdict
        for log in logs
        for verdict in (
            require(log, "enabled", equals=True),
            require(log, "retentionPolicy.days", at_least=days),
            require(log, f"{analytics}.enabled", equals=True),
        )
    )


_PRIVATE = (
    STORAGE,
    VAULT,
    HSM,
    REGISTRY,
    ATTESTATION,
    SCOPE,
    CONFIGURATION_STORE,
    DATABASE_SERVER,
    LEARNING_WORKSPACE,
    "azure-native:monitor:AzureMonitorWorkspace",
    "azure-native:dashboard:Grafana",
)


@stack_rule(
    "network.services-have-private-endpoint",
    title="Every service that offers a private endpoint has one, with its names",
    severity=Severity.CRITICAL,
    applies_to=(*_PRIVATE, PRIVATE_ENDPOINT, ZONE_GROUP),
    fix="call private_endpoint() where the service is made",
    example="a storage account without a private endpoint",
)
def private_endpoints(stack: StackUnderReview) -> Iterable[Judged]:
    """Without one the service is unreachable, and somebody will open its public door."""
    services = stack.of_type(*_PRIVATE)
    if not services:
        return absent(stack, "the plan has no service with a private endpoint")
    endpoints = stack.referring(PRIVATE_ENDPOINT, "privateLinkServiceConnections[*].privateLinkServiceId")
    named = stack.parts(ZONE_GROUP, "privateEndpointName", PRIVATE_ENDPOINT, "privateEndpointName")

    def check(service: PlannedResource) -> Verdict:
        own = endpoints.get(service.urn, [])
        if not own:
            return refused("has no private endpoint")
        lost = [endpoint for endpoint in own if endpoint.urn not in named]
        return refused("its private endpoint has no names in a private zone") if lost else PASSED

    return judged(services, check)


@stack_rule(
    "network.private-zones-linked",
    title="Every private DNS zone is linked to the network, and machines can't register in it",
    severity=Severity.HIGH,
    applies_to=(ZONE, ZONE_LINK),
    fix="let components/private_dns.py make zone and link",
    example="a private DNS zone without a link",
)
def zones_linked(stack: StackUnderReview) -> Iterable[Judged]:
    """Without the link names resolve to public addresses; with registration a machine can take a service's name."""
    zones = stack.of_type(ZONE)
    if not zones:
        return absent(stack, "the plan has no private DNS zone")
    links = stack.parts(ZONE_LINK, "privateZoneName", ZONE, "privateZoneName")

    def check(zone: PlannedResource) -> Verdict:
        own = links.get(zone.urn, [])
        if not own:
            return refused("is linked to no network")
        return all_of(require(link, "registrationEnabled", equals=False) for link in own)

    return judged(zones, check)


@rule(
    "network.public-access-disabled",
    title="Services have no public address",
    severity=Severity.CRITICAL,
    applies_to=(STORAGE, REGISTRY, CLUSTER, "azure-native:cognitiveservices:Account"),
    fix="set publicNetworkAccess to Disabled; callers use the private endpoint",
    example="a storage account with publicNetworkAccess Enabled",
    remediate=True,
)
def public_access_disabled(service: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A public address is one leaked credential away from the whole store."""
    return require(service, "publicNetworkAccess", equals="Disabled")


@rule(
    "network.vaults-have-no-public-access",
    title="Vaults and HSMs have no public address",
    severity=Severity.CRITICAL,
    applies_to=(VAULT, HSM),
    fix="set properties.publicNetworkAccess to Disabled and networkAcls.defaultAction to Deny",
    example="a key vault with properties.publicNetworkAccess Enabled",
    remediate=True,
)
def vaults_private(vault: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Who reaches the keys reaches the data."""
    return all_of(
        (
            require(vault, "properties.publicNetworkAccess", equals="Disabled"),
            require(vault, "properties.networkAcls.defaultAction", equals="Deny"),
            require(vault, "properties.networkAcls.ipRules", absent=True),
        )
    )


@rule(
    "network.storage-denies-networks",
    title="Storage denies every network that it isn't told of",
    severity=Severity.HIGH,
    applies_to=STORAGE,
    fix="set networkRuleSet.defaultAction to Deny, without addresses",
    example="a storage account with networkRuleSet.ipRules",
    remediate=True,
)
def storage_denies(account: PlannedResource, stack: StackUnderReview) -> Verdict:
    """The second lock, should somebody open the first by hand."""
    return all_of(
        (
            require(account, "networkRuleSet.defaultAction", equals="Deny"),
            require(account, "networkRuleSet.ipRules", absent=True),
            require(account, "networkRuleSet.virtualNetworkRules", absent=True),
        )
    )


@rule(
    "network.monitoring-is-private",
    title="Monitoring is reached privately, and only this stack's",
    severity=Severity.HIGH,
    applies_to=SCOPE,
    fix="set both access modes of the private link scope to PrivateOnly",
    example="a private link scope with ingestionAccessMode Open",
    remediate=True,
)
def monitoring_private(scope: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Open lets machines of this network write to any workspace in the world."""
    return all_of(
        require(scope, f"accessModeSettings.{mode}AccessMode", equals="PrivateOnly") for mode in ("ingestion", "query")
    )
