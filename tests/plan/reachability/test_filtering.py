"""Azure Firewall between subnets, spokes and the internet: known answers for each documented behaviour."""

import pytest

from plan.reachability.filtering import covers, is_host
from plan.reachability.model import Attachment, Connection, FirewallRule
from plan.reachability.packets import connections, ways_in, ways_out
from tests.plan.reachability.estates import (
    ONE,
    TWO,
    allow,
    carried,
    closed,
    ends,
    host,
    hub_and_spokes,
    rule,
    spoke,
    starts,
    table,
)


def out(*rules: FirewallRule, public: bool = True) -> tuple[Connection, ...]:
    return ways_out(hub_and_spokes(spoke("one"), spoke("two"), *rules, public=public), ONE)


def nat(to: str = "10.2.0.4", port: str = "22", *, source: str = "*", destination: str = "20.1.1.1") -> FirewallRule:
    return FirewallRule(
        name="nat",
        kind="nat",
        order=(100, 100),
        action="Allow",
        protocols=("TCP",),
        sources=(source,),
        destinations=(destination,),
        ports=("2222",),
        translated=(to, port),
    )


class TestOrderOfRules:
    """https://learn.microsoft.com/azure/firewall/rule-processing"""

    def test_nothing_passes_that_no_rule_allows(self) -> None:
        assert out() == ()

    def test_the_lower_priority_of_group_and_then_of_collection_decides(self) -> None:
        assert out(allow("*", order=(200, 300)), allow("*", order=(200, 200), action="Deny")) == ()
        assert out(allow("*", order=(100, 900)), allow("*", order=(200, 200), action="Deny"))

    def test_a_parent_s_rules_come_first_whatever_their_priority(self) -> None:
        """https://learn.microsoft.com/azure/firewall-manager/rule-hierarchy"""
        parent = allow("*", order=(900, 900), action="Deny", inherited=True)
        assert out(parent, allow("*", order=(100, 100))) == ()

    def test_a_parent_s_application_rule_comes_after_the_child_s_network_rules(self) -> None:
        parent = host("*", order=(100, 100), action="Deny")
        assert ends(out(parent, allow("*", order=(900, 900)))) == {("internet", "TCP 443")}

    def test_a_network_rule_ends_the_search_before_application_rules(self) -> None:
        """The page's first example, and its reverse."""
        assert ends(out(allow("*"), host("*", action="Deny"))) == {("internet", "TCP 443")}
        assert out(allow("*", action="Deny"), host("mcr.microsoft.com")) == ()

    def test_hops_name_route_rule_and_address(self) -> None:
        (found,) = out(allow("*", name="web"))
        assert [hop.what for hop in found.hops] == [
            "route '0.0.0.0/0' 0.0.0.0/0 to VirtualAppliance by 'fw'",
            "peering 'hub-to-one'",
            "firewall 'fw' network rule 'web' (200/200)",
            "system route 0.0.0.0/0 to Internet",
            "public address of firewall 'fw'",
        ]
        assert found.hops[2].urn == "fw"

    def test_without_a_public_address_nothing_leaves_by_it(self) -> None:
        """https://learn.microsoft.com/azure/firewall/forced-tunneling"""
        assert out(allow("*"), public=False) == ()

    def test_a_network_rule_names_a_tag(self) -> None:
        assert ends(out(allow("Storage.WestEurope"))) == {("tag:Storage.WestEurope", "TCP 443")}


class TestApplicationRules:
    """https://learn.microsoft.com/azure/firewall/rule-processing"""

    def test_name_the_host_and_the_port(self) -> None:
        assert ends(out(host("mcr.microsoft.com"), host("db.example.com", how="Mssql:1433"))) == {
            ("host:mcr.microsoft.com", "https:443 mcr.microsoft.com"),
            ("host:db.example.com", "mssql:1433 db.example.com"),
        }

    def test_security_groups_hold_before_the_firewall(self) -> None:
        nsg = closed(rule("Outbound", "Allow", 100, ports="1433"))
        estate = hub_and_spokes(spoke("one", nsg=nsg), spoke("two"), host("mcr.microsoft.com"))
        assert ways_out(estate, ONE) == ()

    def test_a_denial_that_covers_the_name_comes_first(self) -> None:
        deny = host("*.example.com", order=(100, 100), action="Deny")
        assert ends(out(deny, host("a.example.com", "example.com"))) == {("host:example.com", "https:443 example.com")}

    @pytest.mark.parametrize(
        ("pattern", "name", "matches"),
        [
            ("*.contoso.com", "any.contoso.com", True),
            ("*.contoso.com", "contoso.com", False),
            ("*contoso.com", "th3re4lcontoso.com", True),
            ("*contoso.com", "contoso.com", True),
            ("www.contoso.com", "www.contoso.com", True),
            ("*", "*.contoso.com", True),
            ("*.contoso.com", "*", False),
        ],
    )
    def test_wildcards(self, *, pattern: str, name: str, matches: bool) -> None:
        """The FAQ's table: https://learn.microsoft.com/azure/firewall/firewall-faq"""
        assert covers(pattern, name) is matches

    def test_always_put_the_firewall_s_address_in_place_of_the_source_s(self) -> None:
        """https://learn.microsoft.com/azure/firewall/snat-private-range"""
        by_source = closed(rule("Inbound", "Allow", 100, source="10.1.0.0/16"))
        by_firewall = closed(rule("Inbound", "Allow", 100, source="10.0.0.0/26"))
        rules = (host("db.internal.example"),)
        assert connections(hub_and_spokes(spoke("one"), spoke("two", nsg=by_source), *rules), ONE, TWO) == ()
        found = connections(hub_and_spokes(spoke("one"), spoke("two", nsg=by_firewall), *rules), ONE, TWO)
        assert carried(found) == {"https:443 db.internal.example"}


class TestNamesInNetworkRules:
    """https://learn.microsoft.com/azure/firewall/fqdn-filtering-network-rules"""

    def test_open_the_name_with_any_protocol(self) -> None:
        found = out(allow("ntp.ubuntu.com", "123", protocol="UDP"))
        assert ends(found) == {("host:ntp.ubuntu.com", "UDP 123 ntp.ubuntu.com")}

    def test_a_denied_name_closes_no_address(self) -> None:
        assert ends(out(allow("bad.example.com", action="Deny"), allow("*", order=(300, 300)))) == {
            ("internet", "TCP 443")
        }

    @pytest.mark.parametrize(
        ("word", "name"),
        [("Storage.WestEurope", False), ("10.0.0.0/8", False), ("a.b.example.com", True), ("*", False)],
    )
    def test_are_told_from_tags(self, *, word: str, name: bool) -> None:
        assert is_host(word) is name


class TestBetweenSpokes:
    """https://learn.microsoft.com/azure/firewall/firewall-faq"""

    def test_the_firewall_forwards_what_a_network_rule_allows(self) -> None:
        estate = hub_and_spokes(spoke("one"), spoke("two"), allow("10.2.0.0/16"))
        (found,) = connections(estate, ONE, TWO)
        assert found.what == "TCP 443"
        assert connections(estate, TWO, ONE) == ()

    def test_the_source_stays_between_private_addresses(self) -> None:
        """https://learn.microsoft.com/azure/firewall/snat-private-range"""
        nsg = closed(rule("Inbound", "Allow", 100, source="10.1.0.0/16"))
        assert connections(hub_and_spokes(spoke("one"), spoke("two", nsg=nsg), allow("10.2.0.0/16")), ONE, TWO)

    def test_groups_on_both_sides_hold(self) -> None:
        shut = closed()
        for one, two in ((shut, None), (None, shut)):
            estate = hub_and_spokes(spoke("one", nsg=one), spoke("two", nsg=two), allow("10.2.0.0/16"))
            assert connections(estate, ONE, TWO) == ()

    def test_without_a_route_to_it_the_firewall_joins_nothing(self) -> None:
        estate = hub_and_spokes(spoke("one", None), spoke("two"), allow("*", "*", protocol="Any"))
        assert connections(estate, ONE, TWO) == ()

    def test_a_route_may_name_its_address_alone(self) -> None:
        written = table(("10.2.0.0/16", "VirtualAppliance"))
        (route,) = written.routes
        object.__setattr__(route, "appliance", None)
        object.__setattr__(route, "address", "10.0.0.4")
        assert carried(connections(hub_and_spokes(spoke("one", written), spoke("two"), allow("*")), ONE, TWO)) == {
            "TCP 443"
        }

    def test_a_firewall_that_sends_to_itself_sends_nowhere(self) -> None:
        loop = table(("0.0.0.0/0", "VirtualAppliance"))
        estate = hub_and_spokes(spoke("one"), spoke("two"), allow("*"), hub_subnet_table=loop)
        assert ways_out(estate, ONE) == ()


class TestRepliesThroughTheFirewall:
    """To the internet it puts its own address: replies come back to it, and go on by its own subnet's routes.

    https://learn.microsoft.com/azure/firewall/snat-private-range
    """

    def test_are_lost_where_its_routes_do_not_lead_back(self) -> None:
        away = table(("10.1.0.0/16", "None"))
        everything = allow("*", "*", protocol="Any")
        estate = hub_and_spokes(spoke("one"), spoke("two"), everything, hub_subnet_table=away)
        assert ends(ways_out(estate, ONE)) == {("internet", "UDP; ICMP; ESP; AH")}
        assert ends(out(everything)) == {("internet", "any")}


class TestTranslation:
    """https://learn.microsoft.com/azure/firewall/rule-processing"""

    def test_comes_before_network_rules_and_allows_by_itself(self) -> None:
        estate = hub_and_spokes(spoke("one"), spoke("two"), nat(), allow("*", "*", protocol="Any", action="Deny"))
        (found,) = ways_in(estate, TWO)
        assert (found.source, found.what) == ("internet", "TCP 22")
        assert "firewall 'fw' translation 'nat' (100/100)" in {hop.what for hop in found.hops}

    def test_reaches_only_what_it_leads_to(self) -> None:
        estate = hub_and_spokes(spoke("one"), spoke("two"), nat())
        assert ways_in(estate, ONE) == ()
        assert ways_in(estate, Attachment(place="c", subnet="two", addresses=("10.2.0.5",))) == ()

    def test_a_name_may_lead_to_anything(self) -> None:
        assert ways_in(hub_and_spokes(spoke("one"), spoke("two"), nat("app.internal.example")), ONE)

    def test_the_target_sees_the_firewall(self) -> None:
        """https://techcommunity.microsoft.com/blog/azurenetworksecurityblog/azure-firewall-nat-behaviors/3825834"""
        from_firewall = closed(rule("Inbound", "Allow", 100, source="10.0.0.0/26"))
        from_internet = closed(rule("Inbound", "Allow", 100, source="Internet"))
        assert ways_in(hub_and_spokes(spoke("one"), spoke("two", nsg=from_firewall), nat()), TWO)
        assert ways_in(hub_and_spokes(spoke("one"), spoke("two", nsg=from_internet), nat()), TWO) == ()

    def test_its_sources_are_named(self) -> None:
        estate = hub_and_spokes(spoke("one"), spoke("two"), nat(source="203.0.114.0/24"))
        assert starts(ways_in(estate, TWO)) == {("network:203.0.114.0/24", "TCP 22")}

    def test_without_a_public_address_there_is_none(self) -> None:
        assert ways_in(hub_and_spokes(spoke("one"), spoke("two"), nat(), public=False), TWO) == ()

    def test_a_private_address_of_the_firewall_is_translated_for_those_inside(self) -> None:
        estate = hub_and_spokes(spoke("one", None), spoke("two"), nat(destination="10.0.0.4"))
        assert carried(connections(estate, ONE, TWO)) == {"TCP 22"}


class TestFirewallThatRoutesCannotReach:
    """The next hop must be directly connected:
    https://learn.microsoft.com/azure/virtual-network/virtual-networks-udr-overview#user-defined
    """

    def test_drops(self) -> None:
        base = hub_and_spokes(spoke("one"), spoke("two"), allow("*"))
        object.__setattr__(base.networks[0], "peerings", ())
        assert ways_out(base, ONE) == ()
