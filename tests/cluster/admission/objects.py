"""Everything that is no pod, with one thing changed."""

import json

from tests.cluster.admission.case import Change, Made, later
from tests.cluster.admission.planned import GATEWAY, MODELS, changed
from tests.cluster.client import Object

ANNOTATION = "service.beta.kubernetes.io/azure-"
TCP = [{"port": 443, "protocol": "TCP"}]


@later
def space(name: str = "tomorrow", **labels: str | None) -> Object:
    """A namespace more, like the gateway's; `__` stands for a slash, `_` for a dash."""
    made = changed("Namespace", GATEWAY, lambda made: made["metadata"].update(name=name))()
    for key, value in labels.items():
        full = key.replace("__", "/").replace("_", "-")
        made["metadata"]["labels"].pop(full, None)
        if value is not None:
            made["metadata"]["labels"][full] = value
    return made


@later
def node(region: str | None) -> Object:
    """A node that joins."""
    labels = {"topology.kubernetes.io/region": region} if region else {}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "aks-x", "labels": labels}}


@later
def service(name: str = "partners", note: str = "", value: str | None = None, **spec: object) -> Made:
    """A service with an annotation or a field changed."""

    def change(made: Object) -> None:
        made["spec"].update(spec)
        notes = made["metadata"].setdefault("annotations", {})
        if note and value is None:
            del notes[ANNOTATION + note]
        elif note:
            notes[ANNOTATION + note] = value

    return changed("Service", name, change)


@later
def network(*egress: object, namespace: str = GATEWAY, ingress: list[object] | None = None) -> Object:
    """A network policy more."""
    out: Object = {"podSelector": {}, "policyTypes": ["Egress"], "egress": list(egress)}
    spec: Object = out if egress else {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": ingress}
    meta = {"name": "more", "namespace": namespace}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta, "spec": spec}


@later
def cilium(namespace: str = GATEWAY, **spec: object) -> Object:
    """A Cilium policy more."""
    meta = {"name": "more", "namespace": namespace}
    return {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "metadata": meta,
        "spec": {"endpointSelector": {}, **spec},
    }


@later
def several() -> Object:
    """A Cilium policy with a list of specs."""
    made = cilium()()
    return {**made, "specs": [made["spec"]]}


def ports(number: int) -> dict[str, object]:
    """One port of a policy of Cilium's."""
    return {"toPorts": [{"ports": [{"port": str(number), "protocol": "TCP"}]}]}


def peer(name: str) -> dict[str, object]:
    """The gateway's pods in a namespace, to a network policy."""
    return {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}},
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "gateway"}},
    }


def asked_from(name: str) -> dict[str, object]:
    """The same, to one of Cilium's."""
    labels = {"k8s:io.kubernetes.pod.namespace": name, "k8s:app.kubernetes.io/name": "gateway"}
    return {"fromEndpoints": [{"matchLabels": labels}], **ports(8000)}


@later
def weights(**spec: object) -> Made:
    """The volume of weights with a field changed, under another name: what a volume is can't be changed."""

    def change(made: Object) -> None:
        made["metadata"]["name"] = "more"
        made["spec"] = {key: value for key, value in {**made["spec"], **spec}.items() if value is not None}

    return changed("PersistentVolume", f"{MODELS}-weights", change)


def keyed() -> Made:
    """The volume of weights with a key in a Secret."""

    def change(made: Object) -> None:
        made["metadata"]["name"] = "more"
        made["spec"]["csi"]["nodeStageSecretRef"] = {"name": "x", "namespace": "default"}

    return changed("PersistentVolume", f"{MODELS}-weights", change)


@later
def settings(change: Change) -> Made:
    """The gateway's settings with one thing changed."""

    def write(made: Object) -> None:
        document = json.loads(made["data"]["gateway.json"])
        change(document)
        made["data"]["gateway.json"] = json.dumps(document, indent=1, sort_keys=True)

    return changed("ConfigMap", "gateway", write)


@later
def vault(**parameters: str) -> Made:
    """The gateway's certificates with a parameter changed."""
    return changed("SecretProviderClass", "certificates", lambda made: made["spec"]["parameters"].update(parameters))


def switched_on(key: str, spec: Object) -> None:
    """One field that is true."""
    spec[key] = True
