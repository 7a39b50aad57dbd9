"""Where a pod lives, and as whom: in a namespace of the stack's, as nobody whom the node knows."""

from collections.abc import Iterable, Iterator

from plan.model import MISSING, UNKNOWN, PlannedResource
from policies.operators import is_operator
from policies.require import items, require, show
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, judged, rule, stack_rule
from policies.types import DEPLOYMENT, NAMESPACE, SERVICE
from policies.verdict import PASSED, Verdict, all_of, not_evaluated, refused, refused_for

PODS = (DEPLOYMENT, "kubernetes:apps/v1:StatefulSet", "kubernetes:apps/v1:DaemonSet", "kubernetes:batch/v1:Job")
ACCOUNT = "kubernetes:core/v1:ServiceAccount"
POD = "spec.template.spec"
LEAST_USER = 10_000
"""Below it a node may have a user of its own by the same number; checkov asks the same (CKV_K8S_40)."""


def _containers(workload: PlannedResource) -> Iterator[dict[str, object]]:
    for key in ("initContainers", "containers", "ephemeralContainers"):
        yield from items(workload.get(f"{POD}.{key}"))


def _part(value: object, key: str) -> dict[str, object]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


@stack_rule(
    "workload.lives-in-own-namespaces",
    title="Pods, services and accounts are in namespaces that this stack makes",
    severity=Severity.HIGH,
    applies_to=(*PODS, SERVICE, ACCOUNT, NAMESPACE),
    fix="name a namespace of components/workload.py in metadata.namespace",
    example="a deployment in the default namespace",
)
def own_namespaces(stack: StackUnderReview) -> Iterable[Judged]:
    """Denial by default and the restricted standard hold in the stack's own namespaces; in `default` nothing does."""
    own = {namespace.get("metadata.name") for namespace in stack.of_type(NAMESPACE)}

    def check(resource: PlannedResource) -> Verdict:
        name = resource.get("metadata.namespace")
        if name is UNKNOWN:
            return not_evaluated("metadata.namespace is known only after deployment")
        known = name in own or (stack.partial and name not in (MISSING, "default"))
        return PASSED if known else refused(f"is in namespace {show(name)}, which the plan doesn't make")

    return judged(stack.of_type(*PODS, SERVICE, ACCOUNT), check)


@rule(
    "workload.users-are-nobody-on-the-node",
    title="Pods run as a user and a group that no node knows",
    severity=Severity.MEDIUM,
    applies_to=PODS,
    fix=f"set runAsUser, runAsGroup and fsGroup to {LEAST_USER} or more",
    example="a pod with runAsUser 1000, the first person's number on most nodes",
)
def high_users(workload: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Who gets out of a container is on the node whoever has the same number there."""
    keys = ("runAsUser", "runAsGroup", "fsGroup")
    # workload.operators-keep-to-their-folder says who is root, and of what.
    pod = (
        PASSED
        if is_operator(workload)
        else all_of(require(workload, f"{POD}.securityContext.{key}", at_least=LEAST_USER) for key in keys)
    )
    groups = workload.get(f"{POD}.securityContext.supplementalGroups")
    low = [str(group) for group in groups if _is_low(group)] if isinstance(groups, list) else []
    own = [
        f"container {show(container.get('name'))} runs as {context[key]}"
        for container in _containers(workload)
        for context in (_part(container, "securityContext"),)
        for key in keys[:2]
        if key in context and _is_low(context[key])
    ]
    found = [*own, *([f"supplementalGroups hold {', '.join(low)}"] if low else [])]
    return all_of((pod, refused_for(found)))


def _is_low(number: object) -> bool:
    return isinstance(number, int | float) and number < LEAST_USER
