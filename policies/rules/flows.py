"""Whether data can leave: not by one setting, but along every path that the plan leaves open.

Paths are drawn by plan/reachability from the whole plan; `bailiwick flows` shows them.
"""

from collections import deque
from collections.abc import Iterable, Iterator

from plan.model import PlannedResource
from plan.reachability.model import Edge, Graph, Hop, Place
from plan.reachability.paths import Path, Step, described, steps_from
from policies.listed import ENTRIES, Listed
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, stack_rule
from policies.types import (
    CLUSTER,
    DEPLOYMENT,
    FIREWALL,
    FIREWALL_RULES,
    NSG,
    PRIVATE_ENDPOINT,
    ROUTE_TABLE,
    STORAGE,
    VNET,
)
from policies.verdict import PASSED, refused

OPEN_DATA = frozenset({"public", "internal"})
"""Classes that may be seen outside; whatever has another, or none, may not."""
HOLDERS = frozenset({"store", "compute", "pods"})
"""Kinds of places where data lies or is worked on."""
NETWORK_POLICIES = (
    "kubernetes:networking.k8s.io/v1:NetworkPolicy",
    "kubernetes:cilium.io/v2:CiliumNetworkPolicy",
    "kubernetes:cilium.io/v2:CiliumClusterwideNetworkPolicy",
)
KEPT_APART = ("patient", "training")
"""Purposes of stores that nobody has rights on both of; but a backup, which gives each back to where it came from."""
NETWORKS = (VNET, NSG, ROUTE_TABLE, FIREWALL, FIREWALL_RULES, PRIVATE_ENDPOINT)


@stack_rule(
    "flows.nothing-leaves-unlisted",
    title="No path leads from classified data to anywhere outside that is not on record",
    severity=Severity.CRITICAL,
    applies_to=(*NETWORKS, *NETWORK_POLICIES, STORAGE, CLUSTER),
    fix="close the named rule or setting; `bailiwick flows <stack> --to <place>` shows the path again",
    example="a security group that lets nodes out, a route past the firewall and a private subnet's NAT gateway",
)
def nothing_leaves(stack: StackUnderReview) -> Iterable[Judged]:
    """Every setting can be right by itself, and a way out open all the same: three of them make a path."""
    graph, listed = stack.graph, Listed(stack)
    holders = [place for place in graph.places.values() if is_classified(place)]
    out = leaving(graph, holders, listed)
    for path in out.values():
        yield opener(stack, path), refused(told(graph, path))
    if not out:
        for place in holders:
            yield resource_of(stack, place), PASSED


@stack_rule(
    "flows.only-the-doors-are-open",
    title="From outside nothing is reached but the portal and the partners' door",
    severity=Severity.CRITICAL,
    applies_to=(*NETWORKS, STORAGE, CLUSTER),
    fix="close the public address, translation or service setting that is named; let callers come by the portal",
    example="a firewall that translates a public port to a node",
)
def only_doors(stack: StackUnderReview) -> Iterable[Judged]:
    """A second door has no geo rule, no web firewall, and nobody who watches it."""
    graph = stack.graph
    for edge in graph.edges:
        source, target = graph.places[edge.source], graph.places[edge.target]
        if source.outside is None or target.outside is not None or edge.kind not in ("enters", "connects"):
            continue
        is_door = target.kind == "entry" and target.purpose in ENTRIES
        yield (
            opener(stack, (Step(edge=edge),)),
            PASSED if is_door else refused(told(graph, (Step(edge=edge),))),
        )


@stack_rule(
    "flows.jurisdictions-stay-apart",
    title="Nothing of this stack is joined to another's subscription",
    severity=Severity.CRITICAL,
    applies_to=NETWORKS,
    fix="remove the peering, endpoint, copy or log target that is named; stacks share nothing",
    example="a peering to the network of another jurisdiction's stack",
)
def stay_apart(stack: StackUnderReview) -> Iterable[Judged]:
    """One law ends where another's reach begins: a peering between stacks makes both answer to both."""
    graph, listed = stack.graph, Listed(stack)
    for edge in graph.edges:
        ends = (graph.places[edge.source], graph.places[edge.target])
        if not any(place.outside in ("tenant", "network") for place in ends):
            continue
        step = Step(edge=edge)
        fine = listed.is_standby(step) or (ends[1].purpose == "partners" and edge.kind == "enters")
        yield opener(stack, (step,)), PASSED if fine else refused(told(graph, (step,)))


@stack_rule(
    "flows.only-the-gateway-reaches-models",
    title="Models are reached by the gateway, and by what scales and measures them",
    severity=Severity.CRITICAL,
    applies_to=(*NETWORK_POLICIES, DEPLOYMENT),
    fix="name only the gateway's pods in the ingress of the inference namespace: components/inference.py",
    example="a network policy that lets every namespace reach the model's port",
)
def only_gateway(stack: StackUnderReview) -> Iterable[Judged]:
    """Past the gateway nobody takes names out of a question, and nobody writes down who asked."""
    yield from _reached_by(stack, "inference", frozenset({"gateway", "inference", "system"}))


@stack_rule(
    "flows.only-the-gateway-reaches-retrieval",
    title="Retrieval is reached by the gateway, and by what measures it",
    severity=Severity.CRITICAL,
    applies_to=(*NETWORK_POLICIES, DEPLOYMENT),
    fix="name only the gateway's pods in the ingress of retrieval: components/retrieval_entries.py",
    example="a network policy that lets a model's pods reach retrieval",
)
def retrieval_by_gateway(stack: StackUnderReview) -> Iterable[Judged]:
    """It answers for every tenant: who may ask it is whoever knows which tenant the question is of."""
    yield from _reached_by(stack, "retrieval", frozenset({"gateway", "retrieval", "system"}))


@stack_rule(
    "flows.the-gateway-has-known-callers",
    title="The gateway is reached by the portal, by partners, by the runner, and by what measures it",
    severity=Severity.HIGH,
    applies_to=(*NETWORK_POLICIES, DEPLOYMENT, NSG),
    fix="name only those in the ingress of the gateway's namespace: components/gateway.py",
    example="a network policy that lets the pods of any namespace reach the gateway",
)
def known_callers(stack: StackUnderReview) -> Iterable[Judged]:
    """A caller that came by no door has shown no certificate to any."""
    yield from _reached_by(stack, "gateway", frozenset({*ENTRIES, "gateway", "runner", "system"}))


@stack_rule(
    "flows.managed-from-inside-alone",
    title="The cluster is managed from the runner and from its own nodes",
    severity=Severity.HIGH,
    applies_to=(CLUSTER, NSG),
    fix="let only the runner's and the nodes' subnets reach the API server: components/security_groups.py",
    example="an API server that the portal's subnet can reach",
)
def managed_inside(stack: StackUnderReview) -> Iterable[Judged]:
    """Who reaches the API server with a stolen token has the cluster."""
    graph = stack.graph
    nodes = {edge.target for edge in graph.edges if edge.kind == "hosts"}
    for edge in graph.edges:
        target, source = graph.places[edge.target], graph.places[edge.source]
        if target.purpose != "api-server" or target.outside or edge.kind not in ("connects", "enters"):
            continue
        # Pods on a node reach what it reaches; what they may do there is the API server's to say.
        fine = source.purpose in ("runner", "system") or source.id in nodes or source.kind == "pods"
        step = Step(edge=edge)
        yield opener(stack, (step,)), PASSED if fine else refused(told(graph, (step,)))


@stack_rule(
    "flows.training-and-patients-apart",
    title="Nobody who reads patients' documents reads or writes training data, and nothing is copied between them",
    severity=Severity.HIGH,
    applies_to=STORAGE,
    fix="give training an identity of its own, and take the other store's role away",
    example="one identity with Storage Blob Data Reader on both accounts",
)
def training_apart(stack: StackUnderReview) -> Iterable[Judged]:
    """What a model has learnt it can say to anyone: documents come into training by a decision, never by a right."""
    graph = stack.graph
    touched: dict[str, dict[str, Edge]] = {}
    for edge in graph.edges:
        if edge.kind not in ("reads", "copies"):
            continue
        ends = (graph.places[edge.source], graph.places[edge.target])
        for store, other in (ends, ends[::-1]):
            if store.kind == "store" and store.purpose in KEPT_APART and other.purpose != "backup":
                touched.setdefault(other.id, {})[store.purpose] = edge
    both = [by for by in touched.values() if len(by) == len(KEPT_APART)]
    for store in graph.places.values():
        if store.kind == "store" and store.purpose in KEPT_APART:
            steps = [Step(edge=edge) for by in both for edge in by.values()]
            own = any(store.id in (step.start, step.end) for step in steps)
            yield resource_of(stack, store), refused(told(graph, tuple(steps))) if own else PASSED


@stack_rule(
    "flows.everything-is-understood",
    title="There is nothing in the network that the map can't show",
    severity=Severity.HIGH,
    applies_to="*",
    fix="use the components' own resources, or teach plan/reachability the type that is named",
    example="a virtual hub, whose routes are not in the plan",
)
def understood(stack: StackUnderReview) -> Iterable[Judged]:
    """A map with a white patch proves nothing: what is not understood may lead anywhere."""
    unknown = stack.graph.unjudged
    for hop in unknown:
        yield stack.plan.by_urn(hop.urn or ""), refused(hop.what)
    if not unknown:
        yield None, PASSED


def is_classified(place: Place) -> bool:
    """Whether data that may not be seen outside lies or is worked on there."""
    return place.outside is None and place.kind in HOLDERS and place.classification not in OPEN_DATA


def leaving(graph: Graph, holders: Iterable[Place], listed: Listed) -> dict[str, Path]:
    """The shortest path from any of the holders to each place outside, along no step that is on record."""
    steps = steps_from(graph)
    found: dict[str, Path] = {place.id: () for place in holders}
    queue = deque(found)
    out: dict[str, Path] = {}
    while queue:
        here = queue.popleft()
        for step in steps.get(here, ()):
            if step.end in found or step.end in out:
                continue
            path = (*found[here], step)
            if graph.places[step.end].outside is None:
                found[step.end] = path
                queue.append(step.end)
            elif not listed.passes(step):
                out[step.end] = path
    return out


def told(graph: Graph, path: Path) -> str:
    """A path in words, hop by hop."""
    return "\n".join(described(graph, path))


def opener(stack: StackUnderReview, path: Path) -> PlannedResource | None:
    """The resource that opens the last step: the last hop on it that the plan holds."""
    hops: tuple[Hop, ...] = path[-1].edge.how if path else ()
    found = [stack.plan.by_urn(hop.urn) or stack.plan.by_id(hop.urn) for hop in hops if hop.urn]
    return next((resource for resource in reversed(found) if resource is not None), None)


def resource_of(stack: StackUnderReview, place: Place) -> PlannedResource | None:
    """The planned resource that a place is."""
    return stack.plan.by_urn(place.urn or "") or stack.plan.by_id(place.id)


def _reached_by(stack: StackUnderReview, purpose: str, allowed: frozenset[str]) -> Iterator[Judged]:
    graph = stack.graph
    pods = {place.id for place in graph.places.values() if place.kind == "pods" and place.purpose == purpose}
    for edge in graph.edges:
        if edge.target not in pods or edge.kind not in ("connects", "enters"):
            continue
        source = graph.places[edge.source]
        fine = source.outside is None and source.purpose in allowed
        step = Step(edge=edge)
        yield opener(stack, (step,)), PASSED if fine else refused(told(graph, (step,)))
