"""What stands beside the gateway in its pods: a model for names that an operator brings, and what holds it there."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from plan.model import UNKNOWN, PlannedResource
from policies.config_maps import CONFIG, UNREADABLE, gateways
from policies.require import items
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, stack_rule
from policies.rules.fine_policies import GATEWAY
from policies.rules.workload_pods import KINDS, POD
from policies.types import DEPLOYMENT
from policies.verdict import PASSED, Verdict, not_evaluated, refused, refused_for

DETECTOR = "detector"
SKIPS = "azure.workload.identity/skip-containers"
"""Into every container that it does not name, the webhook mounts the token of the pod's identity:
azure.github.io/azure-workload-identity, service account labels and annotations."""
Container = Mapping[str, Any]


@stack_rule(
    "workload.detector-holds-only-a-socket",
    title="A model beside the gateway is the one that its settings pin, and has nothing of the gateway's but a socket",
    severity=Severity.CRITICAL,
    applies_to=(DEPLOYMENT, CONFIG),
    fix="leave the container to components/detector.py, and name its image by bailiwick:gateway.detector",
    example="a container beside the gateway that mounts its certificates, or runs as the gateway's own user",
)
def only_a_socket(stack: StackUnderReview) -> Iterable[Judged]:
    """It reads names before they are taken out. With a certificate, a token or the log it could carry them off as the
    gateway; with the gateway's user it could listen on its ports, and answer for it."""
    pods = [one for one in stack.of_type(DEPLOYMENT) if one.get("metadata.namespace") == GATEWAY]
    for workload in pods:
        yield workload, _kept_apart(workload)
    for config, settings in gateways(stack, GATEWAY):
        yield config, PASSED if stack.partial else _pinned(settings, pods)


def _kept_apart(workload: PlannedResource) -> Verdict:
    if any(workload.get(f"{POD}.{kind}") is UNKNOWN for kind in KINDS):
        return not_evaluated("the containers are known only after deployment")
    every = [one for kind in KINDS for one in items(workload.get(f"{POD}.{kind}"))]
    strange = [str(one.get("name")) for one in every if one.get("name") not in (GATEWAY, DETECTOR)]
    told = [f"runs {name} beside the gateway" for name in strange]
    for beside in every:
        if beside.get("name") != GATEWAY:
            told += _takes(beside, every, workload)
    return refused_for(told)


def _takes(beside: Container, every: Iterable[Container], workload: PlannedResource) -> Iterator[str]:
    name = str(beside.get("name"))
    memory = {v.get("name") for v in items(workload.get(f"{POD}.volumes")) if "emptyDir" in v}
    others = [mount for one in every if one is not beside for mount in items(one.get("volumeMounts"))]
    written = {mount.get("name") for mount in others if mount.get("readOnly") is not True}
    for mount in items(beside.get("volumeMounts")):
        if mount.get("name") not in memory:
            yield f"{name} mounts {mount.get('name')}, which is no memory"
        elif mount.get("name") in written:
            yield f"{name} mounts {mount.get('name')}, which the gateway writes to"
    if beside.get("ports"):
        yield f"{name} opens a port"
    users = {workload.get(f"{POD}.securityContext.runAsUser"), *(_user(one) for one in every if one is not beside)}
    if _user(beside) is None or _user(beside) in users:
        yield f"{name} has no user of its own"
    noted = workload.get("spec.template.metadata.annotations")
    if not isinstance(noted, dict) or name not in str(noted.get(SKIPS)).split(";"):
        yield f"{name} is given the token of the gateway's identity"


def _user(container: Container) -> object:
    context = container.get("securityContext")
    return context.get("runAsUser") if isinstance(context, dict) else None


def _pinned(settings: Mapping[str, Any] | None, pods: Iterable[PlannedResource]) -> Verdict:
    """What the settings name is what stands in the pod, at the socket that both see; without either, neither."""
    if settings is None:
        return refused(UNREADABLE)
    told = settings.get("plugin")
    faults = []
    for workload in pods:
        found = {one.get("name"): one for one in items(workload.get(f"{POD}.containers"))}
        beside, own = found.get(DETECTOR), found.get(GATEWAY, {})
        if told is None and beside is not None:
            faults.append("names no model beside the gateway, and one stands there")
        elif told is not None and beside is None:
            faults.append("names a model beside the gateway, and none stands there")
        elif isinstance(told, dict) and beside is not None:
            faults += _unlike(told, beside, own)
        elif told is not None:
            faults.append("names a model beside the gateway in no form that the gateway reads")
    return refused_for(faults)


def _unlike(told: Mapping[str, Any], beside: Container, own: Container) -> Iterator[str]:
    digest = str(beside.get("image")).partition("@")[2]
    if told.get("model") != digest:
        yield f"pins {told.get('model')}, and {digest} stands beside the gateway"
    folder = str(told.get("socket")).rpartition("/")[0]
    here, there = _at(own, folder), _at(beside, folder)
    if here is None or here != there:
        yield f"has a socket at {told.get('socket')}, which is no place that both containers see"


def _at(container: Container, folder: str) -> object:
    mounts = items(container.get("volumeMounts"))
    return next((mount.get("name") for mount in mounts if mount.get("mountPath") == folder), None)
