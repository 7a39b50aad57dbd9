"""Cilium's policies beside plain ones: what either opens is open, and what is not read may only show more.

docs.cilium.io/en/stable/security/policy
"""

from collections.abc import Mapping
from typing import Any

import pytest

from plan.model import UNKNOWN, PlannedResource
from tests.plan.reachability.test_pods import into, out_of, policy, reach, written
from tests.plan.reachability.written import resource

DB = {"endpointSelector": {"matchLabels": {"k8s:app": "db"}}}
WEB_PEER = {"fromEndpoints": [{"matchLabels": {"k8s:io.kubernetes.pod.namespace": "a", "k8s:app": "web"}}]}
PORT = {"ports": [{"port": "8000", "protocol": "TCP"}]}
READ = {**PORT, "rules": {"http": [{"method": "GET", "path": "/metrics"}]}}


def fine(spec: Mapping[str, Any], kind: str = "CiliumNetworkPolicy") -> PlannedResource:
    metadata = {"name": "f"} | ({"namespace": "a"} if kind == "CiliumNetworkPolicy" else {})
    return resource(f"kubernetes:cilium.io/v2:{kind}", "f", {"metadata": metadata, "spec": dict(spec)}, identifier="f")


def wide(spec: Mapping[str, Any]) -> PlannedResource:
    return fine(spec, "CiliumClusterwideNetworkPolicy")


class TestRequestsAreNotRead:
    """A method and a path take away from a port: the map shows the port, which is more than there is and never less."""

    def test_a_port_that_is_opened_for_one_request_is_shown_as_open(self) -> None:
        plan = written(fine({**DB, "ingress": [{**WEB_PEER, "toPorts": [READ]}]}))
        assert into(plan, "a/db") == {"a/web": "TCP 8000"}

    def test_a_plain_policy_beside_it_is_added(self) -> None:
        plain = policy({"podSelector": {"matchLabels": {"app": "db"}}, "ingress": [{"from": [{"podSelector": {}}]}]})
        plan = written(fine({**DB, "ingress": [{**WEB_PEER, "toPorts": [READ]}]}), plain)
        assert into(plan, "a/db") == {"a/web": "any"}

    def test_one_entry_without_ports_opens_them_all(self) -> None:
        plan = written(fine({**DB, "ingress": [{**WEB_PEER, "toPorts": [PORT, {"rules": {}}]}]}))
        assert into(plan, "a/db") == {"a/web": "any"}


class TestDenialsOpenNothing:
    """What they take away is not read; that they put a pod under denial by default is."""

    def test_a_denial_beside_an_allowance_leaves_what_is_allowed(self) -> None:
        allowed = fine({**DB, "ingress": [{**WEB_PEER, "toPorts": [PORT]}]})
        denied = wide({**DB, "egressDeny": [{"toCIDR": ["169.254.169.254/32"]}, {"toEntities": ["kube-apiserver"]}]})
        plan = written(allowed, denied)
        assert into(plan, "a/db") == {"a/web": "TCP 8000"}
        assert reach(plan, "a/db") == []

    def test_it_is_about_nobody_else(self) -> None:
        plan = written(wide({**DB, "egressDeny": [{"toEntities": ["kube-apiserver"]}]}))
        assert reach(plan, "a/web") == [("0.0.0.0/0", "any")]


class TestPoliciesOfTheWholeCluster:
    """They find pods by their namespaces: by name, or by a label."""

    @pytest.mark.parametrize(
        "label", [{"k8s:io.kubernetes.pod.namespace": "a"}, {"k8s:io.cilium.k8s.namespace.labels.team": "a"}]
    )
    def test_what_they_open_is_seen(self, label: Mapping[str, str]) -> None:
        opened = {"endpointSelector": {"matchLabels": label}, "egress": [{"toEntities": ["world"]}]}
        plan = written(wide(opened), policy({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}))
        assert reach(plan, "a/web") == [("0.0.0.0/0", "any")]

    def test_they_are_about_no_other_namespace(self) -> None:
        spec = {"endpointSelector": {"matchLabels": {"k8s:io.kubernetes.pod.namespace": "a"}}, "egressDeny": [{}]}
        plan = written(wide(spec))
        assert out_of(plan, "a/web") == {}
        assert set(out_of(plan, "b/tool")) == {"a/web", "a/db"}


class TestWhatIsNotKnownYet:
    """It counts as whatever reaches furthest."""

    def test_a_peer_whose_labels_come_later_may_be_of_any_namespace(self) -> None:
        plan = written(fine({**DB, "ingress": [{"fromEndpoints": [{"matchLabels": UNKNOWN}], "toPorts": [PORT]}]}))
        assert into(plan, "a/db") == {"a/web": "TCP 8000", "b/tool": "TCP 8000"}

    def test_a_denial_for_pods_that_are_not_known_isolates_nobody(self) -> None:
        plan = written(wide({"endpointSelector": {"matchLabels": UNKNOWN}, "egressDeny": [{}]}))
        assert reach(plan, "a/web") == [("0.0.0.0/0", "any")]
