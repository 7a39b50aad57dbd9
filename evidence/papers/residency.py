"""The residency register as a paper, and as a table for a spreadsheet."""

import csv
import io

from evidence.document.blocks import Document, Span, Table, Words
from evidence.formats.findings_csv import inert
from evidence.pack.subject import Subject
from evidence.papers.words import footer
from evidence.registers.residency import Entry

HEADINGS = (
    "store",
    "what lies there",
    "class",
    "where",
    "encrypted with",
    "copied to",
    "kept for",
    "may read (roles, mounts)",
    "may write",
    "reached from",
)


def residency(subject: Subject) -> Document:
    """The register by itself."""
    return Document(
        title=f"Residency register: {subject.name}",
        about=(
            "Every store of the plan: what lies there and where, under which key, where it is copied, how long it is "
            "kept, and who may read it. People are named by their group, active or eligible."
        ),
        blocks=[residency_table(subject)],
        footer=footer(subject),
    )


def residency_table(subject: Subject) -> Table:
    """A row for each store."""
    return Table(HEADINGS, [_row(entry) for entry in subject.residency], caption="Stores, the most sensitive first")


def residency_csv(subject: Subject) -> bytes:
    """The same rows, with the URN, for a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow((*HEADINGS, "urn"))
    for entry in subject.residency:
        cells = (*(each if isinstance(each, str) else each.text for each in _cells(entry)), entry.resource.urn)
        writer.writerow([inert(cell) for cell in cells])
    return text.getvalue().encode()


def _row(entry: Entry) -> list[Words]:
    """As in the table, but for who can open a connection, which is much the same everywhere: it is counted."""
    count = len(entry.connected)
    return [*_cells(entry)[:-1], f"{count} places by network" if count else "nowhere"]


def _cells(entry: Entry) -> list[str | Span]:
    where: str | Span = entry.where if entry.inside else Span(f"{entry.where}, OUTSIDE", tone="bad")
    key: str | Span = entry.key.words if entry.key.customer else Span(entry.key.words, tone="open")
    contained = f" (containers: {', '.join(entry.containers)})" if entry.containers else ""
    return [
        Span(entry.resource.display_name, "code"),
        f"{entry.holds}{contained}",
        entry.place.classification or "not told",
        where,
        key,
        "; ".join(entry.copies) or "nowhere",
        "; ".join(entry.retention),
        ", ".join(entry.readers) or "nobody",
        ", ".join(entry.writers) or "nobody",
        ", ".join(entry.connected) or "nowhere",
    ]
