"""Namespaces: what their pods may be, whom they let in and out, and how many may be away."""

from collections.abc import Iterable

from plan.model import MISSING, PlannedResource
from policies.operators import LEVEL, SPACE
from policies.require import items, show
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, judged, rule, stack_rule
from policies.types import DEPLOYMENT, DISRUPTION_BUDGET, NAMESPACE, NETWORK_POLICY, SERVICE
from policies.verdict import PASSED, Verdict, refused


@rule(
    "workload.namespaces-restricted",
    title="Namespaces enforce Pod Security 'restricted', but for the one whose pods hand out GPUs",
    severity=Severity.CRITICAL,
    applies_to=NAMESPACE,
    fix="make the namespace with components/workload.py",
    example="a namespace without pod-security.kubernetes.io/enforce: restricted",
)
def namespaces_restricted(namespace: PlannedResource, stack: StackUnderReview) -> Verdict:
    """The last wall against what somebody applies by hand."""
    labels = namespace.get("metadata.labels")
    found = labels.get("pod-security.kubernetes.io/enforce") if isinstance(labels, dict) else None
    wanted = LEVEL if namespace.get("metadata.name") == SPACE else "restricted"
    return PASSED if found in ("restricted", wanted) else refused(f"enforces {show(found or 'nothing')}")


@stack_rule(
    "workload.namespaces-deny-by-default",
    title="Every namespace denies all traffic, both ways, by default",
    severity=Severity.CRITICAL,
    applies_to=(NAMESPACE, NETWORK_POLICY),
    fix="make the namespace with components/workload.py, which adds the policy",
    example="a namespace without a NetworkPolicy that selects every pod",
)
def deny_by_default(stack: StackUnderReview) -> Iterable[Judged]:
    """Kubernetes lets every pod talk to every pod, and to the internet, until a policy selects it."""
    namespaces = stack.of_type(NAMESPACE)
    if not namespaces:
        return absent(stack, "the plan has no namespace")
    denied = {
        policy.get("metadata.namespace")
        for policy in stack.of_type(NETWORK_POLICY)
        # The API takes no selector for one that selects every pod.
        if policy.get("spec.podSelector") in ({}, MISSING)
        and policy.get("spec.policyTypes") == ["Ingress", "Egress"]
        and policy.get("spec.ingress") in (MISSING, [])
        and policy.get("spec.egress") in (MISSING, [])
    }
    return judged(
        namespaces,
        lambda namespace: (
            PASSED if namespace.get("metadata.name") in denied else refused("has no policy that denies everything")
        ),
    )


@rule(
    "workload.policies-open-nothing-wide",
    title="No network policy opens a namespace to the world",
    severity=Severity.CRITICAL,
    applies_to=NETWORK_POLICY,
    fix="name the peer by labels, or its addresses by a narrow range",
    example="a network policy with egress to 0.0.0.0/0",
)
def open_nothing_wide(policy: PlannedResource, stack: StackUnderReview) -> Verdict:
    """The firewall still stands, but pods would reach every private address in the network."""
    wide = [
        cidr
        for side, peer in (("egress", "to"), ("ingress", "from"))
        for _, cidr in policy.each(f"spec.{side}[*].{peer}[*].ipBlock.cidr")
        if isinstance(cidr, str) and cidr.endswith(("/0", "/8"))
    ]
    if wide:
        return refused(f"opens {', '.join(wide)}")
    bare = [
        side
        for side, peer in (("egress", "to"), ("ingress", "from"))
        for rule_ in items(policy.get(f"spec.{side}"))
        if not rule_.get(peer)
    ]
    return refused(f"opens {bare[0]} to everybody") if bare else PASSED


@rule(
    "workload.services-internal",
    title="Services are inside the cluster, or on an internal load balancer",
    severity=Severity.CRITICAL,
    applies_to=SERVICE,
    fix="annotate the service service.beta.kubernetes.io/azure-load-balancer-internal: 'true'",
    example="a service of type LoadBalancer without the internal annotation",
)
def services_internal(service: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Without the annotation Azure gives the service a public address."""
    kind = service.get("spec.type")
    if kind in (MISSING, "ClusterIP"):
        return PASSED
    annotations = service.get("metadata.annotations")
    internal = isinstance(annotations, dict) and annotations.get(
        "service.beta.kubernetes.io/azure-load-balancer-internal"
    ) in ("true", True)
    return PASSED if kind == "LoadBalancer" and internal else refused(f"is of type {show(kind)}, open to the outside")


@stack_rule(
    "workload.disruptions-bounded",
    title="Every deployment in prod says how many of its pods may be away at once",
    severity=Severity.LOW,
    applies_to=(DEPLOYMENT, DISRUPTION_BUDGET),
    fix="make a PodDisruptionBudget beside the deployment",
    example="a prod deployment without a PodDisruptionBudget",
)
def disruptions_bounded(stack: StackUnderReview) -> Iterable[Judged]:
    """A node's upgrade drains every replica at once, unless told not to."""
    if not stack.is_prod:
        return [(None, PASSED)]
    bounded = {budget.get("metadata.namespace") for budget in stack.of_type(DISRUPTION_BUDGET)}
    deployments = stack.of_type(DEPLOYMENT)
    if not deployments:
        return absent(stack, "the plan deploys nothing into the cluster")
    return judged(
        deployments,
        lambda deployment: (
            PASSED
            if deployment.get("metadata.namespace") in bounded
            else refused("has no disruption budget in its namespace")
        ),
    )
