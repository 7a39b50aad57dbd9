"""Cilium's own policies: what they open is narrow, what they deny is denied for every namespace, requests are known.

docs.cilium.io/en/stable/security/policy/language; what plain policies open is judged in workload.py and
workload_objects.py.
"""

from collections.abc import Iterable, Iterator, Mapping

from plan.model import MISSING, PlannedResource
from policies.require import items, texts
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, judged, rule, stack_rule
from policies.settled import SHUT, settled
from policies.types import FIREWALL_RULES, NAMESPACE, NETWORK_POLICY
from policies.verdict import PASSED, Verdict, all_of, refused, refused_for
from policies.verifier import VERIFIERS

FINE = "kubernetes:cilium.io/v2:CiliumNetworkPolicy"
WIDE = "kubernetes:cilium.io/v2:CiliumClusterwideNetworkPolicy"
SPACE = "k8s:io.kubernetes.pod.namespace"
SPACE_LABEL = "k8s:io.cilium.k8s.namespace.labels."
PEERS = {"ingress": ("fromEndpoints",), "egress": ("toEndpoints", "toFQDNs")}
MODEL_PORT = "8000"
"""Of a model's proxy, which speaks TLS: the routes are its own, and nothing on the way could read one."""
NUMBERS = frozenset({"GET /metrics"})
GATEWAY = "gateway"
SERVER = "kube-apiserver"
BUT_VERIFIERS = [{"key": SPACE, "operator": "NotIn", "values": [VERIFIERS]}]
DENIED = frozenset({"169.254.169.254/32", "168.63.129.16/32"})
"""learn.microsoft.com/azure/virtual-machines/instance-metadata-service, …/what-is-ip-address-168-63-129-16"""


def _rows(policy: PlannedResource) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Everything that a policy allows, with the side and the place of it."""
    for side in PEERS:
        for index, row in enumerate(items(policy.get(f"spec.{side}"))):
            yield side, f"{side} {index}", row


def _labels(selector: object) -> Mapping[str, object]:
    found = selector.get("matchLabels") if isinstance(selector, dict) else None
    return found if isinstance(found, dict) else {}


def _asked(row: Mapping[str, object]) -> list[set[str]]:
    """Requests that each port of a row takes; an empty set takes all."""
    found = []
    for port in items(row.get("toPorts")):
        rules = port.get("rules")
        http = items(rules.get("http")) if isinstance(rules, dict) else []
        found.append({f"{one.get('method')} {one.get('path')}" for one in http})
    return found


@rule(
    "workload.fine-policies-open-nothing-wide",
    title="A Cilium policy opens named pods and hosts, on named ports, and leaves denial by default alone",
    severity=Severity.CRITICAL,
    applies_to=FINE,
    fix="make it with components/fine_policies.py",
    example="a CiliumNetworkPolicy with toEntities: [world]",
)
def fine_is_narrow(policy: PlannedResource, stack: StackUnderReview) -> Verdict:
    """It is read beside the plain policies, and what either allows is allowed: one entity here is the whole world."""
    told = []
    if not _labels(policy.get("spec.endpointSelector")):
        told.append("is about every pod of its namespace")
    for side, where, row in _rows(policy):
        strange = sorted(set(row) - {*PEERS[side], "toPorts"})
        told += [f"{where} has {key}" for key in strange]
        selectors = [one for key in PEERS[side][:1] for one in items(row.get(key))]
        told += [f"{where} names everybody" for one in selectors if SPACE not in _labels(one) or len(_labels(one)) < 2]
        told += [f"{where} names hosts by a pattern" for one in items(row.get("toFQDNs")) if set(one) != {"matchName"}]
        if not selectors and not items(row.get("toFQDNs")):
            told.append(f"{where} names nobody")
        told += _wide_ports(where, row)
    shut = ("specs", "spec.enableDefaultDeny", "spec.nodeSelector")
    return all_of((settled(policy, dict.fromkeys(shut, SHUT)), _hosts(policy, stack), _told(told)))


def _wide_ports(where: str, row: Mapping[str, object]) -> list[str]:
    named = items(row.get("toPorts"))
    told = [] if named else [f"{where} opens every port"]
    for port in named:
        told += [f"{where} has {key}" for key in sorted(set(port) - {"ports", "rules"})]
        numbers = items(port.get("ports"))
        told += [] if numbers else [f"{where} opens every port"]
        told += [f"{where} opens port {n.get('port')}" for n in numbers if "endPort" in n or n.get("port") in (0, "0")]
    return told


def _hosts(policy: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Hosts of the cloud's directory, and those that the firewall lets out anyway."""
    opened = {stack.jurisdiction.cloud.active_directory}
    for group in stack.of_type(FIREWALL_RULES):
        opened |= {h for _, found in group.each("ruleCollections[*].rules[*].targetFqdns") for h in texts(found)}
    named = [str(host) for _, host in policy.each("spec.egress[*].toFQDNs[*].matchName") if host is not MISSING]
    strange = [host for host in named if host not in opened]
    return _told([] if stack.partial else [f"opens {host}, which the firewall does not" for host in strange])


def _told(told: list[str]) -> Verdict:
    return refused_for(told)


@stack_rule(
    "workload.models-answer-known-requests",
    title="Models are asked by the gateway, on the proxy's port, and by the cluster's own for numbers alone",
    severity=Severity.CRITICAL,
    applies_to=(FINE, NETWORK_POLICY, NAMESPACE),
    fix="leave the policy to components/inference.py, and no plain policy beside it that opens the port",
    example="a policy that lets the gateway ask a port beside the proxy's, or a plain policy that opens port 8000",
)
def known_requests(stack: StackUnderReview) -> Iterable[Judged]:
    """vLLM's other routes load adapters and put models to sleep: the proxy in the pod answers none of them (ADR 38).

    A plain policy beside a fine one undoes it: Cilium adds up what both allow.
    """
    models = {
        space.get("metadata.name")
        for space in stack.of_type(NAMESPACE)
        if _component(space) == "inference" or str(space.get("metadata.name")).startswith("inference-")
    }
    for policy in stack.of_type(NETWORK_POLICY):
        plain = policy.get("metadata.namespace") in models and items(policy.get("spec.ingress"))
        yield policy, refused("opens every route of a model's port") if plain else PASSED
    for policy in stack.of_type(FINE):
        yield policy, _requests(policy, asks_models=policy.get("metadata.namespace") in models)


def _component(space: PlannedResource) -> object:
    labels = space.get("metadata.labels")
    return labels.get("app.kubernetes.io/component") if isinstance(labels, dict) else None


def _requests(policy: PlannedResource, *, asks_models: bool) -> Verdict:
    told = []
    for side, where, row in _rows(policy):
        spaces = {_labels(one).get(SPACE) for one in items(row.get("fromEndpoints"))}
        if side != "ingress" or not (asks_models or spaces - {GATEWAY}):
            continue
        if asks_models and spaces == {GATEWAY}:
            ports = {str(n.get("port")) for port in items(row.get("toPorts")) for n in items(port.get("ports"))}
            told += [f"{where} opens port {one}" for one in sorted(ports - {MODEL_PORT})]
            # Who reads requests there would have to open the TLS.
            told += (
                [f"{where} reads what is asked by TLS"] if any("rules" in p for p in items(row.get("toPorts"))) else []
            )
            continue
        for found in _asked(row):
            if not found:
                told.append(f"{where} opens every request")
            told += [f"{where} opens {one}" for one in sorted(found - NUMBERS)]
    return _told(told)


@stack_rule(
    "workload.node-and-control-are-out-of-reach",
    title="No pod of ours reaches the node's metadata, the wire server or the API server, whatever else is allowed",
    severity=Severity.CRITICAL,
    applies_to=(WIDE, NAMESPACE),
    fix="let components/out_of_reach.py make the denial, and components/workload.py the namespaces",
    example="a namespace without the label that the denial selects",
)
def out_of_reach(stack: StackUnderReview) -> Iterable[Judged]:
    """The metadata service gives the node's identity to whoever asks: with it, one reads the registry and the vault."""
    policies, spaces = stack.of_type(WIDE), stack.of_type(NAMESPACE)
    if not spaces:
        return absent(stack, "the plan has no namespace")
    nodes = [_labels(policy.get("spec.endpointSelector")) for policy in policies if _denies(policy, DENIED)]
    servers = [
        _labels(policy.get("spec.endpointSelector")) for policy in policies if _denies(policy, DENIED | {SERVER})
    ]

    def check(space: PlannedResource) -> Verdict:
        # It reads what is asked of images there; the selector of all others leaves it out by name.
        own = {SPACE: VERIFIERS}
        shut = own in nodes if space.get("metadata.name") == VERIFIERS else _among(space, servers)
        return PASSED if shut else refused("may reach its node's metadata")

    found = judged(spaces, check)
    return [*found, *judged(policies, _only_denies)]


def _denies(policy: PlannedResource, wanted: frozenset[str]) -> bool:
    rows = items(policy.get("spec.egressDeny"))
    # With ports or anything else beside the address, a row denies a part of it.
    blocks = {block for row in rows if set(row) == {"toCIDR"} for block in texts(row["toCIDR"])}
    entities = {name for row in rows if set(row) == {"toEntities"} for name in texts(row["toEntities"])}
    return blocks | entities >= wanted


def _among(space: PlannedResource, selectors: list[Mapping[str, object]]) -> bool:
    own = space.get("metadata.labels")
    labels = {f"{SPACE_LABEL}{key}": value for key, value in own.items()} if isinstance(own, dict) else {}
    labels[SPACE] = space.get("metadata.name")
    return any(selector and selector.items() <= labels.items() for selector in selectors)


def _only_denies(policy: PlannedResource) -> Verdict:
    shut = ("specs", "spec.ingress", "spec.egress", "spec.enableDefaultDeny", "spec.nodeSelector")
    part = policy.get("spec.endpointSelector")
    rest = part.get("matchExpressions", BUT_VERIFIERS) if isinstance(part, dict) else None
    whole = isinstance(part, dict) and set(part) <= {"matchLabels", "matchExpressions"} and rest == BUT_VERIFIERS
    return all_of((settled(policy, dict.fromkeys(shut, SHUT)), PASSED if whole else refused("selects by more")))
