"""Manifests on a server: applied twice, and taken away again so that the next stack finds none of them."""

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tests.cluster.client import Answer, Client, Object
from tests.cluster.policies import until_forgotten, until_in_force
from tests.cluster.server import Server

GONE = 404


@dataclass(frozen=True, kw_only=True)
class Applied:
    """One manifest, and what the server said to it: at first, again with all policies in force, and once more."""

    manifest: Object
    answers: tuple[Answer, Answer, Answer]

    @property
    def label(self) -> str:
        """`Deployment gateway/gateway`."""
        metadata = self.manifest["metadata"]
        return f"{self.manifest['kind']} {metadata.get('namespace', '')}/{metadata['name']}"

    @property
    def first(self) -> Answer:
        """When nothing of it was there."""
        return self.answers[0]

    @property
    def refusals(self) -> list[str]:
        """Why it was not taken; empty where it was, each time."""
        return [answer.message for answer in self.answers if not answer.accepted]

    @property
    def warnings(self) -> list[str]:
        """All that the server warned of."""
        return [warning for answer in self.answers for warning in answer.warnings]

    @property
    def settled(self) -> bool:
        """Applying again changes nothing.

        A claim to a volume is written a second time with the very same content (seen at 1.34.4), and never a third
        time: so content counts first, and then the number of the write.
        """
        first, again, once_more = self.answers
        return _content(first) == _content(again) and _version(again) == _version(once_more)


Stage = tuple[Applied, ...]


@contextmanager
def staged(client: Client, manifests: Sequence[Object]) -> Iterator[Stage]:
    """The manifests applied in order, three times; gone afterwards, but for definitions, which others use."""
    manifests = [_asking_nobody(manifest) for manifest in manifests]
    try:
        first = [client.apply(manifest) for manifest in manifests]
        count_quotas(client, manifests)
        if _has_policies(manifests):
            until_in_force(client)
        again = [client.apply(manifest) for manifest in manifests]
        once_more = [client.apply(manifest) for manifest in manifests]
        yield tuple(
            Applied(manifest=manifest, answers=answers)
            for manifest, answers in zip(manifests, zip(first, again, once_more, strict=True), strict=True)
        )
    finally:
        for manifest in reversed(manifests):
            if manifest["kind"] != "CustomResourceDefinition":
                _remove(client, manifest)
        if _has_policies(manifests):
            until_forgotten(client)


def _asking_nobody(manifest: Object) -> Object:
    """The same, but for a webhook: nobody answers here, and nothing more would be taken. It is asked of no object."""
    if manifest["kind"] != "ValidatingWebhookConfiguration":
        return manifest
    nothing = {"objectSelector": {"matchLabels": {"bailiwick-test": "asked"}}}
    return {**manifest, "webhooks": [{**hook, **nothing} for hook in manifest["webhooks"]]}


def noted(server: Server, stage: Stage, annotation: str) -> dict[str, str]:
    """What the server's records hold of an annotation: label to text."""
    records = server.annotations([answer.audit_id for applied in stage for answer in applied.answers])
    return {
        applied.label: records[answer.audit_id][annotation]
        for applied in stage
        for answer in applied.answers
        if annotation in records[answer.audit_id]
    }


def is_unrestricted(label: str) -> bool:
    """Whether it is in the one namespace whose pods mount a folder of their node."""
    return " gpu-operators/" in label


def _has_policies(manifests: Sequence[Object]) -> bool:
    return any(manifest["kind"] == "ValidatingAdmissionPolicy" for manifest in manifests)


def count_quotas(client: Client, manifests: Sequence[Object]) -> None:
    """What the quota controller does: a quota that nobody has counted for refuses nothing."""
    for manifest in manifests:
        if manifest["kind"] == "ResourceQuota":
            hard = manifest["spec"]["hard"]
            space = manifest["metadata"]["namespace"]
            kept = [one for one in manifests if one["kind"] == "Secret" and one["metadata"]["namespace"] == space]
            used = {**dict.fromkeys(hard, "0"), "secrets": str(len(kept))}
            counted = {"status": {"hard": hard, "used": used}}
            client.merge(f"{client.path(manifest)}/status", counted)


def pods(stage: Stage) -> Iterator[tuple[str, Object]]:
    """Each workload's pod, as its controller would create it: only there does Pod Security refuse."""
    for applied in stage:
        template = copy.deepcopy(applied.manifest.get("spec", {}).get("template"))
        if isinstance(template, dict):
            metadata = applied.manifest["metadata"]
            own = {**template.get("metadata", {}), "namespace": metadata["namespace"], "name": f"{metadata['name']}-0"}
            yield applied.label, {"apiVersion": "v1", "kind": "Pod", "metadata": own, "spec": _spec(applied, template)}


def _content(answer: Answer) -> Object:
    """What was asked for: neither the server's bookkeeping nor what a controller notes."""
    bookkeeping = ("managedFields", "resourceVersion")
    metadata = {key: value for key, value in answer.body.get("metadata", {}).items() if key not in bookkeeping}
    return {**answer.body, "metadata": metadata, "status": None}


def _version(answer: Answer) -> object:
    return answer.body.get("metadata", {}).get("resourceVersion")


def _spec(applied: Applied, template: Object) -> Object:
    spec: Object = template["spec"]
    # A StatefulSet's controller adds the volumes of its own claims.
    for claim in applied.manifest["spec"].get("volumeClaimTemplates", ()):
        name, pod = claim["metadata"]["name"], f"{applied.manifest['metadata']['name']}-0"
        volume = {
            "name": name,
            "persistentVolumeClaim": {"claimName": f"{name}-{pod}"},
        }
        spec.setdefault("volumes", []).append(volume)
    return spec


def _remove(client: Client, manifest: Object) -> None:
    path = client.path(manifest)
    if client.get(path).status == GONE:
        return
    client.delete(path)
    left = client.get(path)
    # Controllers would let go; there are none.
    if left.status != GONE and manifest["kind"] == "Namespace":
        client.put(f"{path}/finalize", {**left.body, "spec": {"finalizers": []}})
    elif left.status != GONE:
        client.merge(path, {"metadata": {"finalizers": None}})
    assert client.get(path).status == GONE, f"{path} can't be removed"
