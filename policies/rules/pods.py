"""What one field of a pod or a service undoes: a foreign namespace, a port of the node, a profile switched off."""

from collections.abc import Iterable, Iterator

from plan.model import MISSING, UNKNOWN, PlannedResource
from policies.require import items, require, show
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, judged, rule, stack_rule
from policies.types import DEPLOYMENT, NAMESPACE
from policies.verdict import PASSED, Verdict, all_of, not_evaluated, refused

PODS = (DEPLOYMENT, "kubernetes:apps/v1:StatefulSet", "kubernetes:apps/v1:DaemonSet", "kubernetes:batch/v1:Job")
SERVICE = "kubernetes:core/v1:Service"
ACCOUNT = "kubernetes:core/v1:ServiceAccount"
POD = "spec.template.spec"
HTTPS = 443
LEAST_USER = 10_000
"""Below it a node may have a user of its own by the same number; checkov asks the same (CKV_K8S_40)."""
LEAST_REPLICAS = 2
APPARMOR = "container.apparmor.security.beta.kubernetes.io/"


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
    "workload.takes-no-port-of-the-node",
    title="No container takes a port of its node",
    severity=Severity.HIGH,
    applies_to=PODS,
    fix="remove hostPort; a service leads to the container",
    example="a container with hostPort 443",
)
def no_host_port(workload: PlannedResource, stack: StackUnderReview) -> Verdict:
    """The node's address is reached past network policies and past the load balancer."""
    bad = [
        f"container {show(container.get('name'))} takes port {port['hostPort']} of the node"
        for container in _containers(workload)
        for port in items(container.get("ports"))
        if port.get("hostPort") not in (None, 0)
    ]
    return refused("; ".join(bad)) if bad else PASSED


@rule(
    "workload.stays-confined",
    title="No profile that confines a pod is switched off, for it or for one of its containers",
    severity=Severity.HIGH,
    applies_to=PODS,
    fix="leave AppArmor, SELinux, seccomp and procMount to the pod's own context",
    example="a container with appArmorProfile Unconfined under a pod with RuntimeDefault",
)
def stays_confined(workload: PlannedResource, stack: StackUnderReview) -> Verdict:
    """What a container says of itself goes before what its pod says, so that a check of the pod alone sees nothing."""
    pod = _part(workload.get(POD), "securityContext")
    bad = [f"the pod: {what}" for what in _loosened(pod)]
    for container in _containers(workload):
        own = _part(container, "securityContext")
        bad += [f"container {show(container.get('name'))}: {what}" for what in (*_loosened(own), *_overrides(own))]
    annotations = _part(_part(_part(workload.get("spec"), "template"), "metadata"), "annotations")
    bad += [f"{key} is {show(value)}" for key, value in annotations.items() if _off(key, value)]
    return refused("; ".join(bad)) if bad else PASSED


def _off(key: str, value: object) -> bool:
    return key.startswith(APPARMOR) and str(value).casefold() == "unconfined"


def _loosened(context: dict[str, object]) -> Iterator[str]:
    if _part(context, "appArmorProfile").get("type") == "Unconfined":
        yield "appArmorProfile is Unconfined"
    if context.get("seLinuxOptions"):
        yield "seLinuxOptions are its own"
    if context.get("sysctls"):
        yield "sysctls are set"


def _overrides(context: dict[str, object]) -> Iterator[str]:
    """What a container undoes of the pod's; the pod's own is never-root's and system-calls-filtered's to judge."""
    if _part(context, "seccompProfile").get("type") == "Unconfined":
        yield "seccompProfile is Unconfined"
    if context.get("runAsNonRoot") is False:
        yield "runAsNonRoot is false"
    if context.get("procMount") not in (None, "Default"):
        yield f"procMount is {show(context['procMount'])}"


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
    pod = all_of(require(workload, f"{POD}.securityContext.{key}", at_least=LEAST_USER) for key in keys)
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
    return all_of((pod, refused("; ".join(found)) if found else PASSED))


def _is_low(number: object) -> bool:
    return isinstance(number, int | float) and number < LEAST_USER


@rule(
    "workload.tells-how-it-is",
    title="Every container says whether it lives and whether it can answer",
    severity=Severity.LOW,
    applies_to=DEPLOYMENT,
    fix="give the container livenessProbe and readinessProbe",
    example="a container without readinessProbe",
)
def tells_how_it_is(workload: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Without it a service sends requests to a model that is still loading, and a hung one is never started anew."""
    bad = [
        f"container {show(container.get('name'))} has no {key}"
        for container in items(workload.get(f"{POD}.containers"))
        for key in ("livenessProbe", "readinessProbe")
        if not container.get(key)
    ]
    return refused("; ".join(bad)) if bad else PASSED


@rule(
    "workload.more-than-one-in-prod",
    title="In prod, every deployment has two pods or more",
    severity=Severity.LOW,
    applies_to=DEPLOYMENT,
    fix=f"set spec.replicas to {LEAST_REPLICAS} or more",
    example="a prod deployment with one replica",
)
def more_than_one(workload: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A disruption budget that lets one pod be away holds nothing where there is one."""
    return require(workload, "spec.replicas", at_least=LEAST_REPLICAS) if stack.is_prod else PASSED


@rule(
    "workload.doors-are-https-alone",
    title="A load balancer listens on 443 alone, and a service claims no address",
    severity=Severity.HIGH,
    applies_to=SERVICE,
    fix="leave one port, 443, and remove externalIPs",
    example="a service of type LoadBalancer that listens on 80",
)
def https_alone(service: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A second port is a second door, whose lock nobody looked at; a claimed address takes its traffic to itself."""
    claimed = require(service, "spec.externalIPs", absent=True)
    if service.get("spec.type") != "LoadBalancer":
        return claimed
    others = [
        f"{port.get('port')}/{port.get('protocol', 'TCP')}"
        for port in items(service.get("spec.ports"))
        if (port.get("port"), port.get("protocol", "TCP")) != (HTTPS, "TCP")
    ]
    return all_of((claimed, refused(f"listens on {', '.join(others)}") if others else PASSED))
