"""The report on paper: the same words, whole, and the same bytes."""

import io
import os
import subprocess
import sys
from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

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
)
from evidence.document.pdf import pdf
from evidence.papers.report import report
from tests.evidence.pack import subjects

SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="5" height="5"/></svg>'


@lru_cache(maxsize=1)
def _whole() -> bytes:
    return pdf(report(subjects.refused()))


class TestTheSameDocumentGivesTheSameBytes:
    """A manifest binds the PDF by its hash: it may not differ from process to process."""

    def test_whatever_order_a_set_has_in_this_process(self) -> None:
        # Words of one length and of many widths: which of them are measured decides the columns.
        program = """
import hashlib
from evidence.document.blocks import Document, Table
from evidence.document.pdf import pdf
words = [sign * 9 for sign in "WMmwQGOBkaosgtzrfjli"]
found = pdf(Document(title="t", about="a", blocks=[Table(("one", "two"), [[word, "x"] for word in words])]))
print(hashlib.sha256(found).hexdigest())
"""
        made = {
            subprocess.run(
                [sys.executable, "-c", program],
                env={**os.environ, "PYTHONHASHSEED": seed},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            for seed in ("1", "2", "3")
        }
        assert len(made) == 1


class TestTheReportOnPaper:
    """A reviewer signs paper; it must say what the screen says."""

    def test_verdict_and_refusal_are_on_it(self) -> None:
        text = _text(_whole())
        assert "REFUSED" in text
        (finding,) = subjects.refused().report.of_state("refused")
        assert finding.rule.id in text.replace("\n", "")

    def test_every_regulation_is_a_bookmark(self) -> None:
        titles = [str(item.title) for item in PdfReader(io.BytesIO(_whole())).outline if not isinstance(item, list)]
        for regulation in subjects.refused().regulations:
            assert any(title.startswith(f"{regulation.short}: ") for title in titles)

    def test_every_page_says_of_which_commit(self) -> None:
        pages = PdfReader(io.BytesIO(_whole())).pages
        assert len(pages) > 20
        assert all("c0ffee" in page.extract_text() for page in pages[:: len(pages) // 6])

    def test_the_map_lies_across(self) -> None:
        pages = PdfReader(io.BytesIO(_whole())).pages
        across = [page for page in pages if page.mediabox.width > page.mediabox.height]
        assert any("private endpoints" in page.extract_text() for page in across)

    def test_fonts_are_embedded(self) -> None:
        page = PdfReader(io.BytesIO(_whole())).pages[0]
        found = page["/Resources"].get_object()["/Font"]  # type: ignore[index]  # a dictionary, by the format
        fonts = [font.get_object() for font in found.values() if "Vera" in font.get_object()["/BaseFont"]]
        assert len(fonts) >= 2
        assert all("/FontFile2" in font["/FontDescriptor"] for font in fonts)


class TestTheSameDocumentIsTheSameBytes:
    """What was signed can be made again."""

    def test_twice(self) -> None:
        assert pdf(_each("words")) == pdf(_each("words"))

    @given(st.text(max_size=400))
    @settings(max_examples=25, deadline=None)
    def test_any_words_make_a_readable_file(self, text: str) -> None:
        assert len(PdfReader(io.BytesIO(pdf(_each(text)))).pages) >= 1


class TestNoWordIsTooLong:
    """A name without a space must not stop the evidence from being written."""

    @pytest.mark.parametrize("columns", [1, 3, 7, 9])
    def test_in_a_table_of_any_width(self, columns: int) -> None:
        word = "x" * 600
        table = Table([f"heading {at}" for at in range(columns)], [[word] * columns] * 3)
        assert len(PdfReader(io.BytesIO(pdf(Document("t", "a", [table], "f")))).pages) >= 1

    def test_in_a_cell_longer_than_a_page(self) -> None:
        table = Table(["a", "b"], [["short", "many words " * 2000]])
        assert len(PdfReader(io.BytesIO(pdf(Document("t", "a", [table], "f")))).pages) > 1


def _each(text: str) -> Document:
    """Every kind of block, with the words."""
    blocks: list[Block] = [
        Heading(2, text, "a"),
        Paragraph([text, Span(text, "strong"), Span(text, "code"), Span(text, tone="bad")]),
        Bullets([text]),
        Table(["one", text], [[text, Span(text, tone="good")]], caption=text),
        Facts([(text, text)]),
        Picture(
            '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="5" height="5"/></svg>', text
        ),
        Attestation(text),
        Folded(text, [Paragraph(text)]),
    ]
    return Document(text, text, blocks, text)


def _text(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages[:6])
