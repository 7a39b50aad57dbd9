"""Model servers: what they are told, what they verify, and the proxy without which nobody reaches them."""

import re
from collections.abc import Mapping

from plan.model import PlannedResource
from policies.require import items, texts
from policies.review import StackUnderReview
from policies.rule import Severity, rule
from policies.rules.workload_pods import KINDS, POD
from policies.types import DEPLOYMENT
from policies.verdict import PASSED, Verdict, refused_for

NOTED = "spec.template.metadata.annotations"
KNOWN: Mapping[str, str] = {
    "model": r"/models/[A-Za-z0-9._-]+/[0-9a-f]{40}",
    "manifest-sha256": r"[0-9a-f]{64}",
    "weights-keys": r"/etc/weights/keys\.pem",
    "served-model-name": r"[a-z0-9-]+",
    "max-model-len": r"[0-9]+",
    "max-num-seqs": r"[0-9]+",
    "gpus": r"[0-8]",
    "gpu-memory-utilization": r"0\.[0-9]{1,3}",
    "confidential": r"true|false",
    "kv-cache-dtype": r"auto|fp8",
    "online-quantization": r"none|fp8",
    "tool-call-parser": r"[a-z0-9_]+",
    "reasoning-parser": r"[a-z0-9_]+",
    "cpu-kv-gib": r"[0-9]+",
    "stop-seconds": r"[0-9]+",
    "threads": r"[0-9]+",
}
"""Arguments of the server, each with what it may be: the same names as model_images/vllm/settings.py has."""
NEEDED = ("model", "manifest-sha256", "weights-keys", "served-model-name", "max-model-len", "gpus")
PROXY = ("proxy", "--caller=gateway.gateway.svc.cluster.local")
PORTS = {8000, 8001}


def _containers(workload: PlannedResource) -> list[dict[str, object]] | None:
    """Of a model server's pods; None for anything else."""
    labels = workload.get("metadata.labels")
    if not isinstance(labels, dict) or labels.get("app.kubernetes.io/component") != "inference":
        return None
    return [container for kind in KINDS for container in items(workload.get(f"{POD}.{kind}"))]


def _part(container: Mapping[str, object]) -> str:
    told = list(texts(container.get("args")))
    return told[0] if told else ""


@rule(
    "workload.models-run-no-code",
    title="A model server loads approved weights that it verifies, runs no code of theirs, and is told nothing else",
    severity=Severity.CRITICAL,
    applies_to=DEPLOYMENT,
    fix="leave the arguments to components/model_pod.py",
    example="a model server with --trust-remote-code, or without the checksum of its weights",
)
def no_code(workload: PlannedResource, stack: StackUnderReview) -> Verdict:
    """docs.vllm.ai: --trust-remote-code runs what lies beside the weights; a request log holds what patients said."""
    containers = _containers(workload)
    if containers is None:
        return PASSED
    told = [] if any(_part(one) == "serve" for one in containers) else ["has no server that is told `serve`"]
    for container in containers:
        if _part(container) == "serve":
            told += _told(list(texts(container.get("args")))[1:], workload.get(NOTED))
    return refused_for(told)


def _told(arguments: list[str], noted: object) -> list[str]:
    found, bad = {}, []
    for argument in arguments:
        name, _, value = argument.removeprefix("--").partition("=")
        if name not in KNOWN or not argument.startswith("--") or not re.fullmatch(KNOWN[name], value):
            bad.append(f"runs with {argument}")
        elif name in found:
            bad.append(f"says --{name} twice")
        found[name] = value
    bad += [f"lacks --{name}" for name in NEEDED if name not in found]
    pinned = noted.get("bailiwick/model-sha256") if isinstance(noted, dict) else None
    if "manifest-sha256" in found and isinstance(pinned, str) and found["manifest-sha256"] != pinned:
        bad.append("verifies other weights than its annotation pins")
    return bad


@rule(
    "workload.models-stand-behind-their-proxy",
    title="A model server has no port and no certificate; its proxy has both, knows the gateway, and sees no weights",
    severity=Severity.CRITICAL,
    applies_to=DEPLOYMENT,
    fix="leave the pod to components/model_pod.py",
    example="a model server that listens on a port, where its key guards a part of its routes",
)
def behind_their_proxy(workload: PlannedResource, stack: StackUnderReview) -> Verdict:
    """vLLM's key does not cover /tokenize, /pause, /update_weights and others (CVE-2026-48746: nor did it /v1)."""
    containers = _containers(workload)
    if containers is None:
        return PASSED
    told = []
    parts = sorted(_part(one) for one in containers)
    if parts != ["proxy", "serve"]:
        told.append(f"has containers {', '.join(part or '?' for part in parts)}; one serves, and one is its proxy")
    if len({str(one.get("image")) for one in containers}) > 1:
        told.append("has containers of several images")
    for container in containers:
        name, ports = container.get("name"), {p.get("containerPort") for p in items(container.get("ports"))}
        mounted = {str(mount.get("name")) for mount in items(container.get("volumeMounts"))}
        if _part(container) == "proxy":
            if tuple(texts(container.get("args"))) != PROXY:
                told.append(f"{name} is told {' '.join(texts(container.get('args')))}")
            told += [f"{name} opens port {one}" for one in sorted(map(str, ports - PORTS))]
            told += [f"{name} sees the weights"] if "weights" in mounted else []
            told += [] if "certificates" in mounted else [f"{name} has no certificate"]
        else:
            told += [f"{name} opens port {one}" for one in sorted(map(str, ports))]
            told += [f"{name} holds the certificate's key"] if "certificates" in mounted else []
    return refused_for(told)
