"""Which addresses belong to what: one reviewable table, carved from the stack's address space."""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network

SUBNETS: Mapping[str, int] = {
    "system": 24,
    "workload": 24,
    "gpu": 24,
    "endpoints": 25,
    "confidential": 26,
    "gateway": 26,
    # Azure asks for /26 or wider: learn.microsoft.com/azure/firewall/firewall-faq
    "firewall": 26,
    "firewall_management": 26,
    # A v2 gateway takes an address per instance and per frontend: learn.microsoft.com/azure/application-gateway
    "portal": 26,
    "runner": 27,
    # /28 or wider for API server VNet integration: learn.microsoft.com/azure/aks/api-server-vnet-integration
    "apiserver": 27,
}
"""Subnet by role to its prefix length, widest first, so that each starts on its own boundary."""


class AddressSpaceTooSmall(ValueError):
    """The subnets do not fit."""


def address_plan(space: IPv4Network) -> Mapping[str, IPv4Network]:
    """A range for each role of `SUBNETS`, disjoint and in order. Raises AddressSpaceTooSmall under /20."""
    if space.prefixlen > 20:
        raise AddressSpaceTooSmall(f"{space} is smaller than /20; the subnets and room for one more stage don't fit")
    plan: dict[str, IPv4Network] = {}
    start = int(space.network_address)
    for role, prefix in sorted(SUBNETS.items(), key=lambda item: item[1]):
        plan[role] = IPv4Network((start, prefix))
        start += plan[role].num_addresses
    return plan


def first_usable(subnet: IPv4Network) -> IPv4Address:
    """The first address that Azure gives out; it keeps the first three after the network's own."""
    return subnet.network_address + 4
