"""The way of packets from subnet to subnet: over peerings, through firewalls and gateways, and back."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from plan.reachability.boxes import ANY_PORT, NOT_TCP, TCP, Box, Spans, common, merged, narrowed, replaced, seen_on
from plan.reachability.filtering import Filtered
from plan.reachability.model import Hop, VirtualNetwork
from plan.reachability.routing import Effective
from plan.reachability.rows import INTERNET
from plan.reachability.security import last_part
from plan.reachability.topology import Spot
from plan.reachability.world import World


@dataclass(frozen=True, kw_only=True)
class Flow:
    """Packets on their way."""

    boxes: list[Box]
    hops: tuple[Hop, ...]
    home: str
    """Where their source address is: a network's id, `internet`, `gateway:…`, `peer:…`."""
    exit: Hop | None = None
    """What gives them a public address where they are, if anything does."""
    groups: tuple[str, ...] = ()
    """Application security groups of their source address."""
    leg: frozenset[str] = frozenset()
    """Firewalls that know them by this source address."""
    passed: frozenset[str] = frozenset()
    """Every firewall on the way."""
    host: str | None = None
    how: str = ""
    by_gateway: str | None = None
    """Id of the network whose gateway they have just left."""


@dataclass(frozen=True)
class Goal:
    """Addresses in a subnet that packets are to get to."""

    spot: Spot
    spans: Spans
    endpoint: bool = False
    beyond: "Goal | None" = None
    """Where to, once a firewall has translated the address: then the spans are those it translates."""


@dataclass(frozen=True)
class Arrival:
    """Where packets got to: the goal, outside, or an appliance that may do anything with them."""

    kind: Literal["goal", "internet", "service", "gateway", "peer", "appliance"]
    flow: Flow
    address: str | None = None
    """Of the appliance, where it is known."""
    network: VirtualNetwork | None = None


class Walk(World):
    """The ways of packets through an estate."""

    def forward(self, spot: Spot, flow: Flow, goal: Goal | None) -> Iterator[Arrival]:
        """Every place that packets get to: the goal, or what is outside if there is none."""
        routes = (
            self.routing.regions(spot)
            if goal is None
            else self.routing.towards(spot, goal.spot, goal.spans, endpoint=goal.endpoint)
        )
        for spans, route in routes:
            boxes = narrowed(flow.boxes, 1, spans)
            if boxes:
                on = replace(flow, boxes=boxes, hops=(*flow.hops, route.hop))
                yield from self._step(spot, route, on, goal)

    def _step(self, spot: Spot, route: Effective, flow: Flow, goal: Goal | None) -> Iterator[Arrival]:
        if route.kind == "Appliance":
            yield from self._appliance(spot, route, flow, goal)
        elif route.kind == "Gateway":
            yield from self._gateway(spot, flow, goal)
        elif goal is not None:
            hops = self.lands(spot, route, goal.spot.network, flow.home, flow.by_gateway)
            if hops is not None:
                yield from self._landed(goal, replace(flow, hops=(*flow.hops, *hops)))
        elif route.kind == "Internet" and flow.exit is not None:
            boxes = narrowed(flow.boxes, 1, self.universe.public)
            if boxes:
                yield Arrival("internet", replace(flow, boxes=boxes, hops=(*flow.hops, flow.exit)))
        elif route.kind == "ServiceEndpoint":
            yield Arrival("service", flow)
        elif route.kind == "Unplanned":
            yield Arrival("peer", flow)

    def _landed(self, goal: Goal, flow: Flow) -> Iterator[Arrival]:
        if goal.beyond is None:
            yield Arrival("goal", flow)
            return
        for firewall in self.estate.firewalls:
            if firewall.subnet.lower() == goal.spot.key and firewall.id not in flow.passed:
                yield from self.translated(firewall.id, goal.spot, flow, goal.beyond)

    def translated(self, firewall: str, place: Spot, flow: Flow, goal: Goal) -> Iterator[Arrival]:
        """Packets to a firewall's own addresses, on to the goal."""
        for part in self.filter(firewall).translated(flow.boxes):
            inside = narrowed(part.boxes, 1, goal.spans)
            if inside:
                after = self.behind(firewall, place, flow, replace(part, boxes=inside))
                yield from self.forward(place, after, goal)

    def lands(
        self, spot: Spot, route: Effective, network: VirtualNetwork, home: str, by_gateway: str | None = None
    ) -> tuple[Hop, ...] | None:
        """Peerings that a route within or between networks crosses to get into a network; None if it does not."""
        if route.kind not in {"Local", "Peering", "InterfaceEndpoint"}:
            return None
        if route.network is not None and route.network.id != network.id:
            return None
        return self._crossing(spot.network, network, home, by_gateway)

    def _crossing(
        self, here: VirtualNetwork, there: VirtualNetwork, home: str, by_gateway: str | None
    ) -> tuple[Hop, ...] | None:
        if here.id == there.id:
            return ()
        peering = self.topology.peering(there, here)
        if peering is None:
            return None
        inward, outward = peering
        if by_gateway == here.id:
            # https://learn.microsoft.com/azure/vpn-gateway/vpn-gateway-peering-gateway-transit
            if not (inward.remote_gateways and outward.gateway_transit):
                return None
        elif home != here.id and not inward.forwarded:
            # What did not start in the other network is forwarded, and refused unless allowed. By
            # https://blog.cloudtrooper.net/2021/06/18/vnet-peering-settings-those-familiar-strangers/ it is not always.
            # https://learn.microsoft.com/azure/virtual-network/virtual-network-manage-peering
            return None
        return (Hop(what=f"peering '{last_part(inward.id)}'", urn=inward.id),)

    def _appliance(self, spot: Spot, route: Effective, flow: Flow, goal: Goal | None) -> Iterator[Arrival]:
        written = route.route
        firewall = self.topology.firewall(spot.network, written) if written is not None else None
        if firewall is None:
            hop = Hop(what="an appliance that is not known, and may forward anywhere", urn=route.hop.urn)
            yield Arrival("appliance", replace(flow, hops=(*flow.hops, hop)), written.address if written else None)
            return
        place = self.topology.beside(spot.network, firewall)
        crossed = self._crossing(spot.network, place.network, flow.home, flow.by_gateway) if place else None
        if place is None or crossed is None or firewall.id in flow.passed:
            return
        inside = replace(flow, hops=(*flow.hops, *crossed))
        if goal is not None and goal.beyond is not None:
            yield from self.translated(firewall.id, place, inside, goal.beyond)
            return
        for part in self.filter(firewall.id).passed(flow.boxes):
            after = self.behind(firewall.id, place, inside, part)
            if after.boxes:
                yield from self.forward(place, after, goal)

    def behind(self, firewall: str, place: Spot, flow: Flow, part: Filtered) -> Flow:
        """Packets as they leave a firewall; where it takes the source's place, their replies end there."""
        rules = self.filter(firewall).firewall
        after = replace(
            flow,
            boxes=part.boxes,
            hops=(*flow.hops, part.hop),
            leg=flow.leg | {firewall},
            passed=flow.passed | {firewall},
            host=part.host or flow.host,
            how=part.how or flow.how,
            exit=Hop(what=f"public address of firewall '{rules.name}'", urn=firewall) if rules.public else None,
            by_gateway=None,
        )
        if not part.sourced:
            return after
        boxes = self.answered(place, after, flow.home)
        own = self.spans_of(place.subnet)
        return replace(
            after,
            boxes=replaced(replaced(boxes, 0, own), 3, (ANY_PORT,)),
            home=place.network.id,
            groups=(),
            leg=frozenset(),
        )

    def _gateway(self, spot: Spot, flow: Flow, goal: Goal | None) -> Iterator[Arrival]:
        network = self.topology.gateway(spot.network)
        if network is None or flow.by_gateway is not None:
            return
        hop = Hop(what=f"gateway of network '{network.name}'", urn=network.id)
        through = replace(flow, hops=(*flow.hops, hop), by_gateway=network.id)
        if goal is not None:
            yield from self.forward(self.gateway_spot(network), through, goal)
            return
        boxes = self.answered(self.gateway_spot(network), through, flow.home)
        if boxes:
            yield Arrival("gateway", replace(through, boxes=boxes), network=network)

    def answered(self, spot: Spot, flow: Flow, home: str) -> list[Box]:
        """The packets without connections whose replies get lost: of TCP nothing is left then.

        A datagram needs no reply to carry data, so those of other protocols stay.
        """
        tcp = narrowed(flow.boxes, 2, (TCP,))
        rest = narrowed(flow.boxes, 2, (NOT_TCP,))
        if not tcp:
            return rest
        back = self.replies(spot, seen_on(tcp, 0), home, flow.leg, spot.network.id)
        kept = narrowed(tcp, 0, back)
        return flow.boxes if kept == tcp else [*kept, *rest]

    def replies(self, spot: Spot, spans: Spans, home: str, leg: frozenset[str], start: str) -> Spans:
        """Addresses that replies from here get back to.

        A firewall that did not see the connection start drops its replies.
        https://learn.microsoft.com/azure/firewall/integrate-lb#asymmetric-routing
        """
        found: list[tuple[int, int]] = []
        for reach, route in self.routing.regions(spot):
            inside = common(reach, spans)
            if inside:
                found += self._reply(spot, route, inside, home, leg, start)
        return merged(found)

    def _reply(self, spot: Spot, route: Effective, spans: Spans, home: str, leg: frozenset[str], start: str) -> Spans:
        network = next((each for each in self.estate.networks if each.id == home), None)
        if route.kind == "Appliance":
            firewall = self.topology.firewall(spot.network, route.route) if route.route else None
            if firewall is None:
                return spans
            place = self.topology.beside(spot.network, firewall)
            if (
                place is None
                or firewall.id not in leg
                or self._crossing(spot.network, place.network, start, None) is None
            ):
                return ()
            return self.replies(place, spans, home, leg - {firewall.id}, start)
        if route.kind == "Gateway":
            gateway = self.topology.gateway(spot.network)
            behind = home == f"gateway:{gateway.id}" if gateway else False
            shared = network is not None and gateway is not None and self.topology.gateway(network) == gateway
            return spans if behind or shared else ()
        if network is not None:
            return spans if self.lands(spot, route, network, start) is not None else ()
        outside = (route.kind == "Internet" and home == INTERNET) or (
            route.kind == "Unplanned" and home == f"peer:{route.peer}"
        )
        return spans if outside else ()
