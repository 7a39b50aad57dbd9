"""Network policies of a plan, in one form for Kubernetes' own and Cilium's, and the pods that they are about."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from plan.model import UNKNOWN, Plan, PlannedResource, Value
from plan.reachability import clusters
from plan.reachability.model import Direction
from plan.reachability.once import once
from plan.reachability.reading import mapping, rows, text, texts
from plan.reachability.selectors import Labels

KUBERNETES = "kubernetes:networking.k8s.io/v1:NetworkPolicy"


@dataclass(frozen=True, kw_only=True)
class Peer:
    """Who is on the other side: pods by selectors, or addresses."""

    namespaces: Value = None
    """Selector; None: the policy's own namespace."""
    pods: Value = None
    """Selector; None: every pod."""
    cidr: str | None = None
    excepts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """Hosts by name, whose addresses could be any."""


@dataclass(frozen=True, kw_only=True)
class PolicyRule:
    """Peers and ports; no peers at all: everybody."""

    peers: tuple[Peer, ...] | None
    ports: Value


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One policy. Rules add up; a pod that any policy isolates in a direction has only what the rules give it."""

    name: str
    urn: str
    provider: str | None
    namespace: str | None
    """None where it is known only after deployment."""
    cluster_wide: bool = False
    spaces: Value = None
    """Selector of namespaces, beside the one that it is in, where it is not the whole cluster's; None: any."""
    selector: Value = None
    isolates: frozenset[Direction] = frozenset()
    rules: Mapping[Direction, tuple[PolicyRule, ...]]


UNPLANNED = "pods:any other"
"""Id of the pods that no plan shows."""


@dataclass(frozen=True, kw_only=True)
class Pods:
    """Pods as a policy sees them."""

    id: str
    namespace: str
    namespace_labels: Labels
    labels: Labels
    provider: str | None
    ports: Mapping[str, tuple[str, int]]
    """Protocol and number of the ports that have names."""
    host_network: bool = False
    urn: str | None = None


@once
def policies(plan: Plan) -> tuple[Policy, ...]:
    """Every policy of the plan."""
    # Imported here: Cilium's are read into the types above.
    from plan.reachability.cilium import cilium_policies

    return (*(_policy(plan, item) for item in plan.of_type(KUBERNETES)), *cilium_policies(plan))


def _policy(plan: Plan, resource: PlannedResource) -> Policy:
    spec = resource.get("spec")
    known = mapping(spec)
    types = known.get("policyTypes")
    # Without types a policy is about what comes in, and about what goes out where it has rules for that.
    kinds = texts(types) or (() if types is UNKNOWN else ("Ingress", *(["Egress"] if known.get("egress") else [])))
    isolates: set[Direction] = set()
    rules: dict[Direction, tuple[PolicyRule, ...]] = {}
    for kind, direction, side in _SIDES:
        if kind in kinds or types is UNKNOWN or spec is UNKNOWN:
            rules[direction] = tuple(_rules(known.get(kind.lower()), side))
        if kind in kinds and spec is not UNKNOWN:
            isolates.add(direction)
    return Policy(
        name=clusters.object_name(resource),
        urn=resource.urn,
        provider=resource.provider,
        namespace=clusters.namespace_of(plan, resource),
        selector=UNKNOWN if spec is UNKNOWN else known.get("podSelector"),
        isolates=frozenset(isolates),
        rules=rules,
    )


_SIDES: tuple[tuple[str, Direction, str], ...] = (("Ingress", "Inbound", "from"), ("Egress", "Outbound", "to"))


def _rules(value: Value, side: str) -> Iterator[PolicyRule]:
    if value is UNKNOWN:
        yield PolicyRule(peers=None, ports=None)
    for row in rows(value):
        listed = row.get(side)
        everybody = listed is UNKNOWN or not listed
        yield PolicyRule(peers=None if everybody else tuple(map(_peer, rows(listed))), ports=row.get("ports"))


def _peer(row: Mapping[str, Value]) -> Peer:
    block = mapping(row.get("ipBlock"))
    if row.get("ipBlock") is UNKNOWN or block:
        return Peer(cidr=text(block.get("cidr")) or "0.0.0.0/0", excepts=texts(block.get("except")))
    return Peer(namespaces=row.get("namespaceSelector"), pods=row.get("podSelector"))


def planned_pods(plan: Plan) -> tuple[Pods, ...]:
    """Pods of every workload of the plan."""
    known = clusters.namespaces(plan)
    return tuple(
        Pods(
            id=item.id,
            namespace=item.namespace or "?",
            namespace_labels=_namespace_labels(known, item.resource.provider, item.namespace),
            labels=Labels.of(item.labels),
            provider=item.resource.provider,
            ports=_named_ports(item.spec),
            host_network=item.host_network,
            urn=item.resource.urn,
        )
        for item in clusters.workloads(plan)
    )


def _namespace_labels(
    known: Mapping[tuple[str | None, str], Value], provider: str | None, namespace: str | None
) -> Labels:
    if namespace is None:
        return Labels({}, partial=True)
    found = known.get((provider, namespace))
    # What is not planned here has the label that every namespace has, and may have others.
    return Labels({clusters.NAME_LABEL: namespace}, partial=True) if found is None else Labels.of(found)


def _named_ports(spec: Mapping[str, Value]) -> dict[str, tuple[str, int]]:
    found: dict[str, tuple[str, int]] = {}
    for container in (*rows(spec.get("containers")), *rows(spec.get("initContainers"))):
        for port in rows(container.get("ports")):
            name, number = text(port.get("name")), port.get("containerPort")
            if name and isinstance(number, int):
                found[name] = (str(port.get("protocol") or "TCP").upper(), number)
    return found


def named_pods(plan: Plan) -> tuple[Pods, ...]:
    """Pods that a policy names in a namespace that is not planned here, as those of Azure in `kube-system`."""
    known = clusters.namespaces(plan)
    found: dict[str, Pods] = {}
    for policy in policies(plan):
        peers = (peer for rules in policy.rules.values() for rule in rules for peer in rule.peers or ())
        for peer in peers:
            for namespace in _named_namespaces(peer.namespaces):
                if (policy.provider, namespace) in known or peer.cidr is not None:
                    continue
                labels = mapping(mapping(peer.pods).get("matchLabels"))
                shown = ",".join(f"{key}={value}" for key, value in sorted(labels.items()) if value is not UNKNOWN)
                identifier = f"pods:{namespace}/{shown or '*'}"
                found[identifier] = Pods(
                    id=identifier,
                    namespace=namespace,
                    # Others of that namespace, with other labels, are other places, where a policy names them.
                    namespace_labels=Labels({clusters.NAME_LABEL: namespace}),
                    labels=Labels(labels, partial=not labels),
                    provider=policy.provider,
                    ports={},
                )
    return tuple(found.values())


def unplanned_pods(plan: Plan) -> tuple[Pods, ...]:
    """Pods that anyone may still put into a namespace of his own, for each cluster: no label of theirs is known to us.

    Without them a policy that lets everyone in would look as narrow as one that lets in all who are planned.
    """
    providers = {resource.provider for resource in plan.of_type("kubernetes:*")}
    return tuple(
        Pods(
            id=UNPLANNED if len(providers) == 1 else f"{UNPLANNED}@{(provider or '').rpartition('::')[2]}",
            namespace="",
            namespace_labels=Labels({clusters.NAME_LABEL: ""}),
            labels=Labels({}),
            provider=provider,
            ports={},
        )
        for provider in sorted(providers, key=str)
    )


def _named_namespaces(selector: Value) -> tuple[str, ...]:
    chosen = mapping(selector)
    exact = text(mapping(chosen.get("matchLabels")).get(clusters.NAME_LABEL))
    listed = [
        name
        for row in rows(chosen.get("matchExpressions"))
        if row.get("key") == clusters.NAME_LABEL and row.get("operator") == "In"
        for name in texts(row.get("values"))
    ]
    return (exact, *listed) if exact else tuple(listed)
