"""Cilium's own network policies, read into the form of Kubernetes' ones: docs.cilium.io/en/stable/security/policy.

What they deny is left out: it takes away from what other rules give, so that leaving it out shows more, not less.
"""

from collections.abc import Iterator, Mapping

from plan.model import UNKNOWN, Plan, PlannedResource, Value
from plan.reachability import clusters
from plan.reachability.model import Direction
from plan.reachability.network_policies import Peer, Policy, PolicyRule
from plan.reachability.reading import mapping, rows, text, texts

NAMESPACE_KEYS = ("io.kubernetes.pod.namespace", "io.cilium.k8s.namespace.labels.")
SIDES: tuple[tuple[str, Direction, str], ...] = (("ingress", "Inbound", "from"), ("egress", "Outbound", "to"))
ANYWHERE = "0.0.0.0/0"
OUTSIDE = frozenset({"world", "world-ipv4", "all"})
"""Entities that include addresses outside of the cluster."""
INSIDE = frozenset({"cluster", "all"})


def cilium_policies(plan: Plan) -> Iterator[Policy]:
    """Of one namespace, or of the whole cluster; each may hold several."""
    for resource in plan.of_type("kubernetes:cilium.io/*"):
        kind = resource.type.rpartition(":")[2]
        if kind in ("CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy"):
            wide = kind == "CiliumClusterwideNetworkPolicy"
            for spec in (resource.get("spec"), *rows(resource.get("specs"))):
                if spec is UNKNOWN or isinstance(spec, Mapping):
                    yield _policy(plan, resource, spec, wide=wide)


def _policy(plan: Plan, resource: PlannedResource, spec: Value, *, wide: bool) -> Policy:
    known = mapping(spec)
    defaults = mapping(known.get("enableDefaultDeny"))
    isolates: set[Direction] = set()
    rules: dict[Direction, tuple[PolicyRule, ...]] = {}
    for key, direction, side in SIDES:
        here = known.get(key)
        # A section that is there isolates, even an empty one; so does what denies.
        present = here is not None or known.get(f"{key}Deny") is not None
        if present and defaults.get(key) in (None, True) and spec is not UNKNOWN:
            isolates.add(direction)
        rules[direction] = tuple(_rules(here, side, wide=wide))
    spaces, selector = _about(UNKNOWN if spec is UNKNOWN else known.get("endpointSelector"))
    return Policy(
        name=clusters.object_name(resource),
        urn=resource.urn,
        provider=resource.provider,
        namespace=None if wide else clusters.namespace_of(plan, resource),
        cluster_wide=wide,
        spaces=spaces,
        # A node's policy selects no pod.
        selector=UNKNOWN if spec is UNKNOWN or "endpointSelector" not in known else selector,
        isolates=frozenset(isolates) if "endpointSelector" in known else frozenset(),
        rules=rules,
    )


def _rules(value: Value, side: str, *, wide: bool) -> Iterator[PolicyRule]:
    if value is UNKNOWN:
        yield PolicyRule(peers=None, ports=None)
    for row in rows(value):
        # Of requests by method, path or name nothing is read: they take away from what the port opens, and add nothing.
        opened = [rows(listed.get("ports")) for listed in rows(row.get("toPorts"))]
        # One entry without ports opens all of them, whatever the others say.
        ports = [port for listed in opened for port in listed] if all(opened) else []
        unknown = any(item is UNKNOWN for item in row.values())
        # A rule that names ports and no peers is about everybody; one that names nothing is about nobody.
        peers = tuple(_peers(row, side, wide=wide))
        named = any(key.startswith(side) and key != "toPorts" for key in row)
        if unknown or peers or not named:
            everybody = unknown or (not named and bool(row))
            yield PolicyRule(peers=None if everybody else peers, ports=UNKNOWN if unknown else ports)


def _peers(row: Mapping[str, Value], side: str, *, wide: bool) -> Iterator[Peer]:
    for selector in rows(row.get(f"{side}Endpoints")):
        yield _endpoint(selector, wide=wide)
    for cidr in texts(row.get(f"{side}CIDR")):
        yield Peer(cidr=cidr)
    for block in rows(row.get(f"{side}CIDRSet")):
        yield Peer(cidr=text(block.get("cidr")) or ANYWHERE, excepts=texts(block.get("except")))
    names = [text(name.get("matchName")) or text(name.get("matchPattern")) for name in rows(row.get("toFQDNs"))]
    if any(names):
        yield Peer(cidr=ANYWHERE, names=texts(names))
    entities = set(texts(row.get(f"{side}Entities")))
    if entities & INSIDE:
        yield Peer(namespaces={}, pods={})
    if entities - INSIDE - {"host", "remote-node", "health", "init"} or entities & OUTSIDE:
        yield Peer(cidr=ANYWHERE)
    if row.get(f"{side}Services") or row.get(f"{side}Groups"):
        yield Peer(namespaces={}, pods={})
        yield Peer(cidr=ANYWHERE)


def _endpoint(selector: Mapping[str, Value], *, wide: bool) -> Peer:
    """A selector of peers; one that names no namespace means the policy's own, or any in the whole cluster's."""
    if UNKNOWN in (selector.get("matchLabels"), selector.get("matchExpressions")):
        # A label that is not known yet may name another namespace.
        return Peer(namespaces={}, pods=UNKNOWN)
    spaces, pods = _about(selector)
    return Peer(namespaces=({} if wide else None) if spaces is None else spaces, pods=pods)


def _about(selector: Value) -> tuple[Value, Value]:
    """What a selector of endpoints says of namespaces, None for nothing, and of pods: the labels lie in one list."""
    if not isinstance(selector, Mapping):
        return None, selector
    plain = mapping(_plain(selector))
    if UNKNOWN in (plain.get("matchLabels"), plain.get("matchExpressions")):
        return None, plain
    spaces: dict[str, Value] = {}
    pods: dict[str, Value] = {}
    for key, value in mapping(plain.get("matchLabels")).items():
        if key == NAMESPACE_KEYS[0]:
            spaces[clusters.NAME_LABEL] = value
        elif key.startswith(NAMESPACE_KEYS[1]):
            spaces[key.removeprefix(NAMESPACE_KEYS[1])] = value
        else:
            pods[key] = value
    expressions = []
    space_expressions = []
    for row in rows(plain.get("matchExpressions")):
        key = text(row.get("key")) or ""
        if key == NAMESPACE_KEYS[0]:
            space_expressions.append({**row, "key": clusters.NAME_LABEL})
        elif key.startswith(NAMESPACE_KEYS[1]):
            space_expressions.append({**row, "key": key.removeprefix(NAMESPACE_KEYS[1])})
        else:
            expressions.append(row)
    named = {"matchLabels": spaces, "matchExpressions": space_expressions} if spaces or space_expressions else None
    return named, {"matchLabels": pods, "matchExpressions": expressions}


def _plain(selector: Value) -> Value:
    """Without the prefixes that say where a label comes from."""
    if not isinstance(selector, Mapping):
        return selector
    labels = selector.get("matchLabels")
    expressions = selector.get("matchExpressions")
    return {
        "matchLabels": {_key(key): value for key, value in labels.items()} if isinstance(labels, Mapping) else labels,
        "matchExpressions": [{**row, "key": _key(text(row.get("key")) or "")} for row in rows(expressions)],
    }


def _key(key: str) -> str:
    return key.removeprefix("k8s:").removeprefix("any:").removeprefix("k8s.").removeprefix("any.")
