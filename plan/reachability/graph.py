"""The graph of a plan: its places, what Azure does by itself, and every connection that its networks let pass."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from plan.model import Plan
from plan.reachability import services
from plan.reachability.model import (
    Attachment,
    Connection,
    Edge,
    Estate,
    Graph,
    Hop,
    OutsideKind,
    Place,
    Protocol,
    SecurityGroup,
    SecurityRule,
)
from plan.reachability.networks import estate
from plan.reachability.packets import connections, ways_in, ways_out
from plan.reachability.places import places
from plan.reachability.pods import ANYWHERE, Reach, pod_edges, pod_reach

PROTOCOLS: Mapping[str, Protocol] = {"TCP": "Tcp", "UDP": "Udp"}
OUTSIDE: Mapping[str, OutsideKind] = {
    "host": "host",
    "tag": "tag",
    "region": "region",
    "tenant": "tenant",
    "network": "network",
}
"""What stands before the colon of an outside place's id."""
POLICIES = "network-policies"
"""Id of the security group that pods' own policies are put into."""


def graph_of(plan: Plan) -> Graph:
    """Everything that data can go along, as the plan has it."""
    own = places(plan)
    known = dict(own)
    networks, unread = estate(plan)
    between_pods = pod_edges(plan, known)
    pods = tuple(_pods(plan, known, networks, between_pods))
    edges = (*services.service_edges(plan, known), *between_pods, *_connected(networks, pods))
    for edge in edges:
        for identifier in (edge.source, edge.target):
            if identifier not in known:
                known[identifier] = outside_place(identifier)
    return Graph(places=known, edges=edges, unjudged=(*unread, *services.unjudged(plan, own)))


@dataclass(frozen=True)
class _Pods:
    """Pods where they leave from, and the policies that let them, by what a rule made of one is called."""

    attachment: Attachment
    policies: Mapping[str, Hop]


def _pods(plan: Plan, known: Mapping[str, Place], networks: Estate, hosted: Iterable[Edge]) -> Iterator["_Pods"]:
    """Pods leave with the address of the node that they run on, as far as their own policies let them."""
    nodes: dict[str, list[Attachment]] = {}
    for attachment in networks.attachments:
        nodes.setdefault(attachment.place, []).append(attachment)
    for edge in hosted:
        if edge.kind != "hosts" or edge.source not in known:
            continue
        reach = pod_reach(plan, known[edge.source])
        if any(block == ANYWHERE and words == "any" for block, words, _ in reach):
            continue  # Held by no policy they reach what their node does, and `hosts` leads there.
        for node in nodes.get(edge.target, ()):
            yield _Pods(replace(node, place=edge.source, group=_policy(reach)), {row[2].what: row[2] for row in reach})


def _policy(reach: Iterable[Reach]) -> SecurityGroup:
    """What pods' own policies let out, in the form of a security group before the node's."""
    rules = [
        SecurityRule(
            name=hop.what,
            priority=100 + index,
            direction="Outbound",
            access="Allow",
            protocol=protocol,
            destinations=(block,),
            destination_ports=ports,
        )
        for index, (block, words, hop) in enumerate(reach)
        for protocol, ports in _ports(words)
    ]
    deny = SecurityRule(name="network policies", priority=4096, direction="Outbound", access="Deny")
    return SecurityGroup(id=POLICIES, rules=(*rules, deny))


def _ports(words: str) -> Iterator[tuple[Protocol, tuple[str, ...]]]:
    """Of `TCP 443, 8000-8100, UDP any`: by protocol; `any` alone is every protocol."""
    protocol, found = "", dict[Protocol, list[str]]()
    for word in words.replace(",", "").split():
        if word == "any" and not protocol:
            yield "*", ("*",)
        elif word.isalpha() and word != "any":
            protocol = word
            # Azure's rules know no SCTP: as every protocol it counts as what reaches furthest.
            found.setdefault(PROTOCOLS.get(word, "*"), [])
        else:
            found[PROTOCOLS.get(protocol, "*")].append("*" if word == "any" else word)
    yield from ((kind, tuple(ports)) for kind, ports in found.items())


def _connected(networks: Estate, pods: Iterable[_Pods]) -> Iterator[Edge]:
    sources = [_Pods(attachment, {}) for attachment in networks.attachments if not attachment.is_endpoint]
    for source in (*sources, *pods):
        start = source.attachment
        for target in networks.attachments:
            if target.place != start.place:
                yield from _edges(connections(networks, start, target), source.policies)
        yield from _edges(ways_out(networks, start), source.policies)
    for target in networks.attachments:
        yield from _edges(ways_in(networks, target), {})


def _edges(found: Iterable[Connection], policies: Mapping[str, Hop]) -> Iterator[Edge]:
    for one in found:
        how = tuple(_policy_of(hop, policies) if hop.urn == POLICIES else hop for hop in one.hops)
        yield Edge(source=one.source, target=one.target, kind="connects", how=how, what=one.what)


def _policy_of(hop: Hop, policies: Mapping[str, Hop]) -> Hop:
    return next((policy for name, policy in policies.items() if f"'{name}'" in hop.what), hop)


def outside_place(identifier: str) -> Place:
    """What an id names that no resource of the plan is."""
    prefix, _, rest = identifier.partition(":")
    name = "the internet" if identifier == "internet" else rest or identifier
    return Place(id=identifier, name=name, kind="outside", outside=OUTSIDE.get(prefix, "internet"))
