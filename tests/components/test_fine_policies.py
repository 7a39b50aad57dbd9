"""Requests by method and path, hosts by name, and what nobody reaches: as the objects say it."""

from typing import Any

import pytest

from cli.planning import stack_config
from plan.model import PlannedResource
from policies.require import items
from tests.plans import CORE, compliant

FINE = "kubernetes:cilium.io/v2:CiliumNetworkPolicy"
WIDE = "kubernetes:cilium.io/v2:CiliumClusterwideNetworkPolicy"
PLAIN, SPACE = "kubernetes:networking.k8s.io/v1:NetworkPolicy", "k8s:io.kubernetes.pod.namespace"


def _of(stack: str, kind: str, space: str) -> list[PlannedResource]:
    return [found for found in compliant(stack).of_type(kind) if str(found.get("metadata.namespace")).startswith(space)]


def _asked(row: dict[str, Any]) -> set[str]:
    (port,) = row["toPorts"]
    return {f"{one['method']} {one['path']}" for one in port["rules"]["http"]}


class TestModelsAreAskedAndNothingElse:
    """vLLM's other routes load adapters, put a model to sleep and start its profiler, some without its API key."""

    @pytest.mark.parametrize("stack", CORE)
    def test_the_gateway_asks_and_the_cluster_reads_numbers(self, stack: str) -> None:
        policies = _of(stack, FINE, "inference-")
        assert policies
        for policy in policies:
            gateway, others = items(policy.get("spec.ingress"))
            assert [one["matchLabels"][SPACE] for one in gateway["fromEndpoints"]] == ["gateway"]
            # They speak TLS: the routes are the proxy's (tests/model_images/vllm/test_proxy.py).
            assert gateway["toPorts"] == [{"ports": [{"port": "8000", "protocol": "TCP"}]}]
            assert {one["matchLabels"][SPACE] for one in others["fromEndpoints"]} == {"kube-system"}
            assert _asked(others) == {"GET /metrics"}

    @pytest.mark.parametrize("stack", CORE)
    def test_no_plain_policy_opens_the_port_beside_it(self, stack: str) -> None:
        for policy in _of(stack, PLAIN, "inference-"):
            assert policy.get("metadata.name") == "deny-everything"
            assert items(policy.get("spec.ingress")) == []

    @pytest.mark.parametrize("stack", CORE)
    def test_the_cluster_can_read_requests(self, stack: str) -> None:
        (cluster,) = compliant(stack).of_type("azure-native:containerservice:ManagedCluster")
        found = cluster.get("networkProfile.advancedNetworking")
        assert found == {
            "enabled": True,
            "observability": {"enabled": True},
            "security": {"enabled": True, "advancedNetworkPolicies": "L7"},
        }


class TestTheGatewayAsksItsDirectory:
    """Its own token and the keys of callers' tokens come from there: without it every request would fail."""

    @pytest.mark.parametrize("stack", CORE)
    def test_the_one_host_is_that_of_the_stacks_cloud(self, stack: str) -> None:
        (policy,) = _of(stack, FINE, "gateway")
        named = [one for row in items(policy.get("spec.egress")) for one in row.get("toFQDNs", [])]
        us = "login.microsoftonline.us"
        assert named == [{"matchName": us if stack == "usgov-prod" else "login.microsoftonline.com"}]

    @pytest.mark.parametrize("stack", CORE)
    def test_names_pass_by_the_proxy_that_learns_their_addresses(self, stack: str) -> None:
        """A plain allowance of port 53 beside it would go around the proxy, and no host would ever be reached."""
        (policy,) = _of(stack, FINE, "gateway")
        ports = [port for row in items(policy.get("spec.egress")) for port in row["toPorts"]]
        assert [port["rules"] for port in ports if "rules" in port] == [{"dns": [{"matchPattern": "*"}]}]
        plain = [row for found in _of(stack, PLAIN, "gateway") for row in items(found.get("spec.egress"))]
        assert not [port for row in plain for port in items(row.get("ports")) if port.get("port") == 53]


class TestSomeThingsNobodyReaches:
    """Denials go before allowances, so no later policy opens them again."""

    @pytest.mark.parametrize("stack", CORE)
    def test_metadata_wire_server_and_api_server_are_denied_to_every_namespace_of_ours(self, stack: str) -> None:
        own, policy = sorted(compliant(stack).of_type(WIDE), key=lambda found: len(items(found.get("spec.egressDeny"))))
        assert items(policy.get("spec.egressDeny")) == [
            {"toCIDR": ["169.254.169.254/32", "168.63.129.16/32"]},
            {"toEntities": ["kube-apiserver"]},
        ]
        selector = policy.get("spec.endpointSelector")
        assert isinstance(selector, dict)
        # The verifier of images alone reads something in the API server.
        space = "k8s:io.kubernetes.pod.namespace"
        assert selector["matchExpressions"] == [{"key": space, "operator": "NotIn", "values": ["image-verification"]}]
        assert own.get("spec.endpointSelector") == {"matchLabels": {space: "image-verification"}}
        assert items(own.get("spec.egressDeny")) == items(policy.get("spec.egressDeny"))[:1]
        ((key, value),) = selector["matchLabels"].items()
        label = key.removeprefix("k8s:io.cilium.k8s.namespace.labels.")
        for found in compliant(stack).of_type("kubernetes:core/v1:Namespace"):
            labels = found.get("metadata.labels")
            assert isinstance(labels, dict)
            assert labels[label] == value


class TestLabelsSayWhose:
    """A tenant of its own is a label and a namespace more; what is everybody's says so."""

    @pytest.mark.parametrize("stack", CORE)
    def test_pods_say_the_tenant_and_models_their_use_case(self, stack: str) -> None:
        for workload in compliant(stack).of_type("kubernetes:apps/v1:Deployment"):
            labels = workload.get("spec.template.metadata.labels")
            assert isinstance(labels, dict)
            space = str(workload.get("metadata.namespace"))
            own = {one.space: (one.tenant, one.item.name) for one in stack_config(stack).served}
            wanted = own.get(space, ("shared", None))
            assert (labels["bailiwick/tenant"], labels.get("bailiwick/use-case")) == wanted
