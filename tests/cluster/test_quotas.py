"""The API server counts: a rollout at the most replicas is taken, one pod more is refused, and so is what is no pod."""

import copy
from collections.abc import Iterator

import pytest

from plan.manifests import manifests
from tests.cluster.client import Answer, Client, Object
from tests.cluster.stage import Stage, count_quotas, pods, staged
from tests.plans import compliant

pytestmark = pytest.mark.cluster

STACKS = ("eu-prod", "eu-dev")
"""One with a GPU for each replica, one without."""


@pytest.fixture(scope="module", params=STACKS)
def stage(client: Client, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A stack's manifests, with quotas that are counted from nothing."""
    with staged(client, manifests(compliant(request.param))) as found:
        yield found


def _quotas(stage: Stage) -> dict[str, dict[str, str]]:
    found = [applied.manifest for applied in stage if applied.manifest["kind"] == "ResourceQuota"]
    return {quota["metadata"]["namespace"]: quota["spec"]["hard"] for quota in found}


def _of_models(stage: Stage) -> str:
    return next(space for space in _quotas(stage) if space.startswith("inference-"))


def _object(kind: str, space: str, **more: object) -> Object:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "one-more", "namespace": space}, **more}


def _so_many(client: Client, pod: Object, count: int) -> list[Answer]:
    """Answers to as many pods; they are gone afterwards."""
    asked = [copy.deepcopy(pod) for _ in range(count)]
    for index, each in enumerate(asked):
        each["metadata"]["name"] = f"{pod['metadata']['name']}-{index}"
    try:
        return [client.create(each) for each in asked]
    finally:
        for each in asked:
            client.delete(client.path(each))


class TestTheWorkloadFits:
    """Every pod that a rollout may have at once, and not one more."""

    def test_as_many_pods_as_the_quota_says_are_taken_and_the_next_is_refused(
        self, stage: Stage, client: Client
    ) -> None:
        for label, pod in pods(stage):
            # Two workloads may share a namespace, and nobody here counts again what was deleted.
            count_quotas(client, [applied.manifest for applied in stage])
            most = int(_quotas(stage)[pod["metadata"]["namespace"]]["pods"])
            *fit, beyond = _so_many(client, pod, most + 1)
            assert [answer.message for answer in fit if not answer.accepted] == [], label
            assert not beyond.accepted, label
            assert "exceeded quota: quota" in beyond.message


class TestNothingElseDoes:
    """What a namespace was not made for is refused where it is made."""

    def test_a_container_larger_than_the_workloads_is_refused(self, stage: Stage, client: Client) -> None:
        for label, pod in pods(stage):
            larger = copy.deepcopy(pod)
            larger["spec"]["containers"][0]["resources"] = {
                kind: {"cpu": "900", "memory": "1Mi"} for kind in ("requests", "limits")
            }
            answer = client.create(larger, dry=True)
            assert not answer.accepted, label
            assert "maximum cpu usage per Container" in answer.message

    def test_a_secret_is_refused(self, stage: Stage, client: Client) -> None:
        for space in _quotas(stage):
            answer = client.create(_object("Secret", space, stringData={"x": "y"}), dry=True)
            assert not answer.accepted
            assert "exceeded quota: quota" in answer.message

    @pytest.mark.parametrize("kind", ["NodePort", "LoadBalancer"])
    def test_a_service_that_listens_outside_is_refused_beside_a_model(
        self, stage: Stage, client: Client, kind: str
    ) -> None:
        spec = {"type": kind, "selector": {"app": "x"}, "ports": [{"port": 443}]}
        internal = {"service.beta.kubernetes.io/azure-load-balancer-internal": "true"}
        service = _object("Service", _of_models(stage), spec=spec)
        service["metadata"]["annotations"] = internal
        assert not client.create(service, dry=True).accepted
