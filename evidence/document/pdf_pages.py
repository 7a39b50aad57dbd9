"""The pages of the PDF: upright, and across for pictures and wide tables; each says of what it is evidence."""

import io
from typing import Final

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate
from reportlab.platypus import Paragraph as Words_

from evidence.document.blocks import Document
from evidence.document.pdf_type import DIM, shown

MARGIN: Final = 16 * mm
WIDTH: Final = A4[0] - 2 * MARGIN
"""Of an upright page, within its margins."""
ACROSS: Final = A4[1] - 2 * MARGIN
"""Of a page that lies across."""
HEIGHT_ACROSS: Final = A4[0] - 28 * mm
_MARKED: Final = (2, 3)
"""Levels of headings that are bookmarks."""


class Book(BaseDocTemplate):
    """Pages upright, and across for pictures; each says of what it is evidence."""

    def __init__(self, out: io.BytesIO, document: Document) -> None:
        super().__init__(
            out,
            pagesize=A4,
            title=shown(document.title),
            subject=shown(document.about),
            author="bailiwick",
            creator="bailiwick",
            lang="en",
            invariant=1,
        )
        self._footer = shown(document.footer)
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
        canvas.setFillColor(colors.HexColor(DIM))
        canvas.drawString(MARGIN, 9 * mm, self._footer)
        # On the line's right end, whichever way the page lies.
        wide = landscape(A4)[0] if self.pageTemplate.id == "across" else A4[0]
        canvas.drawRightString(wide - MARGIN, 9 * mm, str(canvas.getPageNumber()))
        canvas.restoreState()

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802 reportlab's name
        """Bookmarks for whoever reads on a screen."""
        if isinstance(flowable, Title) and flowable.mark[0] in _MARKED:
            self._marks += 1
            key = f"mark-{self._marks}"
            self.canv.bookmarkPage(key)
            self.canv.addOutlineEntry(flowable.mark[1], key, level=flowable.mark[0] - _MARKED[0], closed=True)


class Title(Words_):
    """A heading that is a bookmark too: its level and its words."""

    def __init__(self, markup: str, style: ParagraphStyle, mark: tuple[int, str]) -> None:
        super().__init__(markup, style)
        self.mark = mark


def _frame(size: tuple[float, float]) -> Frame:
    return Frame(MARGIN, 14 * mm, size[0] - 2 * MARGIN, size[1] - 28 * mm, 0, 0, 0, 0)


class Lines(Flowable):
    """Four empty lines to write on."""

    def wrap(self, *_: float) -> tuple[float, float]:
        """As wide as the page, with room for a hand."""
        return WIDTH, 24

    def draw(self) -> None:
        """Each with its name above it."""
        self.canv.setFont("Vera", 6)
        self.canv.setStrokeColor(colors.HexColor(DIM))
        self.canv.setFillColor(colors.HexColor(DIM))
        for at, name in enumerate(("Attested by", "On", "Evidence", "Signature")):
            x = at * WIDTH / 4
            self.canv.drawString(x, 15, name)
            self.canv.line(x, 5, x + WIDTH / 4 - 8, 5)
