"""The verifier runs, as the plan would run it, and a real API server asks it before a pod is made."""

import http.client
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from components.image_policies import SLSA, SPDX
from components.image_webhooks import IMAGES, OPTED_OUT
from plan.manifests import manifests
from tests.cluster.client import Answer, Client, Object
from tests.cluster.server import running
from tests.images.attested import BILL, ORIGIN, asked
from tests.images.conftest import needed as program_needed
from tests.images.registry import Registry
from tests.images.running import leads_to, needed, own_address, verifying
from tests.images.signing import Signer, attest, attestation, image, sign
from tests.plans import compliant
from tools.places import API_SERVER, ETCD, VERIFIER

pytestmark = pytest.mark.cluster

PATIENCE_SECONDS = 90
HOOK = f"/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/{IMAGES}"


@dataclass
class Cluster:
    """An API server that asks the verifier."""

    client: Client
    registry: Registry
    stop: Callable[[], None]
    hooks: list[Object] = field(default_factory=list)

    def pod(self, digest: str, namespace: str = "default") -> Answer:
        """What is said to a pod of this image."""
        container = {"name": "x", "image": f"{self.registry.host}/app@{digest}"}
        meta = {"name": "x", "namespace": namespace}
        made = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": [container]}}
        return self.client.create(made, dry=True)


@pytest.fixture(scope="module")
def good(registry: Registry, ours: Signer) -> str:
    """An image that has all three."""
    digest = image(registry, "good")
    sign(registry, digest, ours)
    attest(registry, digest, attestation(digest, ours, SPDX, BILL), attestation(digest, ours, SLSA, ORIGIN))
    return digest


@pytest.fixture(scope="module")
def cluster(registry: Registry, ours: Signer, good: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """etcd, API server and verifier, with the stack's own objects; the policies' key is the test's."""
    verifier, etcd, api_server = (program_needed(name) for name in (VERIFIER, ETCD, API_SERVER))
    folder = tmp_path_factory.mktemp("verifier")
    planned = manifests(compliant())
    policies = asked(ours)
    with running(etcd, api_server, folder) as server:
        client = server.client
        accounts = [_account(namespace) for namespace in ("default",)]
        for manifest in (*needed(planned), *leads_to(own_address()), *accounts):
            answer = client.apply(manifest)
            assert answer.accepted, answer.message
        for manifest in planned:
            if manifest["kind"] == "ClusterImagePolicy":
                answer = client.apply({**manifest, "spec": policies[manifest["metadata"]["name"]]})
                assert answer.accepted, answer.message
        with verifying(verifier, client, folder) as process:
            hooks = [manifest for manifest in planned if manifest["kind"] == "ValidatingWebhookConfiguration"]
            found = Cluster(client=client, registry=registry, stop=process.kill, hooks=hooks)
            for hook in hooks:
                assert client.apply(hook).accepted
            end = time.monotonic() + PATIENCE_SECONDS
            while not (answer := found.pod(good)).accepted:
                log = (folder / "verifier.log").read_text(encoding="utf-8")[-2000:]
                assert time.monotonic() < end, f"{answer.message}\n{log}"
                assert process.poll() is None, log
                time.sleep(0.5)
            yield found


def _account(namespace: str) -> Object:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": namespace}}


class TestTheApiServerAsksIt:
    """Rights that are too few, a webhook that leads nowhere or a setting that it does not read show only here."""

    def test_a_good_image_runs(self, cluster: Cluster, good: str) -> None:
        assert cluster.pod(good).accepted

    def test_an_unsigned_one_does_not(self, cluster: Cluster) -> None:
        answer = cluster.pod(image(cluster.registry, "unsigned"))
        assert answer.status == http.client.BAD_REQUEST
        assert f'admission webhook "{IMAGES}" denied the request' in answer.message

    def test_nor_one_without_a_bill_of_materials(self, cluster: Cluster, ours: Signer) -> None:
        digest = image(cluster.registry, "no bill")
        sign(cluster.registry, digest, ours)
        attest(cluster.registry, digest, attestation(digest, ours, SLSA, ORIGIN))
        assert "failed policy: bailiwick-materials" in cluster.pod(digest).message

    def test_nor_one_by_tag(self, cluster: Cluster) -> None:
        container = {"name": "x", "image": f"{cluster.registry.host}/app:latest"}
        meta = {"name": "x", "namespace": "default"}
        made = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": [container]}}
        assert "must be an image digest" in cluster.client.create(made, dry=True).message

    def test_a_policy_with_a_key_that_is_none_is_refused(self, cluster: Cluster) -> None:
        made = {"apiVersion": "policy.sigstore.dev/v1alpha1", "kind": "ClusterImagePolicy", "metadata": {"name": "x"}}
        authority = {"name": "x", "key": {"data": "nonsense", "hashAlgorithm": "sha256"}}
        spec = {"mode": "enforce", "images": [{"glob": "**"}], "authorities": [authority]}
        answer = cluster.client.apply({**made, "spec": spec}, dry=True)
        assert "invalid value: nonsense: spec.authorities[0].key.data" in answer.message

    def test_a_policy_that_lacks_its_form_is_refused_by_the_definition(self, cluster: Cluster) -> None:
        made = {"apiVersion": "policy.sigstore.dev/v1alpha1", "kind": "ClusterImagePolicy", "metadata": {"name": "x"}}
        answer = cluster.client.apply({**made, "spec": {"images": [{"glob": "**"}], "authority": []}}, dry=True)
        assert not answer.accepted
        assert "authority" in answer.message

    def test_plan_and_verifier_do_not_write_over_each_other(self, cluster: Cluster) -> None:
        managed = cluster.client.get(HOOK).body["metadata"]["managedFields"]
        written = [entry["fieldsV1"]["f:webhooks"] for entry in managed if entry["operation"] == "Update"]
        assert [next(iter(entry.values())) for entry in written] == [{"f:clientConfig": {"f:caBundle": {}}}]
        before = cluster.client.get(HOOK).body["metadata"]["resourceVersion"]
        for hook in cluster.hooks:
            assert cluster.client.apply(hook).accepted
        assert cluster.client.get(HOOK).body["metadata"]["resourceVersion"] == before

    def test_a_label_lets_a_namespace_out_which_is_why_admission_refuses_it(self, cluster: Cluster) -> None:
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "out", "labels": {OPTED_OUT: "x"}}}
        for manifest in (space, _account("out")):
            assert cluster.client.apply(manifest).accepted
        assert cluster.pod(image(cluster.registry, "unsigned"), "out").accepted

    def test_when_it_is_away_nothing_starts(self, cluster: Cluster, good: str) -> None:
        cluster.stop()
        end = time.monotonic() + PATIENCE_SECONDS
        while "failed calling webhook" not in (answer := cluster.pod(good)).message:
            assert time.monotonic() < end, answer.body
            time.sleep(1)
        assert not answer.accepted
