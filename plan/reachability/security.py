"""Network security groups: by priority, the first rule that matches decides; replies need no rule.

https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from plan.reachability.boxes import (
    ANY_PORT,
    ANY_PROTOCOL,
    PROTOCOLS,
    Box,
    Span,
    Spans,
    boxes_of,
    common,
    intersect,
    merged,
    subtract,
    without,
)
from plan.reachability.model import Direction, Hop, SecurityGroup, SecurityRule
from plan.reachability.tags import HOST, Universe, cidr
from plan.reachability.topology import Spot, Topology

_VIRTUAL, _INTERNET = ("VirtualNetwork",), ("Internet",)
DEFAULTS: Final = (
    SecurityRule(
        name="AllowVNetInBound",
        priority=65000,
        direction="Inbound",
        access="Allow",
        sources=_VIRTUAL,
        destinations=_VIRTUAL,
    ),
    SecurityRule(
        name="AllowAzureLoadBalancerInBound",
        priority=65001,
        direction="Inbound",
        access="Allow",
        sources=("AzureLoadBalancer",),
    ),
    SecurityRule(name="DenyAllInBound", priority=65500, direction="Inbound", access="Deny"),
    SecurityRule(
        name="AllowVnetOutBound",
        priority=65000,
        direction="Outbound",
        access="Allow",
        sources=_VIRTUAL,
        destinations=_VIRTUAL,
    ),
    SecurityRule(
        name="AllowInternetOutBound", priority=65001, direction="Outbound", access="Allow", destinations=_INTERNET
    ),
    SecurityRule(name="DenyAllOutBound", priority=65500, direction="Outbound", access="Deny"),
)

Passed = list[tuple[list[Box], tuple[Hop, ...]]]
"""Packets that pass, and the rules that let them."""


def last_part(identifier: str) -> str:
    """A resource's own name, for people."""
    return identifier.rstrip("/").rsplit("/", 1)[-1].rsplit("::", 1)[-1]


def ports(texts: Iterable[str]) -> Spans:
    """`443`, `8000-8100`, `80,443` or `*`; what can't be read is every port."""
    found: list[Span] = []
    for text in (part.strip() for each in texts for part in each.split(",")):
        low, _, high = text.partition("-")
        if not (low.isdigit() and (high or low).isdigit()):
            return (ANY_PORT,)
        found.append((int(low), int(high or low)))
    return merged(found)


def protocol_spans(protocol: str) -> Spans:
    """A protocol's place on its axis; `*` and what isn't known is every protocol."""
    names = [name.lower() for name in PROTOCOLS]
    plain = protocol.lower()
    return ((names.index(plain), names.index(plain)),) if plain in names else (ANY_PROTOCOL,)


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A rule as boxes, for one subnet: there `VirtualNetwork` has its meaning."""

    allow: bool
    hop: Hop
    rest: tuple[Spans, Spans, Spans]
    sources: Spans
    destinations: Spans
    source_groups: frozenset[str]
    destination_groups: frozenset[str]
    boxes: list[Box]
    """Where no application security group takes part."""
    member_boxes: list[Box]
    """To the members of the destination's groups, where it is not asked for one of them alone."""

    def matching(self, all_addresses: Spans, sources: Collection[str], targets: Collection[str] | None) -> list[Box]:
        # Such a rule is applied to the interfaces that are members, whatever their address.
        # https://learn.microsoft.com/azure/virtual-network/application-security-groups
        member_of_source = not self.source_groups.isdisjoint(sources)
        member_of_target = targets is not None and not self.destination_groups.isdisjoint(targets)
        if not member_of_source and not member_of_target:
            return self.boxes if targets is not None else self.member_boxes
        return boxes_of(
            all_addresses if member_of_source else self.sources,
            all_addresses if member_of_target else self.destinations,
            *self.rest,
        )


def _order(rule: SecurityRule) -> tuple[int, bool]:
    # Two of the same priority are no valid group; what allows is taken first then.
    return rule.priority, rule.access == "Deny"


class Security:
    """The security groups of an estate."""

    def __init__(self, topology: Topology, universe: Universe, application_groups: Mapping[str, Spans]) -> None:
        self._topology = topology
        self._universe = universe
        self._application_groups = application_groups
        self._compiled: dict[tuple[int, str, Direction], list[_Compiled]] = {}
        self._virtual: dict[tuple[str, bool], Spans] = {}

    def passed(
        self,
        groups: Sequence[SecurityGroup | None],
        direction: Direction,
        spot: Spot,
        boxes: list[Box],
        sources: Collection[str] = (),
        targets: Collection[str] | None = (),
    ) -> Passed:
        """Packets that every one of the groups lets pass, in this order; without a group everything passes.

        Outbound the interface's group comes first, inbound the subnet's: both must allow.
        https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works
        `targets` are the application security groups of the one target; None where there may be many targets.
        """
        found: Passed = [(boxes, ())]
        for group in groups:
            if group is not None:
                found = [
                    (allowed, (*hops, hop))
                    for before, hops in found
                    for allowed, hop in self._allowed(group, direction, spot, before, sources, targets)
                ]
        return found

    def _allowed(
        self,
        group: SecurityGroup,
        direction: Direction,
        spot: Spot,
        boxes: list[Box],
        sources: Collection[str],
        targets: Collection[str] | None,
    ) -> list[tuple[list[Box], Hop]]:
        found = []
        left = boxes
        for rule in self._rules(group, direction, spot):
            if not left:
                break
            matching = rule.matching(self._universe.all, sources, targets)
            inside = intersect(left, matching)
            if not inside:
                continue
            if rule.allow:
                found.append((inside, rule.hop))
            left = subtract(left, matching)
        return found

    def _rules(self, group: SecurityGroup, direction: Direction, spot: Spot) -> list[_Compiled]:
        key = (id(group), spot.key, direction)
        known = self._compiled.get(key)
        if known is None:
            rules = [rule for rule in (*group.rules, *DEFAULTS) if rule.direction == direction]
            known = [self._compile(group, rule, spot) for rule in sorted(rules, key=_order)]
            self._compiled[key] = known
        return known

    def _compile(self, group: SecurityGroup, rule: SecurityRule, spot: Spot) -> _Compiled:
        wide = rule.access == "Allow"
        rest = (protocol_spans(rule.protocol), ports(rule.source_ports), ports(rule.destination_ports))
        sources, destinations = (
            self._addresses(rule.sources, spot, wide),
            self._addresses(rule.destinations, spot, wide),
        )
        named = frozenset(word.lower() for word in rule.destinations if self.is_application_group(word))
        members = merged((*destinations, *(span for each in named for span in self._application_groups.get(each, ()))))
        return _Compiled(
            allow=wide,
            hop=Hop(what=f"security group '{last_part(group.id)}' rule '{rule.name}' ({rule.priority})", urn=group.id),
            rest=rest,
            sources=sources,
            destinations=destinations,
            source_groups=frozenset(word.lower() for word in rule.sources if self.is_application_group(word)),
            destination_groups=named,
            boxes=boxes_of(sources, destinations, *rest),
            member_boxes=boxes_of(sources, members if wide else destinations, *rest),
        )

    def is_application_group(self, word: str) -> bool:
        """Whether a word in a rule is the id of an application security group."""
        return word.lower() in self._application_groups or (cidr(word) is None and ("/" in word or ":" in word))

    def _addresses(self, words: Iterable[str], spot: Spot, wide: bool) -> Spans:  # noqa: FBT001 - private, one caller
        found: list[Span] = []
        for word in words:
            plain = word.lower()
            if plain == "virtualnetwork":
                found += self.virtual_network(spot, wide=wide)
            elif plain == "internet":
                # Outside the virtual network, Azure's own public addresses included.
                # https://learn.microsoft.com/azure/virtual-network/service-tags-overview
                found += without(self._universe.public, self._own(spot))
            elif not self.is_application_group(word):
                found += self._universe.spans(word)
        return merged(found)

    def _own(self, spot: Spot) -> Spans:
        """Address space of the network and of the peered ones.

        `allowVirtualNetworkAccess` false takes the peer out of the tag and does no more: rules that name addresses
        still let it in. https://learn.microsoft.com/azure/virtual-network/virtual-network-manage-peering
        """
        prefixes = list(spot.network.prefixes)
        for here, _, other in self._topology.peers(spot.network):
            prefixes += other.prefixes if here.access else ()
        return merged((found[0], found[1]) for prefix in prefixes if (found := cidr(prefix)))

    def virtual_network(self, spot: Spot, *, wide: bool) -> Spans:
        """What the tag `VirtualNetwork` means in this subnet.

        Also what is behind the gateway, the host, and the prefixes of user-defined routes, of the subnet's own table
        (unverified: the tag's page does not say of which). A default route is in it only maybe, by the same page: an
        Allow takes it as in, a Deny as not. https://learn.microsoft.com/azure/virtual-network/service-tags-overview
        """
        key = (spot.key, wide)
        known = self._virtual.get(key)
        if known is not None:
            return known
        found: list[Span] = [*self._own(spot), *HOST]
        gateway = self._topology.gateway(spot.network)
        for prefix in gateway.gateway_prefixes if gateway is not None else ():
            found += self._universe.network(f"gateway:{gateway.id}") if gateway and prefix == "*" else ()
            found += self._universe.spans(prefix) if prefix != "*" else ()
        for peering in spot.network.peerings:
            if peering.access and self._topology.unplanned(peering):
                found += self._universe.network(f"peer:{peering.remote}")
        for route in spot.subnet.table.routes if spot.subnet.table is not None else ():
            known_prefix = cidr(route.prefix)
            if wide or (known_prefix is not None and known_prefix[2] > 0):
                found += self._universe.spans(route.prefix)
        self._virtual[key] = common(merged(found), self._universe.all)
        return self._virtual[key]
