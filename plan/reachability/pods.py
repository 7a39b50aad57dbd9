"""Which pods may connect to which, and which addresses: policies add up, and without one everything may.

kubernetes.io/docs/concepts/services-networking/network-policies. Pods of the node's network are the node: no policy is
about them. Where the cluster enforces no policies, those of the plan say nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

from plan.model import UNKNOWN, Plan
from plan.reachability import clusters
from plan.reachability.model import Direction, Edge, Hop, Place
from plan.reachability.network_policies import Peer, Pods, Policy, named_pods, planned_pods, policies, unplanned_pods
from plan.reachability.once import once
from plan.reachability.reading import block, texts
from plan.reachability.scheduling import host_edges
from plan.reachability.selectors import EVERY, Ports, meet, ports_of, ports_text, selects
from plan.reachability.subnets import referred_subnets, subnets

ENFORCED = ("azure", "calico", "cilium")
"""`networkPolicy` of a cluster; none of them, or absent: learn.microsoft.com/azure/aks/use-network-policies"""
DEFAULT_PODS = ("10.244.0.0/16",)
"""Where AKS puts pods unless told otherwise; unverified."""
ANYWHERE = "0.0.0.0/0"
Reach = tuple[str, str, Hop]
"""CIDR, ports, and the rule that lets it."""


def pod_edges(plan: Plan, places: Mapping[str, Place]) -> tuple[Edge, ...]:
    """From pods to pods, by what both sides' policies let pass; and from pods to the nodes that they run on."""
    table = _Table.of(plan)
    found = []
    for source in table.pods:
        for target in table.pods:
            if source.id == target.id or source.provider != target.provider:
                continue
            if source.host_network or target.host_network:
                continue
            out, leaving = table.ports(source, target, "Outbound")
            into, arriving = table.ports(target, source, "Inbound") if out else ((), ())
            both = meet(out, into)
            if both and source.id in places and target.id in places:
                how = tuple(dict.fromkeys((*leaving, *arriving)))
                found.append(Edge(source=source.id, target=target.id, kind="connects", how=how, what=ports_text(both)))
    return (*found, *host_edges(plan, table.pods))


def pod_reach(plan: Plan, place: Place) -> list[Reach]:
    """Addresses that pods may connect to; nothing for pods of the node's network, which are the node."""
    return _addresses(plan, place, "Outbound")


def pod_entries(plan: Plan, place: Place) -> list[Reach]:
    """Addresses that may connect to pods."""
    return _addresses(plan, place, "Inbound")


def _addresses(plan: Plan, place: Place, direction: Direction) -> list[Reach]:
    table = _Table.of(plan)
    mine = next((item for item in table.pods if item.id == place.id), None)
    return list(table.addresses(mine, direction)) if mine is not None and not mine.host_network else []


@dataclass(frozen=True)
class _Table:
    """Pods and policies of a plan, read once."""

    pods: tuple[Pods, ...]
    policies: tuple[Policy, ...]
    unenforced: frozenset[str | None]
    """Providers of clusters that enforce no policies."""
    ranges: Mapping[str | None, tuple[str, ...]]
    """Where the pods of a cluster have their addresses, by provider; empty where no block of addresses means pods."""

    @staticmethod
    @once
    def of(plan: Plan) -> "_Table":
        pods = (*planned_pods(plan), *named_pods(plan), *unplanned_pods(plan))
        samples = {item.provider: item for item in plan.of_type("kubernetes:*")}
        unenforced: set[str | None] = set()
        ranges: dict[str | None, tuple[str, ...]] = {}
        for provider, sample in samples.items():
            cluster = clusters.cluster_of(plan, sample)
            ranges[provider] = DEFAULT_PODS
            if cluster is not None:
                if cluster.get("networkProfile.networkPolicy") not in ENFORCED:
                    unenforced.add(provider)
                ranges[provider] = _pod_ranges(plan, cluster.urn)
        return _Table(pods, policies(plan), frozenset(unenforced), ranges)

    def _about(self, pods: Pods, direction: Direction, *, unsure: bool) -> Iterator[Policy]:
        """Policies that select pods; where it can't be told, `unsure` decides."""
        for policy in self.policies:
            if policy.provider != pods.provider or pods.provider in self.unenforced or direction not in policy.rules:
                continue
            elsewhere = not policy.cluster_wide and policy.namespace != pods.namespace
            if elsewhere and (policy.namespace is not None or not unsure):
                continue
            here = policy.spaces is None or selects(policy.spaces, pods.namespace_labels, unsure=unsure)
            if here and selects(policy.selector, pods.labels, unsure=unsure):
                yield policy

    def isolated(self, pods: Pods, direction: Direction) -> bool:
        """Whether any policy surely takes away the freedom of connecting."""
        return any(direction in policy.isolates for policy in self._about(pods, direction, unsure=False))

    def ports(self, pods: Pods, other: Pods, direction: Direction) -> tuple[Ports, tuple[Hop, ...]]:
        """Ports on which policies of `pods` let it and the other connect, seen from `pods`."""
        if not self.isolated(pods, direction):
            return EVERY, (self._free(pods, direction),)
        target = other if direction == "Outbound" else pods
        # Of pods that are not planned here no port is known by name.
        named = target.ports or None
        found: list[tuple[str, int, int]] = []
        hops: list[Hop] = []
        for policy in self._about(pods, direction, unsure=True):
            for rule in policy.rules.get(direction, ()):
                peers = rule.peers
                if peers is None or any(self._is(peer, policy, other) for peer in peers):
                    found += ports_of(rule.ports, named)
                    hops.append(_hop(policy))
        return tuple(dict.fromkeys(found)), tuple(dict.fromkeys(hops))

    def addresses(self, pods: Pods, direction: Direction) -> Iterator[Reach]:
        """Blocks of addresses that policies let pods connect to, or be connected from."""
        if not self.isolated(pods, direction):
            yield ANYWHERE, "any", self._free(pods, direction)
            return
        named = pods.ports if direction == "Inbound" else None
        for policy in self._about(pods, direction, unsure=True):
            for rule in policy.rules.get(direction, ()):
                ports = ports_of(rule.ports, named)
                blocks = [Peer(cidr=ANYWHERE)] if rule.peers is None else rule.peers
                for peer in blocks if ports else ():
                    what = f"{_hop(policy).what}: {', '.join(peer.names)}" if peer.names else _hop(policy).what
                    for cidr in _without(peer):
                        yield cidr, ports_text(ports), Hop(what=what, urn=policy.urn)

    def _is(self, peer: Peer, policy: Policy, other: Pods) -> bool:
        """Whether pods are, or could be, this peer."""
        if peer.cidr is not None:
            ranges = self.ranges.get(other.provider, ())
            return any(_overlaps(cidr, place) for cidr in _without(peer) for place in ranges)
        if peer.namespaces is None:
            if policy.namespace is not None and other.namespace != policy.namespace:
                return False
        elif not selects(peer.namespaces, other.namespace_labels, unsure=True):
            return False
        return selects(peer.pods, other.labels, unsure=True)

    def _free(self, pods: Pods, direction: Direction) -> Hop:
        way = "going out" if direction == "Outbound" else "coming in"
        if pods.provider in self.unenforced:
            return Hop(what="the cluster enforces no network policies", urn=pods.urn)
        return Hop(what=f"no network policy is about what is {way} of {pods.id.removeprefix('pods:')}", urn=pods.urn)


def _hop(policy: Policy) -> Hop:
    where = f" in {policy.namespace}" if policy.namespace else ""
    return Hop(what=f"network policy '{policy.name}'{where}", urn=policy.urn)


def _pod_ranges(plan: Plan, urn: str) -> tuple[str, ...]:
    """Addresses of a cluster's pods, as far as a block of addresses in a policy means pods at all."""
    cluster = plan.by_urn(urn)
    if cluster is None or cluster.get("networkProfile.networkPolicy") == "cilium":
        # Blocks of addresses never mean pods there: learn.microsoft.com/azure/aks/azure-cni-powered-by-cilium
        return ()
    written = texts(cluster.get("networkProfile.podCidrs")) or texts(cluster.get("networkProfile.podCidr"))
    if written:
        return tuple(item for item in written if ":" not in item)
    if cluster.get("networkProfile.networkPlugin") == "azure" and not cluster.get("networkProfile.networkPluginMode"):
        declared = subnets(plan)
        homes = [
            item
            for pool in clusters.pools(plan)
            if pool.cluster is cluster
            for key in ("vnetSubnetID", "podSubnetID")
            for item in referred_subnets(declared, pool.holder, f"{pool.path}{key}")
        ]
        return tuple(prefix for item in homes for prefix in item.prefixes)
    return DEFAULT_PODS if cluster.get("networkProfile.podCidr") is not UNKNOWN else (ANYWHERE,)


def _without(peer: Peer) -> list[str]:
    """A block less what is taken out of it; IPv6 is left out."""
    whole = block(peer.cidr) if peer.cidr is not None else None
    left = [whole] if whole is not None else []
    for hole in filter(None, map(block, peer.excepts)):
        left = [part for one in left for part in _less(one, hole)]
    return [str(one) for one in sorted(left)]


def _less(one: IPv4Network, hole: IPv4Network) -> Iterable[IPv4Network]:
    if hole.subnet_of(one):
        return one.address_exclude(hole)
    return () if one.subnet_of(hole) else (one,)


def _overlaps(left: str, right: str) -> bool:
    one, other = block(left), block(right)
    return one is None or other is None or one.overlaps(other)
