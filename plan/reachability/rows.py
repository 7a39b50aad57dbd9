"""Packets that pass, as rows for people: who, to whom, what, and by which rules."""

from collections.abc import Iterable
from dataclasses import dataclass

from plan.reachability.boxes import ANY_PORT, PROTOCOLS, Box, Spans, merged
from plan.reachability.model import Connection, Hop

INTERNET = "internet"


@dataclass(frozen=True)
class Passage:
    """Packets that arrive, what let them, and the place outside that they come from or go to."""

    boxes: list[Box]
    hops: tuple[Hop, ...]
    outside: str = ""
    what: str = ""
    """Only where the packets alone do not say it."""


def protocols_and_ports(boxes: Iterable[Box]) -> str:
    """`TCP 443`, `UDP 53, 1000-2000`, `any`."""
    by: dict[str, Spans] = {}
    for box in boxes:
        for at in range(box[2][0], box[2][1] + 1):
            by[PROTOCOLS[at].upper()] = merged((*by.get(PROTOCOLS[at].upper(), ()), box[4]))
    if len(by) == len(PROTOCOLS) and all(spans == (ANY_PORT,) for spans in by.values()):
        return "any"
    # Only TCP and UDP have ports.
    return "; ".join(
        f"{name} {', '.join(str(low) if low == high else f'{low}-{high}' for low, high in spans)}"
        if spans != (ANY_PORT,) and name in {"TCP", "UDP"}
        else name
        for name, spans in sorted(by.items(), key=lambda pair: [*map(str.upper, PROTOCOLS)].index(pair[0]))
    )


def rows_of(passages: Iterable[tuple[str, str, Passage]]) -> list[Connection]:
    """One row for each set of rules; a tag is left out where the internet is let pass by the same rules."""
    grouped: dict[tuple[str, str, tuple[Hop, ...], str], list[Box]] = {}
    for source, target, passage in passages:
        grouped.setdefault((source, target, passage.hops, passage.what), []).extend(passage.boxes)
    found = [
        Connection(source=source, target=target, what=what or protocols_and_ports(boxes), hops=hops)
        for (source, target, hops, what), boxes in grouped.items()
    ]
    wide = {(row.hops, row.what) for row in found if INTERNET in {row.source, row.target}}
    return [
        row
        for row in found
        if (row.hops, row.what) not in wide or not (row.source.startswith("tag:") or row.target.startswith("tag:"))
    ]
