"""What hands out GPUs has what no other pod has, and no more than it needs; what measures them tells of faults."""

import re
from importlib import resources as package_files
from typing import Any

import pytest

from cli.planning import ROOT, stack_config
from components.gpu_operators import FOLDERS, NAMESPACE
from components.service_levels import PLAIN
from components.tables import table
from plan.model import PlannedResource
from policies import operators as by_rule
from policies.require import items
from tests.plans import CORE, STACKS, compliant

ON_NODES = "kubernetes:apps/v1:DaemonSet"
POD = "spec.template.spec"
FINE, PLAIN_POLICY = "kubernetes:cilium.io/v2:CiliumNetworkPolicy", "kubernetes:networking.k8s.io/v1:NetworkPolicy"
FIELD = re.compile(r"DCGM_FI_\w+")
WITH_GPUS = tuple(stack for stack in CORE if stack_config(stack).gpu is not None)


def _workloads(stack: str) -> dict[str, PlannedResource]:
    return {str(item.get("metadata.name")): item for item in compliant(stack).of_type(ON_NODES)}


def _container(item: PlannedResource) -> dict[str, Any]:
    (found,) = items(item.get(f"{POD}.containers"))
    return found


def _counted() -> set[str]:
    text = (package_files.files("components") / "gpu_counters.csv").read_text(encoding="utf-8")
    return {line.partition(",")[0] for line in text.splitlines() if line and not line.startswith("#")}


class TestEveryStackWithGpusHasBoth:
    """Without the plugin a model waits for ever; without the exporter a broken GPU answers on."""

    @pytest.mark.parametrize("stack", STACKS)
    def test_they_are_there_where_the_pool_is(self, stack: str) -> None:
        assert set(_workloads(stack)) == (set(FOLDERS) if stack_config(stack).gpu else set())

    @pytest.mark.parametrize("stack", WITH_GPUS)
    def test_each_runs_the_image_that_the_stack_pins(self, stack: str) -> None:
        gpu = stack_config(stack).gpu
        assert gpu is not None
        images = {name: _container(item)["image"] for name, item in _workloads(stack).items()}
        assert images == {"nvidia-device-plugin": gpu.device_plugin, "dcgm-exporter": gpu.dcgm_exporter}

    @pytest.mark.parametrize("stack", WITH_GPUS)
    def test_they_stand_on_gpu_nodes_whose_taint_they_name(self, stack: str) -> None:
        for item in _workloads(stack).values():
            assert item.get(f"{POD}.nodeSelector") == {"bailiwick/pool": "gpu"}
            assert [one["key"] for one in items(item.get(f"{POD}.tolerations"))] == ["sku"]


class TestTheExceptionIsAsSmallAsItCanBe:
    """Root with a folder of the node is what everybody who breaks out wants to be."""

    @pytest.mark.parametrize("stack", WITH_GPUS)
    def test_one_folder_each_and_the_plugin_alone_writes(self, stack: str) -> None:
        for name, item in _workloads(stack).items():
            folders = [v["hostPath"] for v in items(item.get(f"{POD}.volumes")) if "hostPath" in v]
            assert folders == [{"path": FOLDERS[name], "type": "Directory"}]
            (mount,) = [m for m in _container(item)["volumeMounts"] if m["name"] == "kubelet"]
            assert mount.get("readOnly", False) is (name == "dcgm-exporter")

    @pytest.mark.parametrize("stack", WITH_GPUS)
    def test_no_capability_no_token_no_gpu_of_their_own(self, stack: str) -> None:
        for item in _workloads(stack).values():
            security = _container(item)["securityContext"]
            assert security == {
                "allowPrivilegeEscalation": False,
                "privileged": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert item.get(f"{POD}.automountServiceAccountToken") is False
            assert "nvidia.com/gpu" not in _container(item)["resources"]["limits"]

    @pytest.mark.parametrize("stack", WITH_GPUS)
    def test_nobody_reaches_them_but_the_collector_of_numbers_and_they_reach_nobody(self, stack: str) -> None:
        (fine,) = [p for p in compliant(stack).of_type(FINE) if p.get("metadata.namespace") == NAMESPACE]
        (row,) = items(fine.get("spec.ingress"))
        assert [one["matchLabels"]["k8s:io.kubernetes.pod.namespace"] for one in row["fromEndpoints"]] == [
            "kube-system"
        ]
        assert row["toPorts"][0]["rules"]["http"] == [{"method": "GET", "path": "/metrics"}]
        assert items(fine.get("spec.egress")) == []
        plain = [p for p in compliant(stack).of_type(PLAIN_POLICY) if p.get("metadata.namespace") == NAMESPACE]
        assert [p.get("metadata.name") for p in plain] == ["deny-everything"]

    @pytest.mark.parametrize("stack", CORE)
    def test_no_other_namespace_is_unrestricted(self, stack: str) -> None:
        for space in compliant(stack).of_type("kubernetes:core/v1:Namespace"):
            labels = space.get("metadata.labels")
            assert isinstance(labels, dict)
            level = labels["pod-security.kubernetes.io/enforce"]
            assert level == ("privileged" if space.get("metadata.name") == NAMESPACE else "restricted")
            assert labels["pod-security.kubernetes.io/audit"] == "restricted"

    def test_the_rules_know_the_same_two(self) -> None:
        assert (by_rule.SPACE, dict(by_rule.FOLDERS)) == (NAMESPACE, FOLDERS)


class TestWhatIsAskedOfGpusIsMeasured:
    """An alert on a field that nobody reads is never raised, and looks like health."""

    def test_every_field_of_alerts_and_dashboards_is_counted(self) -> None:
        asked = {field for expression, *_ in PLAIN.values() for field in FIELD.findall(expression)}
        panels = [panel for board in table("dashboards.yaml") for panel in board["panels"]]
        asked |= {field for panel in panels for text in panel["expressions"] for field in FIELD.findall(text)}
        assert len(asked) >= 6
        assert asked <= _counted()

    def test_nothing_is_counted_that_takes_a_capability(self) -> None:
        assert not [field for field in _counted() if field.startswith("DCGM_FI_PROF_")]

    @pytest.mark.parametrize("stack", WITH_GPUS)
    def test_the_exporter_is_given_these_and_is_read(self, stack: str) -> None:
        assert "--collectors=/etc/counters/counters.csv" in _container(_workloads(stack)["dcgm-exporter"])["args"]
        monitors = compliant(stack).of_type("kubernetes:azmonitoring.coreos.com/v1:PodMonitor")
        (monitor,) = [found for found in monitors if found.get("metadata.namespace") == NAMESPACE]
        assert monitor.get("spec.podMetricsEndpoints.0.port") == "metrics"

    def test_every_alert_has_its_section_in_the_runbook(self) -> None:
        text = (ROOT / "docs" / "runbooks" / "alerts.md").read_text(encoding="utf-8")
        assert [title for title in PLAIN if f"\n## {title}\n" not in text] == []
