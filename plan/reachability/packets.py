"""Who can start a connection to whom: between attachments, out of the estate, and into it.

A sound over-approximation: what is not known yet counts as whatever reaches furthest, so that what is not listed here
can't be reached. Not seen: names asked of Azure's own resolver at 168.63.129.16, security admin rules, IPv6.
"""

from collections.abc import Iterator
from dataclasses import replace

from plan.reachability.boxes import (
    ANY_PORT,
    ANY_PROTOCOL,
    Box,
    Spans,
    boxes_of,
    merged,
    narrowed,
    seen_on,
    without,
)
from plan.reachability.model import Attachment, Connection, Estate, Firewall, Hop, VirtualNetwork
from plan.reachability.rows import INTERNET, Passage, protocols_and_ports, rows_of
from plan.reachability.security import last_part
from plan.reachability.tags import cidr
from plan.reachability.topology import Spot
from plan.reachability.walking import Arrival, Flow, Goal, Walk


def connections(estate: Estate, source: Attachment, target: Attachment) -> tuple[Connection, ...]:
    """Connections that one attachment can start to another."""
    passages = _network(estate).between(source, target)
    return tuple(rows_of((source.place, target.place, each) for each in passages))


def ways_out(estate: Estate, source: Attachment) -> tuple[Connection, ...]:
    """Connections that an attachment can start to what is outside the estate."""
    passages = _network(estate).leaving(source)
    return tuple(rows_of((source.place, each.outside, each) for each in passages))


def ways_in(estate: Estate, target: Attachment) -> tuple[Connection, ...]:
    """Connections that the internet, and networks behind a gateway, can start to an attachment."""
    passages = _network(estate).entering(target)
    return tuple(rows_of((each.outside, target.place, each) for each in passages))


class Network:
    """The answers for one estate, in boxes."""

    def __init__(self, estate: Estate) -> None:
        self.world = Walk(estate)
        self._between: dict[tuple[object, ...], list[Passage]] = {}
        self._outside: dict[object, list[Arrival]] = {}

    def between(self, source: Attachment, target: Attachment) -> list[Passage]:
        """Packets from one attachment that arrive at another."""
        key = (_alike(source), _alike(target))
        if key not in self._between:
            self._between[key] = [] if source.is_endpoint else list(self._arriving(source, target))
        return self._between[key]

    def leaving(self, source: Attachment) -> list[Passage]:
        """Packets from an attachment that leave the estate."""
        return [] if source.is_endpoint else [each for arrival in self._outward(source) for each in self._out(arrival)]

    def entering(self, target: Attachment) -> list[Passage]:
        """Packets from outside that arrive at an attachment."""
        goal = self._goal(target)
        if goal is None:
            return []
        found = list(self._by_own_address(target, goal)) if target.public else []
        for firewall in self.world.estate.firewalls:
            found += self._by_translation(firewall, target, goal) if firewall.public else ()
        for network in self.world.estate.networks:
            found += self._by_network(network, target, goal)
        return found

    def _goal(self, target: Attachment) -> Goal | None:
        spot = self.world.topology.attached(target)
        return Goal(spot, self.world.spans_at(target), target.is_endpoint) if spot else None

    def _departing(self, source: Attachment, to: Spans, targets: tuple[str, ...] | None) -> Iterator[tuple[Spot, Flow]]:
        spot = self.world.topology.attached(source)
        if spot is None:
            return
        boxes = boxes_of(self.world.spans_at(source), to, (ANY_PROTOCOL,), (ANY_PORT,), (ANY_PORT,))
        groups = tuple(group.lower() for group in source.application_groups)
        lists = (source.group, spot.subnet.group)
        for passed, hops in self.world.security.passed(lists, "Outbound", spot, boxes, groups, targets):
            yield (
                spot,
                Flow(boxes=passed, hops=hops, home=spot.network.id, groups=groups, exit=_exit(spot, source), host=None),
            )

    def _arriving(self, source: Attachment, target: Attachment) -> Iterator[Passage]:
        goal = self._goal(target)
        if goal is None:
            return
        groups = tuple(group.lower() for group in target.application_groups)
        for spot, flow in self._departing(source, goal.spans, groups):
            for arrival in self.world.forward(spot, flow, goal):
                yield from self._let_in(arrival, target, goal)
        for door in self._doors(goal):
            for spot, flow in self._departing(source, door.spans, None):
                for arrival in self.world.forward(spot, flow, door):
                    yield from self._let_in(arrival, target, goal)
        # An appliance that is not known may forward what it gets to anyone.
        for arrival in self._outward(source):
            if arrival.kind == "appliance":
                yield from self._let_in(arrival, target, goal)

    def _doors(self, goal: Goal) -> Iterator[Goal]:
        """Addresses of firewalls that are translated: private ones too, for what is inside.

        https://learn.microsoft.com/azure/firewall/rule-processing
        """
        for firewall in self.world.estate.firewalls:
            spot, rules = self.world.topology.spot(firewall.subnet), self.world.filter(firewall.id)
            if spot is not None and rules.translations:
                own = self.world.spans_of(spot.subnet)
                unknown = any(not cidr(word) for rule, _ in rules.translations for word in rule.destinations)
                spans = merged((*rules.doors(), *(own if unknown else ())))
                yield Goal(spot, spans, beyond=goal)

    def _let_in(self, arrival: Arrival, target: Attachment, goal: Goal) -> Iterator[Passage]:
        """The security groups at the target, then the way back of the replies."""
        flow = arrival.flow
        boxes = flow.boxes
        if arrival.kind == "appliance":
            own = self.world.universe.spans(arrival.address or "*")
            sources = merged((*seen_on(boxes, 0), *own))
            boxes = boxes_of(sources, goal.spans, (ANY_PROTOCOL,), (ANY_PORT,), (ANY_PORT,))
        subnet = goal.spot.subnet
        # https://learn.microsoft.com/azure/private-link/disable-private-endpoint-network-policy
        lists = () if goal.endpoint and not subnet.endpoints_filtered else (subnet.group, target.group)
        groups = tuple(group.lower() for group in target.application_groups)
        what = f"{flow.how or ''} {flow.host or ''}".strip() if flow.how else ""
        for passed, hops in self.world.security.passed(lists, "Inbound", goal.spot, boxes, flow.groups, groups):
            # Replies of private endpoints do not follow the subnet's routes; nor is known what an appliance does.
            plain = goal.endpoint or arrival.kind == "appliance"
            kept = passed if plain else self.world.answered(goal.spot, replace(flow, boxes=passed), flow.home)
            if kept:
                yield Passage(kept, (*flow.hops, *hops), what=what)

    def _outward(self, source: Attachment) -> list[Arrival]:
        key = _alike(source)
        if key not in self._outside:
            self._outside[key] = [
                arrival
                for spot, flow in self._departing(source, self.world.universe.all, None)
                for arrival in self.world.forward(spot, flow, None)
            ]
        return self._outside[key]

    def _out(self, arrival: Arrival) -> Iterator[Passage]:
        flow = arrival.flow
        if flow.host is not None:
            words = f"{flow.how or protocols_and_ports(flow.boxes)} {flow.host}"
            yield Passage(flow.boxes, flow.hops, f"host:{flow.host}", words)
        elif arrival.kind == "appliance":
            yield Passage(flow.boxes, flow.hops, INTERNET)
        else:
            left = seen_on(flow.boxes, 1)
            if arrival.network is not None:
                for prefix in arrival.network.gateway_prefixes:
                    known = self.world.universe.spans(prefix) if cidr(prefix) else ()
                    if inside := narrowed(flow.boxes, 1, known):
                        yield Passage(inside, flow.hops, f"network:{prefix}")
                    left = without(left, known)
            for name, spans in self.world.universe.named(left):
                yield Passage(narrowed(flow.boxes, 1, spans), flow.hops, name)

    def _by_own_address(self, target: Attachment, goal: Goal) -> Iterator[Passage]:
        """A machine's standard public address is closed until a security group opens it; Azure's own entries are not.

        https://learn.microsoft.com/azure/virtual-network/ip-services/public-ip-addresses
        """
        if target.machine and target.group is None and goal.spot.subnet.group is None:
            return
        boxes = self._any(self.world.universe.public, goal.spans)
        hop = Hop(what=f"public address of '{last_part(target.place)}'", urn=target.place)
        yield from self._from(Arrival("goal", Flow(boxes=boxes, hops=(hop,), home=INTERNET)), target, goal)

    def _by_translation(self, firewall: Firewall, target: Attachment, goal: Goal) -> Iterator[Passage]:
        place = self.world.topology.spot(firewall.subnet)
        rules = self.world.filter(firewall.id)
        for part in rules.translated(self._any(self.world.universe.public, self.world.universe.all)):
            inside = narrowed(part.boxes, 1, goal.spans)
            if place is None or not inside:
                continue
            for name, spans in self.world.universe.named(seen_on(inside, 0)):
                flow = Flow(boxes=[], hops=(), home=INTERNET)
                moved = replace(part, boxes=narrowed(inside, 0, spans))
                after = self.world.behind(firewall.id, place, flow, moved)
                for arrival in self.world.forward(place, after, goal) if after.boxes else ():
                    yield from (replace(each, outside=name) for each in self._let_in(arrival, target, goal))

    def _by_network(self, network: VirtualNetwork, target: Attachment, goal: Goal) -> Iterator[Passage]:
        """From behind the gateway of a network, and from peered networks that the plan does not hold."""
        universe = self.world.universe
        starts: list[tuple[Spot, Flow]] = []
        for prefix in network.gateway_prefixes:
            known = cidr(prefix) is not None
            home = f"gateway:{network.id}"
            hop = Hop(what=f"gateway of network '{network.name}'", urn=network.id)
            spans = universe.spans(prefix) if known else universe.network(home)
            flow = Flow(boxes=self._any(spans, goal.spans), hops=(hop,), home=home, by_gateway=network.id)
            starts.append((self.world.gateway_spot(network), flow))
        for spot, flow in starts:
            for arrival in self.world.forward(spot, flow, goal):
                yield from self._from(arrival, target, goal)
        for peering in network.peerings if goal.spot.network.id == network.id else ():
            if self.world.topology.unplanned(peering):
                home = f"peer:{peering.remote}"
                hop = Hop(what=f"peering '{last_part(peering.id)}' with a network outside the plan", urn=peering.id)
                flow = Flow(boxes=self._any(universe.network(home), goal.spans), hops=(hop,), home=home)
                yield from self._from(Arrival("goal", flow), target, goal)

    def _from(self, arrival: Arrival, target: Attachment, goal: Goal) -> Iterator[Passage]:
        """What is let in, by what its sources are called."""
        for each in self._let_in(arrival, target, goal):
            for name, spans in self.world.universe.named(seen_on(each.boxes, 0)):
                yield Passage(narrowed(each.boxes, 0, spans), each.hops, name)

    @staticmethod
    def _any(sources: Spans, destinations: Spans) -> list[Box]:
        return boxes_of(sources, destinations, (ANY_PROTOCOL,), (ANY_PORT,), (ANY_PORT,))


def _exit(spot: Spot, source: Attachment) -> Hop | None:
    """What gives an attachment a public address for its way out.

    A private subnet without one of its own reaches no public address, Azure's included.
    https://learn.microsoft.com/azure/virtual-network/ip-services/default-outbound-access
    """
    subnet = spot.subnet
    if subnet.nat_gateway:
        return Hop(what=f"NAT gateway of subnet '{subnet.name}'", urn=subnet.id)
    if source.public:
        return Hop(what=f"public address of '{last_part(source.place)}'", urn=source.place)
    return (
        Hop(what=f"default outbound access of subnet '{subnet.name}'", urn=subnet.id)
        if subnet.default_outbound
        else None
    )


def _alike(attachment: Attachment) -> tuple[object, ...]:
    """The same for attachments whose packets have the same ways; hops name no attachment but a public one."""
    return (
        attachment.subnet,
        attachment.addresses,
        id(attachment.group),
        attachment.application_groups,
        attachment.public and attachment.place,
        attachment.is_endpoint,
    )


_prepared: list[tuple[Estate, Network]] = []
"""The last estate asked about: preparing takes longer than an answer, and questions come estate by estate."""


def _network(estate: Estate) -> Network:
    if not _prepared or _prepared[0][0] is not estate:
        _prepared[:] = [(estate, Network(estate))]
    return _prepared[0][1]
