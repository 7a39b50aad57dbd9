"""What reads numbers finds them: a monitor whose port is no pod's, or is shut to the collector, is silent for ever."""

from typing import Any

import pytest

from components.fine_policies import COLLECTOR
from plan.model import PlannedResource
from tests.plans import CORE, compliant

MONITOR = "kubernetes:azmonitoring.coreos.com/v1:PodMonitor"
PODS = ("kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:DaemonSet")
FINE = "kubernetes:cilium.io/v2:CiliumNetworkPolicy"
AZURES = {"port", "path", "interval", "metricRelabelings"}
"""Fields that Azure's own definition has, of those that are used (Azure/prometheus-collector,
ama-metrics-podmonitor-crd.yaml): the API server drops any other without a word, `portNumber` among them."""


def templates(stack: str, monitor: PlannedResource) -> list[Any]:
    """Templates of the pods that it selects."""
    wanted = dict(monitor.get("spec.selector.matchLabels"))  # type: ignore[call-overload] # a mapping in every monitor
    space = monitor.get("metadata.namespace")
    found = [one for one in compliant(stack).of_type(*PODS) if one.get("metadata.namespace") == space]
    made: list[Any] = [one.get("spec.template") for one in found]
    return [one for one in made if wanted.items() <= one["metadata"]["labels"].items()]


def endpoints_of(monitor: PlannedResource) -> list[dict[str, Any]]:
    """What it reads of each."""
    found: Any = monitor.get("spec.podMetricsEndpoints")
    return list(found)


def opened(stack: str, monitor: PlannedResource, labels: dict[str, str]) -> set[tuple[str, str]]:
    """Ports and requests that the collector may come with to pods of these labels."""
    found = set()
    for policy in compliant(stack).of_type(FINE):
        chosen: Any = policy.get("spec.endpointSelector.matchLabels")
        rows: Any = policy.get("spec.ingress") or []
        here = policy.get("metadata.namespace") == monitor.get("metadata.namespace")
        if not here or not {key.removeprefix("k8s:"): one for key, one in chosen.items()}.items() <= labels.items():
            continue
        for row in rows:
            if any(one["matchLabels"] == COLLECTOR for one in row["fromEndpoints"]):
                found |= {
                    (port["port"], request["path"])
                    for to in row["toPorts"]
                    for port in to["ports"]
                    for request in to["rules"]["http"]
                }
    return found


class TestEveryMonitorReadsAPortThatIsThere:
    """Prometheus looks among the ports that pods declare. Twice none was the one with the numbers: the gateway declared
    its listeners alone, and models were asked on the port that wants a certificate."""

    @pytest.mark.parametrize("stack", CORE)
    def test_by_its_name_and_the_collector_may_ask_there(self, stack: str) -> None:
        spaces = set()
        for monitor in compliant(stack).of_type(MONITOR):
            spaces.add(str(monitor.get("metadata.namespace")).partition("-")[0])
            found, endpoints = templates(stack, monitor), endpoints_of(monitor)
            assert found, monitor.name
            for endpoint, template in ((one, pod) for one in endpoints for pod in found):
                assert set(endpoint) == AZURES
                declared = {
                    port.get("name"): str(port["containerPort"])
                    for container in template["spec"]["containers"]
                    for port in container.get("ports", [])
                }
                assert endpoint["port"] in declared, monitor.name
                labels = template["metadata"]["labels"]
                assert (declared[endpoint["port"]], endpoint["path"]) in opened(stack, monitor, labels), monitor.name
        assert {"gateway", "retrieval", "inference"} <= spaces
