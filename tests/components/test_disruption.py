"""Nodes are drained every week: what is being said is said to its end, and what loads is waited for."""

import pytest

from components.cluster import DRAIN_MINUTES
from components.gateway import LEAVING_SECONDS
from components.model_pod import STARTUP_SECONDS
from components.workload import STREAM_SECONDS
from plan.model import PlannedResource
from policies.require import items
from tests.plans import CORE, compliant

POD = "spec.template.spec"
BUDGET, POOL = "kubernetes:policy/v1:PodDisruptionBudget", "azure-native:containerservice:AgentPool"


def _deployments(stack: str) -> list[PlannedResource]:
    return list(compliant(stack).of_type("kubernetes:apps/v1:Deployment"))


def _models(stack: str) -> list[PlannedResource]:
    return [found for found in _deployments(stack) if found.get("metadata.name") == "vllm"]


def _pause(workload: PlannedResource) -> int:
    found = {int(one["lifecycle"]["preStop"]["sleep"]["seconds"]) for one in items(workload.get(f"{POD}.containers"))}
    assert len(found) == 1, "what a proxy passes on ends with it"
    return found.pop()


def _grace(workload: PlannedResource) -> int:
    found = workload.get(f"{POD}.terminationGracePeriodSeconds")
    assert isinstance(found, int | float)
    return int(found)


class TestAnswersAreSaidToTheirEnd:
    """A note that breaks off in the middle of a sentence is one that somebody may sign."""

    @pytest.mark.parametrize("stack", CORE)
    def test_the_gateway_gets_nothing_new_and_then_has_time_for_the_longest_stream(self, stack: str) -> None:
        (gateway,) = [found for found in _deployments(stack) if found.get("metadata.name") == "gateway"]
        assert _pause(gateway) == LEAVING_SECONDS
        assert _grace(gateway) > LEAVING_SECONDS + STREAM_SECONDS

    @pytest.mark.parametrize("stack", CORE)
    def test_a_model_is_told_to_stop_only_after_the_longest_stream_through_the_gateway(self, stack: str) -> None:
        for model in _models(stack):
            assert _pause(model) >= STREAM_SECONDS
            assert _grace(model) > _pause(model)

    @pytest.mark.parametrize("stack", CORE)
    def test_waiting_runs_nothing(self, stack: str) -> None:
        for workload in _deployments(stack):
            for container in items(workload.get(f"{POD}.containers")):
                assert container["lifecycle"].keys() == {"preStop"}
                assert container["lifecycle"]["preStop"].keys() == {"sleep"}


class TestWeightsAreWaitedFor:
    """Kubernetes calls a deployment failed after ten minutes; seventy gigabytes take longer."""

    @pytest.mark.parametrize("stack", CORE)
    def test_the_probe_the_deadline_and_the_deployment_all_wait(self, stack: str) -> None:
        for model in _models(stack):
            server, _ = items(model.get(f"{POD}.containers"))
            probe = server["startupProbe"]
            starting = probe["periodSeconds"] * probe["failureThreshold"]
            assert starting == STARTUP_SECONDS
            deadline = model.get("spec.progressDeadlineSeconds")
            assert isinstance(deadline, int | float)
            assert deadline > starting

    def test_an_upgrade_waits_for_one_model_to_load_and_the_next_to_finish(self) -> None:
        assert DRAIN_MINUTES * 60 > STARTUP_SECONDS + STREAM_SECONDS + 30


class TestNodesAreUpgradedOneByOne:
    """The budget keeps all replicas but one, and a broken one keeps nobody's place."""

    @pytest.mark.parametrize("stack", CORE)
    def test_every_deployment_has_a_budget_that_lets_one_go(self, stack: str) -> None:
        budgets = {found.get("metadata.namespace"): found for found in compliant(stack).of_type(BUDGET)}
        for workload in _deployments(stack):
            budget = budgets[workload.get("metadata.namespace")]
            assert budget.get("spec.maxUnavailable") == 1
            assert budget.get("spec.unhealthyPodEvictionPolicy") == "AlwaysAllow"
            assert budget.get("spec.selector") == workload.get("spec.selector")

    @pytest.mark.parametrize("stack", CORE)
    def test_pools_add_a_node_before_they_take_one_and_wait_for_its_pods(self, stack: str) -> None:
        for pool in compliant(stack).of_type(POOL):
            assert pool.get("upgradeSettings") == {"maxSurge": "1", "drainTimeoutInMinutes": DRAIN_MINUTES}
        (cluster,) = compliant(stack).of_type("azure-native:containerservice:ManagedCluster")
        assert cluster.get("agentPoolProfiles.0.upgradeSettings.drainTimeoutInMinutes") == DRAIN_MINUTES

    @pytest.mark.parametrize("stack", CORE)
    def test_replicas_of_one_release_spread_over_zones_and_nodes_and_room_comes_first(self, stack: str) -> None:
        for workload in _deployments(stack):
            found = items(workload.get(f"{POD}.topologySpreadConstraints"))
            assert found[-1]["topologyKey"] == "kubernetes.io/hostname"
            for constraint in found:
                assert constraint["whenUnsatisfiable"] == "ScheduleAnyway"
                assert constraint["matchLabelKeys"] == ["pod-template-hash"]
                assert constraint["labelSelector"] == workload.get("spec.selector")
