"""Azure Firewalls of a plan, and every rule that decides what they let through.

Order: NAT, then network, then application rules; within each a parent policy's before its child's, by priority of
group and collection: learn.microsoft.com/azure/firewall/rule-processing. Classic rules have no groups.
"""

from collections.abc import Iterator, Mapping

from plan.model import UNKNOWN, Plan, PlannedResource, Value
from plan.reachability.model import Access, FilterKind, Firewall, FirewallRule, Hop
from plan.reachability.reading import (
    cidrs,
    given,
    mapping,
    name_of,
    origins,
    parents,
    place_id,
    rows,
    targets,
    text,
    texts,
)
from plan.reachability.subnets import DeclaredSubnet, referred_subnets, within

FIREWALL = "azure-native:network:AzureFirewall"
POLICY = "azure-native:network:FirewallPolicy"
GROUP = "azure-native:network:FirewallPolicyRuleCollectionGroup"
IP_GROUP = "azure-native:network:IpGroup"

ANYTHING = ("*",)
"""Of an allowing rule whose content is known only after deployment."""
_KINDS: Mapping[str, FilterKind] = {"NatRule": "nat", "NetworkRule": "network", "ApplicationRule": "application"}
_CLASSIC: Mapping[str, FilterKind] = {
    "natRuleCollections": "nat",
    "networkRuleCollections": "network",
    "applicationRuleCollections": "application",
}
Row = Mapping[str, Value]


def firewalls(plan: Plan, declared: tuple[DeclaredSubnet, ...], notes: list[Hop]) -> tuple[Firewall, ...]:
    """Every firewall that stands in a subnet of the plan; one of a virtual hub is not understood, and said so."""
    found = []
    for resource in plan.of_type(FIREWALL):
        names = frozenset({"AzureFirewallSubnet"})
        where = referred_subnets(declared, resource, "ipConfigurations[*].subnet.id", names=names)
        if not where:
            notes.append(Hop(what=f"unjudged: {resource.label} stands in no subnet of this plan", urn=resource.urn))
            continue
        rules, unknown = _rules(plan, resource)
        notes += unknown
        found.append(
            Firewall(
                id=place_id(resource),
                name=name_of(resource),
                subnet=where[0].id,
                address=_address(resource, where[0]),
                rules=tuple(rules),
                public=any(given(row.get("publicIPAddress")) for row in rows(resource.get("ipConfigurations")))
                or resource.get("ipConfigurations") is UNKNOWN,
            )
        )
    return tuple(found)


def _address(resource: PlannedResource, where: DeclaredSubnet) -> str | None:
    """Its address, where the one on record can be: a plan made without a cloud makes addresses up."""
    for row in rows(resource.outputs.get("ipConfigurations")):
        address = text(row.get("privateIPAddress"))
        if address and within(address, where.prefixes):
            return address
    return None


def _rules(plan: Plan, firewall: PlannedResource) -> tuple[list[FirewallRule], list[Hop]]:
    notes: list[Hop] = []
    found = list(_classic(plan, firewall))
    if not given(firewall.get("firewallPolicy.id")):
        return found, notes
    policies = targets(plan, firewall, "firewallPolicy.id", POLICY)
    if not policies:
        notes.append(Hop(what=f"unjudged: the policy of {firewall.label} is not in this plan", urn=firewall.urn))
    seen: set[str] = set()
    waiting = [(policy, False) for policy in policies]
    while waiting:
        policy, inherited = waiting.pop()
        if policy.urn in seen:
            continue
        seen.add(policy.urn)
        found += _of_policy(plan, policy, inherited=inherited)
        if given(policy.get("explicitProxy.enableExplicitProxy")):
            notes.append(Hop(what=f"unjudged: {policy.label} makes its firewall an explicit proxy", urn=policy.urn))
        if given(policy.get("basePolicy.id")):
            above = targets(plan, policy, "basePolicy.id", POLICY)
            waiting += [(parent, True) for parent in above]
            if not above:
                notes.append(Hop(what=f"unjudged: the parent of {policy.label} is not in this plan", urn=policy.urn))
    return found, notes


def _of_policy(plan: Plan, policy: PlannedResource, *, inherited: bool) -> Iterator[FirewallRule]:
    for group in plan.of_type(GROUP):
        if policy not in parents(plan, group, "firewallPolicyName", POLICY):
            continue
        if group.get("ruleCollections") is UNKNOWN:
            yield _anything(group, inherited=inherited)
        for collection in rows(group.get("ruleCollections")):
            order = (_number(group.get("priority")), _number(collection.get("priority")))
            action = _action(mapping(collection.get("action")).get("type"))
            nat = "nat" in (text(collection.get("ruleCollectionType")) or "").lower()
            for row in rows(collection.get("rules")):
                kind = _KINDS.get(text(row.get("ruleType")) or "", "network")
                allow: Access = "Allow" if nat else action
                yield _rule(plan, group, row, kind, order, allow, inherited=inherited)
            if collection.get("rules") is UNKNOWN:
                yield _anything(group, inherited=inherited)


def _classic(plan: Plan, firewall: PlannedResource) -> Iterator[FirewallRule]:
    for key, kind in _CLASSIC.items():
        if firewall.get(key) is UNKNOWN:
            yield _anything(firewall, inherited=False)
        for raw in rows(firewall.get(key)):
            collection = {**mapping(raw.get("properties")), **raw}
            # `Dnat` and `Snat` translate, which lets pass.
            action = "Allow" if kind == "nat" else _action(mapping(collection.get("action")).get("type"))
            order = (0, _number(collection.get("priority")))
            for row in rows(collection.get("rules")):
                yield _rule(plan, firewall, row, kind, order, action, inherited=False)


def _rule(
    plan: Plan,
    holder: PlannedResource,
    row: Row,
    kind: FilterKind,
    order: tuple[int, int],
    action: Access,
    *,
    inherited: bool,
) -> FirewallRule:
    allow = action == "Allow"
    sources = _addresses(plan, holder, row, "sourceAddresses", "sourceIpGroups", allow=allow)
    if kind == "application":
        return FirewallRule(
            name=text(row.get("name")) or "",
            kind=kind,
            order=order,
            action=action,
            protocols=_application_protocols(row.get("protocols"), allow=allow),
            sources=sources,
            destinations=_addresses(plan, holder, row, "destinationAddresses", None, allow=False),
            hosts=_hosts(row, allow=allow),
            inherited=inherited,
        )
    named = texts(row.get("destinationFqdns"))
    reached = _addresses(plan, holder, row, "destinationAddresses", "destinationIpGroups", allow=allow and not named)
    return FirewallRule(
        name=text(row.get("name")) or "",
        kind=kind,
        order=order,
        action=action,
        protocols=tuple(
            "Any" if item.lower() == "any" else item.upper()
            for item in _or_any(row.get("ipProtocols", row.get("protocols")), "Any", allow=allow)
        ),
        sources=sources,
        destinations=reached + named,
        ports=_or_any(row.get("destinationPorts"), "*", allow=allow),
        translated=_translated(row) if kind == "nat" else None,
        inherited=inherited,
    )


def _translated(row: Row) -> tuple[str, str]:
    to = text(row.get("translatedAddress")) or text(row.get("translatedFqdn")) or "*"
    port = row.get("translatedPort")
    return to, str(port) if isinstance(port, str | int) and port else "*"


def _addresses(
    plan: Plan, holder: PlannedResource, row: Row, key: str, groups: str | None, *, allow: bool
) -> tuple[str, ...]:
    """CIDRs and tags of a rule, its groups of addresses resolved; `*` for what an allowing rule does not tell yet."""
    value = row.get(key)
    found = [item for written in texts(value) for item in cidrs(written)]
    open_end = value is UNKNOWN or (isinstance(value, list | tuple) and UNKNOWN in value)
    listed = row.get(groups) if groups is not None else None
    for identifier in listed if isinstance(listed, list | tuple) else [listed] if listed is UNKNOWN else []:
        known = plan.by_id(identifier) if isinstance(identifier, str) else None
        candidates = [known] if known else [item for item in _origins(plan, holder) if item.type == IP_GROUP]
        for group in candidates:
            inside = group.get("ipAddresses")
            found += [item for written in texts(inside) for item in cidrs(written)]
            open_end = open_end or inside is UNKNOWN
        open_end = open_end or not candidates
    if open_end and allow:
        return ANYTHING
    return tuple(dict.fromkeys(found))


def _origins(plan: Plan, holder: PlannedResource) -> tuple[PlannedResource, ...]:
    return tuple(item for key in holder.property_dependencies for item in origins(plan, holder, key))


def _hosts(row: Row, *, allow: bool) -> tuple[str, ...]:
    """Names, addresses of pages by their host, and Microsoft's own lists."""
    if allow and any(row.get(key) is UNKNOWN for key in ("targetFqdns", "targetUrls", "fqdnTags", "webCategories")):
        return ANYTHING
    pages = (url.split("://")[-1].partition("/")[0] for url in texts(row.get("targetUrls")))
    return (
        *texts(row.get("targetFqdns")),
        *pages,
        *(f"tag:{name}" for name in texts(row.get("fqdnTags"))),
        *(f"category:{name}" for name in texts(row.get("webCategories"))),
    )


def _application_protocols(value: Value, *, allow: bool) -> tuple[str, ...]:
    standard = {"http": 80, "https": 443, "mssql": 1433}
    found = []
    for row in rows(value):
        kind = text(row.get("protocolType")) or "Https"
        port = row.get("port")
        found.append(f"{kind}:{port if isinstance(port, int) else standard.get(kind.lower(), 443)}")
    return tuple(found) or (("Https:443", "Http:80", "Mssql:1433") if allow else ())


def _or_any(value: Value, widest: str, *, allow: bool) -> tuple[str, ...]:
    found = texts(value)
    return (widest,) if allow and (not found or value is UNKNOWN) else found


def _action(value: Value) -> Access:
    return "Deny" if isinstance(value, str) and value.lower() == "deny" else "Allow"


def _number(value: Value) -> int:
    """A priority; one not known yet comes first, so that what it allows is not hidden behind a denial."""
    return value if isinstance(value, int) else 0


def _anything(holder: PlannedResource, *, inherited: bool) -> FirewallRule:
    """Rules that are known only after deployment may let anything pass."""
    return FirewallRule(
        name=f"rules of {name_of(holder)}, known only after deployment",
        kind="network",
        order=(0, 0),
        action="Allow",
        destinations=ANYTHING,
        inherited=inherited,
    )
