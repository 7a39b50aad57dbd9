"""A document as Markdown: for a draft that somebody goes on writing, and for a diff."""

from collections.abc import Iterator

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
from evidence.formats.summary import escape


def markdown(document: Document) -> bytes:
    """The whole text; the same document gives the same bytes."""
    parts = [f"# {escape(document.title)}", escape(document.about)]
    for block in document.blocks:
        parts += _block(block)
    parts += ["---", escape(document.footer)]
    return ("\n\n".join(parts) + "\n").encode()


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f"{'#' * block.level} {escape(block.text)}"
    elif isinstance(block, Paragraph):
        yield words(block.words)
    elif isinstance(block, Bullets):
        yield "\n".join(f"- {words(item)}" for item in block.items)
    elif isinstance(block, Table):
        yield _table(block)
    elif isinstance(block, Facts):
        yield "\n".join(f"- {escape(name)}: {words(told)}" for name, told in block.pairs)
    elif isinstance(block, Picture):
        yield f"_{escape(block.words)}_ (data-flows.svg)"
    elif isinstance(block, Attestation):
        yield f"> {escape(block.duty)}\n>\n> Attested by: ____ On: ____ Evidence: ____"
    elif isinstance(block, Folded):
        yield f"**{words(block.title)}**"
        for inner in block.blocks:
            yield from _block(inner)


def _table(table: Table) -> str:
    lines = [f"| {' | '.join(escape(each) for each in table.headings)} |", f"|{' --- |' * len(table.headings)}"]
    lines += [f"| {' | '.join(words(cell) for cell in row)} |" for row in table.rows]
    return "\n".join(lines)


def words(told: Words) -> str:
    """Words as Markdown, escaped."""
    return "".join(_span(span) for span in spans(told))


def _span(span: Span) -> str:
    if span.style == "code" and "`" not in span.text and "|" not in span.text:
        return f"`{' '.join(span.text.split())}`"
    text = escape(span.text)
    return f"**{text}**" if (span.style == "strong" or span.tone) and text.strip() else text
