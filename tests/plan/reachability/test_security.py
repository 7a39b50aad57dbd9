"""Security groups: known answers for each behaviour that Microsoft documents."""

import pytest

from plan.reachability.model import Attachment, Connection, Estate, Peering, Route, RouteTable, SecurityGroup, Subnet
from plan.reachability.packets import connections, ways_in, ways_out
from tests.plan.reachability.estates import carried, closed, ends, group, network, pair, rule, starts, table

A = Attachment(place="a", subnet="left", addresses=("10.0.0.4",))
B = Attachment(place="b", subnet="right", addresses=("10.0.1.4",))


def left(nsg: SecurityGroup | None = None, **more: object) -> Subnet:
    return Subnet(id="left", name="left", prefixes=("10.0.0.0/24",), group=nsg, **more)  # type: ignore[arg-type]


def right(nsg: SecurityGroup | None = None, **more: object) -> Subnet:
    return Subnet(id="right", name="right", prefixes=("10.0.1.0/24",), group=nsg, **more)  # type: ignore[arg-type]


def between(one: Subnet, two: Subnet, source: Attachment = A, target: Attachment = B) -> tuple[Connection, ...]:
    return connections(pair(source, target, one, two), source, target)


class TestOrderOfRules:
    """https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview#security-rules"""

    def test_the_lowest_number_decides_and_the_rest_is_not_looked_at(self) -> None:
        nsg = group(rule("Inbound", "Deny", 200), rule("Inbound", "Allow", 100, ports="443"))
        assert carried(between(left(), right(nsg))) == {"TCP 443; UDP 443; ICMP; ESP; AH"}
        nsg = group(rule("Inbound", "Deny", 100), rule("Inbound", "Allow", 200, ports="443"))
        assert between(left(), right(nsg)) == ()

    def test_each_row_names_the_rule_that_let_it_pass(self) -> None:
        nsg = closed(rule("Inbound", "Allow", 300, ports="22", name="a"), rule("Inbound", "Allow", 400, name="b"))
        found = between(left(), right(nsg))
        assert {each.hops[-1].what for each in found} == {
            "security group 'nsg' rule 'a' (300)",
            "security group 'nsg' rule 'b' (400)",
        }
        assert {each.hops[-1].urn for each in found} == {"nsg"}

    def test_source_ports_count(self) -> None:
        nsg = closed(rule("Inbound", "Allow", 100, source_ports="53"), rule("Outbound", "Allow", 100))
        assert between(left(), right(nsg))
        blocked = closed(rule("Outbound", "Allow", 100, source_ports="54"))
        assert between(left(blocked), right(nsg)) == ()


class TestDefaultRules:
    """https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview#default-security-rules"""

    def test_a_network_s_own_traffic_and_the_way_out_are_open_and_the_way_in_is_not(self) -> None:
        estate = pair(A, B, left(group()), right(group()))
        assert carried(connections(estate, A, B)) == {"any"}
        assert ends(ways_out(estate, A)) == {("internet", "any")}
        assert ways_in(estate, Attachment(place="b", subnet="right", public=True)) == ()

    def test_no_group_lets_everything_pass(self) -> None:
        assert carried(between(left(), right())) == {"any"}


class TestBothGroupsMustAllow:
    """https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works"""

    @pytest.mark.parametrize("of_subnet", [True, False])
    def test_inbound(self, *, of_subnet: bool) -> None:
        opened, shut = group(), closed()
        target = Attachment(place="b", subnet="right", addresses=B.addresses, group=shut if not of_subnet else opened)
        assert between(left(), right(shut if of_subnet else opened), target=target) == ()

    def test_rules_are_named_in_the_order_in_which_they_are_met(self) -> None:
        source = Attachment(place="a", subnet="left", addresses=A.addresses, group=group(name="nic-a"))
        target = Attachment(place="b", subnet="right", addresses=B.addresses, group=group(name="nic-b"))
        (found,) = between(left(group(name="sub-a")), right(group(name="sub-b")), source, target)
        assert [hop.urn for hop in found.hops] == ["nic-a", "sub-a", "net", "sub-b", "nic-b"]

    def test_a_subnet_s_group_holds_within_the_subnet_too(self) -> None:
        neighbour = Attachment(place="n", subnet="left", addresses=("10.0.0.5",))
        assert connections(pair(A, neighbour, left(closed())), A, neighbour) == ()


class TestReplies:
    """Groups are stateful: https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview"""

    def test_need_no_rule(self) -> None:
        to_b = closed(rule("Outbound", "Allow", 100, to="10.0.1.0/24"))
        from_a = closed(rule("Inbound", "Allow", 100, source="10.0.0.0/24"))
        assert between(left(to_b), right(from_a))
        assert between(right(from_a), left(to_b), source=B, target=A) == ()


class TestApplicationSecurityGroups:
    """The page's own example: https://learn.microsoft.com/azure/virtual-network/application-security-groups"""

    nsg = group(
        rule("Inbound", "Allow", 100, source="Internet", to="asg/web", ports="80"),
        rule("Inbound", "Allow", 110, source="asg/logic", to="asg/db", ports="1433"),
        rule("Inbound", "Deny", 120, to="asg/db", ports="1433"),
    )
    subnet = left(nsg)

    @staticmethod
    def member(name: str, address: str) -> Attachment:
        return Attachment(
            place=name, subnet="left", addresses=(address,), application_groups=(f"asg/{name}",), public=True
        )

    @pytest.mark.parametrize(("source", "reaches"), [("logic", True), ("web", False)])
    def test_only_the_logic_s_interfaces_reach_the_database(self, *, source: str, reaches: bool) -> None:
        one, db = self.member(source, "10.0.0.8"), self.member("db", "10.0.0.9")
        found = connections(pair(one, db, self.subnet), one, db)
        texts = {hop.what for each in found for hop in each.hops}
        assert ("security group 'nsg' rule 'allow-110' (110)" in texts) is reaches

    def test_only_members_are_open_to_the_internet(self) -> None:
        web, db = self.member("web", "10.0.0.8"), self.member("db", "10.0.0.9")
        estate = pair(web, db, self.subnet)
        assert starts(ways_in(estate, web)) == {("internet", "TCP 80; UDP 80; ICMP; ESP; AH")}
        assert ways_in(estate, db) == ()


class TestVirtualNetworkTag:
    """https://learn.microsoft.com/azure/virtual-network/service-tags-overview"""

    target = Attachment(place="b", subnet="right", addresses=("10.0.1.4",), public=True)

    def test_with_a_default_route_it_takes_in_everything(self) -> None:
        routed = table(("0.0.0.0/0", "Internet"))
        assert ways_in(pair(A, self.target, left(), right(group())), self.target) == ()
        found = ways_in(pair(A, self.target, left(), right(group(), table=routed)), self.target)
        assert starts(found) == {("internet", "any")}

    def test_a_written_route_s_prefix_is_in_it(self) -> None:
        routed = table(("20.0.0.0/8", "Internet"))
        found = ways_in(pair(A, self.target, left(), right(group(), table=routed)), self.target)
        assert starts(found) == {("network:20.0.0.0/8", "any")}

    def test_a_denial_of_it_does_not_close_the_default_route(self) -> None:
        """ "Might also contain default routes": whoever denies the tag can't count on that."""
        nsg = group(rule("Outbound", "Deny", 100, to="VirtualNetwork"))
        found = ways_out(pair(A, B, left(nsg, table=table(("0.0.0.0/0", "Internet")))), A)
        assert ends(found) == {("internet", "any")}

    @pytest.mark.parametrize("access", [True, False])
    def test_a_peer_is_in_it_only_with_virtual_network_access(self, *, access: bool) -> None:
        """The flag closes nothing else: https://learn.microsoft.com/azure/virtual-network/virtual-network-manage-peering"""

        def estate(nsg: SecurityGroup | None) -> Estate:
            one = Peering(id="p1", remote="two", access=access)
            two = Peering(id="p2", remote="one", access=access)
            far = Subnet(id="right", name="right", prefixes=("10.1.1.0/24",), group=nsg)
            return Estate(
                networks=(
                    network("one", "10.0.0.0/16", left(), peerings=(one,)),
                    network("two", "10.1.0.0/16", far, peerings=(two,)),
                )
            )

        there = Attachment(place="b", subnet="right", addresses=("10.1.1.4",))
        assert bool(connections(estate(group()), A, there)) is access
        assert connections(estate(group(rule("Inbound", "Allow", 100, source="10.0.0.0/16"))), A, there)
        assert connections(estate(None), A, there)

    def test_what_is_behind_the_gateway_is_in_it(self) -> None:
        estate = Estate(networks=(network("net", "10.0.0.0/16", left(group()), gateway_prefixes=("192.168.0.0/16",)),))
        assert starts(ways_in(estate, A)) == {("network:192.168.0.0/16", "any")}


class TestTagsOfServices:
    """https://learn.microsoft.com/azure/virtual-network/service-tags-overview"""

    def out(self, *rules: tuple[str, str]) -> set[tuple[str, str]]:
        written = [
            rule("Outbound", "Allow" if access == "Allow" else "Deny", 100 + at, to=to)
            for at, (access, to) in enumerate(rules)
        ]
        return ends(ways_out(pair(A, B, left(closed(*written))), A))

    def test_the_internet_has_azure_s_public_addresses_in_it(self) -> None:
        assert self.out(("Deny", "Internet"), ("Allow", "Storage")) == set()
        assert self.out(("Allow", "Internet")) == {("internet", "any")}

    def test_a_region_is_in_its_service_and_both_are_in_the_cloud(self) -> None:
        assert self.out(("Deny", "AzureCloud"), ("Allow", "Storage.WestEurope")) == set()
        assert self.out(("Deny", "AzureCloud.westeurope"), ("Allow", "Storage.WestEurope")) == set()
        assert self.out(("Deny", "Storage"), ("Allow", "Storage.WestEurope")) == set()

    def test_a_denied_tag_closes_itself_alone(self) -> None:
        assert self.out(("Deny", "Storage.WestEurope"), ("Allow", "Storage")) == {("tag:Storage", "any")}

    def test_a_tag_and_a_prefix_may_overlap(self) -> None:
        """Else a subnet whose group allows a service and whose route opens a range would seem closed."""
        nsg = closed(rule("Outbound", "Allow", 100, to="Storage"))
        routed = table(("0.0.0.0/0", "None"), ("20.0.0.0/8", "Internet"))
        assert ends(ways_out(pair(A, B, left(nsg, table=routed)), A)) == {("tag:Storage", "any")}


class TestPublicAddressOfItsOwn:
    """https://learn.microsoft.com/azure/virtual-network/ip-services/public-ip-addresses"""

    @pytest.mark.parametrize(("machine", "opened"), [(True, False), (False, True)])
    def test_a_machine_s_is_closed_without_a_group(self, *, machine: bool, opened: bool) -> None:
        target = Attachment(place="b", subnet="right", public=True, machine=machine)
        assert bool(ways_in(pair(A, target, left(), right()), target)) is opened

    def test_without_one_nothing_comes_in(self) -> None:
        nsg = group(rule("Inbound", "Allow", 100))
        assert ways_in(pair(A, B, left(), right(nsg)), B) == ()

    def test_what_may_come_in_is_named(self) -> None:
        nsg = group(
            rule("Inbound", "Allow", 100, source="GatewayManager", ports="65200-65535"),
            rule("Inbound", "Allow", 110, source="203.0.114.0/24", ports="443"),
        )
        target = Attachment(place="b", subnet="right", public=True)
        found = ways_in(pair(A, target, left(), right(nsg)), target)
        assert {each.source for each in found} >= {"tag:GatewayManager", "network:203.0.114.0/24"}
        assert "internet" not in {each.source for each in found}


class TestPrivateEndpoints:
    """https://learn.microsoft.com/azure/private-link/disable-private-endpoint-network-policy"""

    @pytest.mark.parametrize("filtered", [True, False])
    def test_groups_hold_only_with_network_policies(self, *, filtered: bool) -> None:
        endpoint = Attachment(place="b", subnet="right", addresses=("10.0.1.4",), is_endpoint=True)
        found = between(left(), right(closed(), endpoints_filtered=filtered), target=endpoint)
        assert bool(found) is not filtered

    def test_they_start_nothing(self) -> None:
        endpoint = Attachment(place="a", subnet="left", addresses=("10.0.0.4",), is_endpoint=True)
        estate = pair(endpoint, B, left(), right())
        assert connections(estate, endpoint, B) == ways_out(estate, endpoint) == ()


class TestWhatIsNotKnown:
    """Counts as whatever reaches furthest."""

    def test_an_attachment_without_an_address_may_be_anywhere_in_its_subnet(self) -> None:
        nsg = closed(rule("Inbound", "Allow", 100, to="10.0.1.200/32"))
        assert between(left(), right(nsg)) == ()
        assert between(left(), right(nsg), target=Attachment(place="b", subnet="right"))

    def test_an_unknown_appliance_may_forward_anywhere(self) -> None:
        routed = RouteTable(
            id="t",
            routes=(
                Route(name="none", prefix="0.0.0.0/0", hop="None"),
                Route(name="nva", prefix="10.9.0.0/16", hop="VirtualAppliance"),
            ),
        )
        apart = Estate(
            networks=(
                network("one", "10.0.0.0/16", left(table=routed, default_outbound=False)),
                network("two", "10.1.0.0/16", Subnet(id="right", name="right", prefixes=("10.1.1.0/24",))),
            )
        )
        there = Attachment(place="b", subnet="right", addresses=("10.1.1.4",))
        assert ends(ways_out(apart, A)) == {("internet", "any")}
        (found,) = connections(apart, A, there)
        assert "an appliance that is not known, and may forward anywhere" in {hop.what for hop in found.hops}

    def test_a_peered_network_outside_the_plan_takes_and_sends(self) -> None:
        peering = Peering(id="net/out", remote="elsewhere")
        estate = Estate(networks=(network("net", "10.0.0.0/16", left(group()), peerings=(peering,)),))
        assert ("network:*", "any") in ends(ways_out(estate, A))
        assert starts(ways_in(estate, A)) == {("network:*", "any")}
