"""Azure Firewall: translated, else judged by network rules, else by application rules, else denied.

https://learn.microsoft.com/azure/firewall/rule-processing
Not judged: threat intelligence, which may deny more, and the built-in rules for Azure's own infrastructure, which by
https://learn.microsoft.com/azure/firewall/infrastructure-fqdns serve nothing else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from plan.reachability.boxes import (
    ANY_PORT,
    TCP,
    Box,
    Span,
    Spans,
    boxes_of,
    intersect,
    merged,
    narrowed,
    replaced,
    subtract,
    without,
)
from plan.reachability.model import FilterKind, Firewall, FirewallRule, Hop
from plan.reachability.security import ports, protocol_spans
from plan.reachability.tags import PRIVATE, PUBLIC, Universe, cidr


@dataclass(frozen=True, slots=True)
class Filtered:
    """Packets that a firewall lets pass, and how they look behind it."""

    boxes: list[Box]
    hop: Hop
    host: str | None = None
    """The name that a rule allows, where it names one instead of addresses."""
    how: str = ""
    """`https:443`, of an application rule."""
    sourced: bool = False
    """Whether the firewall puts its own address in place of the source's."""


def is_host(word: str) -> bool:
    """Whether a destination is a name that the firewall resolves, rather than an address or a tag.

    A tag starts with a capital and has one dot at most; what is in doubt counts as a name, which may be anywhere.
    """
    return cidr(word) is None and "." in word and not (word[0].isupper() and word.count(".") == 1)


def covers(pattern: str, host: str) -> bool:
    """Whether a rule for `pattern` holds for everything that `host` stands for.

    `*` stands on the left alone, and means anything at all to its left: `*contoso.com` also takes `xcontoso.com`.
    https://learn.microsoft.com/azure/firewall/firewall-faq
    """
    wide, narrow = pattern.lower(), host.lower()
    return wide == narrow or (wide.startswith("*") and narrow.endswith(wide[1:]))


class Filter:
    """The rules of one firewall, in the order in which they are looked at."""

    def __init__(self, firewall: Firewall, universe: Universe) -> None:
        self.firewall = firewall
        self._universe = universe
        self._private = PRIVATE
        # A parent's collections come first whatever their priority; network rules before application rules always.
        # https://learn.microsoft.com/azure/firewall-manager/rule-hierarchy
        # Where the order is not known, what allows is looked at first.
        ordered = sorted(firewall.rules, key=lambda rule: (not rule.inherited, rule.order, rule.action == "Deny"))
        self._network = [(rule, self._boxes(rule)) for rule in ordered if rule.kind == "network"]
        self._application = [rule for rule in ordered if rule.kind == "application"]
        self.translations = [(rule, self._boxes(rule)) for rule in ordered if rule.kind == "nat"]

    def passed(self, boxes: list[Box]) -> list[Filtered]:
        """What is let pass of the packets that a route leads here."""
        found: list[Filtered] = []
        left = boxes
        for rule, matching in self._network:
            inside = intersect(left, matching)
            hosts = [word for word in rule.destinations if is_host(word)]
            if rule.action == "Allow":
                found += self._by_network(rule, inside)
                # A name may resolve to any address: it opens them all, and takes none from the rules behind it.
                # https://learn.microsoft.com/azure/firewall/fqdn-filtering-network-rules
                found += [each for host in hosts for each in self._by_name(rule, left, host)]
            left = subtract(left, matching) if inside else left
        return found + self._by_application(left)

    def translated(self, boxes: list[Box]) -> list[Filtered]:
        """Packets to the firewall's own addresses, as they leave it.

        Both addresses are replaced and the packet is allowed; one page says that a network rule may still deny it and
        a newer one that none does, so none is taken to. https://learn.microsoft.com/azure/firewall/rule-processing and
        https://techcommunity.microsoft.com/blog/azurenetworksecurityblog/azure-firewall-nat-behaviors/3825834
        """
        found = []
        left = boxes
        for rule, matching in self.translations:
            inside = intersect(left, matching)
            left = subtract(left, matching)
            if not inside or rule.translated is None:
                continue
            address, port = rule.translated
            target = self._universe.spans(address) if cidr(address) else self._universe.all
            moved = replaced(replaced(inside, 1, target), 4, ports((port or "*",)))
            found.append(Filtered(moved, self._hop(rule), sourced=True))
        return found

    def doors(self) -> Spans:
        """Addresses of the firewall's own that it translates; a public one that is not known may be any."""
        found: list[Span] = []
        for rule, _ in self.translations:
            known = bool(rule.destinations) and all(cidr(word) for word in rule.destinations)
            found += self._meaning(rule.destinations) if known else PUBLIC
        return merged(found)

    def _by_network(self, rule: FirewallRule, boxes: list[Box]) -> list[Filtered]:
        # Between private addresses the source stays; to public ones it becomes the firewall's.
        # https://learn.microsoft.com/azure/firewall/snat-private-range
        kept = narrowed(boxes, 1, self._private)
        changed = narrowed(boxes, 1, without(self._universe.all, self._private))
        return [
            Filtered(part, self._hop(rule), sourced=sourced)
            for part, sourced in ((kept, False), (changed, True))
            if part
        ]

    def _by_name(self, rule: FirewallRule, left: list[Box], host: str) -> list[Filtered]:
        anywhere = boxes_of(self._sources(rule), self._universe.all, *self._rest(rule))
        inside = intersect(left, anywhere)
        return [
            Filtered(each.boxes, each.hop, host=host, sourced=each.sourced) for each in self._by_network(rule, inside)
        ]

    def _by_application(self, left: list[Box]) -> list[Filtered]:
        """Application rules see TCP alone, by the port and protocol they name, and always put their own address.

        https://learn.microsoft.com/azure/firewall/snat-private-range
        """
        found: list[Filtered] = []
        before: list[tuple[str, str, list[Box]]] = []
        for rule in self._application if left else ():
            for how in rule.protocols:
                name, _, port = how.lower().partition(":")
                port = port or {"http": "80", "mssql": "1433"}.get(name, "443")
                matching = boxes_of(self._sources(rule), self._universe.all, (TCP,), (ANY_PORT,), ports((port,)))
                inside = intersect(left, matching)
                for host in rule.hosts if inside else ():
                    taken = [
                        box for kind, wider, boxes in before if kind == name and covers(wider, host) for box in boxes
                    ]
                    rest = subtract(inside, taken)
                    if rest and rule.action == "Allow":
                        found.append(Filtered(rest, self._hop(rule), host=host, how=f"{name}:{port}", sourced=True))
                before += [(name, host, matching) for host in rule.hosts]
        return found

    def _boxes(self, rule: FirewallRule) -> list[Box]:
        known: Iterable[str] = [word for word in rule.destinations if not is_host(word)]
        if rule.kind == "nat" and not (known and all(cidr(word) for word in rule.destinations)):
            known = ("*",)
        return boxes_of(self._sources(rule), self._meaning(known), *self._rest(rule))

    def _sources(self, rule: FirewallRule) -> Spans:
        return self._meaning(rule.sources)

    def _meaning(self, words: Iterable[str]) -> Spans:
        return merged(
            span
            for word in words
            for span in (self._universe.public if word.lower() == "internet" else self._universe.spans(word))
        )

    @staticmethod
    def _rest(rule: FirewallRule) -> tuple[Spans, Spans, Spans]:
        protocols = merged(span for protocol in rule.protocols for span in protocol_spans(protocol))
        return protocols, (ANY_PORT,), ports(rule.ports)

    def _hop(self, rule: FirewallRule) -> Hop:
        return Hop(what=rule_text(self.firewall, rule), urn=self.firewall.id)


def rule_text(firewall: Firewall, rule: FirewallRule) -> str:
    """A rule as people read it."""
    words: dict[FilterKind, str] = {"nat": "translation", "network": "network rule", "application": "application rule"}
    priorities = "/".join(str(priority) for priority in rule.order)
    parent = ", of the parent policy" if rule.inherited else ""
    return f"firewall '{firewall.name}' {words[rule.kind]} '{rule.name}' ({priorities}{parent})"


def words(rules: Sequence[FirewallRule]) -> list[str]:
    """Every address and tag that rules name."""
    return [
        word
        for rule in rules
        for word in (*rule.sources, *(() if rule.kind == "application" else rule.destinations))
        if not is_host(word)
    ]
