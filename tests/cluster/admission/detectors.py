"""What admission refuses and takes of a model beside the gateway."""

import copy
from collections.abc import Iterator
from typing import Any

from plan.manifests import manifests
from tests.cluster.admission.case import Case, Change, Made, later
from tests.cluster.client import Object
from tests.detecting import detecting

POLICY = "detectors"
TOKEN = "azure-identity-token"
"""As the webhook of workload identities calls the volume and mounts it."""


def _planned(kind: str) -> Object:
    found = (m for m in manifests(detecting()) if m["kind"] == kind and m["metadata"]["name"] == "gateway")
    return copy.deepcopy(next(found))


@later
def gateway(change: Change | None = None) -> Object:
    """The gateway's deployment with a detector, whose pods have one thing changed."""
    made = _planned("Deployment")
    if change:
        change(made["spec"]["template"]["spec"])
    return made


@later
def told() -> Object:
    """The settings that name it."""
    return _planned("ConfigMap")


@later
def as_it_comes(*skipped: int) -> Object:
    """A pod as the webhook of workload identities leaves it: with a token in every container that is not skipped."""
    made = _planned("Deployment")
    template = made["spec"]["template"]
    source = {"path": TOKEN, "expirationSeconds": 3600, "audience": "api://AzureADTokenExchange"}
    template["spec"]["volumes"].append({"name": TOKEN, "projected": {"sources": [{"serviceAccountToken": source}]}})
    # The stage's limits are those of a gateway without one.
    own, beside = template["spec"]["containers"]
    beside["resources"] = own["resources"]
    mount = {"name": TOKEN, "mountPath": "/var/run/secrets/azure/tokens", "readOnly": True}
    for index, container in enumerate(template["spec"]["containers"]):
        if index not in skipped:
            container["volumeMounts"].append(mount)
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**template["metadata"], "name": "gateway-0", "namespace": "gateway"},
        "spec": template["spec"],
    }


def _mounts(name: str) -> Made:
    more = {"name": name, "mountPath": f"/mnt/{name}", "readOnly": True}
    return gateway(lambda spec: spec["containers"][1]["volumeMounts"].append(more))


def _written(spec: Any) -> None:  # noqa: ANN401 a pod's spec
    (shared,) = [one for one in spec["containers"][0]["volumeMounts"] if one["name"] == "detector"]
    del shared["readOnly"]


def _first(spec: Any) -> None:  # noqa: ANN401 a pod's spec
    spec["initContainers"] = [{**spec["containers"][1], "name": "first"}]
    for key in ("lifecycle", "startupProbe", "readinessProbe", "livenessProbe"):
        spec["initContainers"][0].pop(key)


def refused() -> Iterator[Case]:
    """Of each check at least one."""
    cases: dict[str, dict[str, Made]] = {
        "a detector mounts memory alone, and none that the gateway writes to: detector mounts ": {
            "certificates": _mounts("certificates"),
            "settings": _mounts("settings"),
            "the log": _mounts("state"),
            "the gateway's sockets": _mounts("tmp"),
            "a folder that both write to": gateway(_written),
            "the token of the gateway's identity": as_it_comes(),
        },
        "beside the gateway stands its detector, and nothing else: ": {
            "a stranger": gateway(lambda spec: spec["containers"][1].update(name="helper")),
            "a first container": gateway(_first),
        },
        "a detector opens no port: detector": {
            "a port": gateway(lambda spec: spec["containers"][1].update(ports=[{"containerPort": 9000}])),
        },
        "a detector has a user of its own: detector": {
            "the gateway's user": gateway(
                lambda spec: spec["containers"][1]["securityContext"].update(runAsUser=10001)
            ),
            "the pod's user": gateway(lambda spec: spec["containers"][1]["securityContext"].pop("runAsUser")),
        },
    }
    for says, made in cases.items():
        for what, make in made.items():
            yield Case(policy=POLICY, what=what, make=make, says=says)


def taken() -> Iterator[Case]:
    """As the plan has it, and as a pod comes of it."""
    yield Case(policy=POLICY, what="a gateway with a detector", make=gateway())
    yield Case(policy=POLICY, what="the settings that name it", make=told())
    yield Case(policy=POLICY, what="its pod without a token in the detector", make=as_it_comes(1))
