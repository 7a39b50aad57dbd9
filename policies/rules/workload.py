"""Inside the cluster: what runs is known, and can do nothing beside its work."""

import re
from collections.abc import Iterable, Iterator

from plan.model import MISSING, UNKNOWN, PlannedResource
from policies.operators import is_operator, is_own_folder
from policies.require import items, require, show
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, judged, rule, stack_rule
from policies.types import DEPLOYMENT, PODS, REGISTRY
from policies.verdict import PASSED, Verdict, all_of, not_evaluated, refused

POD = "spec.template.spec"
DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
"""Switches that keep a model server from calling home: docs.vllm.ai, huggingface.co/docs (reference: serving.md)."""


def _pod(workload: PlannedResource) -> dict[str, object]:
    spec = workload.get(POD)
    return spec if isinstance(spec, dict) else {}


def _placed(workload: PlannedResource) -> Iterator[tuple[str, dict[str, object]]]:
    """Every container, with the path of its place."""
    pod = _pod(workload)
    for key in ("initContainers", "containers", "ephemeralContainers"):
        found = pod.get(key)
        for index, container in enumerate(found if isinstance(found, list | tuple) else ()):
            if isinstance(container, dict):
                yield f"{POD}.{key}.{index}", container


def _containers(workload: PlannedResource) -> Iterator[dict[str, object]]:
    return (container for _, container in _placed(workload))


def _each_container(workload: PlannedResource, path: str, *, wanted: object) -> Verdict:
    found = list(_placed(workload))
    if not found:
        return refused("has no containers in the plan")
    return all_of(
        PASSED
        if _at(container, path) == wanted
        else refused(
            f"container {show(container.get('name'))}: {path} is {show(_at(container, path))}",
            {f"{place}.{path}": wanted},
        )
        for place, container in found
    )


def _at(value: object, path: str) -> object:
    for part in path.split("."):
        if not isinstance(value, dict):
            return "not set"
        value = value.get(part, "not set")
    return value


@rule(
    "workload.images-by-digest",
    title="Images are named by digest",
    severity=Severity.CRITICAL,
    applies_to=PODS,
    fix="pin the image in Pulumi.<stack>.yaml as registry/repository@sha256:…",
    example="a container with image vllm/vllm-openai:latest",
)
def images_by_digest(workload: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A tag can be moved to other code between the review and the start."""
    images = [container.get("image") for container in _containers(workload)]
    if any(image is UNKNOWN for image in images):
        return not_evaluated("an image is known only after deployment")
    bad = [str(image) for image in images if not DIGEST.search(str(image))]
    return refused(f"runs {', '.join(bad) or 'no image'}") if bad or not images else PASSED


@stack_rule(
    "workload.images-from-own-registry",
    title="Images come from the stack's own registry",
    severity=Severity.CRITICAL,
    applies_to=(*PODS, REGISTRY),
    fix="import the image into the stack's registry and name it there",
    example="a container with image docker.io/vllm/vllm-openai@sha256:…",
)
def images_from_own_registry(stack: StackUnderReview) -> Iterable[Judged]:
    """A foreign registry decides what runs on patient data, and sees when it runs."""
    registries = [str(registry.get("registryName")) for registry in stack.of_type(REGISTRY)]
    if not registries:
        return absent(stack, "the plan has no registry")
    suffix = stack.jurisdiction.cloud.suffixes["registry"]
    hosts = tuple(f"{name}.{suffix}/" for name in registries)

    def check(workload: PlannedResource) -> Verdict:
        images = [str(container.get("image")) for container in _containers(workload)]
        bad = [image for image in images if not image.startswith(hosts)]
        return refused(f"runs {', '.join(bad)}") if bad else PASSED

    return judged(stack.of_type(*PODS), check)


@rule(
    "workload.never-root",
    title="Pods don't run as root",
    severity=Severity.HIGH,
    applies_to=PODS,
    fix="use components/workload.py for the pod",
    example="a pod without runAsNonRoot",
    remediate=True,
)
def never_root(workload: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Root in a container is one kernel hole away from root on the node."""
    if is_operator(workload):
        return PASSED  # workload.operators-keep-to-their-folder says what it may have, and has not
    return all_of(
        (
            require(workload, f"{POD}.securityContext.runAsNonRoot", equals=True),
            require(workload, f"{POD}.securityContext.runAsUser", at_least=1),
        )
    )


@rule(
    "workload.read-only-root",
    title="Containers can't write to their own file system",
    severity=Severity.HIGH,
    applies_to=PODS,
    fix="set readOnlyRootFilesystem and mount an emptyDir where writing is needed",
    example="a container without readOnlyRootFilesystem",
    remediate=True,
)
def read_only_root(workload: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Who breaks in can't leave anything behind."""
    return _each_container(workload, "securityContext.readOnlyRootFilesystem", wanted=True)


@rule(
    "workload.no-privileges",
    title="Containers have no privileges, and can gain none",
    severity=Severity.CRITICAL,
    applies_to=PODS,
    fix="drop ALL capabilities and set allowPrivilegeEscalation to false",
    example="a privileged container",
    remediate=True,
)
def no_privileges(workload: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A privileged container is the node."""
    drop = "securityContext.capabilities.drop"
    dropped = all_of(
        PASSED
        if _at(container, drop) == ["ALL"] and not _added(container)
        else refused(f"container {show(container.get('name'))} keeps capabilities", {f"{place}.{drop}": ["ALL"]})
        for place, container in _placed(workload)
    )
    return all_of(
        (
            _each_container(workload, "securityContext.allowPrivilegeEscalation", wanted=False),
            dropped,
            all_of(
                refused(
                    f"container {show(c.get('name'))} is privileged", {f"{place}.securityContext.privileged": False}
                )
                if _at(c, "securityContext.privileged") is True
                else PASSED
                for place, c in _placed(workload)
            ),
        )
    )


def _added(container: dict[str, object]) -> bool:
    return _at(container, "securityContext.capabilities.add") not in ("not set", [], None)


@rule(
    "workload.system-calls-filtered",
    title="Pods run under the runtime's seccomp profile",
    severity=Severity.MEDIUM,
    applies_to=PODS,
    fix="set securityContext.seccompProfile.type to RuntimeDefault",
    example="a pod with seccompProfile Unconfined",
    remediate=True,
)
def calls_filtered(workload: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Most kernel holes are behind calls that no workload here makes."""
    path = f"{POD}.securityContext.seccompProfile.type"
    return require(workload, path, one_of=("RuntimeDefault", "Localhost"), cure="RuntimeDefault")


@rule(
    "workload.shares-nothing-with-node",
    title="Pods share neither network nor processes nor files with the node",
    severity=Severity.CRITICAL,
    applies_to=PODS,
    fix="remove hostNetwork, hostPID, hostIPC and hostPath volumes",
    example="a pod with hostNetwork true",
    remediate=True,
)
def shares_nothing(workload: PlannedResource, stack: StackUnderReview) -> Verdict:
    """The node's network is past every network policy."""
    pod = _pod(workload)
    shared = [key for key in ("hostNetwork", "hostPID", "hostIPC") if pod.get(key) is True]
    mounted = [
        f"volume {volume.get('name')}"
        for volume in items(pod.get("volumes"))
        if "hostPath" in volume and not is_own_folder(workload, volume)
    ]
    told = f"shares {', '.join(shared + mounted)} with the node"
    return refused(told, {f"{POD}.{key}": False for key in shared}) if shared or mounted else PASSED


@rule(
    "workload.no-token-by-default",
    title="Pods get no API token that they don't ask for",
    severity=Severity.HIGH,
    applies_to=PODS,
    fix="set automountServiceAccountToken to false",
    example="a pod without automountServiceAccountToken",
    remediate=True,
)
def no_token(workload: PlannedResource, stack: StackUnderReview) -> Verdict:
    """The token is the first thing that an intruder reads."""
    return require(workload, f"{POD}.automountServiceAccountToken", equals=False)


@rule(
    "workload.limits-set",
    title="Containers have limits and requests",
    severity=Severity.MEDIUM,
    applies_to=PODS,
    fix="give the container resources.requests and resources.limits",
    example="a container without a memory limit",
)
def limits_set(workload: PlannedResource, stack: StackUnderReview) -> Verdict:
    """One leaking pod takes its neighbours with it."""
    return all_of(
        PASSED
        if all(_at(c, f"resources.{kind}.memory") != "not set" for kind in ("requests", "limits"))
        else refused(f"container {show(c.get('name'))} has no memory request or limit")
        for c in _containers(workload)
    )


@rule(
    "workload.no-secret-in-environment",
    title="No secret stands in an environment variable in clear",
    severity=Severity.CRITICAL,
    applies_to=PODS,
    fix="read it from Key Vault by the secrets provider, or use a workload identity",
    example="an environment variable API_KEY with a value",
)
def no_secret_in_env(workload: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Environment lies in the plan, in the state, in etcd and in every crash report."""
    secret = re.compile(r"(PASSWORD|SECRET|TOKEN|API_?KEY|CONNECTION_?STRING)$")
    bad = [
        str(variable.get("name"))
        for container in _containers(workload)
        for variable in items(container.get("env"))
        if secret.search(str(variable.get("name"))) and variable.get("value") not in (None, "", MISSING)
    ]
    return refused(f"sets {', '.join(bad)} in clear") if bad else PASSED


@rule(
    "workload.models-call-nobody",
    title="Model servers load nothing from a hub, and report to nobody",
    severity=Severity.CRITICAL,
    applies_to=DEPLOYMENT,
    fix="let components/inference.py make the deployment",
    example="a model server without HF_HUB_OFFLINE=1",
)
def models_call_nobody(workload: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Egress is closed, so a download would fail; a server that tries fails late, and has told a hub's name server."""
    if not _serves_model(workload):
        return PASSED
    found = {
        str(variable.get("name")): str(variable.get("value"))
        for container in items(_pod(workload).get("containers"))
        for variable in items(container.get("env"))
    }
    missing = [f"{key}={value}" for key, value in OFFLINE.items() if found.get(key) != value]
    return refused(f"lacks {', '.join(missing)}") if missing else PASSED


@rule(
    "workload.models-are-pinned",
    title="Model servers say which model, revision and checksum they serve",
    severity=Severity.HIGH,
    applies_to=DEPLOYMENT,
    fix="name the model in Pulumi.<stack>.yaml by name, revision and sha256",
    example="a model server without annotation bailiwick/model-sha256",
)
def models_pinned(workload: PlannedResource, stack: StackUnderReview) -> Verdict:
    """An answer that nobody can trace to weights can't be investigated."""
    if not _serves_model(workload):
        return PASSED
    annotations = workload.get("spec.template.metadata.annotations")
    known = annotations if isinstance(annotations, dict) else {}
    wanted = [f"bailiwick/model-{key}" for key in ("name", "revision", "sha256")]
    missing = [key for key in wanted if not known.get(key)]
    return refused(f"lacks annotation {', '.join(missing)}") if missing else PASSED


def _serves_model(workload: PlannedResource) -> bool:
    # Label keys hold dots, which paths do not take.
    labels = workload.get("metadata.labels")
    return isinstance(labels, dict) and labels.get("app.kubernetes.io/component") == "inference"
