"""A document as Markdown: for a draft that somebody goes on writing, and for a diff."""

from collections.abc import Iterator, Sequence
from typing import assert_never

from evidence.document.blocks import (
    Attestation,
    Block,
    Bullets,
    Document,
    Facts,
    Folded,
    Heading,
    Paragraph,
    Picture,
    Span,
    Table,
    Words,
    spans,
)


def markdown(document: Document) -> bytes:
    """The whole text; the same document gives the same bytes."""
    parts = [f"# {escape(document.title)}", escape(document.about)]
    for block in document.blocks:
        parts += _block(block)
    parts += ["---", escape(document.footer)]
    return ("\n\n".join(parts) + "\n").encode()


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading(level, text):
            yield f"{'#' * level} {escape(text)}"
        case Paragraph(told):
            yield words(told)
        case Bullets(items):
            yield "\n".join(f"- {words(item)}" for item in items)
        case Table(headings, rows):
            yield table([escape(each) for each in headings], [[words(cell) for cell in row] for row in rows])
        case Facts(pairs):
            yield "\n".join(f"- {escape(name)}: {words(told)}" for name, told in pairs)
        case Picture(_, shows):
            yield f"_{escape(shows)}_ (data-flows.svg)"
        case Attestation(duty):
            yield f"> {escape(duty)}\n>\n> Attested by: ____ On: ____ Evidence: ____"
        case Folded(title, blocks):
            yield f"**{words(title)}**"
            for inner in blocks:
                yield from _block(inner)
        case _:
            assert_never(block)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table of cells that are Markdown already."""
    lines = [f"| {' | '.join(headings)} |", f"|{' --- |' * len(headings)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def words(told: Words) -> str:
    """Words as Markdown, escaped."""
    return "".join(_span(span) for span in spans(told))


def _span(span: Span) -> str:
    if span.style == "code" and "`" not in span.text and "|" not in span.text:
        return f"`{' '.join(span.text.split())}`"
    text = escape(span.text)
    return f"**{text}**" if (span.style == "strong" or span.tone) and text.strip() else text


def escape(text: str) -> str:
    """Words that stay words: no markup, no mention, no link of a resource's own making."""
    for sign in "\\`*_{}[]#|~":
        text = text.replace(sign, f"\\{sign}")
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("@", "@\u200b").replace("\n", " ").replace("\r", " ")
