"""A quota follows the dials: what the stack runs fits at its largest, in a rollout, and one pod more does not."""

from decimal import Decimal

import pytest

from cli.planning import stack_config
from components.image_verifier import REPLICAS
from components.inference import claim
from components.model_pod import PROXY
from components.quota import Claim, hard
from config.quantity import amount, times
from plan.model import PlannedResource
from policies.quantities import amount as rule_amount
from policies.require import items
from tests.plans import CORE, compliant

QUOTA, LIMITS = "kubernetes:core/v1:ResourceQuota", "kubernetes:core/v1:LimitRange"
ON_NODES = "kubernetes:apps/v1:DaemonSet"
DEPLOYMENT, SERVICE = "kubernetes:apps/v1:Deployment", "kubernetes:core/v1:Service"


def _bounds(stack: str) -> dict[str, dict[str, str]]:
    """By namespace."""
    found = {}
    for quota in compliant(stack).of_type(QUOTA):
        bounds = quota.get("spec.hard")
        assert isinstance(bounds, dict)
        found[str(quota.get("metadata.namespace"))] = bounds
    return found


def _deployments(stack: str) -> dict[str, PlannedResource]:
    return {str(found.get("metadata.namespace")): found for found in compliant(stack).of_type(DEPLOYMENT)}


def _most(stack: str, space: str) -> int:
    config = stack_config(stack)
    return {
        "gateway": config.gateway.replicas_max,
        "image-verification": REPLICAS,
        "retrieval": config.retrieval.replicas_max,
        **{one.space: one.item.replicas_max for one in config.served},
    }[space]


def _number(quantity: object) -> Decimal:
    found = amount(quantity)
    assert found is not None, quantity
    return found


class TestWhatTheStackRunsFits:
    """A quota that is one pod too small shows at night, in the middle of a rollout."""

    @pytest.mark.parametrize("stack", CORE)
    def test_every_namespace_has_one(self, stack: str) -> None:
        spaces = {found.get("metadata.name") for found in compliant(stack).of_type("kubernetes:core/v1:Namespace")}
        assert _bounds(stack).keys() == spaces
        assert {found.get("metadata.namespace") for found in compliant(stack).of_type(LIMITS)} == spaces

    @pytest.mark.parametrize("stack", CORE)
    def test_a_rollout_at_the_most_replicas_fits(self, stack: str) -> None:
        for space, workload in _deployments(stack).items():
            rolling = workload.get("spec.strategy.rollingUpdate")
            assert isinstance(rolling, dict)
            standing = _most(stack, space) + int(rolling["maxSurge"])
            # While the first of the new pods come up, what was taken away may still be finishing.
            pods = standing + max(int(rolling["maxUnavailable"]), int(rolling["maxSurge"]))
            bounds = _bounds(stack)[space]
            assert pods <= int(bounds["pods"]), space
            for container in items(workload.get("spec.template.spec.containers")):
                for what in ("cpu", "memory", "nvidia.com/gpu"):
                    each = _number(container["resources"]["requests"].get(what, "0"))
                    assert pods * each <= _number(bounds[f"requests.{what}"]), (space, what)

    @pytest.mark.parametrize("stack", CORE)
    def test_streams_that_take_their_time_hold_up_no_rollout_of_the_gateway(self, stack: str) -> None:
        most = stack_config(stack).gateway.replicas_max
        assert int(_bounds(stack)["gateway"]["pods"]) == most + 1 + most

    @pytest.mark.parametrize("stack", CORE)
    def test_its_services_and_volumes_fit_exactly(self, stack: str) -> None:
        for space, bounds in _bounds(stack).items():
            services = [f for f in compliant(stack).of_type(SERVICE) if f.get("metadata.namespace") == space]
            balancers = [found for found in services if found.get("spec.type") == "LoadBalancer"]
            assert bounds["services"] == str(len(services))
            # A balancer takes one port of the nodes for each of its own ports: nothing is left for a NodePort.
            ports = sum(len(items(found.get("spec.ports"))) for found in balancers)
            assert bounds["services.loadbalancers"] == str(len(balancers))
            assert bounds["services.nodeports"] == str(ports)
            # The verifier's own certificate.
            assert bounds["secrets"] == ("1" if space == "image-verification" else "0")

    @pytest.mark.parametrize("stack", CORE)
    def test_its_containers_are_no_larger_than_the_largest_and_ask_for_what_they_may_use(self, stack: str) -> None:
        for limits in compliant(stack).of_type(LIMITS):
            (limit,) = items(limits.get("spec.limits"))
            running = [*compliant(stack).of_type(DEPLOYMENT), *compliant(stack).of_type(ON_NODES)]
            here = [item for item in running if item.get("metadata.namespace") == limits.get("metadata.namespace")]
            assert here
            for container in (c for item in here for c in items(item.get("spec.template.spec.containers"))):
                assert container["resources"]["requests"] == container["resources"]["limits"]
                for what in ("cpu", "memory"):
                    assert _number(container["resources"]["limits"][what]) <= _number(limit["max"][what])
                    assert _number(limit["defaultRequest"][what]) == _number(limit["default"][what])
                    assert _number(limit["default"][what]) <= _number(limit["max"][what])


class TestEveryGpuNodeHasTwo:
    """One pod of each kind for each node, those included that an upgrade adds: a node without one has no GPU."""

    @pytest.mark.parametrize("stack", CORE)
    def test_there_is_room_for_both_on_every_node_and_for_nothing_else(self, stack: str) -> None:
        gpu = stack_config(stack).gpu
        bounds = _bounds(stack)
        assert ("gpu-operators" in bounds) == (gpu is not None)
        if gpu is not None:
            assert int(bounds["gpu-operators"]["pods"]) == 2 * (gpu.max + 1)
            assert bounds["gpu-operators"]["requests.nvidia.com/gpu"] == "0"


class TestTheArithmetic:
    """Whoever raises a dial raises the quota with it."""

    def test_one_replica_more_is_one_share_more(self) -> None:
        item = stack_config("eu-prod").use_cases[0]
        before, after = hard(claim(item)), hard(claim(item.model_copy(update={"replicas_max": item.replicas_max + 1})))
        assert _number(after["requests.nvidia.com/gpu"]) - _number(before["requests.nvidia.com/gpu"]) == item.gpus
        more = _number(after["requests.memory"]) - _number(before["requests.memory"])
        assert more == _number(item.memory) + _number(PROXY["memory"])

    def test_pods_that_leave_count_until_they_are_gone(self) -> None:
        assert Claim(replicas=3, surge=1, leaving=3, cpu="1", memory="1Gi").pods == 7

    @pytest.mark.parametrize(
        ("one", "count", "all_of_them"),
        [
            ("500m", 9, "4500m"),
            ("500m", 8, "4"),
            ("1.5", 3, "4500m"),
            ("128Gi", 5, "640Gi"),
            ("128Gi", 8, "1Ti"),
            ("1.5Gi", 1, "1536Mi"),
            ("2", 25, "50"),
            ("1G", 2, "2000000000"),
            ("4Gi", 0, "0"),
        ],
    )
    def test_a_multiple_is_written_as_the_api_server_gives_it_back(
        self, one: str, count: int, all_of_them: str
    ) -> None:
        assert times(one, count) == all_of_them

    def test_what_is_no_quantity_is_refused_with_an_example(self) -> None:
        with pytest.raises(ValueError, match="such as 500m, 4 or 16Gi"):
            times("plenty", 2)


class TestDialsAndRulesReadQuantitiesAlike:
    """They are two readers, because a published pack has no dials: what one multiplies the other must compare."""

    @pytest.mark.parametrize(
        "quantity",
        ["0", "4", "500m", "1.5", "16Gi", "128Mi", "1Ti", "2k", "3M", "1G", "5T", "7Ki", "", "x", "1 Gi", "-1", "1E"],
    )
    def test_one_quantity(self, quantity: str) -> None:
        assert amount(quantity) == rule_amount(quantity)
