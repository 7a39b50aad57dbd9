"""How much a namespace may hold, whose it is, and how its pods leave: bounds that follow from what runs in it."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from plan.model import MISSING, PlannedResource
from policies.clocked import CRON_JOB, as_job
from policies.operators import DAEMON_SET
from policies.quantities import amount
from policies.require import items, require
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, judged, rule, stack_rule
from policies.rules.beside_gateway import DETECTOR, SKIPS
from policies.rules.workload_objects import ACCOUNT, LIMITS, QUOTA, SCALED, SCALER
from policies.tenants import named
from policies.trials import STABLE, TRIED
from policies.types import DEPLOYMENT, DISRUPTION_BUDGET, NAMESPACE, PODS, POOL, SERVICE
from policies.verdict import PASSED, Verdict, all_of, refused, refused_for
from policies.verifier import VERIFIERS

POD = "spec.template.spec"
BOUNDS = (
    "pods",
    "requests.cpu",
    "limits.cpu",
    "requests.memory",
    "limits.memory",
    "requests.nvidia.com/gpu",
    "services",
    "services.loadbalancers",
    "services.nodeports",
    "persistentvolumeclaims",
    "requests.storage",
    "secrets",
)
NONE = Decimal(0)
TOKEN_SECONDS = 3600
EXPIRES = "azure.workload.identity/service-account-token-expiration"
OWN_IDENTITY = frozenset({"azure.workload.identity/client-id", EXPIRES})
LAST_SECONDS = 15
LEAST_GRACE = 150
"""The longest answer that is streamed."""
LEAST_START = 900
"""70 GB of weights at 100 MB/s take twelve minutes."""
LEAST_BESIDE = 30
"""A proxy's: where it is given up, the model beside it is loaded for nobody."""
DEADLINE = 600
"""Kubernetes's own, where a deployment names none."""


def _hard(quota: PlannedResource) -> Mapping[str, object]:
    # Its keys hold dots, which paths do not take.
    found = quota.get("spec.hard")
    return found if isinstance(found, dict) else {}


def _in(stack: StackUnderReview, kind: str, space: object) -> list[PlannedResource]:
    return [found for found in stack.of_type(kind) if found.get("metadata.namespace") == space]


@stack_rule(
    "workload.namespaces-are-bounded",
    title="Every namespace has a quota and a largest container, and none may hold a Secret",
    severity=Severity.MEDIUM,
    applies_to=(NAMESPACE, QUOTA, LIMITS),
    fix="make both with components/quota.py",
    example="a namespace without a ResourceQuota, in which one loop of pods takes every node",
)
def bounded(stack: StackUnderReview) -> Iterable[Judged]:
    """Who may make one pod may make a thousand, and every other use case waits; an account's token in a Secret never
    ends.
    """
    spaces = stack.of_type(NAMESPACE)
    if not spaces:
        return absent(stack, "the plan has no namespace")

    def check(space: PlannedResource) -> Verdict:
        name = space.get("metadata.name")
        hard = {key: value for quota in _in(stack, QUOTA, name) for key, value in _hard(quota).items()}
        missing = [f"no bound on {key}" for key in BOUNDS if key not in hard]
        # The verifier of images keeps its own certificate in one.
        kept = amount(hard.get("secrets", "0")) == (1 if name == VERIFIERS else NONE)
        told = missing + ([] if kept else ["may hold Secrets"])
        sizes = [item for limits in _in(stack, LIMITS, name) for item in items(limits.get("spec.limits"))]
        largest = [item for item in sizes if item.get("type") == "Container" and _has_size(item)]
        told += [] if largest else ["no largest container"]
        return refused_for(told)

    scoped = judged(stack.of_type(QUOTA), lambda quota: _unscoped(quota))
    return [*judged(spaces, check), *scoped]


def _has_size(item: Mapping[str, object]) -> bool:
    parts = [item.get(key) for key in ("max", "default", "defaultRequest", "maxLimitRequestRatio")]
    return all(isinstance(part, dict) and {"cpu", "memory"} <= set(part) for part in parts)


def _unscoped(quota: PlannedResource) -> Verdict:
    found = [key for key in ("spec.scopes", "spec.scopeSelector") if quota.get(key) not in (MISSING, [], {})]
    return refused(f"{', '.join(found)} leaves pods out") if found else PASSED


@stack_rule(
    "workload.quotas-follow-the-dials",
    title="A quota has room for its namespace's workload at its largest, in a rollout, and for nothing beside it",
    severity=Severity.MEDIUM,
    applies_to=(QUOTA, LIMITS, DEPLOYMENT, DAEMON_SET, SCALER, SCALED, SERVICE, POOL),
    fix="let components/quota.py compute it from the stack file's dials",
    example="a quota of 1000 pods, or of fewer than the scaler asks for",
)
def follows(stack: StackUnderReview) -> Iterable[Judged]:
    """Too small, it stops a rollout in the middle of the night; too large, it bounds nothing."""
    for quota in stack.of_type(QUOTA):
        space, hard = quota.get("metadata.namespace"), _hard(quota)
        running = [*_in(stack, DEPLOYMENT, space), *(as_job(item) for item in _in(stack, CRON_JOB, space))]
        on_nodes = _in(stack, DAEMON_SET, space)
        if on_nodes and not running:
            yield quota, _of_nodes(stack, hard, on_nodes, _in(stack, SERVICE, space))
            continue
        # What is tried stands beside what is served, and is of its size.
        tried = {item.get("metadata.name") for item in running} == {STABLE, TRIED}
        if len(running) != (2 if tried else 1):
            yield quota, PASSED if stack.partial else refused(f"bounds {len(running)} workloads")
            continue
        most = _most(stack, space, together=tried)
        yield quota, all_of(_fits(hard, item, most, _in(stack, SERVICE, space)) for item in running)
    for limits in stack.of_type(LIMITS):
        space = limits.get("metadata.namespace")
        running = [*_in(stack, DEPLOYMENT, space), *_in(stack, DAEMON_SET, space)]
        yield limits, all_of(_container_fits(limits, workload) for workload in running) if running else PASSED


def _most(stack: StackUnderReview, space: object, *, together: bool) -> int:
    found = [
        value
        for kind, path in ((SCALER, "spec.maxReplicas"), (SCALED, "spec.maxReplicaCount"))
        for scaler in _in(stack, kind, space)
        if isinstance(value := scaler.get(path), int | float)
    ]
    return int(sum(found) if together else max(found, default=0))


def _fits(hard: Mapping[str, object], workload: PlannedResource, most: int, services: list[PlannedResource]) -> Verdict:
    replicas = workload.get("spec.replicas")
    most = most or (int(replicas) if isinstance(replicas, int | float) else 1)
    surge = workload.get("spec.strategy.rollingUpdate.maxSurge")
    added = int(surge) if isinstance(surge, int | float) else most
    pods = amount(hard.get("pods")) or NONE
    told = []
    if not most + max(added, 1) <= pods <= 2 * most + added + 1:
        told.append(f"has room for {pods:f} pods, of which {most} run")
    return refused_for(dict.fromkeys([*told, *_takes(hard, workload, pods, services)]))


def _of_nodes(
    stack: StackUnderReview,
    hard: Mapping[str, object],
    workloads: list[PlannedResource],
    services: list[PlannedResource],
) -> Verdict:
    """One pod of each for each node of their pool, those included that an upgrade adds."""
    selector = workloads[0].get(f"{POD}.nodeSelector")
    wanted = set(selector.items()) if isinstance(selector, dict) else set()
    pools = [pool for pool in stack.of_type(POOL) if wanted <= set(_labels(pool).items())]
    most = sum(_count(pool, "maxCount") + _count(pool, "upgradeSettings.maxSurge") for pool in pools)
    pods = amount(hard.get("pods")) or NONE
    told = []
    if pods != most * len(workloads) and not stack.partial:
        told.append(f"has room for {pods:f} pods, where {most} nodes have {most * len(workloads)}")
    for workload in workloads:
        told += _takes(hard, workload, pods, services)
    return refused_for(dict.fromkeys(told))


def _labels(pool: PlannedResource) -> Mapping[str, object]:
    found = pool.get("nodeLabels")
    return found if isinstance(found, dict) else {}


def _count(pool: PlannedResource, path: str) -> int:
    found = amount(pool.get(path))
    return int(found) if found is not None else 0


def _takes(
    hard: Mapping[str, object], workload: PlannedResource, pods: Decimal, services: list[PlannedResource]
) -> list[str]:
    told = []
    requests = {
        "requests.cpu": _asks(workload, "cpu"),
        "limits.cpu": _asks(workload, "cpu"),
        "requests.memory": _asks(workload, "memory"),
        "limits.memory": _asks(workload, "memory"),
        "requests.nvidia.com/gpu": _asks(workload, "nvidia.com/gpu"),
    }
    for key, one in requests.items():
        if (amount(hard.get(key)) or NONE) != pods * one:
            told.append(f"{key} is {hard.get(key)}, where {pods:f} pods take {pods * one:f}")
    balanced = sum(service.get("spec.type") == "LoadBalancer" for service in services)
    volumes = sum("persistentVolumeClaim" in volume for volume in items(workload.get(f"{POD}.volumes")))
    counts = {
        "services": len(services),
        "services.loadbalancers": balanced,
        "services.nodeports": balanced,
        "persistentvolumeclaims": volumes,
    }
    told += [
        f"{key} is {hard.get(key)}, not {count}" for key, count in counts.items() if amount(hard.get(key)) != count
    ]
    storage = amount(hard.get("requests.storage"))
    told += ["has room for storage without a volume"] if not volumes and storage else []
    return told


def _asks(workload: PlannedResource, what: str) -> Decimal:
    return sum(_each_asks(workload, what), NONE)


def _each_asks(workload: PlannedResource, what: str) -> list[Decimal]:
    found = []
    for container in items(workload.get(f"{POD}.containers")):
        resources = container.get("resources")
        requests = resources.get("requests") if isinstance(resources, dict) else None
        found.append(amount(requests.get(what, "0")) or NONE if isinstance(requests, dict) else NONE)
    return found


def _container_fits(limits: PlannedResource, workload: PlannedResource) -> Verdict:
    told = []
    for item in items(limits.get("spec.limits")):
        largest = item.get("max")
        for what in ("cpu", "memory"):
            size = amount(largest.get(what)) if isinstance(largest, dict) else None
            asked = max(_each_asks(workload, what), default=NONE)
            if size is not None and size != asked:
                told.append(f"the largest container has {what} {size:f}, and the workload's {asked:f}")
    return refused_for(told)


@rule(
    "workload.says-whose-it-is",
    title="Namespaces and pods say whose data they see, for which tenant and use case",
    severity=Severity.MEDIUM,
    applies_to=(NAMESPACE, DEPLOYMENT, DAEMON_SET),
    fix="take the labels from components/workload.py",
    example="an inference namespace without bailiwick/use-case",
)
def says_whose(item: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Policies, quotas, costs and evidence find their pods by these; what has none is nobody's."""
    path = "metadata.labels" if item.type == NAMESPACE else "spec.template.metadata.labels"
    found = item.get(path)
    labels = found if isinstance(found, dict) else {}
    told = [
        f"has no label bailiwick/{key}"
        for key in ("tenant", "data-classification")
        if not labels.get(f"bailiwick/{key}")
    ]
    if item.type == NAMESPACE and labels.get("app.kubernetes.io/part-of") != "bailiwick":
        told.append(f"label app.kubernetes.io/part-of is {labels.get('app.kubernetes.io/part-of')}")
    for key, wanted in (("jurisdiction", stack.jurisdiction.id), ("environment", stack.environment)):
        if labels.get(f"bailiwick/{key}") != wanted:
            told.append(f"label bailiwick/{key} is {labels.get(f'bailiwick/{key}')}")
    if labels.get("app.kubernetes.io/component") == "inference":
        space = str(item.get("metadata.name" if item.type == NAMESPACE else "metadata.namespace"))
        tenant, use_case = labels.get("bailiwick/tenant"), labels.get("bailiwick/use-case")
        if named(tenant, use_case) != space:
            told.append(f"labels bailiwick/tenant and bailiwick/use-case are {tenant} and {use_case} in {space}")
    return refused_for(told)


@rule(
    "workload.tokens-live-an-hour",
    title="An account's token for Azure lives an hour, and no annotation changes how a pod gets it",
    severity=Severity.HIGH,
    applies_to=(ACCOUNT, *PODS),
    fix="leave the annotations to components/workload.py",
    example="a service account whose tokens live a day",
)
def tokens_live_an_hour(item: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A stolen token is good until it ends; the webhook gives an hour to a day: azure.github.io/
    azure-workload-identity, service account labels and annotations. Its sidecar would need rights that no pod has.
    """
    path = "metadata.annotations" if item.type == ACCOUNT else "spec.template.metadata.annotations"
    found = item.get(path)
    own = {k: v for k, v in found.items() if "workload.identity/" in str(k)} if isinstance(found, dict) else {}
    # What stands beside the gateway gets no token at all: workload.detector-holds-only-a-socket.
    less = {SKIPS} if item.type != ACCOUNT and own.get(SKIPS) == DETECTOR else set()
    told = [f"has annotation {key}" for key in sorted(set(own) - OWN_IDENTITY - less)]
    life = amount(own.get(EXPIRES, TOKEN_SECONDS))
    if life is None or life > TOKEN_SECONDS:
        told.append(f"its tokens live {own.get(EXPIRES)} seconds")
    return refused_for(told)


@rule(
    "workload.drains-end-streams",
    title="A drained pod ends its streams first, a loading one is waited for, and a broken one keeps no node",
    severity=Severity.MEDIUM,
    applies_to=(DEPLOYMENT, DISRUPTION_BUDGET),
    fix="leave probes, hooks and budgets to components/gateway.py and components/inference.py",
    example="a model server with a grace of 30 seconds, whose answers are cut off by every upgrade",
)
def drains_end_streams(item: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A note that breaks off in the middle is one that somebody may take for whole."""
    if item.type == DISRUPTION_BUDGET:
        return require(item, "spec.unhealthyPodEvictionPolicy", equals="AlwaysAllow")
    told, grace = [], item.get(f"{POD}.terminationGracePeriodSeconds")
    patience = item.get("spec.progressDeadlineSeconds")
    for container in items(item.get(f"{POD}.containers")):
        pause = _number(container, "lifecycle", "preStop", "sleep", "seconds")
        probe = ("startupProbe",)
        start = _number(container, *probe, "periodSeconds") * _number(container, *probe, "failureThreshold")
        if not pause:
            told.append("is told to stop while it is still asked")
        if not isinstance(grace, int | float) or grace < max(pause + LAST_SECONDS, LEAST_GRACE):
            told.append(f"is killed after {grace} seconds")
        loads = any(m.get("mountPath") == "/models" for m in items(container.get("volumeMounts")))
        beside = 1 if len(items(item.get(f"{POD}.containers"))) == 1 else LEAST_BESIDE
        if start < (LEAST_START if loads else beside):
            told.append(f"is given up after {start} seconds of starting")
        if start >= (patience if isinstance(patience, int | float) else DEADLINE):
            told.append("is called a failure while it starts")
    return refused_for(dict.fromkeys(told))


def _number(value: object, *path: str) -> float:
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    return float(value) if isinstance(value, int | float) else 0
