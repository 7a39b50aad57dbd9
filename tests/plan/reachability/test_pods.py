"""Kubernetes policies mean what Kubernetes documents: the recipes of
kubernetes.io/docs/concepts/services-networking/network-policies, each with its known answer."""

from collections.abc import Mapping
from typing import Any

import pytest

from plan.model import UNKNOWN, Plan, PlannedResource
from plan.reachability.network_policies import UNPLANNED
from plan.reachability.places import places
from plan.reachability.pods import pod_edges, pod_entries, pod_reach
from tests.plan.reachability.written import namespace, network_policy, plan_of, pods, resource
from tests.plans import compliant

WEB, DB, TOOL = pods("a", "web", {"app": "web"}), pods("a", "db", {"app": "db"}), pods("b", "tool", {"app": "tool"})
SPACES = (namespace("a", team="a"), namespace("b", team="b"))
TCP = {"protocol": "TCP"}


def written(*policies: PlannedResource) -> Plan:
    return plan_of(*SPACES, WEB, DB, TOOL, *policies)


def connected(plan: Plan) -> dict[tuple[str, str], str]:
    """`("a/web", "a/db")` to ports, of planned pods."""
    names = {item.id: item.name for item in places(plan).values() if item.id != UNPLANNED}
    found = pod_edges(plan, places(plan))
    return {
        (names[edge.source], names[edge.target]): edge.what
        for edge in found
        if edge.kind == "connects" and {edge.source, edge.target} <= set(names)
    }


def into(plan: Plan, name: str) -> dict[str, str]:
    return {source: what for (source, target), what in connected(plan).items() if target == name}


def out_of(plan: Plan, name: str) -> dict[str, str]:
    return {target: what for (source, target), what in connected(plan).items() if source == name}


def policy(spec: Mapping[str, Any], where: str = "a") -> PlannedResource:
    return network_policy(where, "p", spec)


def reach(plan: Plan, name: str) -> list[tuple[str, str]]:
    (place,) = [item for item in places(plan).values() if item.name == name]
    return [(cidr, ports) for cidr, ports, _ in pod_reach(plan, place)]


class TestPodsThatNobodyPlanned:
    """Whoever may make a namespace may put pods there: a policy that lets everyone in lets them in too."""

    def callers(self, *policies: PlannedResource) -> set[str]:
        plan = written(*policies)
        (web,) = [place.id for place in places(plan).values() if place.name == "a/web"]
        return {edge.source for edge in pod_edges(plan, places(plan)) if edge.target == web}

    def test_without_a_policy_they_come_in(self) -> None:
        assert UNPLANNED in self.callers()

    @pytest.mark.parametrize("peers", [None, [{"namespaceSelector": {}}]])
    def test_a_policy_for_everyone_lets_them_in(self, peers: object) -> None:
        rule = {"from": peers} if peers else {}
        assert UNPLANNED in self.callers(policy({"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [rule]}))

    def test_a_policy_that_names_a_namespace_keeps_them_out(self) -> None:
        rule = {"from": [{"namespaceSelector": {"matchLabels": {"team": "b"}}}]}
        found = self.callers(policy({"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [rule]}))
        assert UNPLANNED not in found
        assert found


class TestTheDocumentedRecipes:
    """Default rules of a namespace."""

    def test_without_any_policy_everybody_reaches_everybody(self) -> None:
        plan = written()
        assert len(connected(plan)) == 6
        assert set(connected(plan).values()) == {"any"}
        assert reach(plan, "a/web") == [("0.0.0.0/0", "any")]

    def test_default_deny_ingress(self) -> None:
        plan = written(policy({"podSelector": {}, "policyTypes": ["Ingress"]}))
        assert into(plan, "a/web") == into(plan, "a/db") == {}
        assert into(plan, "b/tool") == {"a/web": "any", "a/db": "any"}

    def test_allow_all_ingress_outdoes_any_denial(self) -> None:
        deny = network_policy("a", "deny", {"podSelector": {}, "policyTypes": ["Ingress"]})
        plan = written(deny, policy({"podSelector": {}, "ingress": [{}], "policyTypes": ["Ingress"]}))
        assert into(plan, "a/web") == {"a/db": "any", "b/tool": "any"}

    def test_default_deny_egress(self) -> None:
        plan = written(policy({"podSelector": {}, "policyTypes": ["Egress"]}))
        assert out_of(plan, "a/web") == {}
        assert reach(plan, "a/web") == []
        assert into(plan, "a/web") == {"b/tool": "any"}

    def test_allow_all_egress(self) -> None:
        deny = network_policy("a", "deny", {"podSelector": {}, "policyTypes": ["Egress"]})
        plan = written(deny, policy({"podSelector": {}, "egress": [{}], "policyTypes": ["Egress"]}))
        assert out_of(plan, "a/web") == {"a/db": "any", "b/tool": "any"}
        assert reach(plan, "a/web") == [("0.0.0.0/0", "any")]

    def test_default_deny_both(self) -> None:
        plan = written(policy({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}))
        assert connected(plan) == {}

    def test_without_types_a_policy_is_about_what_comes_in(self) -> None:
        plan = written(policy({"podSelector": {"matchLabels": {"app": "db"}}}))
        assert into(plan, "a/db") == {}
        assert out_of(plan, "a/db") == {"a/web": "any", "b/tool": "any"}

    def test_without_types_rules_for_going_out_count(self) -> None:
        plan = written(
            policy({"podSelector": {"matchLabels": {"app": "db"}}, "egress": [{"ports": [{**TCP, "port": 1}]}]})
        )
        assert into(plan, "a/db") == {}
        assert out_of(plan, "a/db") == {"a/web": "TCP 1", "b/tool": "TCP 1"}

    def test_rules_for_a_type_that_is_not_named_say_nothing(self) -> None:
        plan = written(policy({"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{}], "egress": []}))
        assert len(connected(plan)) == 6


class TestSelectorsOfPeers:
    """One element with both selectors means both; two elements mean either."""

    def allowed(self, *peers: Mapping[str, Any]) -> set[str]:
        spec = {
            "podSelector": {"matchLabels": {"app": "db"}},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": list(peers)}],
        }
        return set(into(written(policy(spec)), "a/db"))

    def test_pods_of_the_policys_own_namespace(self) -> None:
        assert self.allowed({"podSelector": {"matchLabels": {"app": "web"}}}) == {"a/web"}
        assert self.allowed({"podSelector": {"matchLabels": {"app": "tool"}}}) == set()
        assert self.allowed({"podSelector": {}}) == {"a/web"}

    def test_all_pods_of_namespaces(self) -> None:
        assert self.allowed({"namespaceSelector": {"matchLabels": {"team": "b"}}}) == {"b/tool"}
        assert self.allowed({"namespaceSelector": {}}) == {"a/web", "b/tool"}
        by_name = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "b"}}}
        assert self.allowed(by_name) == {"b/tool"}

    def test_both_and_either(self) -> None:
        spaces, chosen = {"matchLabels": {"team": "b"}}, {"matchLabels": {"app": "web"}}
        assert self.allowed({"namespaceSelector": spaces, "podSelector": chosen}) == set()
        assert self.allowed({"namespaceSelector": spaces}, {"podSelector": chosen}) == {"a/web", "b/tool"}

    @pytest.mark.parametrize(
        ("expression", "found"),
        [
            ({"key": "app", "operator": "In", "values": ["web", "x"]}, {"a/web"}),
            ({"key": "app", "operator": "NotIn", "values": ["web"]}, {"b/tool"}),
            ({"key": "app", "operator": "Exists"}, {"a/web", "b/tool"}),
            ({"key": "app", "operator": "DoesNotExist"}, set()),
            ({"key": "none", "operator": "NotIn", "values": ["x"]}, {"a/web", "b/tool"}),
        ],
    )
    def test_expressions(self, expression: dict[str, Any], found: set[str]) -> None:
        peer = {"namespaceSelector": {}, "podSelector": {"matchExpressions": [expression]}}
        assert self.allowed(peer) == found

    def test_an_empty_list_of_peers_is_everybody(self) -> None:
        assert self.allowed() == {"a/web", "b/tool"}


class TestPorts:
    """By number, range, protocol and name."""

    def ports(self, *listed: Mapping[str, Any], spec: Mapping[str, Any] | None = None) -> str | None:
        target = pods("a", "db", {"app": "db"}, spec=spec)
        rule = {"podSelector": {"matchLabels": {"app": "db"}}, "ingress": [{"ports": list(listed)}]}
        return into(plan_of(*SPACES, WEB, target, policy(rule)), "a/db").get("a/web")

    def test_numbers_ranges_and_protocols(self) -> None:
        assert self.ports({"port": 443}) == "TCP 443"
        assert self.ports({"port": 8000, "endPort": 8100}, {**TCP, "port": 443}) == "TCP 443, 8000-8100"
        assert self.ports({"protocol": "UDP", "port": 53}, {"port": 53}) == "TCP 53, UDP 53"
        assert self.ports({"protocol": "UDP"}) == "UDP any"

    def test_names_are_the_targets(self) -> None:
        spec = {"containers": [{"ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}]}]}
        assert self.ports({"port": "http"}, spec=spec) == "TCP 8080"
        assert self.ports({"port": "other"}, spec=spec) is None

    def test_both_sides_have_to_agree(self) -> None:
        leaving = network_policy(
            "a",
            "out",
            {
                "podSelector": {"matchLabels": {"app": "web"}},
                "policyTypes": ["Egress"],
                "egress": [{"ports": [{"port": 1, "endPort": 100}]}],
            },
        )
        rule = {"podSelector": {"matchLabels": {"app": "db"}}, "ingress": [{"ports": [{"port": 50, "endPort": 200}]}]}
        assert connected(written(leaving, policy(rule)))["a/web", "a/db"] == "TCP 50-100"

    def test_policies_add_up(self) -> None:
        one = {"podSelector": {"matchLabels": {"app": "db"}}, "ingress": [{"ports": [{"port": 1}]}]}
        two = {"podSelector": {}, "ingress": [{"ports": [{"port": 2}]}]}
        assert connected(written(policy(one), network_policy("a", "q", two)))["a/web", "a/db"] == "TCP 1, 2"


class TestBlocksOfAddresses:
    """What leaves for addresses is handed to the network; pods are addresses too, unless Cilium filters."""

    def spec(self, **block: object) -> dict[str, Any]:
        ports = [{"port": 443}]
        return {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": [{"ipBlock": block}], "ports": ports}]}

    def test_a_block_less_what_is_taken_out(self) -> None:
        plan = written(policy(self.spec(cidr="172.17.0.0/16", **{"except": ["172.17.128.0/17"]})))
        assert reach(plan, "a/web") == [("172.17.0.0/17", "TCP 443")]
        assert out_of(plan, "a/web") == {}

    def test_an_exception_that_is_the_whole_leaves_nothing(self) -> None:
        assert reach(written(policy(self.spec(cidr="10.0.0.0/8", **{"except": ["10.0.0.0/8"]}))), "a/web") == []

    def test_a_block_with_the_pods_in_it_means_pods(self) -> None:
        assert out_of(written(policy(self.spec(cidr="0.0.0.0/0"))), "a/web") == {"a/db": "TCP 443", "b/tool": "TCP 443"}

    def test_under_cilium_it_means_none(self) -> None:
        cluster = resource("containerservice:ManagedCluster", "aks", {"networkProfile": {"networkPolicy": "cilium"}})
        assert out_of(written(cluster, policy(self.spec(cidr="0.0.0.0/0"))), "a/web") == {}

    def test_who_may_come_in_from_addresses(self) -> None:
        rule = {
            "podSelector": {},
            "ingress": [{"from": [{"ipBlock": {"cidr": "10.1.0.0/24"}}], "ports": [{"port": 8443}]}],
        }
        plan = written(policy(rule))
        (place,) = [item for item in places(plan).values() if item.name == "a/web"]
        assert [(cidr, ports) for cidr, ports, _ in pod_entries(plan, place)] == [("10.1.0.0/24", "TCP 8443")]


class TestWhereAPolicySaysNothing:
    """A policy that is not enforced, or not about these pods, protects nobody."""

    deny: Mapping[str, Any] = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}

    @pytest.mark.parametrize("profile", [{}, {"networkPolicy": "none"}, {"networkPolicy": UNKNOWN}])
    def test_a_cluster_that_enforces_none(self, profile: dict[str, Any]) -> None:
        cluster = resource("containerservice:ManagedCluster", "aks", {"networkProfile": profile})
        assert len(connected(written(cluster, policy(self.deny)))) == 6

    def test_pods_of_the_nodes_network_are_the_node(self) -> None:
        agent = pods("a", "agent", {"app": "agent"}, kind="apps/v1:DaemonSet", spec={"hostNetwork": True})
        plan = plan_of(*SPACES, WEB, agent)
        assert connected(plan) == {}
        assert reach(plan, "a/agent") == []

    def test_a_selector_that_is_not_known_yet_isolates_nobody(self) -> None:
        assert len(connected(written(policy({**self.deny, "podSelector": UNKNOWN})))) == 6

    def test_a_peer_that_is_not_known_yet_could_be_anybody(self) -> None:
        rule = {"podSelector": {"matchLabels": {"app": "db"}}, "ingress": [{"from": [{"podSelector": UNKNOWN}]}]}
        assert set(into(written(policy(rule)), "a/db")) == {"a/web"}

    def test_a_namespace_outside_of_the_plan_may_have_any_label(self) -> None:
        stranger = pods("c", "x", {"app": "x"})
        rule = {"podSelector": {}, "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"team": "b"}}}]}]}
        plan = plan_of(*SPACES, WEB, stranger, policy(rule))
        assert set(into(plan, "a/web")) == {"c/x"}


class TestCiliumsOwnPolicies:
    """docs.cilium.io/en/stable/security/policy/language."""

    def cilium(self, spec: Mapping[str, Any], kind: str = "CiliumNetworkPolicy") -> PlannedResource:
        inputs = {"metadata": {"name": "c", "namespace": "a"}, "spec": dict(spec)}
        return resource(f"kubernetes:cilium.io/v2:{kind}", "c", inputs, identifier="a/c")

    def test_endpoints_of_the_own_namespace_and_of_another(self) -> None:
        mine = {"endpointSelector": {"matchLabels": {"app": "db"}}}
        own = {**mine, "ingress": [{"fromEndpoints": [{"matchLabels": {"k8s:app": "web"}}]}]}
        assert into(written(self.cilium(own)), "a/db") == {"a/web": "any"}
        labels = {"k8s:io.kubernetes.pod.namespace": "b", "app": "tool"}
        other = {
            **mine,
            "ingress": [
                {
                    "fromEndpoints": [{"matchLabels": labels}],
                    "toPorts": [{"ports": [{"port": "443", "protocol": "TCP"}]}],
                }
            ],
        }
        assert into(written(self.cilium(other)), "a/db") == {"b/tool": "TCP 443"}

    def test_an_empty_section_denies(self) -> None:
        assert into(written(self.cilium({"endpointSelector": {}, "ingress": [{}]})), "a/db") == {}

    def test_names_could_be_any_address_and_are_told(self) -> None:
        spec = {
            "endpointSelector": {"matchLabels": {"app": "web"}},
            "egress": [{"toFQDNs": [{"matchName": "a.example"}], "toPorts": [{"ports": [{"port": "443"}]}]}],
        }
        plan = written(self.cilium(spec))
        (place,) = [item for item in places(plan).values() if item.name == "a/web"]
        ((cidr, ports, hop),) = pod_reach(plan, place)
        assert cidr == "0.0.0.0/0"
        assert "TCP 443" in ports
        assert "a.example" in hop.what

    def test_blocks_and_entities(self) -> None:
        block = {"cidr": "10.0.0.0/8", "except": ["10.128.0.0/9"]}
        spec = {"endpointSelector": {}, "egress": [{"toCIDRSet": [block]}, {"toEntities": ["cluster"]}]}
        plan = written(self.cilium(spec))
        assert reach(plan, "a/web") == [("10.0.0.0/9", "any")]
        assert set(out_of(plan, "a/web")) == {"a/db", "b/tool"}

    def test_the_world_is_the_internet(self) -> None:
        spec = {"endpointSelector": {}, "egress": [{"toEntities": ["world"]}]}
        assert reach(written(self.cilium(spec)), "a/web") == [("0.0.0.0/0", "any")]


class TestNodesThatPodsRunOn:
    """Whoever has the node has its pods."""

    def hosts(self, spec: Mapping[str, Any]) -> set[str]:
        pools = [
            {"name": "system", "mode": "System", "nodeTaints": ["CriticalAddonsOnly=true:NoSchedule"]},
            {"name": "gpu", "nodeLabels": {"pool": "gpu"}, "nodeTaints": ["sku=gpu:NoSchedule"]},
            {"name": "work", "nodeLabels": {"pool": "work"}},
        ]
        cluster = resource("containerservice:ManagedCluster", "aks", {"agentPoolProfiles": pools}, identifier="/aks")
        plan = plan_of(cluster, pods("a", "x", {}, spec=spec))
        return {
            edge.target.rpartition("/")[2]
            for edge in pod_edges(plan, places(plan))
            if edge.kind == "hosts" and edge.source != UNPLANNED
        }

    def test_taints_keep_away_and_selectors_choose(self) -> None:
        tolerated = [{"key": "sku", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"}]
        assert self.hosts({}) == {"work"}
        assert self.hosts({"tolerations": tolerated}) == {"work", "gpu"}
        assert self.hosts({"tolerations": tolerated, "nodeSelector": {"pool": "gpu"}}) == {"gpu"}
        assert self.hosts({"tolerations": [{"operator": "Exists"}]}) == {"work", "gpu", "system"}

    def test_where_nothing_fits_it_could_be_any(self) -> None:
        assert self.hosts({"nodeSelector": {"pool": "none"}}) == {"system", "gpu", "work"}


class TestPodsOfACommittedStack:
    """The gateway alone reaches the models, and the models reach nobody."""

    def test_models_start_nothing(self) -> None:
        plan = compliant()
        assert out_of(plan, "inference-clinical-notes/vllm") == {}
        assert reach(plan, "inference-clinical-notes/vllm") == []

    def test_only_the_gateway_and_the_clusters_own_pods_reach_models(self) -> None:
        found = into(compliant(), "inference-clinical-notes/vllm")
        assert found == {
            "gateway/gateway": "TCP 8000",
            "kube-system/app=keda-operator": "TCP 8001",
            "kube-system/rsName=ama-metrics": "TCP 8001",
        }

    def test_the_gateway_leaves_for_stores_database_and_directory(self) -> None:
        known = [("10.40.3.0/25", "TCP 443, 5432")]
        # A host by name could be any address: the firewall says which names it lets pass.
        assert reach(compliant(), "gateway/gateway") == [*known, ("0.0.0.0/0", "TCP 443")]
        (place,) = [item for item in places(compliant()).values() if item.name == "gateway/gateway"]
        assert "login.microsoftonline.com" in pod_reach(compliant(), place)[-1][2].what
