"""Who is where: subnets in networks, peerings that stand, gateways, and the firewall that a route means."""

from dataclasses import dataclass

from plan.reachability.model import Attachment, Estate, Firewall, Peering, Route, Subnet, VirtualNetwork


@dataclass(frozen=True)
class Spot:
    """A subnet in its network: where a packet is."""

    network: VirtualNetwork
    subnet: Subnet

    @property
    def key(self) -> str:
        """The same for the same subnet."""
        return self.subnet.id.lower()


class Topology:
    """Look-ups in an estate, made once. Ids are compared as Azure does: without regard to case."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self._networks = {network.id.lower(): network for network in estate.networks}
        self._spots = {
            subnet.id.lower(): Spot(network, subnet) for network in estate.networks for subnet in network.subnets
        }
        self._firewalls = {firewall.id.lower(): firewall for firewall in estate.firewalls}
        self._peers = {network.id.lower(): self._standing(network) for network in estate.networks}

    def _standing(self, network: VirtualNetwork) -> dict[str, tuple[Peering, Peering, VirtualNetwork]]:
        """By the other's id: the peering from here, the one from there, and the other network.

        One of the two alone is only `Initiated`, and nothing passes.
        https://learn.microsoft.com/azure/virtual-network/virtual-network-manage-peering
        """
        found = {}
        for peering in network.peerings:
            other = self._networks.get(peering.remote.lower())
            for back in other.peerings if other is not None else ():
                if other is not None and back.remote.lower() == network.id.lower():
                    found[other.id.lower()] = (peering, back, other)
        return found

    def spot(self, subnet: str) -> Spot | None:
        """The subnet with this id."""
        return self._spots.get(subnet.lower())

    def peers(self, network: VirtualNetwork) -> list[tuple[Peering, Peering, VirtualNetwork]]:
        """Peering from here, peering from there, and the other network. Not transitive.

        https://learn.microsoft.com/azure/virtual-network/virtual-network-peering-overview
        """
        return list(self._peers[network.id.lower()].values())

    def peering(self, here: VirtualNetwork, there: VirtualNetwork) -> tuple[Peering, Peering] | None:
        """The two directions of the peering between two networks."""
        found = self._peers[here.id.lower()].get(there.id.lower())
        return (found[0], found[1]) if found else None

    def unplanned(self, peering: Peering) -> bool:
        """Whether a peering leads to a network that the plan does not hold; it is taken to stand."""
        return peering.remote.lower() not in self._networks

    def gateway(self, network: VirtualNetwork) -> VirtualNetwork | None:
        """The network whose gateway this one uses: its own, or a peer's where both sides agree.

        https://learn.microsoft.com/azure/vpn-gateway/vpn-gateway-peering-gateway-transit
        """
        if network.gateway_prefixes:
            return network
        for here, there, other in self.peers(network):
            if here.remote_gateways and there.gateway_transit and other.gateway_prefixes:
                return other
        return None

    def beside(self, network: VirtualNetwork, firewall: Firewall) -> Spot | None:
        """Where a firewall is, if a route in this network may name it: the hop must be directly connected.

        https://learn.microsoft.com/azure/virtual-network/virtual-networks-udr-overview
        """
        spot = self.spot(firewall.subnet)
        if spot is None or (spot.network.id != network.id and self.peering(network, spot.network) is None):
            return None
        return spot

    def firewall(self, network: VirtualNetwork, route: Route) -> Firewall | None:
        """The firewall that a route leads to; None where it is another appliance, or not known."""
        if route.appliance is not None:
            return self._firewalls.get(route.appliance.lower())
        if route.address is None:
            return None
        named = [each for each in self.estate.firewalls if each.address == route.address]
        # The same private address may stand in two networks that do not see each other.
        return next((each for each in named if self.beside(network, each)), named[0] if named else None)

    def attached(self, attachment: Attachment) -> Spot | None:
        """Where an attachment is."""
        return self.spot(attachment.subnet)
