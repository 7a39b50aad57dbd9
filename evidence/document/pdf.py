"""A document as PDF, by reportlab: for whoever files and signs on paper. Bookmarks, page numbers, embedded fonts.

Here blocks become what reportlab lays out; tables are in `pdf_cells`, words in `pdf_type`, pages in `pdf_pages`.
"""

import importlib
import io
from collections.abc import Iterator, Sequence
from typing import Final, assert_never

from reportlab.graphics.shapes import Drawing
from reportlab.platypus import Flowable, NextPageTemplate, PageBreak
from reportlab.platypus import Paragraph as Words_

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
    Table,
)
from evidence.document.pdf_cells import MANY, pairs, rows
from evidence.document.pdf_pages import ACROSS, HEIGHT_ACROSS, Book, Lines, Title
from evidence.document.pdf_type import BODY, DIM, SMALL, faces, markup, shapes, shown, style

_SIZES: Final = {1: 17, 2: 13, 3: 10.5, 4: 9}
"""Level of a heading to its points."""


def pdf(document: Document) -> bytes:
    """The whole file; the same document gives the same bytes."""
    faces()
    out = io.BytesIO()
    book = Book(out, document)
    book.build(list(_story(document)))
    return out.getvalue()


def prepare() -> None:
    """Read what every document needs: before processes are forked, once for all of them."""
    importlib.import_module("svglib.svglib")
    faces()
    shapes()


def _story(document: Document) -> Iterator[Flowable]:
    yield Words_(markup(document.title), style("title", _SIZES[1], bold=True, after=4))
    yield Words_(markup(document.about), style("about", BODY, ink=DIM, after=10))
    across = False
    for at, block in enumerate(document.blocks):
        lies = _leads_across(document.blocks[at:])
        if lies != across:
            yield from (NextPageTemplate("across" if lies else "upright"), PageBreak())
            across = lies
        yield from _block(block)


def _leads_across(blocks: Sequence[Block]) -> bool:
    """Whether what comes next lies across, or leads to something that does: a heading and the words under it."""
    heading = isinstance(blocks[0], Heading)
    for block in blocks[1:] if heading else blocks:
        if isinstance(block, Heading):
            return False
        if not isinstance(block, Paragraph):
            return isinstance(block, Picture) or (isinstance(block, Table) and len(block.headings) >= MANY)
    return False


def _block(block: Block) -> Iterator[Flowable]:
    match block:
        case Heading(level, text):
            size = _SIZES[level]
            face = style(f"h{level}", size, bold=True, before=size * 0.9, after=3, keep=True)
            yield Title(markup(text), face, (level, shown(text)))
        case Paragraph(words):
            yield Words_(markup(words), style("body", BODY, after=4))
        case Bullets(items):
            for item in items:
                yield Words_(f"– {markup(item)}", style("bullet", BODY, indent=8, after=1.5))
        case Table():
            yield from rows(block)
        case Facts():
            yield from pairs(block)
        case Picture():
            yield from _picture(block)
        case Attestation(duty):
            yield Words_(markup(duty), style("duty", BODY, before=3, keep=True))
            yield Lines()
        case Folded(title, blocks):
            yield Words_(markup(title), style("fold", 8.8, before=6, after=2, keep=True))
            for inner in blocks:
                yield from _block(inner)
        case _:
            assert_never(block)


def _picture(block: Picture) -> Iterator[Flowable]:
    from svglib.svglib import svg2rlg  # a fifth of a second

    drawing = svg2rlg(io.BytesIO(block.svg.encode()))
    if drawing is None:
        raise ValueError("the picture is no SVG that can be drawn")
    yield Words_(markup(block.words), style("caption", SMALL, ink=DIM, after=4, keep=True))
    yield _scaled(drawing)


def _scaled(drawing: Drawing) -> Drawing:
    high = HEIGHT_ACROSS - 80  # below what is said of it
    by = min(ACROSS / drawing.width, high / drawing.height, 1)
    drawing.scale(by, by)
    drawing.width, drawing.height = drawing.width * by, drawing.height * by
    return drawing
