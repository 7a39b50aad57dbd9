"""Effective routes of a subnet: the longest prefix, then user-defined over learnt over Azure's own.

https://learn.microsoft.com/azure/virtual-network/virtual-networks-udr-overview
Where a prefix is not known (a service tag's, a gateway's), both routes that may win are kept.
"""

from dataclasses import dataclass
from typing import Final, Literal

from plan.reachability.boxes import Span, Spans, common, merged, without
from plan.reachability.model import Hop, Route, VirtualNetwork
from plan.reachability.security import last_part
from plan.reachability.tags import Universe, cidr, split
from plan.reachability.topology import Spot, Topology

Kind = Literal[
    "Local", "Peering", "Unplanned", "Internet", "Appliance", "Gateway", "None", "ServiceEndpoint", "InterfaceEndpoint"
]
USER, LEARNT, SYSTEM = 0, 1, 2
_KINDS: Final[dict[str, Kind]] = {
    "VnetLocal": "Local",
    "VnetPeering": "Local",
    "Internet": "Internet",
    "VirtualAppliance": "Appliance",
    "VirtualNetworkGateway": "Gateway",
    "None": "None",
}
_SERVICE_TAGS: Final = {
    # https://learn.microsoft.com/azure/virtual-network/virtual-network-service-endpoints-overview
    "microsoft.keyvault": "AzureKeyVault",
    "microsoft.azurecosmosdb": "AzureCosmosDB",
    "microsoft.web": "AppService",
    "microsoft.containerregistry": "AzureContainerRegistry",
    "microsoft.storage.global": "Storage",
}


def service_tag(service: str) -> str:
    """The tag of a service endpoint's service: its routes have the tag's prefixes."""
    return _SERVICE_TAGS.get(service.lower(), service.removeprefix("Microsoft."))


@dataclass(frozen=True, slots=True)
class Effective:
    """A route as Azure weighs it."""

    kind: Kind
    spans: Spans
    length: int | None
    """None: not known, and more than zero."""
    origin: int
    hop: Hop
    network: VirtualNetwork | None = None
    """Where a system route of a network leads."""
    route: Route | None = None
    peer: str | None = None
    """A network that is not in the plan."""
    tag: tuple[int, int] | None = None
    """Regional before global, a service before `AzureCloud`."""

    def wins_over(self, other: "Effective") -> bool:
        """Whether this is surely taken where both match."""
        if self.length is not None and other.length is not None:
            # Azure's routes within and between networks stand against more specific learnt ones.
            if LEARNT in {self.origin, other.origin} and "Internet" not in {self.kind, other.kind}:
                system = {self.origin, other.origin} - {LEARNT}
                if system == {SYSTEM} and "None" not in {self.kind, other.kind}:
                    return self.origin == SYSTEM
            return (self.length, -self.origin) > (other.length, -other.origin)
        if self.tag is not None and other.tag is not None:
            return self.tag < other.tag
        if self.length is None and other.length is None:
            return self.kind in {"ServiceEndpoint", "Unplanned"} and other.origin == LEARNT
        if self.length is None:
            return other.length == 0 and self.origin != LEARNT
        # A written host's address is as long as any route can be, and an explicit prefix goes before a tag's.
        return self.length == 32 and self.origin == USER and other.tag is not None


class Routing:
    """Effective routes of every subnet, computed once each."""

    def __init__(self, topology: Topology, universe: Universe) -> None:
        self._topology = topology
        self._universe = universe
        self._regions: dict[str, list[tuple[Spans, Effective]]] = {}

    def regions(self, spot: Spot) -> list[tuple[Spans, Effective]]:
        """Destinations, and the route that each takes from this subnet."""
        known = self._regions.get(spot.key)
        if known is None:
            routes = [*self._written(spot), *self._learnt(spot), *self._system(spot)]
            known = []
            for route in routes:
                left = route.spans
                for other in routes:
                    if other is not route and other.wins_over(route):
                        left = without(left, other.spans)
                if left:
                    known.append((left, route))
            self._regions[spot.key] = known
        return known

    def towards(self, spot: Spot, there: Spot, spans: Spans, *, endpoint: bool) -> list[tuple[Spans, Effective]]:
        """Routes to some addresses of a subnet; to private endpoints there if `endpoint`.

        A private endpoint is a /32 in its network and the peered ones. With network policies for routes on its subnet
        a user-defined route at least as long as its network's prefix puts the /32 out of force; 0.0.0.0/0 never does.
        https://learn.microsoft.com/azure/private-link/disable-private-endpoint-network-policy
        """
        found = [(inside, route) for reach, route in self.regions(spot) if (inside := common(reach, spans))]
        if not endpoint or not self._sees(spot, there):
            return found
        direct = spans
        for route in self._written(spot):
            shortest = self._shortest(there, route) if there.subnet.endpoints_routed else 32
            if route.length is not None and route.length >= shortest:
                direct = without(direct, route.spans)
        if not direct:
            return found
        hop = Hop(what=f"private endpoint's own route in '{there.network.name}'", urn=there.subnet.id)
        own = Effective("InterfaceEndpoint", direct, 32, SYSTEM, hop, network=there.network)
        return [(direct, own), *((left, route) for inside, route in found if (left := without(inside, direct)))]

    def _sees(self, spot: Spot, there: Spot) -> bool:
        same = spot.network.id == there.network.id
        return same or self._topology.peering(spot.network, there.network) is not None

    @staticmethod
    def _shortest(there: Spot, route: Effective) -> int:
        """Length of the network's own prefix that the route lies in or covers."""
        lengths = [
            found[2]
            for prefix in there.network.prefixes
            if (found := cidr(prefix)) and common(((found[0], found[1]),), route.spans)
        ]
        return max(lengths, default=32)

    def _written(self, spot: Spot) -> list[Effective]:
        table = spot.subnet.table
        found = []
        for route in table.routes if table is not None else ():
            known = cidr(route.prefix)
            length = 0 if route.prefix == "*" else known[2] if known else None
            to = f" by '{last_part(route.appliance)}'" if route.appliance else f" by {route.address or '?'}"
            by = to if route.hop == "VirtualAppliance" else ""
            hop = Hop(what=f"route '{route.name}' {route.prefix} to {route.hop}{by}", urn=table.id if table else None)
            service, region = split(route.prefix)
            tag = (int(service == "azurecloud"), int(region is None)) if length is None else None
            spans = self._universe.spans(route.prefix)
            found.append(Effective(_KINDS[route.hop], spans, length, USER, hop, route=route, tag=tag))
        return found

    def _learnt(self, spot: Spot) -> list[Effective]:
        """Learnt routes, unless the subnet's table refuses them."""
        gateway = self._topology.gateway(spot.network)
        if gateway is None or (spot.subnet.table is not None and not spot.subnet.table.gateway_routes):
            return []
        found = []
        for prefix in gateway.gateway_prefixes:
            known = cidr(prefix)
            spans = self._universe.spans(prefix) if known else self._universe.network(f"gateway:{gateway.id}")
            hop = Hop(what=f"learnt route {prefix} to the gateway of '{gateway.name}'", urn=gateway.id)
            found.append(Effective("Gateway", spans, known[2] if known else None, LEARNT, hop))
        return found

    def _system(self, spot: Spot) -> list[Effective]:
        network = spot.network
        found = [self._own("Local", network, prefix) for prefix in network.prefixes]
        for _, _, other in self._topology.peers(network):
            found += [self._own("Peering", other, prefix) for prefix in other.prefixes]
        for peering in network.peerings:
            if self._topology.unplanned(peering):
                spans = self._universe.network(f"peer:{peering.remote}")
                hop = Hop(what=f"peering '{last_part(peering.id)}' to a network outside the plan", urn=peering.id)
                found.append(Effective("Unplanned", spans, None, SYSTEM, hop, peer=peering.remote))
        for service in spot.subnet.service_endpoints:
            spans = self._universe.spans(service_tag(service))
            hop = Hop(what=f"service endpoint {service} of subnet '{spot.subnet.name}'", urn=spot.subnet.id)
            found.append(Effective("ServiceEndpoint", spans, None, SYSTEM, hop))
        everything = Hop(what="system route 0.0.0.0/0 to Internet", urn=spot.subnet.id)
        found.append(Effective("Internet", self._universe.all, 0, SYSTEM, everything))
        if not self._has_default(spot):
            found += self._reserved(network)
        return found

    @staticmethod
    def _own(kind: Kind, network: VirtualNetwork, prefix: str) -> Effective:
        low, high, length = cidr(prefix) or (0, 0, 32)
        hop = Hop(what=f"system route {prefix} to network '{network.name}'", urn=network.id)
        return Effective(kind, ((low, high),), length, SYSTEM, hop, network=network)

    def _has_default(self, spot: Spot) -> bool:
        """With a written 0.0.0.0/0 Azure takes its own routes to None away: see `Subnet2` in the page's example."""
        return any(route.length == 0 for route in self._written(spot))

    @staticmethod
    def _reserved(network: VirtualNetwork) -> list[Effective]:
        found = []
        own: list[Span] = [(each[0], each[1]) for prefix in network.prefixes if (each := cidr(prefix))]
        for prefix in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"):
            low, high, length = cidr(prefix) or (0, 0, 32)
            if without(((low, high),), merged(own)):
                hop = Hop(what=f"system route {prefix} to None")
                found.append(Effective("None", ((low, high),), length, SYSTEM, hop))
        return found
