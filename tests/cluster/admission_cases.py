"""What admission refuses and takes: objects of the stack's own plan, each with one thing changed."""

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial, wraps
from typing import Any, ParamSpec

from plan.manifests import manifests
from tests.cluster.client import Object
from tests.plans import compliant

MODELS, GATEWAY, RETRIEVAL = "inference-clinical-notes", "gateway", "retrieval"
REGISTRY = "acrbweuprod.azurecr.io"
DIGEST = f"@sha256:{'0' * 64}"
ANNOTATION = "service.beta.kubernetes.io/azure-"
ZONE = "topology.kubernetes.io/zone"
OPERATORS = "gpu-operators"
PLUGIN, EXPORTER = "nvidia-device-plugin", "dcgm-exporter"
Change = Callable[[Any], object]
Made = Callable[[], Object]
"""Made when it is asked for: to list the cases, no plan is recorded."""
P = ParamSpec("P")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One object, before one policy."""

    policy: str
    what: str
    make: Made
    says: str = ""
    """Part of our message; empty where the object is taken."""

    @property
    def object(self) -> Object:
        """What is sent."""
        return self.make()

    def __str__(self) -> str:
        """As pytest names it."""
        return f"{self.policy}: {self.what}"


def later(make: Callable[P, Object | Made]) -> Callable[P, Made]:
    """What a builder would make now, it makes when it is asked for."""

    @wraps(make)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> Made:
        def now() -> Object:
            found = make(*args, **kwargs)
            return found() if callable(found) else found

        return now

    return wrapped


def planned(kind: str, name: str) -> Object:
    """A copy of one object of the stack."""
    found = (m for m in manifests(compliant()) if m["kind"] == kind and m["metadata"]["name"] == name)
    return copy.deepcopy(next(found))


@later
def changed(kind: str, name: str, change: Change | None = None) -> Object:
    """A planned object with one thing changed."""
    made = planned(kind, name)
    if change:
        change(made)
    return made


@later
def workload(name: str, change: Change | None = None) -> Made:
    """A planned deployment whose pod template has one thing changed."""
    return changed("Deployment", name, lambda made: change(made["spec"]["template"]) if change else None)


@later
def pod(name: str, change: Change) -> Made:
    """The same, by the pod's spec."""
    return workload(name, lambda template: change(template["spec"]))


@later
def container(name: str, **values: object) -> Made:
    """The same, by settings of its first container."""
    return pod(name, lambda spec: spec["containers"][0].update(values))


@later
def variable(of: str, **values: object) -> Made:
    """The same, by one environment variable more."""
    return pod(of, lambda spec: spec["containers"][0].setdefault("env", []).append(values))


@later
def volume(name: str, **values: object) -> Made:
    """The same, by one volume more, which nothing mounts."""
    return pod(name, lambda spec: spec["volumes"].append({"name": "more", **values}))


@later
def security(**values: object) -> Made:
    """The same, by the first container's security context."""
    return pod("vllm", lambda spec: spec["containers"][0]["securityContext"].update(values))


@later
def affinity(*zones: str) -> Made:
    """The same, by where it must stand."""
    terms = [{"matchExpressions": [{"key": ZONE, "operator": "In", "values": list(zones)}]}]
    node = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    return pod("gateway", lambda spec: spec.update(affinity={"nodeAffinity": node}))


@later
def operator(path: str = "", name: str = PLUGIN, **changes: object) -> Made:
    """What hands out GPUs, with another folder of the node, or its pod otherwise changed."""

    def change(made: Object) -> None:
        spec = made["spec"]["template"]["spec"]
        if path:
            spec["volumes"][0]["hostPath"]["path"] = path
        spec.update(changes)

    return changed("DaemonSet", name, change)


@later
def stranger(name: str = "helper") -> Made:
    """One more beside them."""

    def change(made: Object) -> None:
        made["metadata"]["name"] = name
        made["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"] = name
        made["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"] = name

    return changed("DaemonSet", PLUGIN, change)


@later
def exporter_writes() -> Made:
    """The exporter, which may write where it should only ask."""

    def change(made: Object) -> None:
        for mount in made["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]:
            mount.pop("readOnly", None) if mount["name"] == "kubelet" else None

    return changed("DaemonSet", EXPORTER, change)


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


@later
def weights(**spec: object) -> Made:
    """The volume of weights with a field changed, under another name: what a volume is can't be changed."""

    def change(made: Object) -> None:
        made["metadata"]["name"] = "more"
        made["spec"] = {key: value for key, value in {**made["spec"], **spec}.items() if value is not None}

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


def _bad(policy: str, says: str, cases: Mapping[str, Made]) -> Iterator[Case]:
    return (Case(policy=policy, what=what, make=made, says=says) for what, made in cases.items())


@later
def _labels(name: str, **labels: str | None) -> Made:
    def change(template: Object) -> None:
        known = template["metadata"]["labels"]
        for key, value in labels.items():
            known.pop(f"bailiwick/{key.replace('_', '-')}", None)
            if value is not None:
                known[f"bailiwick/{key.replace('_', '-')}"] = value

    return workload(name, change)


@later
def _mounted(name: str, *, read_only: bool) -> Made:
    def change(spec: Object) -> None:
        found = next(m for m in spec["containers"][0]["volumeMounts"] if m["name"] == name)
        found["readOnly"] = read_only

    return pod("vllm", change)


@later
def _weights_of_pod(*, read_only: bool) -> Made:
    def change(spec: Object) -> None:
        found = next(v for v in spec["volumes"] if v["name"] == "weights")
        found["persistentVolumeClaim"]["readOnly"] = read_only

    return pod("vllm", change)


@later
def _args(add: str = "", drop: str = "") -> Made:
    def change(spec: Object) -> None:
        first = spec["containers"][0]
        first["args"] = [a for a in first["args"] if not (drop and a.startswith(drop))] + ([add] if add else [])

    return pod("vllm", change)


@later
def _foreign(image: str) -> Made:
    extra = {
        "name": "first",
        "securityContext": planned("Deployment", "vllm")["spec"]["template"]["spec"]["containers"][0][
            "securityContext"
        ],
    }
    return pod("vllm", lambda spec: spec.update(initContainers=[{**extra, "image": image}]))


@later
def _token(audience: str) -> Made:
    source = {"serviceAccountToken": {"path": "token", "audience": audience, "expirationSeconds": 3600}}
    return volume("vllm", projected={"sources": [source]})


def _set(key: str, spec: Object) -> None:
    spec[key] = True


def _keyed() -> Made:
    def change(made: Object) -> None:
        made["metadata"]["name"] = "more"
        made["spec"]["csi"]["nodeStageSecretRef"] = {"name": "x", "namespace": "default"}

    return changed("PersistentVolume", f"{MODELS}-weights", change)


def _switched(name: str) -> Made:
    def change(spec: Object) -> None:
        next(e for e in spec["containers"][0]["env"] if e["name"] == name)["value"] = "0"

    return pod("vllm", change)


@later
def _without_offline() -> Made:
    return pod(
        "vllm",
        lambda spec: spec["containers"][0].update(
            env=[e for e in spec["containers"][0]["env"] if e["name"] != "HF_HUB_OFFLINE"]
        ),
    )


def _peer(name: str) -> dict[str, object]:
    return {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}},
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": "gateway"}},
    }


def _from(name: str) -> dict[str, object]:
    labels = {"k8s:io.kubernetes.pod.namespace": name, "k8s:app.kubernetes.io/name": "gateway"}
    return {"fromEndpoints": [{"matchLabels": labels}], **ports(8000)}


TCP = [{"port": 443, "protocol": "TCP"}]
GPU = {"limits": {"nvidia.com/gpu": "1"}, "requests": {"nvidia.com/gpu": "1"}}


def refused() -> Iterator[Case]:
    """One breach each."""
    yield from _bad(
        "images",
        "an image comes from the stack's own registry, by digest: ",
        {
            "a tag": container("vllm", image=f"{REGISTRY}/bailiwick/vllm:latest"),
            "another registry": container("vllm", image=f"docker.io/vllm/vllm-openai{DIGEST}"),
            "a host that begins alike": container("vllm", image=f"{REGISTRY}.elsewhere.example/vllm{DIGEST}"),
            "a first container's": _foreign(f"docker.io/x{DIGEST}"),
        },
    )
    yield from _bad(
        "node",
        "a pod shares neither network nor processes",
        {f"its {key}": pod("vllm", partial(_set, key)) for key in ("hostNetwork", "hostPID", "hostIPC")},
    )
    yield from _bad(
        "node",
        "a pod opens no port of its node: vllm",
        {
            "a port": container("vllm", ports=[{"containerPort": 8000, "hostPort": 8000}]),
        },
    )
    yield from _bad(
        "node",
        "a pod mounts no folder of its node: ",
        {
            "its disk": volume("vllm", hostPath={"path": "/"}),
            "a folder that GPUs do not need": operator("/etc"),
            "the kubelet's whole folder": operator("/var/lib/kubelet"),
        },
    )
    yield from _bad(
        "operators",
        "the device plugin and the exporter, and nothing else: ",
        {
            "a third": stranger(),
            "a deployment among them": changed(
                "Deployment", GATEWAY, lambda made: made["metadata"].update(namespace=OPERATORS)
            ),
        },
    )
    yield from _bad(
        "operators",
        "each mounts the one folder that it needs",
        {
            "the exporter's folder in the plugin": operator("/var/lib/kubelet/pod-resources"),
            "the plugin's folder in the exporter": operator("/var/lib/kubelet/device-plugins", EXPORTER),
            "an exporter that writes": exporter_writes(),
        },
    )
    yield from _bad(
        "operators",
        "system calls are filtered and nothing is unmasked",
        {
            "no filter": operator(securityContext={"runAsUser": 0}),
            "a group of the node's": operator(
                securityContext={
                    "runAsUser": 0,
                    "seccompProfile": {"type": "RuntimeDefault"},
                    "supplementalGroups": [0],
                }
            ),
        },
    )
    yield from _bad(
        "privileges",
        "a container has no privileges",
        {
            "all of them": security(privileged=True, allowPrivilegeEscalation=True),
            "that it may gain": security(allowPrivilegeEscalation=True),
        },
    )
    yield from _bad(
        "privileges",
        "a container keeps no capabilities: vllm",
        {
            "those of a container runtime": security(capabilities={}),
            "one more": security(capabilities={"drop": ["ALL"], "add": ["NET_RAW"]}),
        },
    )
    yield from _bad(
        "privileges",
        "a container writes nothing into its own image: vllm",
        {
            "an image that is written": security(readOnlyRootFilesystem=False),
        },
    )
    yield from _bad(
        "privileges",
        "a pod is handed no token",
        {
            "a token": pod("vllm", lambda spec: spec.update(automountServiceAccountToken=True)),
            "a token by default": pod("vllm", lambda spec: spec.pop("automountServiceAccountToken")),
        },
    )
    yield from _bad("gpus", "only a model takes a GPU: gateway", {"the gateway's": container("gateway", resources=GPU)})
    yield from _bad(
        "gpus", "only a model takes a GPU: retrieval", {"retrieval's": container("retrieval", resources=GPU)}
    )
    yield from _bad(
        "gpus",
        "devices are asked for as resources",
        {
            "a claim": pod(
                "vllm", lambda spec: spec.update(resourceClaims=[{"name": "gpu", "resourceClaimName": "x"}])
            ),
        },
    )
    yield from _bad(
        "gpus",
        "no variable hands out GPUs",
        {
            "every GPU of the node": variable("gateway", name="NVIDIA_VISIBLE_DEVICES", value="all"),
        },
    )
    yield from _bad(
        "gpus",
        "only models and what serves their GPUs",
        {
            "the gateway beside models": pod(
                "gateway", lambda spec: spec.update(nodeSelector={"bailiwick/pool": "gpu"})
            ),
        },
    )
    yield from _bad(
        "places",
        "a pod names its pool",
        {
            "no pool": pod("gateway", lambda spec: spec.pop("nodeSelector")),
            "the system's": pod("gateway", lambda spec: spec.update(nodeSelector={"bailiwick/pool": "system"})),
        },
    )
    yield from _bad(
        "places",
        "the scheduler chooses the node: aks-x",
        {
            "a node by name": pod("gateway", lambda spec: spec.update(nodeName="aks-x")),
        },
    )
    yield from _bad(
        "places",
        "a pod stands in a zone and a region of the stack: ",
        {
            "a zone elsewhere": pod("gateway", lambda spec: spec["nodeSelector"].update({ZONE: "eastus-1"})),
            "a region elsewhere": pod(
                "gateway", lambda spec: spec["nodeSelector"].update({"topology.kubernetes.io/region": "eastus"})
            ),
        },
    )
    yield from _bad(
        "places",
        "a pod's affinity is to zones",
        {
            "affinity elsewhere": affinity("westeurope-1", "eastus-1"),
        },
    )
    yield from _bad(
        "places",
        "a pod tolerates no taint that it does not name",
        {
            "every taint": pod("gateway", lambda spec: spec.update(tolerations=[{"operator": "Exists"}])),
        },
    )
    yield from _bad(
        "labels",
        "a pod says what it is",
        {
            "no class": _labels("gateway", data_classification=None),
            "no tenant": _labels("vllm", tenant=None),
            "no use case": _labels("vllm", use_case=None),
        },
    )
    yield from _bad(
        "labels",
        "a pod belongs to this stack",
        {
            "another jurisdiction's": _labels("gateway", jurisdiction="us"),
            "another use case's": _labels("vllm", use_case="billing"),
            "another tenant's": _labels("vllm", tenant="somebody"),
        },
    )
    yield from _bad(
        "labels", "a class of data is", {"a class of its own": _labels("gateway", data_classification="misc")}
    )
    yield from _bad(
        "secrets",
        "no secret stands in an environment variable in clear: gateway sets ",
        {
            "a password": variable("gateway", name="DB_PASSWORD", value="x"),
            "a key": variable("gateway", name="api_key", value="x"),
        },
    )
    yield from _bad(
        "secrets",
        "no value of an environment variable is a secret: gateway",
        {
            "a connection": variable("gateway", name="STORE", value="AccountName=x;AccountKey=eA=="),
            "a signed link": variable("gateway", name="FROM", value="https://x.blob.core.windows.net/y?sv=1&sig=x"),
            "an address with a password": variable("gateway", name="DB", value="postgres://me:me@x/y"),
        },
    )
    yield from _bad(
        "environment",
        "no variable turns a process",
        {
            "a library": variable("vllm", name="LD_PRELOAD", value="/x.so"),
            "a proxy": variable("vllm", name="https_proxy", value="x"),
            "a switch": _switched("HF_DATASETS_OFFLINE"),
        },
    )
    yield from _bad(
        "environment",
        "no variable comes from a Secret",
        {
            "a Secret's": variable("vllm", name="X", valueFrom={"secretKeyRef": {"name": "x", "key": "y"}}),
            "a whole map": container("vllm", envFrom=[{"configMapRef": {"name": "x"}}]),
        },
    )
    yield from _bad(
        "volumes",
        "a volume is memory, settings, certificates or weights: more",
        {
            "a share elsewhere": volume("vllm", nfs={"server": "203.0.113.7", "path": "/"}),
            "a Secret": volume("vllm", secret={"secretName": "x"}),
        },
    )
    yield from _bad(
        "volumes",
        "a volume of a driver's holds certificates",
        {
            "a file share": volume("vllm", csi={"driver": "file.csi.azure.com", "readOnly": True}),
        },
    )
    yield from _bad("volumes", "a token that is mounted is for Entra alone", {"a token": _token("elsewhere")})
    yield from _bad(
        "volumes",
        "weights of a model are mounted read-only: weights",
        {
            "weights that are written": _weights_of_pod(read_only=False),
        },
    )
    yield from _bad(
        "volumes",
        "nothing is mounted for writing but memory: vllm",
        {
            "a mount that is written": _mounted("weights", read_only=False),
        },
    )
    yield from _bad(
        "programs",
        "a container runs what its image says: vllm",
        {
            "a shell": container("vllm", command=["sh", "-c", "curl elsewhere.example"]),
            "a terminal": container("vllm", stdin=True, tty=True),
        },
    )
    yield from _bad(
        "programs",
        "a hook may wait, and do nothing else: vllm",
        {
            "a hook": container("vllm", lifecycle={"postStart": {"exec": {"command": ["sh"]}}}),
            "a last word": container("vllm", lifecycle={"preStop": {"exec": {"command": ["sh"]}}}),
        },
    )
    yield from _bad(
        "models",
        "a model runs no code of its weights",
        {
            "code": _args("--trust-remote-code"),
            "a log of requests": _args("--enable-log-requests"),
        },
    )
    yield from _bad(
        "models",
        "a model is loaded from the approved weights",
        {
            "somebody's model": _args("--model=somebody/elses", drop="--model="),
            "two models": _args("--model=/models/x"),
            "weights without a checksum": _args(drop="--manifest-sha256="),
            "weights that nobody signed": _args(drop="--weights-keys="),
        },
    )
    yield from _bad("models", "a model loads nothing from a hub", {"a hub": _without_offline()})
    yield from _bad(
        "namespaces",
        "a namespace says what it is for",
        {
            "no class": space(bailiwick__data_classification=None),
            "models of nobody": changed(
                "Namespace", MODELS, lambda made: made["metadata"]["labels"].pop("bailiwick/tenant")
            ),
        },
    )
    yield from _bad(
        "namespaces",
        "a namespace belongs to this stack",
        {
            "another jurisdiction's": space(bailiwick__jurisdiction="us"),
        },
    )
    yield from _bad(
        "namespaces",
        "a namespace enforces Pod Security restricted",
        {
            "less": changed(
                "Namespace",
                GATEWAY,
                lambda made: made["metadata"]["labels"].update({"pod-security.kubernetes.io/enforce": "baseline"}),
            ),
        },
    )
    yield from _bad(
        "namespaces",
        "a namespace of models is called inference-",
        {
            "models under another name": changed(
                "Namespace", MODELS, lambda made: made["metadata"].update(name="other")
            ),
        },
    )
    yield from _bad(
        "namespaces",
        "a namespace of models is called after its tenant and its use case",
        {
            "a tenant's under a shared name": changed(
                "Namespace", MODELS, lambda made: made["metadata"]["labels"].update({"bailiwick/tenant": "northern"})
            ),
            "one tenant's under another's name": changed(
                "Namespace",
                MODELS,
                lambda made: made["metadata"].update(
                    name="inference-southern-clinical-notes",
                    labels={**made["metadata"]["labels"], "bailiwick/tenant": "northern"},
                ),
            ),
        },
    )
    yield from _bad("nodes", "a node stands in the stack's region: eastus", {"one elsewhere": node("eastus")})
    yield from _bad(
        "services",
        "a service is inside the cluster",
        {
            "a node's port": service("retrieval", type="NodePort"),
            "another name": service("vllm", type="ExternalName", externalName="elsewhere.example"),
        },
    )
    yield from _bad(
        "services",
        "a load balancer is internal",
        {
            "a public one": service(note="load-balancer-internal"),
            "one that says false": service(note="load-balancer-internal", value="false"),
            "one in another subnet": service(note="load-balancer-internal-subnet", value="endpoints"),
        },
    )
    yield from _bad(
        "services", "a service takes no address", {"another's": service("vllm", externalIPs=["203.0.113.7"])}
    )
    yield from _bad(
        "services",
        "no other instruction to Azure's load balancer",
        {
            "a public name": service(note="dns-label-name", value="x"),
            "approval by itself": service(note="pls-auto-approval", value="*"),
        },
    )
    yield from _bad(
        "services", "only the portal's private link", {"partners": service(note="pls-visibility", value="*")}
    )
    yield from _bad(
        "networks",
        "a network policy lets nothing out",
        {
            **{
                cidr: network({"to": [{"ipBlock": {"cidr": cidr}}], "ports": TCP})
                for cidr in ("0.0.0.0/0", "128.0.0.0/1", "10.0.0.0/8", "203.0.113.7/32", "::/0")
            },
        },
    )
    yield from _bad(
        "networks",
        "a network policy lets nothing in",
        {
            "the world": network(ingress=[{"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": TCP}]),
        },
    )
    yield from _bad(
        "networks",
        "a network policy names its peers",
        {
            "everybody": network({}),
            "every namespace": network({"to": [{"namespaceSelector": {}}], "ports": TCP}),
        },
    )
    yield from _bad(
        "networks",
        "only the gateway calls a model, or retrieval",
        {
            "another namespace": network(namespace=MODELS, ingress=[{"from": [_peer("default")], "ports": TCP}]),
            "a model that searches": network(namespace=RETRIEVAL, ingress=[{"from": [_peer(MODELS)], "ports": TCP}]),
        },
    )
    yield from _bad(
        "fine-networks",
        "a Cilium policy opens nothing to the world",
        {
            "the world": cilium(egress=[{"toEntities": ["world"], **ports(443)}]),
        },
    )
    yield from _bad(
        "fine-networks",
        "a Cilium policy lets nothing out",
        {
            "0.0.0.0/0": cilium(egress=[{"toCIDR": ["0.0.0.0/0"], **ports(443)}]),
            "a set": cilium(egress=[{"toCIDRSet": [{"cidr": "203.0.113.0/24"}], **ports(443)}]),
        },
    )
    yield from _bad(
        "fine-networks",
        "a Cilium policy lets nothing in",
        {
            "0.0.0.0/0": cilium(ingress=[{"fromCIDR": ["0.0.0.0/0"], **ports(443)}]),
        },
    )
    yield from _bad(
        "fine-networks",
        "a Cilium policy names the hosts",
        {
            "a pattern": cilium(egress=[{"toFQDNs": [{"matchPattern": "*.example"}], **ports(443)}]),
        },
    )
    yield from _bad(
        "fine-networks",
        "a Cilium policy names its peers and its ports: egress",
        {
            "ports alone": cilium(egress=[ports(443)]),
            "everybody": cilium(egress=[{"toEndpoints": [{}], **ports(443)}]),
            "every port": cilium(egress=[{"toFQDNs": [{"matchName": "x.example"}]}]),
        },
    )
    yield from _bad(
        "fine-networks",
        "only the gateway calls a model, or retrieval",
        {
            "another namespace": cilium(MODELS, ingress=[_from("default")]),
            "a model that searches": cilium(RETRIEVAL, ingress=[_from(MODELS)]),
        },
    )
    yield from _bad("fine-networks", "a Cilium policy has one spec", {"two": several()})
    yield from _bad(
        "weights",
        "a volume is a container of a store's",
        {
            "the node's disk": weights(csi=None, mountOptions=None, hostPath={"path": "/"}),
            "a share elsewhere": weights(csi=None, mountOptions=None, nfs={"server": "203.0.113.7", "path": "/"}),
        },
    )
    yield from _bad(
        "weights",
        "a volume of weights is read-only, and kept",
        {
            "one that is written": weights(accessModes=["ReadWriteMany"]),
            "one that goes": weights(persistentVolumeReclaimPolicy="Delete"),
        },
    )
    yield from _bad(
        "weights",
        "a volume is read with an identity",
        {
            "a key": _keyed(),
        },
    )
    yield from _bad(
        "settings",
        "the gateway serves this stack",
        {
            "another's": settings(lambda told: told.update(jurisdiction="us")),
            "a trial": settings(lambda told: told.update(environment="dev")),
        },
    )
    yield from _bad(
        "settings",
        "the gateway calls models and retrieval, inside the cluster alone",
        {
            "passages from elsewhere": settings(lambda told: told.update(retrieval="https://elsewhere.example")),
            "another's passages": settings(
                lambda told: told.update(retrieval="http://retrieval.elsewhere.svc.cluster.local:8000")
            ),
            "retrieval's other port": settings(
                lambda told: told.update(retrieval="http://retrieval.retrieval.svc.cluster.local:9000")
            ),
            "a model elsewhere": settings(lambda told: told["models"].update(x="https://elsewhere.example/v1")),
            "a model at a page's host": settings(
                lambda told: told.update(models={"x": "https://page.example"}, origins=["https://page.example"])
            ),
            "pages by a pattern": settings(lambda told: told.update(origins=["https://*.example"])),
            "a page without encryption": settings(lambda told: told.update(origins=["http://page.example"])),
            "a provider": settings(
                lambda told: told["external_providers"].append({"url": "https://elsewhere.example"})
            ),
        },
    )
    yield from _bad(
        "settings",
        "every listener of the gateway asks for a token",
        {
            "no token": settings(lambda told: told["listeners"]["portal"].update({"token": "none"})),
            "no certificate": settings(lambda told: told["listeners"]["partners"].update(client_certificate="none")),
            "another listener": settings(
                lambda told: told["listeners"].update(open={"port": 8445, "client_certificate": "none"})
            ),
        },
    )
    yield from _bad(
        "settings",
        "each tenant's cache is salted by a file of its own from the vault",
        {
            "a salt in clear": settings(lambda told: told.update(tenants={"northern": {"cacheSalt": "0f0f"}})),
            "one salt for two": settings(
                lambda told: told.update(
                    tenants={key: {"cacheSalt": "/run/certificates/salt-northern"} for key in ("northern", "southern")}
                )
            ),
        },
    )
    yield from _bad(
        "settings",
        "the gateway's settings are in one key",
        {
            "escapes": changed(
                "ConfigMap",
                "gateway",
                lambda made: made["data"].update(
                    {"gateway.json": made["data"]["gateway.json"].replace("http:", "\\u0068ttp:")}
                ),
            ),
        },
    )
    yield from _bad(
        "vaults",
        "certificates come from the stack's own vault",
        {
            "another's": vault(keyvaultName="kv-somebody-elses"),
            "another tenant's": vault(tenantId="00000000-0000-0000-0000-000000000000"),
        },
    )
    yield from _bad(
        "vaults",
        "what comes from the vault makes no Secret",
        {
            "the node's identity": vault(useVMManagedIdentity="true"),
        },
    )


OF_POLICY = {
    **dict.fromkeys(
        (
            "images",
            "node",
            "privileges",
            "gpus",
            "places",
            "labels",
            "secrets",
            "environment",
            "volumes",
            "programs",
            "models",
        ),
        ("Deployment", "vllm"),
    ),
    "operators": ("DaemonSet", PLUGIN),
    "namespaces": ("Namespace", MODELS),
    "services": ("Service", "partners"),
    "networks": ("NetworkPolicy", "gateway"),
    "fine-networks": ("CiliumNetworkPolicy", "requests"),
    "weights": ("PersistentVolume", f"{MODELS}-weights"),
    "settings": ("ConfigMap", "gateway"),
    "vaults": ("SecretProviderClass", "certificates"),
}
"""The object of the stack that each policy looks at."""


def taken() -> Iterator[Case]:
    """The stack's own objects, and what comes near a breach and is none."""
    for policy, (kind, name) in OF_POLICY.items():
        yield Case(policy=policy, what=f"the stack's own {kind}", make=partial(planned, kind, name))
    near: dict[str, dict[str, Made]] = {
        "nodes": {"one of the region": node("westeurope"), "one that does not say yet": node(None)},
        "places": {"a zone of the stack's": affinity("westeurope-1", "westeurope-2")},
        "gpus": {"a model's": container("vllm", resources=GPU)},
        "node": {"what hands out GPUs": operator(), "what measures them": operator(name=EXPORTER)},
        "operators": {"what measures them": operator(name=EXPORTER)},
        "volumes": {"what the webhook of identities adds": _token("api://AzureADTokenExchange")},
        "programs": {"a hook that waits": container("vllm", lifecycle={"preStop": {"sleep": {"seconds": 5}}})},
        "secrets": {"the name of a file": variable("gateway", name="AZURE_FEDERATED_TOKEN_FILE", value="/var/run/x")},
        "services": {"the portal, seen by all": service("portal", note="pls-visibility", value="*")},
        "weights": {
            "what an add-on of Azure's made": weights(
                csi=None,
                mountOptions=None,
                hostPath={"path": "/x"},
                claimRef={"namespace": "kube-system", "name": "x"},
            )
        },
        "images": {"a first container's": _foreign(f"{REGISTRY}/x{DIGEST}")},
        "namespaces": {
            "one more": space(),
            "Kubernetes' own": lambda: {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": "default", "labels": {"x": "y"}},
            },
        },
        "networks": {"a range of the stack's": network({"to": [{"ipBlock": {"cidr": "10.40.4.0/24"}}], "ports": TCP})},
        "fine-networks": {"a host by name": cilium(egress=[{"toFQDNs": [{"matchName": "x.example"}], **ports(443)}])},
        "settings": {
            "pages": settings(lambda told: told.update(origins=["https://page.example", "https://two.example:8443"])),
            "pages of tenants": settings(
                lambda told: told.update(
                    tenants={
                        name: {"cacheSalt": f"/run/certificates/salt-{name}", "origins": ["https://page.example"]}
                        for name in ("northern", "southern")
                    }
                )
            ),
            "another map": changed(
                "ConfigMap",
                "gateway",
                lambda made: (
                    made["metadata"].update(name="other"),
                    made.update(data={"x": "https://elsewhere.example"}),
                ),
            ),
        },
    }
    for policy, cases in near.items():
        for what, made in cases.items():
            yield Case(policy=policy, what=what, make=made)


KINDS = (
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("apps/v1", "ReplicaSet"),
    ("v1", "ReplicationController"),
    ("batch/v1", "Job"),
    ("batch/v1", "CronJob"),
    ("v1", "Pod"),
)
"""Everything beside a deployment that makes pods."""


def as_kinds(case: Case) -> Iterator[Case]:
    """The same breach in everything that makes pods."""
    for version, kind in KINDS:
        yield replace(case, what=f"{case.what}, by a {kind}", make=partial(_as, case, version, kind))


def _as(case: Case, version: str, kind: str) -> Object:
    deployment = case.object
    template = deployment["spec"]["template"]
    selector = {"selector": deployment["spec"]["selector"]}
    meta = {"name": "other", "namespace": deployment["metadata"]["namespace"]}
    job = {"metadata": template["metadata"], "spec": {**template["spec"], "restartPolicy": "Never"}}
    spec: Object = {
        "StatefulSet": {**selector, "serviceName": "x", "template": template},
        "ReplicationController": {"selector": selector["selector"]["matchLabels"], "template": template},
        "Job": {"template": job},
        "CronJob": {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": job}}},
        "Pod": template["spec"],
    }.get(kind, {**selector, "template": template})
    own = {**template["metadata"], **meta} if kind == "Pod" else meta
    return {"apiVersion": version, "kind": kind, "metadata": own, "spec": spec}
