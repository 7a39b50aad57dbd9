"""The firewall itself: nothing beside its policy, nothing taken out of it, in every zone."""

from collections.abc import Iterable

from plan.model import UNKNOWN, PlannedResource
from policies.addresses import is_private
from policies.require import items, require, texts
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, rule, stack_rule
from policies.settled import SHUT, Among, AtLeast, settled
from policies.types import FIREWALL, FIREWALL_POLICY, FIREWALL_RULES, ROUTE, ROUTE_TABLE, VNET
from policies.verdict import PASSED, Verdict, all_of, refused_for

PRIVATE = r"^(10\.|172\.(1[6-9]|2\d|3[01])\.|192\.168\.)"


@rule(
    "egress.firewall-has-no-rules-of-its-own",
    title="The firewall's rules are its policy's, it denies known threats, and it stands in every zone",
    severity=Severity.CRITICAL,
    applies_to=FIREWALL,
    fix="leave the firewall to components/egress.py",
    example="a firewall with a collection of rules beside its policy",
    remediate=True,
)
def no_own_rules(firewall: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Rules on the firewall itself are read before the policy's, and by none of the rules here."""
    region = stack.jurisdiction.regions.get(str(firewall.get("location")).lower())
    zonal = {"zones": AtLeast(2)} if region is not None and region.zones else {}
    kinds = ("natRuleCollections", "networkRuleCollections", "applicationRuleCollections")
    shut = dict.fromkeys((*kinds, "virtualHub", "additionalProperties"), SHUT)
    return settled(firewall, {**shut, "threatIntelMode": "Deny", **zonal})


@rule(
    "egress.policy-has-no-side-door",
    title="The firewall's policy inherits nothing, proxies nothing, and looks at all that passes",
    severity=Severity.CRITICAL,
    applies_to=FIREWALL_POLICY,
    fix="leave the policy to components/egress.py",
    example="a policy with explicitProxy, a base policy, or a resolver of somebody's",
)
def no_side_door(policy: PlannedResource, stack: StackUnderReview) -> Verdict:
    """What counts as private is not inspected: a range too many there is a blind spot of its size."""
    return settled(
        policy,
        {
            "basePolicy": SHUT,
            "explicitProxy": SHUT,
            "snat": SHUT,
            "transportSecurity": SHUT,
            "dnsSettings.servers": SHUT,
            "sql.allowSqlRedirect": SHUT,
            "intrusionDetection.configuration.privateRanges": SHUT,
            "intrusionDetection.profile": Among(("Standard", "Advanced", "Extended"), unset=True),
            "insights.retentionDays": AtLeast(30),
            "insights.logAnalyticsResources.workspaces": SHUT,
        },
    )


@stack_rule(
    "egress.rules-name-sources",
    title="Every rule of the firewall names its source in the network, and HTTPS to hosts on record",
    severity=Severity.HIGH,
    applies_to=(FIREWALL_RULES, VNET),
    fix="leave rules to components/egress.py; a host is written to the jurisdiction's cloud",
    example="a rule for every source, or for port 80",
)
def name_sources(stack: StackUnderReview) -> Iterable[Judged]:
    """A rule for everybody is a rule for the machine that was taken over."""
    for group in stack.of_type(FIREWALL_RULES):
        told: list[str] = []
        for opening in [r for c in items(group.get("ruleCollections")) for r in items(c.get("rules"))]:
            name, sources = str(opening.get("name")), texts(opening.get("sourceAddresses"))
            wide = [source for source in sources if not is_private(source)]
            if wide or not sources or opening.get("sourceIpGroups"):
                told.append(f"{name} is for every source")
            if opening.get("ruleType") == "ApplicationRule" and opening.get("destinationAddresses"):
                told.append(f"{name} names addresses beside hosts")
            plain = [p for p in items(opening.get("protocols")) if p.get("protocolType") != "Https"]
            if plain:
                told.append(f"{name} lets what is not encrypted pass")
        yield group, refused_for(told)


@stack_rule(
    "egress.routes-lead-to-an-own-address",
    title="A route leads to an address of the network's own, and learns none from elsewhere",
    severity=Severity.CRITICAL,
    applies_to=(ROUTE, ROUTE_TABLE, FIREWALL),
    fix="leave routes to components/egress.py",
    example="a route whose next hop is a public address",
)
def own_address(stack: StackUnderReview) -> Iterable[Judged]:
    """Who is the next hop sees everything that leaves."""
    for table in stack.of_type(ROUTE_TABLE):
        yield table, settled(table, {"routes": SHUT, "disableBgpRoutePropagation": True})
    for route in stack.of_type(ROUTE):
        # Azure gives the firewall its address with the deployment; until then the route takes it from the firewall.
        unborn = route.get("nextHopIpAddress") is UNKNOWN
        from_firewall = unborn and any(o.type == FIREWALL for o in stack.targets(route, "nextHopIpAddress"))
        hop = PASSED if from_firewall else require(route, "nextHopIpAddress", matches=PRIVATE)
        yield route, all_of((hop, settled(route, {"nextHopType": "VirtualAppliance"})))
