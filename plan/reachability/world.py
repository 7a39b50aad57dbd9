"""An estate, prepared once for every question: look-ups, blocks of addresses, rules and routes."""

from plan.reachability.boxes import Spans, merged
from plan.reachability.filtering import Filter, words
from plan.reachability.model import Attachment, Estate, Subnet, VirtualNetwork
from plan.reachability.routing import Routing, service_tag
from plan.reachability.security import Security
from plan.reachability.tags import Universe, cidr
from plan.reachability.topology import Spot, Topology


class World:
    """An estate, prepared once for every question."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.topology = Topology(estate)
        groups = frozenset(group.lower() for each in estate.attachments for group in each.application_groups)
        words, networks = _words(estate, self.topology)
        self.universe = Universe(
            (word for word in words if not (word.lower() in groups or (cidr(word) is None and {"/", ":"} & {*word}))),
            networks,
        )
        self.security = Security(self.topology, self.universe, {group: self._members(group) for group in groups})
        self.routing = Routing(self.topology, self.universe)
        self._filters = {firewall.id: Filter(firewall, self.universe) for firewall in estate.firewalls}

    def _members(self, group: str) -> Spans:
        inside = [each for each in self.estate.attachments if group in map(str.lower, each.application_groups)]
        return merged(span for each in inside for span in self.spans_at(each))

    def spans_at(self, attachment: Attachment) -> Spans:
        """Addresses of an attachment; where they are not known, its subnet's."""
        spot = self.topology.spot(attachment.subnet)
        texts = attachment.addresses or (spot.subnet.prefixes if spot else ())
        return merged((found[0], found[1]) for text in texts if (found := cidr(text)))

    def filter(self, identifier: str) -> Filter:
        """The rules of a firewall."""
        return self._filters[identifier]

    def gateway_spot(self, network: VirtualNetwork) -> Spot:
        """The gateway's subnet, with the routes for what comes in through it."""
        own = next((subnet for subnet in network.subnets if subnet.name == "GatewaySubnet"), None)
        return Spot(network, own or Subnet(id=f"{network.id}/GatewaySubnet", name="GatewaySubnet", prefixes=()))

    def spans_of(self, subnet: Subnet) -> Spans:
        """A subnet's addresses, in the networks that the plan knows."""
        return merged((found[0], found[1]) for prefix in subnet.prefixes if (found := cidr(prefix)))


def _words(estate: Estate, topology: Topology) -> tuple[list[str], list[str]]:
    found: list[str] = []
    networks: list[str] = []
    groups = [attachment.group for attachment in estate.attachments]
    for network in estate.networks:
        networks += [f"peer:{each.remote}" for each in network.peerings if topology.unplanned(each)]
        networks += [f"gateway:{network.id}"] if "*" in network.gateway_prefixes else []
        for subnet in network.subnets:
            groups.append(subnet.group)
            found += [route.prefix for route in subnet.table.routes] if subnet.table else []
            found += [service_tag(service) for service in subnet.service_endpoints]
    for group in groups:
        for rule in group.rules if group else ():
            found += (*rule.sources, *rule.destinations)
    for firewall in estate.firewalls:
        found += words(firewall.rules)
    return found, networks
