"""The same document in each form: nothing that stands in one is missing in another."""

import re
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.document.blocks import Document, plain
from evidence.document.html import html
from evidence.document.markdown import markdown, words
from evidence.papers.impact import impact
from evidence.papers.processing import processing
from evidence.papers.transfers import transfers
from tests.evidence.pack import subjects


class TestADraftSaysWhatThePageSays:
    """Somebody goes on writing the Markdown, and somebody else reads the page."""

    def test_every_duty_is_in_both(self) -> None:
        for paper in (impact, processing, transfers):
            document = paper(subjects.sound())
            page, draft = html(document).decode(), markdown(document).decode()
            assert page.count('class="attest"') == draft.count("> Attested by:")
            assert len(_headings(page)) == len(re.findall(r"^#{1,4} ", draft, re.MULTILINE))

    @given(st.text())
    @settings(max_examples=60, deadline=None)
    def test_words_make_no_markup_of_their_own(self, text: str) -> None:
        told = words(text)
        assert "<" not in told
        assert "\n" not in told
        assert not re.search(r"(?<!\\)[|\[\]`*]", told.replace("\\\\", ""))

    def test_headings_do_not_skip_a_level(self) -> None:
        for paper in (impact, processing, transfers):
            found = [1, *(int(level) for level in _headings(html(paper(subjects.sound())).decode()))]
            assert all(after - before <= 1 for before, after in pairwise(found))

    def test_plain_words_are_without_styles(self) -> None:
        document = Document("a", "b", [], "c")
        assert plain(document.title) == "a"


def _headings(page: str) -> list[str]:
    return re.findall(r"<h([1-4])[ >]", page)
