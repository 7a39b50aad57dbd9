"""Routes, peerings and gateways: known answers for each behaviour that Microsoft documents."""

from typing import Any

import pytest

from plan.reachability.model import (
    Attachment,
    Connection,
    Estate,
    HopKind,
    Peering,
    RouteTable,
    Subnet,
    VirtualNetwork,
)
from plan.reachability.packets import connections, ways_in, ways_out
from tests.plan.reachability.estates import (
    ONE,
    TO_FIREWALL,
    TWO,
    allow,
    carried,
    closed,
    ends,
    hub_and_spokes,
    network,
    pair,
    rule,
    spoke,
    starts,
    table,
)

BEHIND = "192.168.0.0/16"
A = Attachment(place="a", subnet="left", addresses=("10.0.0.4",))
B = Attachment(place="b", subnet="right", addresses=("10.0.1.4",))


def left(routes: RouteTable | None = None, **more: object) -> Subnet:
    return Subnet(id="left", name="left", prefixes=("10.0.0.0/24",), table=routes, **more)  # type: ignore[arg-type]


def right(**more: object) -> Subnet:
    return Subnet(id="right", name="right", prefixes=("10.0.1.0/24",), **more)  # type: ignore[arg-type]


def hops(found: tuple[Connection, ...]) -> list[list[str]]:
    return [[hop.what for hop in each.hops] for each in found]


class TestHowAzureSelectsARoute:
    """https://learn.microsoft.com/azure/virtual-network/virtual-networks-udr-overview#how-azure-selects-a-route"""

    @pytest.mark.parametrize(
        ("routes", "reaches"),
        [
            ((("10.0.0.0/8", "None"),), True),
            ((("10.0.0.0/16", "None"),), False),
            ((("10.0.0.0/16", "None"), ("10.0.1.0/24", "VnetLocal")), True),
            ((("10.0.1.0/24", "None"), ("10.0.1.4/32", "VnetLocal")), True),
            ((("0.0.0.0/0", "None"),), True),
        ],
        ids=["shorter than the network's", "same as the network's", "longer", "longest", "default"],
    )
    def test_the_longest_prefix_and_then_the_written_one(
        self, *, routes: tuple[tuple[str, HopKind], ...], reaches: bool
    ) -> None:
        assert bool(connections(pair(A, B, left(table(*routes)), right()), A, B)) is reaches

    @pytest.mark.parametrize(
        ("routes", "reached"),
        [
            ((), {"network:192.168.0.0/16"}),
            ((("192.168.0.0/16", "None"),), set()),
            ((("0.0.0.0/0", "None"),), {"network:192.168.0.0/16"}),
        ],
        ids=["learnt over Azure's None", "written over learnt", "longer learnt over written default"],
    )
    def test_written_over_learnt_over_azure_s(self, routes: tuple[tuple[str, HopKind], ...], reached: set[str]) -> None:
        routed = left(table(*routes, gateway_routes=True), default_outbound=False)
        estate = Estate(networks=(network("net", "10.0.0.0/16", routed, gateway_prefixes=("192.168.0.0/16",)),))
        assert {each.target for each in ways_out(estate, A)} == reached

    def test_a_more_specific_learnt_route_does_not_beat_the_network_s_own(self) -> None:
        made = network("net", "10.0.0.0/16", left(), right(), gateway_prefixes=("10.0.1.0/24",))
        (found,) = connections(Estate(networks=(made,)), A, B)
        assert [hop.what for hop in found.hops] == ["system route 10.0.0.0/16 to network 'net'"]

    def test_learnt_routes_are_taken_only_where_the_table_lets_them(self) -> None:
        estate = Estate(networks=(network("net", "10.0.0.0/16", left(table()), gateway_prefixes=("192.168.0.0/16",)),))
        assert {each.target for each in ways_out(estate, A)} == {"internet"}

    def test_next_hop_none_drops(self) -> None:
        assert ways_out(pair(A, B, left(table(("0.0.0.0/0", "None")))), A) == ()

    def test_of_two_tags_the_narrower_is_taken(self) -> None:
        """https://learn.microsoft.com/azure/virtual-network/virtual-networks-udr-overview#exact-match"""
        routes = table(("0.0.0.0/0", "None"), ("AzureCloud", "Internet"), ("Storage", "None"))
        found = {each.target for each in ways_out(pair(A, B, left(routes)), A)}
        assert found == {"tag:AzureCloud"}

    def test_where_a_tag_s_prefixes_decide_both_routes_are_kept(self) -> None:
        routes = table(("0.0.0.0/0", "None"), ("20.0.0.0/8", "None"), ("Storage", "Internet"))
        found = {each.target for each in ways_out(pair(A, B, left(routes)), A)}
        assert found == {"tag:Storage"}


class TestWhatReallyLeaves:
    """https://learn.microsoft.com/azure/virtual-network/ip-services/default-outbound-access"""

    def test_a_private_subnet_reaches_no_public_address(self) -> None:
        assert ways_out(pair(A, B, left(default_outbound=False)), A) == ()

    @pytest.mark.parametrize(
        ("more", "public", "by"),
        [
            ({"default_outbound": True}, False, "default outbound access of subnet 'left'"),
            ({"default_outbound": False, "nat_gateway": True}, False, "NAT gateway of subnet 'left'"),
            ({"default_outbound": False}, True, "public address of 'a'"),
        ],
    )
    def test_each_way_out_is_named(self, *, more: dict[str, Any], public: bool, by: str) -> None:
        source = Attachment(place="a", subnet="left", addresses=A.addresses, public=public)
        (found,) = ways_out(pair(source, B, left(**more)), source)
        assert (found.target, found.hops[-1].what) == ("internet", by)


class TestServiceEndpoints:
    """https://learn.microsoft.com/azure/virtual-network/virtual-network-service-endpoints-overview"""

    def test_lead_past_a_default_route_to_the_firewall(self) -> None:
        subnet = Subnet(
            id="one",
            name="one",
            prefixes=("10.1.0.0/24",),
            table=TO_FIREWALL,
            service_endpoints=("Microsoft.Storage",),
            default_outbound=False,
        )
        found = ways_out(hub_and_spokes(subnet, spoke("two")), ONE)
        assert ends(found) == {("tag:Storage", "any")}
        assert "service endpoint Microsoft.Storage of subnet 'one'" in hops(found)[0]

    def test_security_groups_still_hold(self) -> None:
        nsg = closed(rule("Outbound", "Allow", 100, to="AzureKeyVault"))
        subnet = left(group=nsg, service_endpoints=("Microsoft.Storage",), default_outbound=False)
        assert ways_out(pair(A, B, subnet), A) == ()


class TestPrivateEndpointRoutes:
    """https://learn.microsoft.com/azure/private-link/disable-private-endpoint-network-policy"""

    @pytest.mark.parametrize(
        ("prefix", "routed", "direct"),
        [
            ("0.0.0.0/0", True, True),
            ("10.2.0.0/16", True, False),
            ("10.2.0.0/24", True, False),
            ("10.0.0.0/8", True, True),
            ("10.2.0.0/16", False, True),
            ("10.2.0.4/32", False, False),
        ],
    )
    def test_the_32_is_out_of_force_only_by_a_route_as_long_as_its_network_s(
        self, *, prefix: str, routed: bool, direct: bool
    ) -> None:
        there = Subnet(id="two", name="two", prefixes=("10.2.0.0/24",), endpoints_routed=routed)
        estate = hub_and_spokes(spoke("one", table((prefix, "VirtualAppliance"))), there)
        peered = Estate(
            networks=(
                estate.networks[0],
                network("one", "10.1.0.0/16", *estate.networks[1].subnets, to=("hub", "two")),
                network("two", "10.2.0.0/16", there, to=("hub", "one")),
            ),
            firewalls=estate.firewalls,
        )
        endpoint = Attachment(place="b", subnet="two", addresses=("10.2.0.4",), is_endpoint=True)
        assert bool(connections(peered, ONE, endpoint)) is direct

    def test_an_endpoint_without_an_address_has_its_route_all_the_same(self) -> None:
        there = Subnet(id="right", name="right", prefixes=("10.0.1.0/24",), endpoints_routed=False)
        endpoint = Attachment(place="b", subnet="right", is_endpoint=True)
        assert connections(pair(A, endpoint, left(table(("10.0.0.0/16", "None"))), there), A, endpoint)


class TestPeering:
    """https://learn.microsoft.com/azure/virtual-network/virtual-network-peering-overview"""

    def networks(self, *, back: bool = True) -> Estate:
        return Estate(
            networks=(
                network("net", "10.0.0.0/16", left(), to=("mid",)),
                network("mid", "10.5.0.0/16", Subnet(id="mid", name="mid", prefixes=("10.5.0.0/24",)),
                        to=("net", "far") if back else ("far",)),
                network("far", "10.6.0.0/16", Subnet(id="far", name="far", prefixes=("10.6.0.0/24",)), to=("mid",)),
            )
        )  # fmt: skip

    def test_is_not_transitive(self) -> None:
        assert connections(self.networks(), A, Attachment(place="m", subnet="mid"))
        assert connections(self.networks(), A, Attachment(place="f", subnet="far")) == ()

    def test_one_direction_alone_carries_nothing(self) -> None:
        assert connections(self.networks(back=False), A, Attachment(place="m", subnet="mid")) == ()

    @pytest.mark.parametrize("forwarded", [True, False])
    def test_forwarded_traffic_is_taken_only_where_it_is_allowed(self, *, forwarded: bool) -> None:
        """https://learn.microsoft.com/azure/virtual-network/virtual-network-manage-peering"""
        estate = hub_and_spokes(spoke("one"), spoke("two"), allow("10.2.0.0/16"), forwarded=forwarded)
        assert bool(connections(estate, ONE, TWO)) is forwarded


class TestAsymmetricRoutes:
    """https://learn.microsoft.com/azure/firewall/integrate-lb#asymmetric-routing"""

    def test_a_firewall_that_did_not_see_the_start_drops_the_reply(self) -> None:
        target = Attachment(place="b", subnet="one", public=True)
        estate = hub_and_spokes(spoke("one"), spoke("two"))
        # Datagrams get in all the same: what is lost is the answer.
        assert carried(ways_in(estate, target)) == {"UDP; ICMP; ESP; AH"}
        assert carried(ways_in(hub_and_spokes(spoke("one", None), spoke("two")), target)) == {"any"}

    def test_between_subnets_of_one_network(self) -> None:
        back = table(("10.1.0.0/25", "VirtualAppliance"))
        subnets = (
            Subnet(id="one", name="one", prefixes=("10.1.0.0/25",)),
            Subnet(id="other", name="other", prefixes=("10.1.0.128/25",), table=back),
        )
        base = hub_and_spokes(spoke("one"), spoke("two"), allow("*", "*", protocol="Any"))
        estate = Estate(
            networks=(base.networks[0], network("one", "10.1.0.0/16", *subnets, to=("hub",)), base.networks[2]),
            firewalls=base.firewalls,
        )
        assert carried(connections(estate, ONE, Attachment(place="o", subnet="other"))) == {"UDP; ICMP; ESP; AH"}

    def test_without_a_route_back_there_is_no_connection(self) -> None:
        estate = hub_and_spokes(spoke("one"), spoke("two", None), allow("10.2.0.0/16"))
        assert connections(estate, ONE, TWO) == ()


class TestGateways:
    """https://learn.microsoft.com/azure/vpn-gateway/vpn-gateway-peering-gateway-transit"""

    def estate(
        self, *, transit: bool, gateway_table: RouteTable | None = None, prefix: str = "192.168.0.0/16"
    ) -> Estate:
        subnet = Subnet(id="one", name="one", prefixes=("10.1.0.0/24",), default_outbound=False)
        gateway = Subnet(id="hub/gw", name="GatewaySubnet", prefixes=("10.0.255.0/27",), table=gateway_table)
        base = hub_and_spokes(subnet, spoke("two"), hub=(gateway,))
        hub = VirtualNetwork(
            id="hub",
            name="hub",
            prefixes=("10.0.0.0/16",),
            subnets=base.networks[0].subnets,
            peerings=(Peering(id="hub-to-one", remote="one", gateway_transit=transit),),
            gateway_prefixes=(prefix,),
        )
        back = Peering(id="one-to-hub", remote="hub", remote_gateways=True, forwarded=True)
        return Estate(networks=(hub, network("one", "10.1.0.0/16", subnet, peerings=(back,))), firewalls=base.firewalls)

    @pytest.mark.parametrize("transit", [True, False])
    def test_a_spoke_uses_the_hub_s_gateway_where_both_sides_agree(self, *, transit: bool) -> None:
        reached = {("network:192.168.0.0/16", "any")} if transit else set()
        assert ends(ways_out(self.estate(transit=transit), ONE)) == reached
        assert starts(ways_in(self.estate(transit=transit), ONE)) == reached

    def test_prefixes_that_the_plan_does_not_say_may_be_any(self) -> None:
        assert ends(ways_out(self.estate(transit=True, prefix="*"), ONE)) == {("network:*", "any")}
        assert starts(ways_in(self.estate(transit=True, prefix="*"), ONE)) == {("network:*", "any")}

    def test_the_gateway_s_own_routes_may_lead_through_the_firewall(self) -> None:
        through = table(("10.1.0.0/16", "VirtualAppliance"))
        assert ways_in(self.estate(transit=True, gateway_table=through), ONE) == ()

    def test_a_default_route_to_the_gateway_may_end_in_the_internet(self) -> None:
        """https://learn.microsoft.com/azure/virtual-network/virtual-networks-udr-overview#default-route"""
        routed = left(table(("0.0.0.0/0", "VirtualNetworkGateway")), default_outbound=False)
        estate = Estate(networks=(network("net", "10.0.0.0/16", routed, gateway_prefixes=("192.168.0.0/16",)),))
        assert {"internet", "network:192.168.0.0/16"} <= {each.target for each in ways_out(estate, A)}
