"""Words as the PDF sets them: faces, inks, styles, and signs that the faces have a shape for.

Fonts are Bitstream Vera, which reportlab carries, so that nothing is asked of the machine and the same document gives
the same bytes everywhere. A sign that Vera has no shape for is written in ASCII (`SIGNS`), or as `?`.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from evidence.document.blocks import Span, Tone, Words, spans

SIGNS: Final[Mapping[str, str]] = {"→": "->", "←": "<-", "✓": "+", "✗": "x", "✅": "", "❌": "", "❔": "", "⚠️": "!"}
INK: Final[Mapping[Tone, str]] = {
    "good": "#166534",
    "bad": "#991b1b",
    "open": "#854d0e",
    "exempt": "#155e75",
    "plain": "#374151",
}
_FILES: Final = (("Vera", "Vera.ttf"), ("Vera-Bold", "VeraBd.ttf"))
DIM: Final = "#4b5563"
BODY: Final = 8.2
"""Points of running text."""
SMALL: Final = 7.2
"""Points in a table."""


def markup(words: Words) -> str:
    """Words in reportlab's own markup, escaped."""
    return "".join(_span(span) for span in spans(words))


def _span(span: Span) -> str:
    text = escape(shown(span.text))
    if span.tone:
        return f'<b><font color="{INK[span.tone]}">{text}</font></b>'
    if span.style == "strong":
        return f"<b>{text}</b>"
    return f'<font color="{DIM}">{text}</font>' if span.style == "dim" else text


def shown(text: str) -> str:
    """Only signs that the font has."""
    if text.isascii() and text.isprintable():  # it has all of these
        return text
    for sign, instead in SIGNS.items():
        text = text.replace(sign, instead)
    known = shapes()
    return "".join(sign if ord(sign) in known else " " if sign.isspace() else "?" for sign in text)


@lru_cache(maxsize=1)
def shapes() -> frozenset[int]:
    """Signs that both faces have a shape for."""
    return frozenset.intersection(*(frozenset(TTFont(name, file).face.charToGlyph) for name, file in _FILES))


@lru_cache(maxsize=1)
def faces() -> None:
    """Make both known to reportlab, once for a process."""
    for name, file in _FILES:
        pdfmetrics.registerFont(TTFont(name, file))
    pdfmetrics.registerFontFamily("Vera", normal="Vera", bold="Vera-Bold", italic="Vera", boldItalic="Vera-Bold")


@lru_cache(maxsize=64)
def style(
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
    """How a paragraph is set; lengths in points, `keep` with what comes next."""
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
