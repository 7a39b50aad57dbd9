"""Pods of the plan with one thing changed."""

from tests.cluster.admission.case import Change, Made, later
from tests.cluster.admission.planned import changed, planned
from tests.cluster.client import Object

ZONE = "topology.kubernetes.io/zone"
GPU = {"limits": {"nvidia.com/gpu": "1"}, "requests": {"nvidia.com/gpu": "1"}}


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
def labelled(name: str, **labels: str | None) -> Made:
    """The same, by labels of the pod; without one where its value is None."""

    def change(template: Object) -> None:
        known = template["metadata"]["labels"]
        for key, value in labels.items():
            known.pop(f"bailiwick/{key.replace('_', '-')}", None)
            if value is not None:
                known[f"bailiwick/{key.replace('_', '-')}"] = value

    return workload(name, change)


@later
def mounted(name: str, *, read_only: bool) -> Made:
    """The model's pod, with a mount that may be written, or not."""

    def change(spec: Object) -> None:
        found = next(m for m in spec["containers"][0]["volumeMounts"] if m["name"] == name)
        found["readOnly"] = read_only

    return pod("vllm", change)


@later
def weights_of_pod(*, read_only: bool) -> Made:
    """The model's pod, with its claim of the weights read-only, or not."""

    def change(spec: Object) -> None:
        found = next(v for v in spec["volumes"] if v["name"] == "weights")
        found["persistentVolumeClaim"]["readOnly"] = read_only

    return pod("vllm", change)


@later
def arguments(add: str = "", drop: str = "") -> Made:
    """The model's pod, by one argument more or less."""

    def change(spec: Object) -> None:
        first = spec["containers"][0]
        first["args"] = [a for a in first["args"] if not (drop and a.startswith(drop))] + ([add] if add else [])

    return pod("vllm", change)


@later
def foreign(image: str) -> Made:
    """The model's pod, with a container of another image before it."""
    extra = {
        "name": "first",
        "securityContext": planned("Deployment", "vllm")["spec"]["template"]["spec"]["containers"][0][
            "securityContext"
        ],
    }
    return pod("vllm", lambda spec: spec.update(initContainers=[{**extra, "image": image}]))


@later
def token(audience: str) -> Made:
    """The model's pod, with a token for somebody mounted."""
    source = {"serviceAccountToken": {"path": "token", "audience": audience, "expirationSeconds": 3600}}
    return volume("vllm", projected={"sources": [source]})


def switched(name: str) -> Made:
    """The model's pod, with a variable that is 0."""

    def change(spec: Object) -> None:
        next(e for e in spec["containers"][0]["env"] if e["name"] == name)["value"] = "0"

    return pod("vllm", change)


@later
def without_offline() -> Made:
    """The model's pod, which may ask a hub."""
    return pod(
        "vllm",
        lambda spec: spec["containers"][0].update(
            env=[e for e in spec["containers"][0]["env"] if e["name"] != "HF_HUB_OFFLINE"]
        ),
    )
