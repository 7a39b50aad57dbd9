"""What stands around a subnet: security groups and route tables, inline and as resources of their own."""

from collections.abc import Iterator, Mapping
from typing import cast, get_args

from plan.model import UNKNOWN, Plan, PlannedResource, Value
from plan.reachability.model import (
    Access,
    Direction,
    Firewall,
    Hop,
    HopKind,
    Protocol,
    Route,
    RouteTable,
    SecurityGroup,
    SecurityRule,
)
from plan.reachability.reading import cidrs, given, name_of, origins, parents, place_id, rows, targets, text, texts
from plan.reachability.subnets import DeclaredSubnet, within

GROUP = "azure-native:network:NetworkSecurityGroup"
RULE = "azure-native:network:SecurityRule"
TABLE = "azure-native:network:RouteTable"
ROUTE = "azure-native:network:Route"
FIREWALL = "azure-native:network:AzureFirewall"
FIRST, LAST = 100, 4096
"""Where a rule counts whose priority is known only after deployment: what allows first, what denies last."""
Row = Mapping[str, Value]


def security_groups(plan: Plan) -> dict[str, SecurityGroup]:
    """Security groups by URN."""
    apart: dict[str, list[SecurityRule]] = {}
    for resource in plan.of_type(RULE):
        for group in parents(plan, resource, "networkSecurityGroupName", GROUP):
            apart.setdefault(group.urn, []).extend(_rules(resource.inputs, name_of(resource)))
    found = {}
    for group in plan.of_type(GROUP):
        written = [rule for row in rows(group.get("securityRules")) for rule in _rules(row, None)]
        if group.get("securityRules") is UNKNOWN:
            written += [_anything(direction) for direction in get_args(Direction)]
        found[group.urn] = SecurityGroup(id=place_id(group), rules=(*written, *apart.get(group.urn, ())))
    return found


def _rules(row: Row, name: str | None) -> Iterator[SecurityRule]:
    """A rule as written; one whose direction is not known yet counts both ways, but denies neither."""
    access: Access = "Deny" if str(row.get("access")).lower() == "deny" else "Allow"
    allow = access == "Allow"
    direction = str(row.get("direction")).capitalize()
    directions = (direction,) if direction in get_args(Direction) else get_args(Direction) if allow else ()
    protocol = str(row.get("protocol")).capitalize()
    if protocol not in get_args(Protocol):
        if not allow:
            return
        protocol = "*"
    sides = {side: _peers(row, side, allow=allow) for side in ("source", "destination")}
    ports = {side: _ports(row, side, allow=allow) for side in ("source", "destination")}
    if not all(sides.values()) or not all(ports.values()):
        return
    priority = row.get("priority")
    for way in directions:
        yield SecurityRule(
            name=name or text(row.get("name")) or "",
            priority=priority if isinstance(priority, int) else FIRST if allow else LAST,
            direction=cast(Direction, way),
            access=access,
            protocol=cast(Protocol, protocol),
            sources=sides["source"],
            destinations=sides["destination"],
            source_ports=ports["source"],
            destination_ports=ports["destination"],
        )


def _peers(row: Row, side: str, *, allow: bool) -> tuple[str, ...]:
    """CIDRs, tags and application groups of one side. Not known: everything for what allows, nothing for a denial."""
    one, many = row.get(f"{side}AddressPrefix"), row.get(f"{side}AddressPrefixes")
    groups = row.get(f"{side}ApplicationSecurityGroups")
    members = rows(groups)
    values: tuple[Value, ...] = (one, many, groups, *(many if isinstance(many, list | tuple) else ()))
    if allow and (UNKNOWN in values or any(item.get("id") is UNKNOWN for item in members)):
        return ("*",)
    written = (*texts(one), *texts(many))
    found = [item for value in written for item in cidrs(value)]
    found += [text(item.get("id")) or "" for item in members]
    kept = tuple(item for item in found if item)
    # Azure takes no rule without either side; an IPv6 rule says nothing of what is judged here.
    return kept or (("*",) if allow and not written else ())


def _ports(row: Row, side: str, *, allow: bool) -> tuple[str, ...]:
    one, many = row.get(f"{side}PortRange"), row.get(f"{side}PortRanges")
    if UNKNOWN in (one, many, *(many if isinstance(many, list | tuple) else ())) and allow:
        return ("*",)
    return (*texts(one), *texts(many)) or (("*",) if allow else ())


def _anything(direction: Direction) -> SecurityRule:
    return SecurityRule(name="rules known only after deployment", priority=FIRST, direction=direction, access="Allow")


def route_tables(
    plan: Plan, firewalls: tuple[Firewall, ...], declared: tuple[DeclaredSubnet, ...], notes: list[Hop]
) -> dict[str, RouteTable]:
    """Route tables by URN; a route to an appliance that is no firewall of the plan is not understood."""
    apart: dict[str, list[Route]] = {}
    for resource in plan.of_type(ROUTE):
        route = _route(plan, resource, resource.inputs, name_of(resource), "nextHopIpAddress", firewalls, declared)
        _note(route, resource, notes)
        for table in parents(plan, resource, "routeTableName", TABLE):
            apart.setdefault(table.urn, []).append(route)
    found = {}
    for table in plan.of_type(TABLE):
        written = []
        for row in rows(table.get("routes")):
            route = _route(plan, table, row, text(row.get("name")) or "", "routes", firewalls, declared)
            _note(route, table, notes)
            written.append(route)
        if table.get("routes") is UNKNOWN:
            notes.append(Hop(what=f"unjudged: the routes of {table.label} are not known yet", urn=table.urn))
        found[table.urn] = RouteTable(
            id=place_id(table),
            routes=(*written, *apart.get(table.urn, ())),
            gateway_routes=table.get("disableBgpRoutePropagation") is not True,
        )
    return found


def _note(route: Route, holder: PlannedResource, notes: list[Hop]) -> None:
    if route.hop == "VirtualAppliance" and route.appliance is None:
        where = f"at {route.address}" if route.address else "whose address is not known yet"
        what = f"unjudged: route '{route.name}' of {holder.label} leads to an appliance {where} that is no firewall of"
        notes.append(Hop(what=f"{what} this plan", urn=holder.urn))


def _route(
    plan: Plan,
    holder: PlannedResource,
    row: Row,
    name: str,
    origin: str,
    firewalls: tuple[Firewall, ...],
    declared: tuple[DeclaredSubnet, ...],
) -> Route:
    kind = text(row.get("nextHopType")) or "Internet"
    hop = next((item for item in get_args(HopKind) if item.lower() == kind.lower()), "Internet")
    prefix = text(row.get("addressPrefix")) or "0.0.0.0/0"
    address = text(row.get("nextHopIpAddress"))
    firewall = _firewall(plan, holder, origin, address, firewalls, declared) if hop == "VirtualAppliance" else None
    return Route(
        name=name,
        prefix=(cidrs(prefix) or (prefix,))[0],
        hop=cast(HopKind, hop),
        address=firewall.address if firewall is not None else address,
        appliance=firewall.id if firewall is not None else None,
    )


def _firewall(
    plan: Plan,
    holder: PlannedResource,
    origin: str,
    address: str | None,
    firewalls: tuple[Firewall, ...],
    declared: tuple[DeclaredSubnet, ...],
) -> Firewall | None:
    """Whose address it is: by the address, by the subnet that only a firewall may stand in, or by what made it."""
    ranges = {item.id: item.prefixes for item in declared}
    if address is None:
        sources = {item.urn for item in origins(plan, holder, origin) if item.type == FIREWALL}
        mine = [item for item in firewalls if (found := _resource(plan, item)) is not None and found.urn in sources]
    else:
        mine = [item for item in firewalls if within(address, ranges.get(item.subnet, ()))]
        mine += [item for item in firewalls if address in _recorded(plan, item)]
    return mine[0] if mine else None


def _resource(plan: Plan, firewall: Firewall) -> PlannedResource | None:
    return plan.by_id(firewall.id) or plan.by_urn(firewall.id)


def _recorded(plan: Plan, firewall: Firewall) -> tuple[str, ...]:
    """Addresses on record for a firewall, made up or not."""
    resource = _resource(plan, firewall)
    listed = rows(resource.outputs.get("ipConfigurations")) if resource is not None else ()
    return tuple(address for row in listed if (address := text(row.get("privateIPAddress"))))


def guard_of(
    plan: Plan, source: PlannedResource, value: Value, origin: str, token: str, notes: list[Hop], what: str
) -> str | None:
    """URN of the group or table that `value` (`{id: …}`) refers to; None where there is none or it is not planned."""
    identifier = value.get("id") if isinstance(value, Mapping) else value
    if not given(identifier):
        return None
    if isinstance(identifier, str):
        found = plan.by_id(identifier)
        if found is not None and found.type == token:
            return found.urn
    else:
        made_from = [item for item in origins(plan, source, origin) if item.type == token]
        if len(made_from) == 1:
            return made_from[0].urn
    kind = token.rpartition(":")[2]
    notes.append(Hop(what=f"unjudged: the {kind} of {what} is not in this plan, or not known yet", urn=source.urn))
    return None


def groups_among(
    plan: Plan, source: PlannedResource, path: str, groups: Mapping[str, SecurityGroup]
) -> SecurityGroup | None:
    """The security group that a path refers to."""
    return next((groups[item.urn] for item in targets(plan, source, path, GROUP) if item.urn in groups), None)
