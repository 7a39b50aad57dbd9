"""A table of the PDF: how wide its columns are, and each cell as a string or as a paragraph."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from reportlab.lib import colors
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.platypus import Flowable, Spacer
from reportlab.platypus import Paragraph as Words_
from reportlab.platypus import Table as Grid

from evidence.document.blocks import Facts, Span, Table, Words, plain, spans
from evidence.document.pdf_pages import ACROSS, WIDTH
from evidence.document.pdf_type import DIM, INK, SMALL, markup, shown, style

MANY: Final = 8
"""Columns from which on a table lies across."""
_LINE: Final = colors.HexColor("#d1d5db")
_SOFT: Final = colors.HexColor("#f3f4f6")
_NAMES: Final = 42 * mm
"""Of the column that names facts."""
_TIGHT: Final = [
    ("LEFTPADDING", (0, 0), (-1, -1), 2),
    ("RIGHTPADDING", (0, 0), (-1, -1), 4),
    ("TOPPADDING", (0, 0), (-1, -1), 1.5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
]


def rows(table: Table) -> Iterator[Flowable]:
    """A table under its caption; its head again on each page."""
    across = len(table.headings) >= MANY
    if table.caption:
        yield Words_(markup(table.caption), style("caption", SMALL, ink=DIM, before=3, after=2, keep=True))
    widths = _widths(table, ACROSS if across else WIDTH)
    head = [Words_(markup(Span(each, "strong")), style("head", SMALL)) for each in table.headings]
    cells: list[list[object]] = [[*head]]
    styles: list[tuple[Any, ...]] = []
    for number, row in enumerate(table.rows, start=1):
        drawn = [_drawn(cell, widths[at], (at, number)) for at, cell in enumerate(row)]
        cells.append([cell for cell, _ in drawn])
        styles += [style for _, own in drawn for style in own]
    yield Grid(
        cells,
        widths,
        repeatRows=1,
        splitInRow=1,  # a cell longer than a page goes on on the next
        style=[
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("FONT", (0, 0), (-1, -1), "Vera", SMALL, SMALL * 1.32),
            ("BACKGROUND", (0, 0), (-1, 0), _SOFT),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
            *_TIGHT,
            *styles,
        ],
    )
    yield Spacer(0, 6)


def pairs(facts: Facts) -> Iterator[Flowable]:
    """A name and what is said of it, side by side."""
    found = [[_cell(Span(name, "dim")), _cell(told)] for name, told in facts.pairs]
    if found:
        yield Grid(found, [_NAMES, WIDTH - _NAMES], splitInRow=1, style=[("VALIGN", (0, 0), (-1, -1), "TOP"), *_TIGHT])
        yield Spacer(0, 5)


def _drawn(words: Words, width: float, at: tuple[int, int]) -> tuple[object, list[tuple[Any, ...]]]:
    """A cell: a string where it stands in one line in one style, which is drawn ten times as fast as a paragraph."""
    found = tuple(spans(words))
    text = shown(found[0].text) if len(found) == 1 else ""
    bold = bool(text) and (bool(found[0].tone) or found[0].style == "strong")
    font = "Vera-Bold" if bold else "Vera"
    if not text or "\n" in text or pdfmetrics.stringWidth(text, font, SMALL) > width - 7:
        return _cell(words), []
    styles: list[tuple[Any, ...]] = [("FONTNAME", at, at, font)] if bold else []
    if found[0].tone:
        styles.append(("TEXTCOLOR", at, at, colors.HexColor(INK[found[0].tone])))
    return text, styles


def _widths(table: Table, whole: float) -> list[float]:
    """As the table asks; else room for each column's longest word, and the rest by how much stands in it."""
    if table.widths:
        return [whole * share / sum(table.widths) for share in table.widths]
    columns = [[table.headings[at], *(plain(row[at]) for row in table.rows)] for at in range(len(table.headings))]
    least = _levelled([max(map(_wide, _words(texts)), default=0) + 9 for texts in columns], whole * 0.7)
    rest = whole - sum(least)
    asked = [sum(len(text) ** 1.5 for text in texts) ** 0.5 for texts in columns]
    return [width + rest * share / sum(asked) for width, share in zip(least, asked, strict=True)]


def _levelled(widths: Sequence[float], whole: float) -> list[float]:
    """The widest are cut to one level until all fit: long names break before short words do."""
    level = max(widths)
    while sum(min(width, level) for width in widths) > whole:
        level *= 0.95
    return [min(width, level) for width in widths]


def _words(texts: Sequence[str]) -> Iterator[str]:
    """Pieces that a line should not break: the longest of each column decide, so only these are measured."""
    # Words of one length in order of their letters: a set's own order is another in each process.
    yield from sorted({word for text in texts for word in text.split()}, key=lambda word: (len(word), word))[-3:]


def _wide(word: str) -> float:
    return float(pdfmetrics.stringWidth(shown(word), "Vera-Bold", SMALL))


def _cell(words: Words) -> Words_:
    return Words_(markup(words), style("cell", SMALL))
