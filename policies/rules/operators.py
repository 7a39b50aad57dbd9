"""Whoever runs on every GPU node as root: two workloads, one folder each, and no capability, token or second container.

What all pods are held to, these are too, in the other rules on workloads; here is what only these may have.
"""

from collections.abc import Iterable

from plan.model import MISSING, PlannedResource
from policies.operators import DAEMON_SET, FOLDERS, SPACE, is_operator, is_own_folder, writes_folder
from policies.require import items
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, stack_rule
from policies.settled import SHUT, Among, settled
from policies.types import NAMESPACE, PODS
from policies.verdict import Verdict, all_of, refused, refused_for

POD = "spec.template.spec"
LEVELS = "pod-security.kubernetes.io/"


@stack_rule(
    "workload.operators-keep-to-their-folder",
    title="What runs on every GPU node is the device plugin and the exporter, each with one folder of the node",
    severity=Severity.CRITICAL,
    applies_to=(*PODS, NAMESPACE),
    fix="leave DaemonSets and their namespace to components/gpu_operators.py",
    example="a third workload in gpu-operators, or an exporter that mounts the kubelet's whole folder",
)
def keep_to_folder(stack: StackUnderReview) -> Iterable[Judged]:
    """The kubelet's folder has every pod's tokens: one directory further up is the cluster."""
    for workload in stack.of_type(*PODS):
        here = workload.get("metadata.namespace") == SPACE
        if is_operator(workload):
            yield workload, all_of((_as_made(workload), _mounts(workload)))
        elif here or workload.type == DAEMON_SET:
            yield workload, refused("is none of the two that GPUs need: a DaemonSet is on every node")
    for space in stack.of_type(NAMESPACE):
        if space.get("metadata.name") == SPACE:
            yield space, _namespace(space)


def _as_made(workload: PlannedResource) -> Verdict:
    rooted = settled(
        workload,
        {
            f"{POD}.securityContext.runAsUser": 0,
            f"{POD}.securityContext.runAsGroup": Among((0,), unset=True),
            f"{POD}.securityContext.supplementalGroups": SHUT,
            f"{POD}.initContainers": SHUT,
            f"{POD}.ephemeralContainers": SHUT,
            "spec.updateStrategy.type": Among(("RollingUpdate",), unset=True),
        },
    )
    selector = workload.get(f"{POD}.nodeSelector")
    told = [] if isinstance(selector, dict) and selector.get("bailiwick/pool") == "gpu" else ["stands off GPU nodes"]
    told += [] if workload.get(f"{POD}.securityContext.fsGroup") is MISSING else ["gives its volumes to a group"]
    told += [] if len(items(workload.get(f"{POD}.containers"))) == 1 else ["has more than one container"]
    return all_of((rooted, refused_for(told)))


def _mounts(workload: PlannedResource) -> Verdict:
    volumes = [volume for volume in items(workload.get(f"{POD}.volumes")) if "hostPath" in volume]
    told = [f"mounts {volume.get('hostPath')}" for volume in volumes if not is_own_folder(workload, volume)]
    told += [] if len(volumes) == 1 else [f"mounts {len(volumes)} folders of the node"]
    names = {volume.get("name") for volume in volumes}
    mounts = [mount for c in items(workload.get(f"{POD}.containers")) for mount in items(c.get("volumeMounts"))]
    for mount in mounts:
        if mount.get("name") in names and mount.get("readOnly") is not True and not writes_folder(workload):
            told.append(f"may write {FOLDERS[str(workload.get('metadata.name'))]}")
    return refused_for(told)


def _namespace(space: PlannedResource) -> Verdict:
    found = space.get("metadata.labels")
    labels = found if isinstance(found, dict) else {}
    told = (
        [] if labels.get(f"{LEVELS}audit") == "restricted" else ["what `restricted` would refuse is not written down"]
    )
    wanted = {"bailiwick/data-classification": "internal", "app.kubernetes.io/component": SPACE}
    told += [f"label {key} is {labels.get(key)}" for key, value in wanted.items() if labels.get(key) != value]
    return refused_for(told)
