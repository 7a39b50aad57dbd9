"""The engine and a naive simulator agree on every packet of small random estates: nothing is missed, nothing invented.

What the engine says of sets, the simulator says of one packet at a time, from the same documentation.
"""

from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plan.reachability.boxes import PROTOCOLS, Box
from plan.reachability.model import (
    Attachment,
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
from plan.reachability.packets import Network
from tests.plan.reachability.simulator import SOURCE_PORTS, Packet, Simulator, network_of

PORTS = (22, 443, 8080)
PROTOCOL_SAMPLE = ("Tcp", "Udp")
ON_PREMISES = "192.168.7.0/24"
OUTSIDE = (("20.1.1.1", None), ("20.1.1.1", "Storage.westeurope"), ("8.8.8.8", "Sql"), ("192.168.7.9", None))
"""Addresses outside, and the tag that lists them."""
WORDS = (
    "*", "VirtualNetwork", "Internet", "Storage", "Storage.westeurope", "AzureCloud", "AzureCloud.westeurope",
    "10.0.0.0/26", "10.0.1.0/26", "10.0.1.8/29", "10.0.2.9", "10.0.0.0/8", "20.0.0.0/8", "192.168.0.0/16", "asg-a",
)  # fmt: skip
PREFIXES = (
    "0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/26", "10.0.1.0/26", "10.0.2.0/26", "10.0.1.8/29", "10.0.1.9/32", "20.0.0.0/8",
    "192.168.0.0/16", "Storage", "AzureCloud.westeurope",
)  # fmt: skip
HUB_FIREWALL = "firewall"

words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=2).map(tuple)
ports = st.sampled_from([("*",), ("443",), ("0-1023",), ("22", "8080")])
rules = st.builds(
    SecurityRule,
    name=st.just("rule"),
    priority=st.integers(100, 110),
    direction=st.sampled_from(["Inbound", "Outbound"]),
    access=st.sampled_from(["Allow", "Deny"]),
    protocol=st.sampled_from(["*", "Tcp", "Udp"]),
    sources=words,
    destinations=words,
    source_ports=st.sampled_from([("*",), ("0-1023",)]),
    destination_ports=ports,
)


def _one_of_each_priority(found: list[SecurityRule]) -> tuple[SecurityRule, ...]:
    return tuple({(rule.priority, rule.direction): rule for rule in found}.values())


groups = st.none() | st.lists(rules, max_size=4).map(
    lambda found: SecurityGroup(id="group", rules=_one_of_each_priority(found))
)


@st.composite
def tables(draw: st.DrawFn) -> RouteTable | None:
    if draw(st.booleans()):
        return None
    hops: tuple[HopKind, ...] = (
        "VnetLocal", "Internet", "VirtualAppliance", "VirtualAppliance", "VirtualNetworkGateway", "None",
    )  # fmt: skip
    routes = {}
    for prefix in draw(st.lists(st.sampled_from(PREFIXES), unique=True, max_size=4)):
        hop = draw(st.sampled_from(hops))
        appliance = HUB_FIREWALL if hop == "VirtualAppliance" else None
        routes[prefix] = Route(name=prefix, prefix=prefix, hop=hop, appliance=appliance)
    return RouteTable(id="table", routes=tuple(routes.values()), gateway_routes=draw(st.booleans()))


@st.composite
def subnets(draw: st.DrawFn, name: str, prefix: str) -> Subnet:
    return Subnet(
        id=name,
        name=name.rsplit("/", 1)[-1],
        prefixes=(prefix,),
        group=draw(groups),
        table=draw(tables()),
        default_outbound=draw(st.booleans()),
        nat_gateway=draw(st.booleans()),
        service_endpoints=draw(st.sampled_from([(), ("Microsoft.Storage",)])),
        endpoints_filtered=draw(st.booleans()),
        endpoints_routed=draw(st.booleans()),
    )


@st.composite
def estates(draw: st.DrawFn) -> Estate:
    flag = st.booleans()

    def peering(here: str, there: str) -> tuple[Peering, ...]:
        if draw(st.integers(0, 5)) == 0:
            return ()
        return (
            Peering(
                id=f"{here}-{there}", remote=there, access=draw(flag), forwarded=draw(flag),
                gateway_transit=draw(flag), remote_gateways=draw(flag),
            ),
        )  # fmt: skip

    behind = draw(st.sampled_from([(), (ON_PREMISES,), ("192.168.0.0/16", "10.0.0.0/8")]))
    hub = VirtualNetwork(
        id="hub",
        name="hub",
        prefixes=("10.0.0.0/26",),
        subnets=(
            Subnet(id="hub/firewall", name="AzureFirewallSubnet", prefixes=("10.0.0.0/31",), table=draw(tables())),
            Subnet(id="hub/gateway", name="GatewaySubnet", prefixes=("10.0.0.16/29",), table=draw(tables())),
            draw(subnets("hub/a", "10.0.0.8/29")),
        ),
        peerings=(*peering("hub", "one"), *peering("hub", "two")),
        gateway_prefixes=behind,
    )
    one = VirtualNetwork(
        id="one",
        name="one",
        prefixes=("10.0.1.0/26",),
        subnets=(draw(subnets("one/a", "10.0.1.8/29")), draw(subnets("one/b", "10.0.1.16/29"))),
        peerings=peering("one", "hub"),
    )
    two = VirtualNetwork(
        id="two", name="two", prefixes=("10.0.2.0/26",), subnets=(draw(subnets("two/a", "10.0.2.8/29")),),
        peerings=peering("two", "hub"),
    )  # fmt: skip
    filters = draw(
        st.lists(
            st.builds(
                FirewallRule,
                name=st.just("rule"),
                kind=st.just("network"),
                order=st.tuples(st.integers(100, 102), st.integers(100, 102)),
                action=st.sampled_from(["Allow", "Allow", "Deny"]),
                protocols=st.sampled_from([("Any",), ("TCP",), ("UDP", "ICMP")]),
                sources=st.sampled_from([("*",), ("10.0.1.0/26",), ("10.0.2.9/32", "192.168.0.0/16")]),
                destinations=st.sampled_from([("*",), ("10.0.0.0/8",), ("Storage",), ("20.0.0.0/8", "10.0.2.0/26")]),
                ports=ports,
                inherited=flag,
            ),
            max_size=4,
            unique_by=lambda rule: (rule.order, rule.inherited),
        )
    )
    firewall = Firewall(
        id=HUB_FIREWALL,
        name="firewall",
        subnet="hub/firewall",
        address="10.0.0.0",
        rules=tuple(filters),
        public=draw(flag),
    )
    attachments = tuple(
        Attachment(
            place=f"{subnet.id}-{at}", subnet=subnet.id, addresses=(str(network_of(subnet.prefixes[0])[at]),),
            group=draw(groups), application_groups=draw(st.sampled_from([(), ("asg-a",)])), public=draw(flag),
            machine=draw(flag), is_endpoint=draw(st.integers(0, 4)) == 0,
        )
        for network in (hub, one, two) for subnet in network.subnets if subnet.name in {"a", "b"} for at in (1, 2)
    )  # fmt: skip
    return Estate(networks=(hub, one, two), firewalls=(firewall,), attachments=attachments)


def _has(boxes: list[Box], address: int, protocol: str, port: int, axis: int = 1) -> bool:
    at = PROTOCOLS.index(protocol)
    return any(
        box[axis][0] <= address <= box[axis][1] and box[2][0] <= at <= box[2][1] and box[4][0] <= port <= box[4][1]
        for box in boxes
    )


def _number(address: str) -> int:
    return int(network_of(address).network_address)


def _check_pairs(estate: Estate) -> None:
    network, simulator = Network(estate), Simulator(estate)
    for source, target in product(estate.attachments, repeat=2):
        boxes = [box for passage in network.between(source, target) for box in passage.boxes]
        for protocol, port in product(PROTOCOL_SAMPLE, PORTS):
            passes = any(
                simulator.arrives(source, target, Packet(source.addresses[0], target.addresses[0], protocol, own, port))
                for own in SOURCE_PORTS
            )
            found = _has(boxes, _number(target.addresses[0]), protocol, port)
            assert found == passes, (source.place, target.place, protocol, port)


def _check_outside(estate: Estate) -> None:
    network, simulator = Network(estate), Simulator(estate)
    universe = network.world.universe
    for inside in estate.attachments:
        here = inside.addresses[0]
        out = [box for passage in network.leaving(inside) for box in passage.boxes]
        into = [box for passage in network.entering(inside) for box in passage.boxes]
        for (address, tag), protocol, port in product(OUTSIDE, PROTOCOL_SAMPLE, PORTS):
            number = universe.point(_number(address), tag)
            sent = [Packet(here, address, protocol, own, port, tag) for own in SOURCE_PORTS]
            leaves = any(simulator.leaves(inside, packet) for packet in sent)
            assert _has(out, number, protocol, port) == leaves, ("out", inside.place, address, tag, protocol, port)
            come = [Packet(address, here, protocol, own, port, tag) for own in SOURCE_PORTS]
            question = simulator.enters_by_gateway if address == "192.168.7.9" else simulator.enters_by_own_address
            enters = any(question(inside, packet) for packet in come)
            found = _has(into, number, protocol, port, axis=0)
            assert found == enters, ("in", inside.place, address, tag, protocol, port)


QUICK = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
LONG = settings(QUICK, max_examples=300)


class TestEveryPacketOfSmallEstates:
    """What passes and is not listed is a leak nobody sees; what is listed and does not pass is a false alarm."""

    @QUICK
    @given(estates())
    def test_between_attachments(self, estate: Estate) -> None:
        _check_pairs(estate)

    @QUICK
    @given(estates())
    def test_to_and_from_outside(self, estate: Estate) -> None:
        _check_outside(estate)

    @pytest.mark.slow
    @LONG
    @given(estates())
    def test_many_more(self, estate: Estate) -> None:
        _check_pairs(estate)
        _check_outside(estate)
