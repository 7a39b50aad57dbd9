"""Firewalls are read rule by rule, with the order in which Azure looks at them."""

from typing import Any

from plan.model import UNKNOWN, PlannedResource
from plan.reachability.model import Firewall, FirewallRule
from plan.reachability.networks import estate
from tests.plan.reachability.written import arm, plan_of, resource, subnet, subnet_id, urn, vnet
from tests.plans import compliant

POLICY = arm("Microsoft.Network/firewallPolicies", "child")
PARENT = arm("Microsoft.Network/firewallPolicies", "parent")
NET = vnet(subnet("AzureFirewallSubnet", "10.0.9.0/26"))


def firewall(**inputs: object) -> PlannedResource:
    here = {"name": "a", "subnet": {"id": subnet_id("AzureFirewallSubnet")}, "publicIPAddress": {"id": "x"}}
    return resource(
        "network:AzureFirewall",
        "afw",
        {"ipConfigurations": [here], "firewallPolicy": {"id": POLICY}, **inputs},
        identifier=arm("Microsoft.Network/azureFirewalls", "afw"),
    )


def policy(name: str = "child", **inputs: object) -> PlannedResource:
    identifier = arm("Microsoft.Network/firewallPolicies", name)
    return resource("network:FirewallPolicy", name, {"firewallPolicyName": name, **inputs}, identifier=identifier)


def rules_of(of: str, priority: object, *collections: dict[str, Any]) -> PlannedResource:
    inputs = {"firewallPolicyName": of, "priority": priority, "ruleCollections": list(collections)}
    name = f"{of}-{priority}"
    return resource("network:FirewallPolicyRuleCollectionGroup", name, inputs)


def collection(*rules: dict[str, Any], priority: int = 100, action: str = "Allow", nat: bool = False) -> dict[str, Any]:
    kind = "FirewallPolicyNatRuleCollection" if nat else "FirewallPolicyFilterRuleCollection"
    return {"ruleCollectionType": kind, "priority": priority, "action": {"type": action}, "rules": list(rules)}


def application(**inputs: object) -> dict[str, Any]:
    protocols = [{"protocolType": "Https", "port": 443}]
    return {
        "ruleType": "ApplicationRule",
        "name": "a",
        "protocols": protocols,
        "sourceAddresses": ["10.0.0.0/24"],
        **inputs,
    }


def network(**inputs: object) -> dict[str, Any]:
    return {
        "ruleType": "NetworkRule",
        "name": "n",
        "ipProtocols": ["TCP"],
        "sourceAddresses": ["*"],
        "destinationAddresses": ["10.9.0.0/16"],
        "destinationPorts": ["443"],
        **inputs,
    }


def read(*resources: PlannedResource) -> Firewall:
    found, _ = estate(plan_of(NET, *resources))
    return found.firewalls[0]


def rule(written: dict[str, Any], *more: PlannedResource, action: str = "Allow") -> FirewallRule:
    group = rules_of("child", 200, collection(written, action=action))
    return read(firewall(), policy(), group, *more).rules[0]


class TestTheFirewallOfACommittedStack:
    """What may leave is this list, and nothing beside it."""

    def test_every_rule_names_one_host_and_its_subnets(self) -> None:
        (wall,) = estate(compliant())[0].firewalls
        assert len(wall.rules) > 10
        assert all(
            item.kind == "application" and item.action == "Allow" and len(item.hosts) == 1 for item in wall.rules
        )
        assert all(item.sources and "*" not in item.sources for item in wall.rules)
        assert {item.order for item in wall.rules} == {(300, 300), (400, 400)}


class TestRulesOfAPolicy:
    """Each kind, with what it filters by."""

    def test_hosts_tags_categories_and_pages(self) -> None:
        found = rule(
            application(
                targetFqdns=["*.example.org"],
                fqdnTags=["AzureKubernetesService"],
                webCategories=["News"],
                targetUrls=["https://www.example.com/a/*"],
            )
        )
        assert found.hosts == ("*.example.org", "www.example.com", "tag:AzureKubernetesService", "category:News")
        assert found.protocols == ("Https:443",)
        assert found.sources == ("10.0.0.0/24",)

    def test_networks_by_address_tag_range_and_name(self) -> None:
        found = rule(
            network(
                destinationAddresses=["AzureCloud.WestEurope", "10.1.0.4-10.1.0.7"],
                destinationFqdns=["time.example.org"],
                ipProtocols=["UDP", "Any"],
                destinationPorts=["123", "8000-8100"],
            )
        )
        assert found.destinations == ("AzureCloud.WestEurope", "10.1.0.4/30", "time.example.org")
        assert (found.protocols, found.ports) == (("UDP", "Any"), ("123", "8000-8100"))

    def test_a_translation_lets_pass_and_says_where_to(self) -> None:
        nat = {
            **network(ruleType="NatRule", destinationAddresses=["203.0.113.7"], destinationPorts=["443"]),
            "translatedAddress": "10.0.0.4",
            "translatedPort": "8443",
        }
        group = rules_of("child", 100, collection(nat, action="DNAT", nat=True))
        (found,) = read(firewall(), policy(), group).rules
        assert (found.kind, found.action, found.translated) == ("nat", "Allow", ("10.0.0.4", "8443"))
        assert found.destinations == ("203.0.113.7/32",)

    def test_groups_of_addresses_are_resolved(self) -> None:
        identifier = arm("Microsoft.Network/ipGroups", "nodes")
        nodes = resource(
            "network:IpGroup", "nodes", {"ipAddresses": ["10.0.0.0/24", "10.0.3.9"]}, identifier=identifier
        )
        found = rule(application(sourceAddresses=None, sourceIpGroups=[identifier], targetFqdns=["a.b"]), nodes)
        assert found.sources == ("10.0.0.0/24", "10.0.3.9/32")

    def test_a_group_of_addresses_that_is_not_planned_could_be_any(self) -> None:
        written = network(destinationAddresses=[], destinationIpGroups=[arm("Microsoft.Network/ipGroups", "x")])
        assert rule(written).destinations == ("*",)
        assert rule(written, action="Deny").destinations == ()


class TestWhatIsNotKnownYetReachesFurthest:
    """An unknown rule must not look like none."""

    def test_unknown_parts_of_what_allows(self) -> None:
        found = rule(application(sourceAddresses=UNKNOWN, targetFqdns=UNKNOWN))
        assert (found.sources, found.hosts) == (("*",), ("*",))

    def test_unknown_parts_of_what_denies(self) -> None:
        found = rule(application(sourceAddresses=UNKNOWN, targetFqdns=UNKNOWN), action="Deny")
        assert (found.sources, found.hosts) == ((), ())

    def test_unknown_collections(self) -> None:
        unknown = resource(
            "network:FirewallPolicyRuleCollectionGroup",
            "g",
            {"firewallPolicyName": UNKNOWN, "priority": 100, "ruleCollections": UNKNOWN},
            made_from={"firewallPolicyName": (urn("network:FirewallPolicy", "child"),)},
        )
        (found,) = read(firewall(), policy(), unknown).rules
        assert (found.kind, found.action, found.destinations, found.sources) == ("network", "Allow", ("*",), ("*",))


class TestOrder:
    """The first rule that fits decides: an allowance before a denial is a hole, behind it nothing."""

    def test_by_group_and_collection(self) -> None:
        late = rules_of("child", 500, collection(network(name="late"), priority=100))
        early = rules_of("child", 200, collection(network(name="no"), priority=900, action="Deny"))
        orders = {item.name: (item.order, item.action) for item in read(firewall(), policy(), late, early).rules}
        assert orders == {"late": ((500, 100), "Allow"), "no": ((200, 900), "Deny")}

    def test_a_parents_rules_are_marked(self) -> None:
        found = read(
            firewall(),
            policy(basePolicy={"id": PARENT}),
            policy("parent"),
            rules_of("parent", 900, collection(network(name="above"))),
            rules_of("child", 100, collection(network(name="below"))),
        )
        assert {item.name: item.inherited for item in found.rules} == {"above": True, "below": False}

    def test_classic_rules_without_a_policy(self) -> None:
        classic = {
            "name": "c",
            "priority": 300,
            "action": {"type": "Deny"},
            "rules": [{"name": "old", "protocols": ["Any"], "sourceAddresses": ["*"], "destinationAddresses": ["*"]}],
        }
        (found,) = read(firewall(firewallPolicy=None, networkRuleCollections=[classic])).rules
        assert (found.order, found.action, found.kind, found.protocols) == ((0, 300), "Deny", "network", ("Any",))


class TestAPolicyElsewhereIsNotUnderstood:
    """Rules that nobody here can read may allow anything."""

    def test_its_own_and_its_parents(self) -> None:
        _, notes = estate(plan_of(NET, firewall()))
        assert [hop.what for hop in notes] == ["unjudged: the policy of azure firewall 'afw' is not in this plan"]
        _, notes = estate(plan_of(NET, firewall(), policy(basePolicy={"id": PARENT})))
        assert [hop.what for hop in notes] == ["unjudged: the parent of firewall policy 'child' is not in this plan"]

    def test_an_explicit_proxy(self) -> None:
        _, notes = estate(plan_of(NET, firewall(), policy(explicitProxy={"enableExplicitProxy": True})))
        assert "explicit proxy" in notes[0].what
