"""Small networks by hand: a hub and spokes as Microsoft draws them, each part to be replaced."""

from collections.abc import Iterable

from plan.reachability.model import (
    Access,
    Attachment,
    Connection,
    Direction,
    Estate,
    Firewall,
    FirewallRule,
    HopKind,
    Peering,
    Route,
    RouteTable,
    SecurityGroup,
    SecurityRule,
    Subnet,
    VirtualNetwork,
)


def rule(
    direction: Direction,
    access: Access,
    priority: int,
    *,
    source: str = "*",
    to: str = "*",
    ports: str = "*",
    source_ports: str = "*",
    name: str = "",
) -> SecurityRule:
    """A security rule for TCP and everything else."""
    return SecurityRule(
        name=name or f"{access}-{priority}".lower(),
        priority=priority,
        direction=direction,
        access=access,
        sources=(source,),
        destinations=(to,),
        destination_ports=(ports,),
        source_ports=(source_ports,),
    )


def group(*rules: SecurityRule, name: str = "nsg") -> SecurityGroup:
    """A security group with these rules before Azure's."""
    return SecurityGroup(id=name, rules=rules)


def closed(*rules: SecurityRule, name: str = "nsg") -> SecurityGroup:
    """A security group that lets nothing pass but what these rules allow."""
    last = (rule("Inbound", "Deny", 4096), rule("Outbound", "Deny", 4096))
    return SecurityGroup(id=name, rules=(*rules, *last))


def table(*routes: tuple[str, HopKind], gateway_routes: bool = False) -> RouteTable:
    """Routes by prefix; `VirtualAppliance` is the firewall."""
    return RouteTable(
        id="table",
        routes=tuple(
            Route(name=prefix, prefix=prefix, hop=hop, appliance="fw" if hop == "VirtualAppliance" else None)
            for prefix, hop in routes
        ),
        gateway_routes=gateway_routes,
    )


TO_FIREWALL = table(("0.0.0.0/0", "VirtualAppliance"))


def network(name: str, prefix: str, *subnets: Subnet, to: Iterable[str] = (), **more: object) -> VirtualNetwork:
    """A network, peered with others; forwarded traffic is taken."""
    peerings = tuple(Peering(id=f"{name}-to-{other}", remote=other, forwarded=True) for other in to)
    made = VirtualNetwork(id=name, name=name, prefixes=(prefix,), subnets=subnets, peerings=peerings)
    for key, value in more.items():
        object.__setattr__(made, key, value)
    return made


def hub_and_spokes(
    one: Subnet,
    two: Subnet,
    *rules: FirewallRule,
    hub: tuple[Subnet, ...] = (),
    public: bool = True,
    forwarded: bool = True,
    hub_subnet_table: RouteTable | None = None,
) -> Estate:
    """Two spokes that are peered with a hub and not with each other; in the hub a firewall at 10.0.0.4."""
    back = tuple(
        Peering(id=f"{name}-to-hub", remote="hub", forwarded=forwarded) for name in ("one", "two")
    )  # the spokes' side decides what they take
    return Estate(
        networks=(
            network(
                "hub",
                "10.0.0.0/16",
                Subnet(id="hub/fw", name="AzureFirewallSubnet", prefixes=("10.0.0.0/26",), table=hub_subnet_table),
                *hub,
                to=("one", "two"),
            ),
            network("one", "10.1.0.0/16", one, peerings=back[:1]),
            network("two", "10.2.0.0/16", two, peerings=back[1:]),
        ),
        firewalls=(Firewall(id="fw", name="fw", subnet="hub/fw", address="10.0.0.4", rules=rules, public=public),),
    )


ONE = Attachment(place="a", subnet="one", addresses=("10.1.0.4",))
TWO = Attachment(place="b", subnet="two", addresses=("10.2.0.4",))


def spoke(name: str, routes: RouteTable | None = TO_FIREWALL, nsg: SecurityGroup | None = None) -> Subnet:
    """The one subnet of a spoke."""
    at = {"one": 1, "two": 2}[name]
    return Subnet(id=name, name=name, prefixes=(f"10.{at}.0.0/24",), table=routes, group=nsg, default_outbound=False)


def allow(
    to: str,
    ports: str = "443",
    *,
    order: tuple[int, int] = (200, 200),
    action: Access = "Allow",
    protocol: str = "TCP",
    inherited: bool = False,
    name: str = "rule",
) -> FirewallRule:
    """A network rule."""
    return FirewallRule(
        name=name,
        kind="network",
        order=order,
        action=action,
        protocols=(protocol,),
        destinations=(to,),
        ports=(ports,),
        inherited=inherited,
    )


def host(
    *names: str, order: tuple[int, int] = (300, 300), action: Access = "Allow", how: str = "Https:443"
) -> FirewallRule:
    """An application rule."""
    return FirewallRule(name="host", kind="application", order=order, action=action, protocols=(how,), hosts=names)


def pair(one: Attachment, two: Attachment, left: Subnet, right: Subnet | None = None) -> Estate:
    """Two subnets of one network, 10.0.0.0/16."""
    return Estate(networks=(network("net", "10.0.0.0/16", left, *((right,) if right else ())),), attachments=(one, two))


def ends(found: Iterable[Connection]) -> set[tuple[str, str]]:
    """Where connections lead, and what they carry."""
    return {(each.target, each.what) for each in found}


def starts(found: Iterable[Connection]) -> set[tuple[str, str]]:
    """Where connections come from, and what they carry."""
    return {(each.source, each.what) for each in found}


def carried(found: Iterable[Connection]) -> set[str]:
    """What connections carry."""
    return {each.what for each in found}
