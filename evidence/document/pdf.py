"""A document as PDF, by reportlab: for whoever files and signs on paper. Bookmarks, page numbers, embedded fonts.

Fonts are Bitstream Vera, which reportlab carries, so that nothing is asked of the machine and the same document gives
the same bytes everywhere. A sign that Vera has no shape for is written in ASCII (`SIGNS`), or as `?`.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab.graphics.shapes import Drawing
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Spacer,
)
from reportlab.platypus import Paragraph as Words_
from reportlab.platypus import Table as Grid

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
    Tone,
    Words,
    plain,
    spans,
)

SIGNS: Final[Mapping[str, str]] = {"→": "->", "←": "<-", "✓": "+", "✗": "x", "✅": "", "❌": "", "❔": "", "⚠️": "!"}
INK: Final[Mapping[Tone, str]] = {
    "good": "#166534",
    "bad": "#991b1b",
    "open": "#854d0e",
    "exempt": "#155e75",
    "plain": "#374151",
}
_MARGIN: Final = 16 * mm
_WIDTH: Final = A4[0] - 2 * _MARGIN
_LINE: Final = colors.HexColor("#d1d5db")
_SOFT: Final = colors.HexColor("#f3f4f6")
_SIZES: Final = {1: 17, 2: 13, 3: 10.5, 4: 9}
_NAMES: Final = 42 * mm
_MANY: Final = 8
"""Columns from which on a table lies across."""
_MARKED: Final = (2, 3)
"""Levels of headings that are bookmarks."""
_BODY: Final = 8.2
_SMALL: Final = 7.2


def pdf(document: Document) -> bytes:
    """The whole file; the same document gives the same bytes."""
    _fonts()
    out = io.BytesIO()
    book = _Book(out, document)
    book.build(list(_story(document)))
    return out.getvalue()


class _Book(BaseDocTemplate):
    """Pages upright, and across for pictures; each says of what it is evidence."""

    def __init__(self, out: io.BytesIO, document: Document) -> None:
        super().__init__(
            out,
            pagesize=A4,
            title=_shown(document.title),
            subject=_shown(document.about),
            author="bailiwick",
            creator="bailiwick",
            lang="en",
            invariant=1,
        )
        self._footer = _shown(document.footer)
        self._marks = 0
        across = landscape(A4)
        self.addPageTemplates(
            [
                PageTemplate("upright", [_frame(A4)], onPage=self._foot, pagesize=A4),
                PageTemplate("across", [_frame(across)], onPage=self._foot, pagesize=across),
            ]
        )

    def _foot(self, canvas: Canvas, _: object) -> None:
        canvas.saveState()
        canvas.setFont("Vera", 6.2)
        canvas.setFillColor(colors.HexColor("#4b5563"))
        canvas.drawString(_MARGIN, 9 * mm, self._footer)
        # On the line's right end, whichever way the page lies.
        wide = landscape(A4)[0] if self.pageTemplate.id == "across" else A4[0]
        canvas.drawRightString(wide - _MARGIN, 9 * mm, str(canvas.getPageNumber()))
        canvas.restoreState()

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802 reportlab's name
        """Bookmarks for whoever reads on a screen."""
        if isinstance(flowable, _Title) and flowable.mark[0] in _MARKED:
            self._marks += 1
            key = f"mark-{self._marks}"
            self.canv.bookmarkPage(key)
            self.canv.addOutlineEntry(flowable.mark[1], key, level=flowable.mark[0] - _MARKED[0], closed=True)


class _Title(Words_):
    """A heading that is a bookmark too: its level and its words."""

    def __init__(self, markup: str, style: ParagraphStyle, mark: tuple[int, str]) -> None:
        super().__init__(markup, style)
        self.mark = mark


def _frame(size: tuple[float, float]) -> Frame:
    return Frame(_MARGIN, 14 * mm, size[0] - 2 * _MARGIN, size[1] - 28 * mm, 0, 0, 0, 0)


def _story(document: Document) -> Iterator[Flowable]:
    yield Words_(_markup(document.title), _style("title", _SIZES[1], bold=True, after=4))
    yield Words_(_markup(document.about), _style("about", _BODY, ink="#4b5563", after=10))
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
            return isinstance(block, Picture) or (isinstance(block, Table) and len(block.headings) >= _MANY)
    return False


def _block(block: Block) -> Iterator[Flowable]:
    if isinstance(block, Heading):
        size = _SIZES[block.level]
        style = _style(f"h{block.level}", size, bold=True, before=size * 0.9, after=3, keep=True)
        yield _Title(_markup(block.text), style, (block.level, _shown(block.text)))
    elif isinstance(block, Paragraph):
        yield Words_(_markup(block.words), _style("body", _BODY, after=4))
    elif isinstance(block, Bullets):
        for item in block.items:
            yield Words_(f"– {_markup(item)}", _style("bullet", _BODY, indent=8, after=1.5))
    elif isinstance(block, Table):
        yield from _table(block)
    elif isinstance(block, Facts):
        rows = [[_cell(Span(name, "dim")), _cell(told)] for name, told in block.pairs]
        if rows:
            yield Grid(
                rows, [42 * mm, _WIDTH - 42 * mm], splitInRow=1, style=[("VALIGN", (0, 0), (-1, -1), "TOP"), *_TIGHT]
            )
            yield Spacer(0, 5)
    elif isinstance(block, Picture):
        yield from _picture(block)
    elif isinstance(block, Attestation):
        yield from _attestation(block)
    elif isinstance(block, Folded):
        yield Words_(_markup(block.title), _style("fold", 8.8, before=6, after=2, keep=True))
        for inner in block.blocks:
            yield from _block(inner)


_TIGHT: Final = [
    ("LEFTPADDING", (0, 0), (-1, -1), 2),
    ("RIGHTPADDING", (0, 0), (-1, -1), 4),
    ("TOPPADDING", (0, 0), (-1, -1), 1.5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
]


def _table(table: Table) -> Iterator[Flowable]:
    across = len(table.headings) >= _MANY
    if table.caption:
        yield Words_(_markup(table.caption), _style("caption", _SMALL, ink="#4b5563", before=3, after=2, keep=True))
    widths = _widths(table, (A4[1] if across else A4[0]) - 2 * _MARGIN)
    head = [Words_(_markup(Span(each, "strong")), _style("head", _SMALL)) for each in table.headings]
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
            ("FONT", (0, 0), (-1, -1), "Vera", _SMALL, _SMALL * 1.32),
            ("BACKGROUND", (0, 0), (-1, 0), _SOFT),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
            *_TIGHT,
            *styles,
        ],
    )
    yield Spacer(0, 6)


def _drawn(words: Words, width: float, at: tuple[int, int]) -> tuple[object, list[tuple[Any, ...]]]:
    """A cell: a string where it stands in one line in one style, which is drawn ten times as fast as a paragraph."""
    found = tuple(spans(words))
    text = _shown(found[0].text) if len(found) == 1 else ""
    bold = bool(text) and (bool(found[0].tone) or found[0].style == "strong")
    font = "Vera-Bold" if bold else "Vera"
    if not text or "\n" in text or pdfmetrics.stringWidth(text, font, _SMALL) > width - 7:
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
    yield from sorted({word for text in texts for word in text.split()}, key=len)[-3:]


def _wide(word: str) -> float:
    return float(pdfmetrics.stringWidth(_shown(word), "Vera-Bold", _SMALL))


def _picture(block: Picture) -> Iterator[Flowable]:
    from svglib.svglib import svg2rlg  # a fifth of a second

    drawing = svg2rlg(io.BytesIO(block.svg.encode()))
    if drawing is None:
        raise ValueError("the picture is no SVG that can be drawn")
    yield Words_(_markup(block.words), _style("caption", _SMALL, ink="#4b5563", after=4, keep=True))
    yield _scaled(drawing)


def _scaled(drawing: Drawing) -> Drawing:
    wide, high = A4[1] - 2 * _MARGIN, A4[0] - 28 * mm - 80
    by = min(wide / drawing.width, high / drawing.height, 1)
    drawing.scale(by, by)
    drawing.width, drawing.height = drawing.width * by, drawing.height * by
    return drawing


def _attestation(block: Attestation) -> Iterator[Flowable]:
    yield Words_(_markup(block.duty), _style("duty", _BODY, before=3, keep=True))
    yield _Lines()


class _Lines(Flowable):
    """Four empty lines to write on."""

    def wrap(self, *_: float) -> tuple[float, float]:
        """As wide as the page, with room for a hand."""
        return _WIDTH, 24

    def draw(self) -> None:
        """Each with its name above it."""
        self.canv.setFont("Vera", 6)
        self.canv.setStrokeColor(colors.HexColor("#4b5563"))
        self.canv.setFillColor(colors.HexColor("#4b5563"))
        for at, name in enumerate(("Attested by", "On", "Evidence", "Signature")):
            x = at * _WIDTH / 4
            self.canv.drawString(x, 15, name)
            self.canv.line(x, 5, x + _WIDTH / 4 - 8, 5)


def _cell(words: Words) -> Words_:
    return Words_(_markup(words), _style("cell", _SMALL))


def _markup(words: Words) -> str:
    return "".join(_span(span) for span in spans(words))


def _span(span: Span) -> str:
    text = escape(_shown(span.text))
    if span.tone:
        return f'<b><font color="{INK[span.tone]}">{text}</font></b>'
    if span.style == "strong":
        return f"<b>{text}</b>"
    return f'<font color="#4b5563">{text}</font>' if span.style == "dim" else text


def _shown(text: str) -> str:
    """Only signs that the font has."""
    for sign, instead in SIGNS.items():
        text = text.replace(sign, instead)
    known = _known()
    return "".join(sign if ord(sign) in known else " " if sign.isspace() else "?" for sign in text)


@lru_cache(maxsize=1)
def _known() -> frozenset[int]:
    """Signs that both faces have a shape for."""
    faces = [TTFont(name, file) for name, file in (("Vera", "Vera.ttf"), ("Vera-Bold", "VeraBd.ttf"))]
    return frozenset.intersection(*(frozenset(face.face.charToGlyph) for face in faces))


@lru_cache(maxsize=1)
def _fonts() -> None:
    for name, file in (("Vera", "Vera.ttf"), ("Vera-Bold", "VeraBd.ttf")):
        pdfmetrics.registerFont(TTFont(name, file))
    pdfmetrics.registerFontFamily("Vera", normal="Vera", bold="Vera-Bold", italic="Vera", boldItalic="Vera-Bold")


@lru_cache(maxsize=64)
def _style(
    name: str,
    size: float,
    *,
    bold: bool = False,
    ink: str = "#111827",
    before: float = 0,
    after: float = 0,
    indent: float = 0,
    keep: bool = False,
) -> ParagraphStyle:
    settings: dict[str, Any] = {"leftIndent": indent, "firstLineIndent": -indent if indent else 0}
    return ParagraphStyle(
        name,
        fontName="Vera-Bold" if bold else "Vera",
        fontSize=size,
        leading=size * 1.32,
        textColor=colors.HexColor(ink),
        spaceBefore=before,
        spaceAfter=after,
        keepWithNext=keep,
        splitLongWords=1,
        **settings,
    )
