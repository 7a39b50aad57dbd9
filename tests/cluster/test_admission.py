"""The API server itself refuses what somebody deploys by hand, with our message, and takes what the stack deploys."""

import copy
import http.client
import subprocess
from collections.abc import Iterator

import pytest

from components.admission_data import PREFIX, policies
from plan.manifests import manifests
from tests.cluster.admission import detectors, images, of_containers, of_networks, of_pods, of_stores
from tests.cluster.admission.case import Case
from tests.cluster.admission.kinds import as_kinds
from tests.cluster.admission.planned import MODELS, changed, planned
from tests.cluster.admission.taken import taken
from tests.cluster.client import Answer, Client, Object
from tests.cluster.server import Server
from tests.cluster.stage import Stage, staged
from tests.plans import compliant
from tools.places import TYPE_CHECKER, program

pytestmark = pytest.mark.cluster

PODS = f"/api/v1/namespaces/{MODELS}/pods/vllm-0"
SYSTEM = "/api/v1/namespaces/kube-system/pods/x-0"
BROKEN = [case for of in (of_pods, of_containers, of_networks, of_stores, images, detectors) for case in of.refused()]
CONNECTING = {"sessions", "debugging"}


def denied(answer: Answer, policy: str) -> bool:
    return (
        answer.status == http.client.FORBIDDEN and f"ValidatingAdmissionPolicy 'bailiwick-{policy}'" in answer.message
    )


@pytest.fixture(scope="module")
def stage(client: Client) -> Iterator[Stage]:
    """A stack with GPUs, its policies in force."""
    with staged(client, manifests(compliant())) as found:
        yield found


def _pod(name: str, namespace: str) -> Object:
    template = planned("Deployment", "vllm")["spec"]["template"]
    meta = {**template["metadata"], "name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": template["spec"]}


@pytest.mark.usefixtures("stage")
class TestWhatIsRefused:
    """Each breach is refused by the policy that is meant for it, and told in its words."""

    @pytest.mark.parametrize("case", BROKEN, ids=str)
    def test_it_is_refused_with_our_message(self, client: Client, case: Case) -> None:
        answer = client.apply(case.object, dry=True)
        assert denied(answer, case.policy), answer.message or answer.body
        assert case.says in answer.message

    @pytest.mark.parametrize("case", list(as_kinds(next(of_pods.refused()))), ids=str)
    def test_whatever_makes_the_pod(self, client: Client, case: Case) -> None:
        answer = client.create(case.object, dry=True)
        assert denied(answer, case.policy), answer.message or answer.body
        assert case.says in answer.message

    @pytest.mark.parametrize("session", ["exec?command=sh", "attach", "portforward", "proxy/metrics"])
    def test_a_session_in_a_models_pod(self, client: Client, session: str) -> None:
        answer = client.get(f"{PODS}/{session}")
        assert denied(answer, "sessions"), answer.message
        assert "administrator asks for " in answer.message

    @pytest.mark.parametrize(
        "path", [f"/api/v1/namespaces/{MODELS}/services/vllm:8000/proxy/v1/models", "/api/v1/nodes/aks-x/proxy/pods"]
    )
    def test_a_way_around_the_gateway(self, client: Client, path: str) -> None:
        assert denied(client.get(path), "sessions")

    def test_a_container_added_to_a_pod_that_runs(self, client: Client) -> None:
        made = client.create(_pod("vllm-0", MODELS))
        assert made.accepted, made.message
        own = made.body["spec"]["containers"][0]
        extra = {"name": "debug", "image": own["image"], "securityContext": own["securityContext"]}
        body = copy.deepcopy(made.body)
        body["spec"]["ephemeralContainers"] = [extra]
        answer = client.put(f"{PODS}/ephemeralcontainers", body)
        client.delete(PODS)
        assert denied(answer, "debugging"), answer.message
        assert "nobody adds a container to a pod that runs: debug" in answer.message


@pytest.mark.usefixtures("stage")
class TestWhatIsTaken:
    """A policy that refuses everything is found by the next deployment, at night."""

    @pytest.mark.parametrize("case", [*taken(), *images.taken(), *detectors.taken()], ids=str)
    def test_it_is_taken(self, client: Client, case: Case) -> None:
        answer = client.apply(case.object, dry=True)
        assert answer.accepted, answer.message

    def test_every_object_of_the_stack_again_with_the_policies_in_force(self, client: Client, stage: Stage) -> None:
        again = {each.label: client.apply(each.manifest, dry=True) for each in stage}
        assert {label: answer.message for label, answer in again.items() if not answer.accepted} == {}

    def test_a_session_where_azures_own_pods_run(self, client: Client) -> None:
        answer = client.get(f"{SYSTEM}/exec?command=sh")
        assert "ValidatingAdmissionPolicy" not in answer.message
        assert answer.status == http.client.NOT_FOUND

    def test_a_container_added_where_azures_own_pods_run(self, client: Client) -> None:
        account = {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": "vllm", "namespace": "kube-system"},
        }
        assert client.apply(account).accepted
        made = client.create(_pod("x-0", "kube-system"))
        assert made.accepted, made.message
        body = copy.deepcopy(made.body)
        body["spec"]["ephemeralContainers"] = [{"name": "debug", "image": "mcr.microsoft.com/x"}]
        answer = client.put(f"{SYSTEM}/ephemeralcontainers", body)
        client.delete(SYSTEM)
        client.delete(client.path(account))
        assert answer.accepted, answer.message

    def test_an_object_that_is_going_loses_its_finalizer_whatever_it_holds(self, client: Client) -> None:
        """Else a deployment of a former release could never be taken away."""
        old = changed(
            "ConfigMap",
            "gateway",
            lambda made: made["metadata"].update(namespace="kube-system", finalizers=["bailiwick/test"]),
        )()
        assert client.apply(old).accepted
        path = client.path(old)
        client.delete(path)
        assert client.merge(path, {"metadata": {"finalizers": None}}).status == http.client.OK


class TestThePoliciesThemselves:
    """What stands in the cluster is what was written, and the server finds no fault in it."""

    def test_every_policy_has_a_case_that_is_refused_and_one_that_is_taken(self) -> None:
        keys = {policy.key for policy in policies()}
        assert {case.policy for case in BROKEN} | CONNECTING == keys
        assert {case.policy for case in (*taken(), *images.taken(), *detectors.taken())} | CONNECTING == keys

    def test_every_check_of_every_policy_has_a_case(self) -> None:
        told = [(case.policy, case.says) for case in BROKEN]
        lacking = [
            (policy.key, check.name)
            for policy in policies()
            for check in policy.checks
            if policy.key not in CONNECTING
            and not any(key == policy.key and _same(check.says, says) for key, says in told)
        ]
        assert lacking == UNTRIED

    def test_the_server_takes_each_without_a_warning(self, stage: Stage) -> None:
        own = [each for each in stage if each.manifest["kind"].startswith("ValidatingAdmissionPolicy")]
        assert len(own) == 2 * len(policies())
        assert [(each.label, each.warnings) for each in own if each.warnings] == []

    @pytest.mark.usefixtures("stage")
    def test_types_are_right_in_every_expression(self, server: Server) -> None:
        checker = program(TYPE_CHECKER)
        assert checker is not None, "hint: make cluster-tools"
        words = [str(checker), f"https://127.0.0.1:{server.client.port}", server.client.token]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        lines = [line for line in done.stdout.splitlines() if line.startswith(PREFIX)]
        assert [line for line in lines if not line.endswith(" checked")] == []
        assert len(lines) == len(policies())


UNTRIED = [("images", "mounted"), ("fine-networks", "undoing"), ("verifier", "mounted")]
"""Before Kubernetes 1.35 the server drops a volume that is an image (feature ImageVolume), and the tests' definition of
Cilium's policies knows no enableDefaultDeny."""


def _same(check: str, says: str) -> bool:
    return says.rstrip(": ").partition(": ")[0] in check or check in says
