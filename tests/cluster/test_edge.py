"""An edge site's manifests and its admission policies, before a real API server."""

import http.client
from collections.abc import Callable, Iterator

import pytest

from components.admission_data import policies
from tests.cluster import edge_site
from tests.cluster.client import Answer, Client, Object
from tests.cluster.server import VIOLATIONS, Server
from tests.cluster.stage import Stage, noted, pods, staged
from tests.plans import compliant

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def stage(client: Client) -> Iterator[Stage]:
    """The site of eu-prod, with its admission policies in force."""
    with staged(client, [*edge_site.surroundings(), *edge_site.site(compliant())]) as found:
        yield found


def _pod(stage: Stage) -> Object:
    return next(pod for label, pod in pods(stage) if label == "Deployment edge-inference/model")


def _broken(client: Client, stage: Stage, weaken: Callable[[Object], object]) -> Answer:
    pod = _pod(stage)
    # In a namespace without Pod Security: it is the policy that refuses, and not the other wall.
    pod["metadata"] |= {"namespace": "edge-delivery"}
    pod["spec"].pop("serviceAccountName")
    weaken(pod)
    return client.create(pod, dry=True)


def _container(pod: Object) -> Object:
    found: Object = pod["spec"]["containers"][0]
    return found


BREACHES: dict[str, tuple[Callable[[Object], object], str]] = {
    "another registry": (
        lambda pod: _container(pod).update(image="docker.io/library/x@sha256:" + "0" * 64),
        "an image comes from the stack's registry, by digest",
    ),
    "a tag": (
        lambda pod: _container(pod).update(image=_container(pod)["image"].partition("@")[0] + ":1"),
        "an image comes from the stack's registry, by digest",
    ),
    "host network": (
        lambda pod: pod["spec"].update(hostNetwork=True),
        "no pod shares the node's network, processes or memory",
    ),
    "the node's disk": (
        lambda pod: pod["spec"]["volumes"].append({"name": "disk", "hostPath": {"path": "/"}}),
        "no pod mounts the node's disk",
    ),
    "privileged": (
        lambda pod: _container(pod)["securityContext"].update(privileged=True, allowPrivilegeEscalation=True),
        "no container is privileged",
    ),
    "a writable image": (
        lambda pod: _container(pod)["securityContext"].update(readOnlyRootFilesystem=False),
        "no container gains privileges, and none writes to its image",
    ),
    "the API server's token": (
        lambda pod: pod["spec"].update(automountServiceAccountToken=True),
        "no pod is handed the API server's token",
    ),
    "no class of data": (
        lambda pod: pod["metadata"]["labels"].pop("bailiwick/data-classification"),
        "a pod says what it is, and which class of data it sees",
    ),
    "another jurisdiction": (
        lambda pod: pod["metadata"]["labels"].update({"bailiwick/jurisdiction": "us"}),
        "a pod belongs to this jurisdiction, environment and site",
    ),
}
"""What is broken in the model's pod, and the sentence with which it is refused."""


class TestTheSiteIsTaken:
    """Flux applies these a hundred miles from whoever could mend them."""

    def test_every_manifest_is_accepted(self, stage: Stage) -> None:
        assert [(each.label, each.refusals) for each in stage if each.refusals] == []

    def test_applied_again_nothing_changes(self, stage: Stage) -> None:
        assert [each.label for each in stage if not each.settled] == []

    def test_nothing_is_deprecated_and_pod_security_is_silent(self, stage: Stage, server: Server) -> None:
        assert [(each.label, each.warnings) for each in stage if each.warnings] == []
        assert noted(server, stage, VIOLATIONS) == {}

    def test_every_pod_is_admitted_with_the_policies_in_force(self, stage: Stage, client: Client) -> None:
        answers = {label: client.create(pod, dry=True) for label, pod in pods(stage)}
        assert len(answers) == 3
        assert {label: answer.message for label, answer in answers.items() if not answer.accepted} == {}


class TestThePoliciesRefuse:
    """Each with our own sentence: whoever reads it knows what to mend."""

    def test_the_same_pod_unbroken_is_admitted(self, stage: Stage, client: Client) -> None:
        answer = _broken(client, stage, lambda pod: pod)
        assert answer.accepted, answer.message

    @pytest.mark.parametrize("breach", BREACHES)
    def test_the_breach_alone_is_refused(self, stage: Stage, client: Client, breach: str) -> None:
        weaken, message = BREACHES[breach]
        answer = _broken(client, stage, weaken)
        # Where two policies refuse the same, the server tells either one's sentence: the site's own, or the cluster's.
        sentences = {message, *(check.says.partition(": ")[0] for policy in policies() for check in policy.checks)}
        assert answer.status in (http.client.FORBIDDEN, http.client.UNPROCESSABLE_ENTITY), answer.message
        assert any(sentence in answer.message for sentence in sentences), answer.message
