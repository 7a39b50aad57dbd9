"""A server that took everything would pass every other test here: exactly one thing is broken at a time."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from plan.manifests import manifests
from tests.cluster.client import Client, Object
from tests.cluster.server import DEPRECATED, VIOLATIONS, Server
from tests.cluster.stage import Applied, Stage, is_unrestricted, pods, staged
from tests.plans import compliant

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def eu_prod(client: Client) -> Iterator[Stage]:
    """One stack, as it should be."""
    with staged(client, manifests(compliant())) as found:
        yield found


def of_kind(stage: Stage, kind: str) -> Applied:
    return next(applied for applied in stage if applied.manifest["kind"] == kind)


class TestTheChecksCanFail:
    """Each test of the manifests has here the breach that it would find."""

    @pytest.mark.parametrize(
        ("kind", "field"),
        [("Deployment", "replica"), ("ScaledObject", "maxReplicas"), ("PodMonitor", "endpoints"), ("Service", "tls")],
    )
    def test_a_field_that_is_not_there_is_refused(self, eu_prod: Stage, client: Client, kind: str, field: str) -> None:
        manifest = copy.deepcopy(of_kind(eu_prod, kind).manifest)
        manifest["spec"][field] = 1
        answer = client.apply(manifest, dry=True)
        assert not answer.accepted
        assert field in answer.message

    def test_what_another_hand_changes_between_is_seen(self, eu_prod: Stage, client: Client) -> None:
        applied = of_kind(eu_prod, "ConfigMap")
        first, _, once_more = applied.answers
        by_hand = client.apply({**applied.manifest, "data": {"by": "hand"}}, dry=True)
        assert applied.settled
        assert not replace(applied, answers=(first, by_hand, once_more)).settled

    def test_a_deprecated_api_gives_a_warning_and_is_noted(self, client: Client, server: Server) -> None:
        old: Object = {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "old", "namespace": "default"}}
        answer = client.apply(old, dry=True)
        assert any("deprecated" in warning for warning in answer.warnings)
        assert server.annotations([answer.audit_id])[answer.audit_id][DEPRECATED] == "true"

    @pytest.mark.parametrize(
        ("weaken", "reason"),
        [
            (
                lambda spec: spec["containers"][0]["securityContext"].update(
                    privileged=True, allowPrivilegeEscalation=True
                ),
                "privileged",
            ),
            (lambda spec: spec.update(hostNetwork=True), "host namespaces"),
            (lambda spec: spec["containers"][0]["securityContext"].pop("capabilities"), "unrestricted capabilities"),
            (lambda spec: spec["securityContext"].pop("seccompProfile"), "seccompProfile"),
        ],
        ids=["privileged", "host network", "capabilities", "seccomp"],
    )
    def test_a_pod_that_is_not_restricted_is_refused_and_its_deployment_warned_of(
        self, eu_prod: Stage, client: Client, server: Server, weaken: Callable[[Object], object], reason: str
    ) -> None:
        pod = next(pod for label, pod in pods(eu_prod) if not is_unrestricted(label))
        weaken(pod["spec"])
        refused = client.create(pod, dry=True)
        assert refused.status == 403
        assert "violates PodSecurity" in refused.message
        assert reason in refused.message
        deployment = copy.deepcopy(of_kind(eu_prod, "Deployment").manifest)
        weaken(deployment["spec"]["template"]["spec"])
        warned = client.apply(deployment, dry=True)
        assert any("would violate PodSecurity" in warning for warning in warned.warnings)
        assert reason in server.annotations([warned.audit_id])[warned.audit_id][VIOLATIONS]
