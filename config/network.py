"""The section `network`."""

from collections.abc import Iterator
from ipaddress import IPv4Network
from itertools import combinations

from config.faults import Fault
from config.section import Section, dial

_MOVES = "the address plan can't be carved, and a later change replaces the network with all that stands in it"


class Network(Section):
    """The address plan and the protection of the edge."""

    address_space: IPv4Network = dial("The VNet's CIDR, /20 or wider, from RFC 1918.", _MOVES)
    pod_cidr: IPv4Network = dial("Overlay addresses of pods; disjoint from the other two.", _MOVES)
    service_cidr: IPv4Network = dial("Cluster IPs of services, /24 or wider; disjoint from the other two.", _MOVES)
    ddos_protection: bool = dial(
        "DDoS network protection (a plan is billed per tenant and month).",
        "without it only the free infrastructure protection stands before the public addresses",
        default=False,
    )


def address_plan(network: Network) -> Iterator[Fault]:
    """Ranges that are wide enough, private, and disjoint."""
    ranges = {
        "addressSpace": (network.address_space, 20),
        "podCidr": (network.pod_cidr, 18),
        "serviceCidr": (network.service_cidr, 24),
    }
    for key, (cidr, widest) in ranges.items():
        if cidr.prefixlen > widest:
            yield _range(key, cidr, "too small", f"/{widest} or wider")
        if not any(cidr.subnet_of(IPv4Network(block)) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")):
            yield _range(key, cidr, "not a private range", "a part of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16")
    for (one, (left, _)), (other, (right, _)) in combinations(ranges.items(), 2):
        if left.overlaps(right):
            yield _range(f"{one}, {other}", left, f"overlaps with {right}", "ranges that share no address")


def _range(key: str, cidr: IPv4Network, problem: str, allowed: str) -> Fault:
    return Fault(
        key=f"bailiwick:network.{key}",
        value=str(cidr),
        problem=problem,
        allowed=allowed,
        consequence="packets for one range go to the other, or the subnets don't fit",
        hint="for example addressSpace 10.40.0.0/20, podCidr 10.128.0.0/14, serviceCidr 10.41.0.0/20",
    )
