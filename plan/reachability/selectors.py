"""Label selectors and ports of Kubernetes policies, with what is not known before deployment kept apart.

kubernetes.io/docs/concepts/overview/working-with-objects/labels, …/services-networking/network-policies
"""

from collections.abc import Mapping
from dataclasses import dataclass

from plan.model import MISSING, UNKNOWN, Value
from plan.reachability.reading import mapping, rows, text, texts

Ports = tuple[tuple[str, int, int], ...]
"""Protocol, first and last port."""
TOP = 65535
EVERY: Ports = tuple((protocol, 0, TOP) for protocol in ("TCP", "UDP", "SCTP"))


@dataclass(frozen=True)
class Labels:
    """Labels of a pod or a namespace; `partial` where it may have more than these."""

    known: Mapping[str, Value]
    partial: bool = False

    @staticmethod
    def of(value: Value) -> "Labels":
        """As a plan has them."""
        return Labels({}, partial=True) if value is UNKNOWN else Labels(mapping(value))


def selects(selector: Value, labels: Labels, *, unsure: bool) -> bool:
    """Whether a selector takes these labels; an empty one takes all. What can't be told yet counts as `unsure`."""
    if selector is UNKNOWN:
        return unsure
    chosen = mapping(selector)
    wanted, expressions = chosen.get("matchLabels"), chosen.get("matchExpressions")
    if UNKNOWN in (wanted, expressions) and not unsure:
        return False
    return all(_equals(key, value, labels, unsure=unsure) for key, value in mapping(wanted).items()) and all(
        _holds(row, labels, unsure=unsure) for row in rows(expressions)
    )


def _equals(key: str, value: Value, labels: Labels, *, unsure: bool) -> bool:
    found = labels.known.get(key, UNKNOWN if labels.partial else MISSING)
    return unsure if UNKNOWN in (found, value) else found == value


def _holds(row: Mapping[str, Value], labels: Labels, *, unsure: bool) -> bool:
    key, operator = text(row.get("key")), row.get("operator")
    if key is None or operator is UNKNOWN or row.get("values") is UNKNOWN:
        return unsure
    found = labels.known.get(key, UNKNOWN if labels.partial else MISSING)
    if found is UNKNOWN:
        return unsure
    if operator == "Exists":
        return found is not MISSING
    if operator == "DoesNotExist":
        return found is MISSING
    if operator == "In":
        return found in texts(row.get("values"))
    # A label that is not there is not in the list either.
    return operator == "NotIn" and found not in texts(row.get("values"))


def ports_of(value: Value, named: Mapping[str, tuple[str, int]] | None) -> Ports:
    """Ports of a rule: all where it names none. `named` are the target's by name; None where it has no such names."""
    listed = rows(value)
    if value is UNKNOWN or not listed:
        return EVERY
    found: list[tuple[str, int, int]] = []
    for row in listed:
        protocol = str(row.get("protocol") or "TCP").upper()
        first, last = row.get("port"), row.get("endPort")
        if isinstance(first, str) and first.isdigit():
            first = int(first)
        if isinstance(first, str):
            kind, number = (named or {}).get(first, ("", 0))
            found += [(protocol, number, number)] if kind == protocol else []
        elif isinstance(first, int) and first > 0:
            found.append((protocol, first, last if isinstance(last, int) and last >= first else first))
        else:
            found += [item for item in EVERY if protocol in (item[0], "ANY")]
    return tuple(item for one in found for item in _spread(one))


def _spread(one: tuple[str, int, int]) -> Ports:
    """`ANY` is every protocol, as Cilium writes it."""
    return tuple((kind, one[1], one[2]) for kind, _, _ in EVERY) if one[0] == "ANY" else (one,)


def meet(left: Ports, right: Ports) -> Ports:
    """What both let pass."""
    both = {
        (kind, max(first, begin), min(last, end))
        for kind, first, last in left
        for other, begin, end in right
        if kind == other and max(first, begin) <= min(last, end)
    }
    return tuple(sorted(both))


def ports_text(ports: Ports) -> str:
    """`TCP 443, 8000-8100, UDP 53`, or `any`."""
    if set(EVERY) <= set(ports):
        return "any"
    by_kind: dict[str, list[str]] = {}
    for kind, first, last in sorted(set(ports)):
        shown = str(first) if first == last else "any" if (first, last) == (0, TOP) else f"{first}-{last}"
        by_kind.setdefault(kind, []).append(shown)
    return ", ".join(f"{kind} {', '.join(shown)}" for kind, shown in by_kind.items())
