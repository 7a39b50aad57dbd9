"""Notes for an assessment of transfers: every way out that is on record, and the questions that only a person answers.

The steps are those of EDPB Recommendations 01/2020, version 2.0, on supplementary measures.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from evidence.document.blocks import Attestation, Block, Document, Heading, Paragraph, Span, Table, Words
from evidence.pack.subject import Subject
from evidence.papers.exceptions import exceptions
from evidence.papers.words import footer
from plan.reachability.model import Edge, Place

STEPS: Final = (
    "Step 2: the transfer tool of each (Art. 45, 46, 49) is named and in force",
    "Step 3: law and practice of the third country were assessed, and do not take the tool's effect away",
    "Step 4: supplementary measures, where they are needed, are those of the compensating controls above",
    "Step 5: formal steps that those measures ask for are taken",
    "Step 6: the assessment is looked at again when the table changes, and before an exception ends",
)
_KINDS: Final[Mapping[str, str]] = {
    "host": "a host",
    "tag": "a service of Azure, by its tag",
    "region": "another region",
    "tenant": "another subscription",
    "network": "a network outside",
    "internet": "anywhere",
}


def transfers(subject: Subject) -> Document:
    """What leaves, on whose word; and six steps."""
    return Document(
        title=f"Notes on transfers: {subject.name}",
        about=(
            "Every way out of the boundary that the plan leaves open, and the exceptions on record. Whether one is a "
            "transfer in the law's sense, and is lawful, a person decides."
        ),
        blocks=[
            Heading(2, "Step 1: know what goes where", "known"),
            *_ways(subject),
            *exceptions(subject),
            Heading(2, "Steps 2 to 6", "steps"),
            *(Attestation(step) for step in STEPS),
        ],
        footer=footer(subject),
    )


def _ways(subject: Subject) -> Iterator[Block]:
    graph = subject.stack.graph
    rows: list[list[Words]] = []
    for place in sorted(graph.places.values(), key=lambda item: (item.outside or "", item.name)):
        if place.outside is None:
            continue
        edges = [edge for edge in graph.edges if edge.target == place.id]
        if edges:
            rows.append(_way(place, edges, subject))
    if not rows:
        yield Paragraph("No way out is open.")
        return
    yield Table(
        ("to", "what it is", "where", "from", "how", "on record"),
        rows,
        caption="Ways that are open: what may go along them is bounded by who stands at their beginning",
    )
    yield Paragraph(
        "Hosts are those of the cloud's own list of what a cluster can't do without (jurisdictions/clouds/), or are "
        "opened by the stack's file; regions are the jurisdiction's own."
    )


def _way(place: Place, edges: Sequence[Edge], subject: Subject) -> list[Words]:
    places = subject.stack.graph.places
    sources = sorted({places[edge.source].name for edge in edges})
    how = sorted({f"{edge.kind} {edge.what}".strip() for edge in edges})
    listed: Words = Span("NOT ON RECORD", tone="bad") if place.id in subject.leaving else Span("on record", tone="good")
    region = subject.stack.jurisdiction.regions.get(place.name)
    where = f"inside the jurisdiction ({region.country})" if region is not None else "outside, or not told by the plan"
    return [
        Span(place.name, "code"),
        _KINDS[place.outside or "internet"],
        where,
        ", ".join(sources),
        "; ".join(how),
        listed,
    ]
