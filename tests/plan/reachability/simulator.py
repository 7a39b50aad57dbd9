"""One packet at a time through an estate, step by step and as naively as the documentation reads.

Written without the engine: it shares nothing with it but the data model. What Azure may do either way is tried both
ways. Appliances that are not firewalls, and names, are not simulated.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from ipaddress import IPv4Address, IPv4Network

from plan.reachability.model import (
    Attachment,
    Estate,
    Firewall,
    Peering,
    Route,
    SecurityGroup,
    SecurityRule,
    Subnet,
    VirtualNetwork,
)

Candidate = tuple[str, Route | None, str, int | None, int]
"""Kind, written route, network it leads to, length of the prefix, and 0 written, 1 learnt, 2 Azure's own."""
SOURCE_PORTS = (80, 5000)
"""One below 1024 and one above: no rule in a simulated estate tells ports apart more finely."""
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")


@dataclass(frozen=True)
class Packet:
    """A first packet of a connection; `tag` is where Microsoft lists its public end."""

    source: str
    destination: str
    protocol: str
    source_port: int
    port: int
    tag: str | None = None


@dataclass(frozen=True)
class Sent:
    """A packet on its way, whose source is at home in `home`; the firewalls of this leg know it."""

    packet: Packet
    home: str
    leg: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    by_gateway: str = ""


@cache
def network_of(prefix: str) -> IPv4Network:
    return IPv4Network("0.0.0.0/0" if prefix == "*" else prefix)


@cache
def inside(address: str, prefix: str) -> bool:
    return IPv4Address(address) in network_of(prefix)


def is_prefix(word: str) -> bool:
    return word == "*" or word[0].isdigit()


def is_private(address: str) -> bool:
    return any(inside(address, prefix) for prefix in PRIVATE)


def in_tag(tag: str | None, word: str) -> bool:
    if tag is None:
        return False
    service, _, region = tag.partition(".")
    return word in {tag, service, "AzureCloud"} or (bool(region) and word == f"AzureCloud.{region}")


def ports_match(texts: tuple[str, ...], port: int) -> bool:
    for text in texts:
        low, _, high = text.partition("-")
        if text == "*" or int(low) <= port <= int(high or low):
            return True
    return False


def rows_of(subnet: Subnet) -> tuple[Route, ...]:
    return subnet.table.routes if subnet.table else ()


class Simulator:
    """Answers for one packet."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate

    def home(self, subnet_id: str) -> tuple[VirtualNetwork, Subnet]:
        return next((n, s) for n in self.estate.networks for s in n.subnets if s.id == subnet_id)

    def network(self, identifier: str) -> VirtualNetwork:
        return next(each for each in self.estate.networks if each.id == identifier)

    def pair(self, here: VirtualNetwork, there: VirtualNetwork) -> tuple[Peering, Peering] | None:
        go = [each for each in here.peerings if each.remote == there.id]
        back = [each for each in there.peerings if each.remote == here.id]
        return (go[-1], back[-1]) if go and back else None

    def peers(self, network: VirtualNetwork) -> Iterator[tuple[Peering, VirtualNetwork]]:
        for other in self.estate.networks:
            found = self.pair(network, other) if other.id != network.id else None
            if found:
                yield found[0], other

    def gateway(self, network: VirtualNetwork) -> VirtualNetwork | None:
        if network.gateway_prefixes:
            return network
        for peering, other in self.peers(network):
            found = self.pair(network, other)
            if peering.remote_gateways and found and found[1].gateway_transit and other.gateway_prefixes:
                return other
        return None

    # Security groups

    def own_space(self, network: VirtualNetwork, address: str) -> bool:
        spaces = [*network.prefixes]
        for peering, other in self.peers(network):
            spaces += other.prefixes if peering.access else ()
        return any(inside(address, prefix) for prefix in spaces)

    def word_matches(
        self, word: str, address: str, tag: str | None, at: tuple[VirtualNetwork, Subnet], groups: tuple[str, ...],
        *, allow: bool,
    ) -> bool:  # fmt: skip
        network, subnet = at
        if word.startswith("asg-"):
            return word in groups
        if is_prefix(word):
            return inside(address, word)
        if word == "Internet":
            return not is_private(address) and not self.own_space(network, address)
        if word == "AzureLoadBalancer":
            return address == "168.63.129.16"
        if word == "VirtualNetwork":
            gateway = self.gateway(network)
            if self.own_space(network, address):
                return True
            if gateway and any(inside(address, prefix) for prefix in gateway.gateway_prefixes):
                return True
            for route in subnet.table.routes if subnet.table else ():
                if is_prefix(route.prefix) and inside(address, route.prefix):
                    # The default route may be in the tag or not: a rule that allows takes it as in.
                    if allow or network_of(route.prefix).prefixlen > 0:
                        return True
                elif not is_prefix(route.prefix) and allow and in_tag(tag, route.prefix):
                    return True
            return False
        return in_tag(tag, word)

    def group_allows(
        self, group: SecurityGroup | None, direction: str, packet: Packet, at: tuple[VirtualNetwork, Subnet],
        sources: tuple[str, ...], targets: tuple[str, ...],
    ) -> bool:  # fmt: skip
        if group is None:
            return True
        source_tag, target_tag = (packet.tag, None) if not is_private(packet.source) else (None, packet.tag)
        for rule in sorted((*group.rules, *default_rules(direction)), key=lambda rule: rule.priority):
            if rule.direction != direction or rule.protocol not in {"*", packet.protocol}:
                continue
            allow = rule.access == "Allow"
            if (
                ports_match(rule.source_ports, packet.source_port)
                and ports_match(rule.destination_ports, packet.port)
                and any(
                    self.word_matches(word, packet.source, source_tag, at, sources, allow=allow)
                    for word in rule.sources
                )
                and any(
                    self.word_matches(word, packet.destination, target_tag, at, targets, allow=allow)
                    for word in rule.destinations
                )
            ):
                return allow
        raise AssertionError("the last default rule matches everything")

    # Routes

    def routes(
        self, network: VirtualNetwork, subnet: Subnet, address: str, tag: str | None, endpoint: Subnet | None = None
    ) -> list[tuple[str, Route | None, str]]:
        """Kind, written route and network of every route that may be taken."""
        written = self.written(subnet, address, tag)
        if endpoint is not None:
            there, _ = self.home(endpoint.id)
            if there.id == network.id or self.pair(network, there):
                length = max(network_of(p).prefixlen for p in there.prefixes if inside(address, p))
                least = length if endpoint.endpoints_routed else 32
                if not any(each[3] is not None and each[3] >= least for each in written):
                    return [("Local", None, there.id)]
        default = any(network_of(r.prefix).prefixlen == 0 for r in rows_of(subnet) if is_prefix(r.prefix))
        system = self.system(network, subnet, address, tag)
        reserved = [prefix for prefix in PRIVATE if inside(address, prefix) and not default]
        none: list[Candidate] = [("None", None, "", network_of(prefix).prefixlen, 2) for prefix in reserved]
        return self.best([*written, *self.learnt(network, subnet, address), *system, *none])

    @staticmethod
    def written(subnet: Subnet, address: str, tag: str | None) -> list[Candidate]:
        found: list[Candidate] = []
        for route in rows_of(subnet):
            if is_prefix(route.prefix) and inside(address, route.prefix):
                found.append((route.hop, route, "", network_of(route.prefix).prefixlen, 0))
            elif not is_prefix(route.prefix) and in_tag(tag, route.prefix):
                found.append((route.hop, route, "", None, 0))
        return found

    def learnt(self, network: VirtualNetwork, subnet: Subnet, address: str) -> list[Candidate]:
        gateway = self.gateway(network)
        if gateway is None or (subnet.table is not None and not subnet.table.gateway_routes):
            return []
        prefixes = [prefix for prefix in gateway.gateway_prefixes if inside(address, prefix)]
        return [("VirtualNetworkGateway", None, "", network_of(prefix).prefixlen, 1) for prefix in prefixes]

    def system(self, network: VirtualNetwork, subnet: Subnet, address: str, tag: str | None) -> list[Candidate]:
        spaces = [(network.id, prefix) for prefix in network.prefixes]
        spaces += [(other.id, prefix) for _, other in self.peers(network) for prefix in other.prefixes]
        services = [each for each in subnet.service_endpoints if in_tag(tag, each.removeprefix("Microsoft."))]
        return [
            ("Internet", None, "", 0, 2),
            *(("Local", None, to, network_of(space).prefixlen, 2) for to, space in spaces if inside(address, space)),
            *(("Service", None, "", None, 2) for _ in services),
        ]

    @staticmethod
    def best(found: list[Candidate]) -> list[tuple[str, Route | None, str]]:
        system = [each for each in found if each[4] == 2 and each[0] in {"Local", "Service"}]
        if system:
            found = [each for each in found if each[4] != 1]
        longest = max((each[3] for each in found if each[3] is not None), default=0)
        unknown = [each for each in found if each[3] is None]
        tags = [each for each in unknown if each[1] is not None]
        if tags:
            order = {each[1].prefix: (each[1].prefix.startswith("AzureCloud"), "." not in each[1].prefix)
                     for each in tags if each[1]}  # fmt: skip
            first = min(order.values())
            unknown = [each for each in unknown if each[1] is None or order[each[1].prefix] == first]
        known = [each for each in found if each[3] == longest]
        origin = min(each[4] for each in known)
        known = [each for each in known if each[4] == origin]
        if unknown and longest == 0:
            known = []
        return [(kind, route, network) for kind, route, network, _, _ in (*known, *unknown)]

    # The way

    def crosses(self, here: VirtualNetwork, there: VirtualNetwork, sent: Sent) -> bool:
        if here.id == there.id:
            return True
        found = self.pair(there, here)
        if found is None:
            return False
        if sent.by_gateway == here.id:
            return found[0].remote_gateways and found[1].gateway_transit
        return sent.home == here.id or found[0].forwarded

    def firewall(self, route: Route | None) -> Firewall:
        return next(each for each in self.estate.firewalls if route and each.id == route.appliance)

    def travel(
        self, at: tuple[VirtualNetwork, Subnet], sent: Sent, goal: tuple[VirtualNetwork, Subnet] | None,
        *, endpoint: bool, leaves: bool,
    ) -> Iterator[tuple[str, Sent]]:  # fmt: skip
        network, subnet = at
        packet = sent.packet
        tag = packet.tag if not is_private(packet.destination) else None
        towards = goal[1] if goal and endpoint else None
        for kind, route, where in self.routes(network, subnet, packet.destination, tag, towards):
            if kind == "VirtualAppliance":
                yield from self.through_firewall(at, sent, self.firewall(route), goal, endpoint=endpoint)
            elif kind == "VirtualNetworkGateway":
                gateway = self.gateway(network)
                if gateway is None or sent.by_gateway:
                    continue
                after = replace(sent, by_gateway=gateway.id)
                if goal:
                    spot = self.gateway_spot(gateway)
                    yield from self.travel(spot, after, goal, endpoint=endpoint, leaves=False)
                elif self.replied(self.gateway_spot(gateway), after):
                    yield "gateway", after
            elif goal:
                reaches = kind in {"Local", "VnetLocal"} and where in {"", goal[0].id}
                if reaches and self.crosses(network, goal[0], sent):
                    yield "goal", sent
            elif kind == "Internet" and leaves and not is_private(packet.destination):
                yield "internet", sent
            elif kind == "Service":
                yield "service", sent

    def gateway_spot(self, network: VirtualNetwork) -> tuple[VirtualNetwork, Subnet]:
        for subnet in network.subnets:
            if subnet.name == "GatewaySubnet":
                return network, subnet
        return network, Subnet(id="none", name="none", prefixes=())

    def through_firewall(
        self, at: tuple[VirtualNetwork, Subnet], sent: Sent, firewall: Firewall,
        goal: tuple[VirtualNetwork, Subnet] | None, *, endpoint: bool,
    ) -> Iterator[tuple[str, Sent]]:  # fmt: skip
        place = self.home(firewall.subnet)
        near = place[0].id == at[0].id or self.pair(at[0], place[0])
        if firewall.id in sent.passed or not near or not self.crosses(at[0], place[0], sent):
            return
        if not self.filter_allows(firewall, sent.packet):
            return
        inner = replace(
            sent, leg=(*sent.leg, firewall.id), passed=(*sent.passed, firewall.id), by_gateway=""
        )  # fmt: skip
        for after in [inner] if is_private(sent.packet.destination) else list(self.disguised(place, inner)):
            yield from self.travel(place, after, goal, endpoint=endpoint, leaves=firewall.public)

    def disguised(self, place: tuple[VirtualNetwork, Subnet], sent: Sent) -> Iterator[Sent]:
        """With one of the firewall's own addresses, and any port, if the replies get back from there."""
        if not self.replied(place, sent):
            return
        for address in network_of(place[1].prefixes[0]):
            for port in SOURCE_PORTS:
                packet = replace(sent.packet, source=str(address), source_port=port)
                yield replace(sent, packet=packet, home=place[0].id, leg=())

    def filter_allows(self, firewall: Firewall, packet: Packet) -> bool:
        rules = [rule for rule in firewall.rules if rule.kind == "network"]
        parents = sorted((rule for rule in rules if rule.inherited), key=lambda rule: rule.order)
        children = sorted((rule for rule in rules if not rule.inherited), key=lambda rule: rule.order)
        tag = packet.tag if not is_private(packet.destination) else None
        for rule in (*parents, *children):
            if (
                any(each == "Any" or each == packet.protocol.upper() for each in rule.protocols)
                and any(is_prefix(word) and inside(packet.source, word) for word in rule.sources)
                and any(
                    inside(packet.destination, word) if is_prefix(word) else in_tag(tag, word)
                    for word in rule.destinations
                )
                and ports_match(rule.ports, packet.port)
            ):
                return rule.action == "Allow"
        return False

    # Replies

    def replied(self, at: tuple[VirtualNetwork, Subnet], sent: Sent) -> bool:
        if sent.packet.protocol != "Tcp":
            return True
        return self.reply(at, sent, sent.leg, at[0].id)

    def reply(self, at: tuple[VirtualNetwork, Subnet], sent: Sent, leg: tuple[str, ...], start: str) -> bool:
        network, subnet = at
        tag = sent.packet.tag if not is_private(sent.packet.source) else None
        back = Sent(sent.packet, start)
        homes = [each for each in self.estate.networks if each.id == sent.home]
        for kind, route, where in self.routes(network, subnet, sent.packet.source, tag):
            if kind == "VirtualAppliance":
                firewall = self.firewall(route)
                place = self.home(firewall.subnet)
                near = place[0].id == network.id or self.pair(network, place[0])
                if firewall.id in leg and near and self.crosses(network, place[0], back):
                    left = tuple(each for each in leg if each != firewall.id)
                    if self.reply(place, sent, left, start):
                        return True
            elif kind == "VirtualNetworkGateway":
                gateway = self.gateway(network)
                if gateway and (sent.home == f"gateway:{gateway.id}" or (homes and self.gateway(homes[0]) is gateway)):
                    return True
            elif homes:
                if (
                    kind in {"Local", "VnetLocal"}
                    and where in {"", sent.home}
                    and self.crosses(network, homes[0], back)
                ):
                    return True
            elif kind == "Internet" and sent.home == "internet":
                return True
        return False

    # Questions

    def arrives(self, source: Attachment, target: Attachment, packet: Packet) -> bool:
        if source.is_endpoint:
            return False
        at, goal = self.home(source.subnet), self.home(target.subnet)
        for group in (source.group, at[1].group):
            if not self.group_allows(
                group, "Outbound", packet, at, source.application_groups, target.application_groups
            ):
                return False
        sent = Sent(packet, at[0].id)
        for _, arrived in self.travel(at, sent, goal, endpoint=target.is_endpoint, leaves=False):
            same = arrived.packet.source == packet.source
            if self.let_in(arrived, target, source.application_groups if same else ()):
                return True
        return False

    def let_in(self, sent: Sent, target: Attachment, sources: tuple[str, ...]) -> bool:
        goal = self.home(target.subnet)
        filtered = goal[1].endpoints_filtered or not target.is_endpoint
        for group in (goal[1].group, target.group) if filtered else ():
            if not self.group_allows(group, "Inbound", sent.packet, goal, sources, target.application_groups):
                return False
        return target.is_endpoint or self.replied(goal, sent)

    def leaves(self, source: Attachment, packet: Packet) -> set[str]:
        at = self.home(source.subnet)
        for group in (source.group, at[1].group):
            if source.is_endpoint or not self.group_allows(
                group, "Outbound", packet, at, source.application_groups, ()
            ):
                return set()
        own = source.public or at[1].nat_gateway or at[1].default_outbound
        return {kind for kind, _ in self.travel(at, Sent(packet, at[0].id), None, endpoint=False, leaves=own)}

    def enters_by_own_address(self, target: Attachment, packet: Packet) -> bool:
        goal = self.home(target.subnet)
        closed = target.machine and target.group is None and goal[1].group is None
        if not target.public or closed:
            return False
        return self.let_in(Sent(packet, "internet"), target, ())

    def enters_by_gateway(self, target: Attachment, packet: Packet) -> bool:
        goal = self.home(target.subnet)
        for network in self.estate.networks:
            if not any(inside(packet.source, prefix) for prefix in network.gateway_prefixes):
                continue
            sent = Sent(packet, f"gateway:{network.id}", by_gateway=network.id)
            spot = self.gateway_spot(network)
            for _, arrived in self.travel(spot, sent, goal, endpoint=target.is_endpoint, leaves=False):
                if self.let_in(arrived, target, ()):
                    return True
        return False


def default_rules(direction: str) -> tuple[SecurityRule, ...]:
    def rule(name: str, priority: int, access: str, source: str, destination: str) -> SecurityRule:
        return SecurityRule(
            name=name,
            priority=priority,
            direction="Inbound" if direction == "Inbound" else "Outbound",
            access="Allow" if access == "Allow" else "Deny",
            sources=(source,),
            destinations=(destination,),
        )

    second = ("AzureLoadBalancer", "*") if direction == "Inbound" else ("*", "Internet")
    return (
        rule("virtual network", 65000, "Allow", "VirtualNetwork", "VirtualNetwork"),
        rule("second", 65001, "Allow", *second),
        rule("rest", 65500, "Deny", "*", "*"),
    )
