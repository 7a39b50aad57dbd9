"""Addresses as numbers: what a CIDR, `*` or a service tag means.

Real IPv4 is [0, 2^32). Above it lies one block of the same size for each service, or part of a service in a region,
that occurs in rules or routes: the address a, if Microsoft lists it there. So `Storage` and 20.0.0.0/8 overlap as
they may in Azure, without Microsoft's weekly list. Networks whose prefixes the plan does not know have such blocks too.
Two services share no address: https://learn.microsoft.com/azure/virtual-network/service-tags-overview
"""

from collections.abc import Iterable
from functools import cache
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError, summarize_address_range
from typing import Final

from plan.reachability.boxes import Spans, common, merged, without

_SIZE: Final = 2**32
_REAL: Final[Spans] = ((0, _SIZE - 1),)
_PARTS_OF_A_SERVICE = {"frontend", "backend", "firstparty", "microsoftsecurity"}
"""`AzureFrontDoor.Backend` is no region."""


@cache
def cidr(text: str) -> tuple[int, int, int] | None:
    """First and last address and the prefix's length; None where it is not IPv4."""
    try:
        network = IPv4Network(text, strict=False)
    except (AddressValueError, NetmaskValueError, ValueError):
        first, dash, last = text.partition("-")
        try:
            return (int(IPv4Address(first)), int(IPv4Address(last)), 32) if dash else None
        except (AddressValueError, ValueError):
            return None
    return int(network.network_address), int(network.broadcast_address), network.prefixlen


def _real(*texts: str) -> Spans:
    return merged((found[0], found[1]) for text in texts if (found := cidr(text)))


HOST: Final = _real("168.63.129.16", "169.254.169.254")
"""The machine's own host: names, probes, metadata. Neither routes nor security groups hold for it, and it is no
destination of its own. https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16"""
PRIVATE: Final = _real("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
"""RFC 1918 and RFC 6598."""
PUBLIC: Final = without(
    _REAL, merged((*PRIVATE, *HOST, *_real("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3")))
)
_FIXED: Final = {
    # https://learn.microsoft.com/azure/virtual-network/service-tags-overview
    "azureloadbalancer": _real("168.63.129.16"),
    "azureplatformdns": _real("168.63.129.16"),
    "azureplatformimds": _real("169.254.169.254"),
}
_EVERYTHING = {"*", "any", "0.0.0.0/0"}


def split(tag: str) -> tuple[str, str | None]:
    """Service and region of a tag, both in lower case."""
    service, _, region = tag.lower().partition(".")
    return (service, region) if region and region not in _PARTS_OF_A_SERVICE else (tag.lower(), None)


class Universe:
    """The blocks of one estate, and what each word in a rule means there."""

    def __init__(self, words: Iterable[str], networks: Iterable[str]) -> None:
        tags = {word for word in words if self._is_tag(word)}
        pairs = {split(tag) for tag in tags}
        regions = sorted({region for _, region in pairs if region})
        spelt = {part.lower(): part for tag in tags for part in tag.split(".")} | {tag.lower(): tag for tag in tags}
        self._tags: list[tuple[str, str | None]] = [
            (service, region)
            for service in sorted({service for service, _ in pairs} | {"azurecloud"})
            for region in (None, *regions)
        ]
        self._names = [
            spelt.get(service, "AzureCloud") + (f".{spelt[region]}" if region else "") for service, region in self._tags
        ]
        self._networks = {name: len(self._tags) + 1 + at for at, name in enumerate(sorted(set(networks)))}
        last = len(self._tags) + len(self._networks)
        self.all: Spans = ((0, (last + 1) * _SIZE - 1),)
        self._tagged: Spans = ((_SIZE, (len(self._tags) + 1) * _SIZE - 1),)
        self.public: Spans = merged((*PUBLIC, *self._tagged))
        self._known: dict[str, Spans] = {}

    @staticmethod
    def _is_tag(word: str) -> bool:
        plain = word.lower()
        return not (plain in _EVERYTHING or plain in _FIXED or plain in {"internet", "virtualnetwork"} or cidr(word))

    def spans(self, word: str) -> Spans:
        """What a CIDR, `*` or a tag that means the same everywhere stands for."""
        found = self._known.get(word)
        if found is None:
            found = self._known[word] = self._meaning(word)
        return found

    def _meaning(self, word: str) -> Spans:
        plain = word.lower()
        if plain in _EVERYTHING:
            return self.all
        if plain in _FIXED:
            return _FIXED[plain]
        found = cidr(word)
        if found is None:
            return self._tag(plain)
        low, high, _ = found
        public = common(PUBLIC, ((low, high),))
        blocks = [*range(1, len(self._tags) + 1)] if public else []
        return merged((block * _SIZE + low, block * _SIZE + high) for block in (0, *blocks, *self._networks.values()))

    def _tag(self, plain: str) -> Spans:
        """Regional tags lie in the service's and in `AzureCloud.<region>`, all in `AzureCloud`."""
        service, region = split(plain)
        return merged(
            (at * _SIZE, (at + 1) * _SIZE - 1)
            for at, (each, place) in enumerate(self._tags, start=1)
            if service in {each, "azurecloud"} and region in {None, place}
        )

    def network(self, name: str) -> Spans:
        """Addresses of a network whose prefixes are not known."""
        at = self._networks[name]
        return ((at * _SIZE, (at + 1) * _SIZE - 1),)

    def point(self, address: int, tag: str | None = None) -> int:
        """An address; with a tag, an address that Microsoft lists there."""
        if tag is None:
            return address
        service, region = split(tag)
        # A service or a region that no rule tells apart has no block of its own.
        wanted = ((service, region), (service, None), ("azurecloud", region), ("azurecloud", None))
        return address + (1 + next(self._tags.index(pair) for pair in wanted if pair in self._tags)) * _SIZE

    def named(self, spans: Spans) -> list[tuple[str, Spans]]:
        """What addresses outside are called: `internet`, `tag:…`, `network:…`, and which those are.

        A few prefixes are named as such; what is public and wider than that is the internet. A tag is named only where
        it has addresses that those names do not have, and by the widest tag that is there as a whole with it.
        """
        public, private = common(spans, PUBLIC), without(common(spans, _REAL), PUBLIC)
        found = [*_called(public, "internet"), *_called(private, "network:*")]
        tagged: dict[tuple[str, str | None], Spans] = {}
        for at, tag in enumerate(self._tags, start=1):
            listed = common(moved(common(spans, _block(at)), -at), PUBLIC)
            if listed and without(listed, public):
                tagged[tag] = listed
            else:
                found = [(each, merged((*have, *moved(common(have, listed), at)))) for each, have in found]
        for at, tag in enumerate(self._tags, start=1):
            if tag in tagged:
                wider = next((each for each in _wider(tag) if not without(tagged[tag], tagged.get(each, ()))), tag)
                found.append((f"tag:{self._names[self._tags.index(wider)]}", moved(tagged[tag], at)))
        for at in self._networks.values():
            if inside := common(spans, _block(at)):
                found.append(("network:*", inside))
        return found


def _wider(tag: tuple[str, str | None]) -> tuple[tuple[str, str | None], ...]:
    """Tags that this one lies in, the widest first, and itself."""
    service, region = tag
    return (("azurecloud", None), ("azurecloud", region), (service, None), tag)


def moved(spans: Spans, blocks: int) -> Spans:
    """The same addresses in another block."""
    return tuple((low + blocks * _SIZE, high + blocks * _SIZE) for low, high in spans)


def _called(real: Spans, wide: str) -> list[tuple[str, Spans]]:
    prefixes = _prefixes(real)
    if prefixes is None:
        return [(wide, real)]
    return [
        (f"network:{prefix}", ((int(prefix.network_address), int(prefix.broadcast_address)),)) for prefix in prefixes
    ]


def _block(at: int) -> Spans:
    return ((at * _SIZE, (at + 1) * _SIZE - 1),)


def _prefixes(real: Spans) -> list[IPv4Network] | None:
    """The spans as a few prefixes, or None where they are too many or too wide for that."""
    if len(real) > _FEW:
        return None
    found = [prefix for low, high in real for prefix in summarize_address_range(IPv4Address(low), IPv4Address(high))]
    return found if len(found) <= _FEW and all(prefix.prefixlen >= _NARROW for prefix in found) else None


_FEW: Final = 8
_NARROW: Final = 7
"""Nothing shorter than a /7 is called by its prefix."""
