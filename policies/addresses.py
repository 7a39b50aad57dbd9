"""Which addresses are of no public network: what a rule means when it says that something stays inside."""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network, summarize_address_range

PRIVATE: tuple[IPv4Network | IPv6Network, ...] = tuple(
    map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)
"""RFC 1918, RFC 6598 and RFC 4193. Python's own `is_private` counts ranges for documentation and tests, too, and has
changed its mind between releases.
"""


def is_private(text: str) -> bool:
    """Whether an address, or the whole of a range (CIDR, `first-last`), is of no public network; else False.

    >>> is_private("172.16.3.0/24"), is_private("172.217.0.0/16"), is_private("10.0.0.0/1"), is_private("Internet")
    (True, False, False, False)
    """
    try:
        parts = _parts(text)
    except (ValueError, TypeError):
        return False
    # Two networks of one version, which is asked first, though the types can't say so.
    return all(any(p.version == own.version and p.subnet_of(own) for own in PRIVATE) for p in parts)  # type: ignore[arg-type]


def _parts(text: str) -> list[IPv4Network | IPv6Network]:
    first, dash, last = text.partition("-")
    if dash:
        return list(summarize_address_range(ip_address(first.strip()), ip_address(last.strip())))
    return [ip_network(text, strict=False)]
