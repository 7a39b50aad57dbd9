"""What a pod may be and where it stands."""

from collections.abc import Iterator
from functools import partial

from tests.cluster.admission.case import Case, bad
from tests.cluster.admission.daemons import operator
from tests.cluster.admission.objects import switched_on
from tests.cluster.admission.planned import DIGEST, REGISTRY
from tests.cluster.admission.pods import (
    GPU,
    ZONE,
    affinity,
    container,
    foreign,
    labelled,
    pod,
    security,
    variable,
    volume,
)


def refused() -> Iterator[Case]:
    """Each in the words of its policy."""
    yield from bad(
        "images",
        "an image comes from the stack's own registry, by digest: ",
        {
            "a tag": container("vllm", image=f"{REGISTRY}/bailiwick/vllm:latest"),
            "another registry": container("vllm", image=f"docker.io/vllm/vllm-openai{DIGEST}"),
            "a host that begins alike": container("vllm", image=f"{REGISTRY}.elsewhere.example/vllm{DIGEST}"),
            "a first container's": foreign(f"docker.io/x{DIGEST}"),
        },
    )
    yield from bad(
        "node",
        "a pod shares neither network nor processes",
        {f"its {key}": pod("vllm", partial(switched_on, key)) for key in ("hostNetwork", "hostPID", "hostIPC")},
    )
    yield from bad(
        "node",
        "a pod opens no port of its node: vllm",
        {
            "a port": container("vllm", ports=[{"containerPort": 8000, "hostPort": 8000}]),
        },
    )
    yield from bad(
        "node",
        "a pod mounts no folder of its node: ",
        {
            "its disk": volume("vllm", hostPath={"path": "/"}),
            "a folder that GPUs do not need": operator("/etc"),
            "the kubelet's whole folder": operator("/var/lib/kubelet"),
        },
    )
    yield from bad(
        "privileges",
        "a container has no privileges",
        {
            "all of them": security(privileged=True, allowPrivilegeEscalation=True),
            "that it may gain": security(allowPrivilegeEscalation=True),
        },
    )
    yield from bad(
        "privileges",
        "a container keeps no capabilities: vllm",
        {
            "those of a container runtime": security(capabilities={}),
            "one more": security(capabilities={"drop": ["ALL"], "add": ["NET_RAW"]}),
        },
    )
    yield from bad(
        "privileges",
        "a container writes nothing into its own image: vllm",
        {
            "an image that is written": security(readOnlyRootFilesystem=False),
        },
    )
    yield from bad(
        "privileges",
        "a pod is handed no token",
        {
            "a token": pod("vllm", lambda spec: spec.update(automountServiceAccountToken=True)),
            "a token by default": pod("vllm", lambda spec: spec.pop("automountServiceAccountToken")),
        },
    )
    yield from bad("gpus", "only a model takes a GPU: gateway", {"the gateway's": container("gateway", resources=GPU)})
    yield from bad(
        "gpus", "only a model takes a GPU: retrieval", {"retrieval's": container("retrieval", resources=GPU)}
    )
    yield from bad(
        "gpus",
        "devices are asked for as resources",
        {
            "a claim": pod(
                "vllm", lambda spec: spec.update(resourceClaims=[{"name": "gpu", "resourceClaimName": "x"}])
            ),
        },
    )
    yield from bad(
        "gpus",
        "no variable hands out GPUs",
        {
            "every GPU of the node": variable("gateway", name="NVIDIA_VISIBLE_DEVICES", value="all"),
        },
    )
    yield from bad(
        "gpus",
        "only models and what serves their GPUs",
        {
            "the gateway beside models": pod(
                "gateway", lambda spec: spec.update(nodeSelector={"bailiwick/pool": "gpu"})
            ),
        },
    )
    yield from bad(
        "places",
        "a pod names its pool",
        {
            "no pool": pod("gateway", lambda spec: spec.pop("nodeSelector")),
            "the system's": pod("gateway", lambda spec: spec.update(nodeSelector={"bailiwick/pool": "system"})),
        },
    )
    yield from bad(
        "places",
        "the scheduler chooses the node: aks-x",
        {
            "a node by name": pod("gateway", lambda spec: spec.update(nodeName="aks-x")),
        },
    )
    yield from bad(
        "places",
        "a pod stands in a zone and a region of the stack: ",
        {
            "a zone elsewhere": pod("gateway", lambda spec: spec["nodeSelector"].update({ZONE: "eastus-1"})),
            "a region elsewhere": pod(
                "gateway", lambda spec: spec["nodeSelector"].update({"topology.kubernetes.io/region": "eastus"})
            ),
        },
    )
    yield from bad(
        "places",
        "a pod's affinity is to zones",
        {
            "affinity elsewhere": affinity("westeurope-1", "eastus-1"),
        },
    )
    yield from bad(
        "places",
        "a pod tolerates no taint that it does not name",
        {
            "every taint": pod("gateway", lambda spec: spec.update(tolerations=[{"operator": "Exists"}])),
        },
    )
    yield from bad(
        "labels",
        "a pod says what it is",
        {
            "no class": labelled("gateway", data_classification=None),
            "no tenant": labelled("vllm", tenant=None),
            "no use case": labelled("vllm", use_case=None),
        },
    )
    yield from bad(
        "labels",
        "a pod belongs to this stack",
        {
            "another jurisdiction's": labelled("gateway", jurisdiction="us"),
            "another use case's": labelled("vllm", use_case="billing"),
            "another tenant's": labelled("vllm", tenant="somebody"),
        },
    )
    yield from bad(
        "labels", "a class of data is", {"a class of its own": labelled("gateway", data_classification="misc")}
    )
