"""Detectors joined: nothing that one of them found is left over, and one that fell short stops the request."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_images.gateway.guard import normalise
from model_images.gateway.guard.detectors.combine import Deidentifier, DetectorFailed
from model_images.gateway.guard.detectors.patterns import Patterns
from model_images.gateway.guard.detectors.record import Record
from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.spans import Context, Findings, Span, Text


@dataclass
class Says:
    """A detector that finds what it was told to."""

    spans: Sequence[Span]
    short_by: int = 0
    name: str = "says"

    def find(self, text: Text, context: Context) -> Findings:
        return Findings(self.spans, len(text.normal) - self.short_by)


def name(start: int, end: int) -> Span:
    return Span(start, end, Kind.NAME, "says")


SPANS = st.lists(
    st.tuples(st.integers(0, 29), st.integers(1, 10), st.sampled_from(list(Kind)), st.floats(0, 1)).map(
        lambda t: Span(t[0], min(30, t[0] + t[1]), t[2], "says", score=t[3])
    ),
    max_size=8,
)


class TestNothingFoundIsLeftOver:
    """The union goes, whichever kind wins."""

    @settings(max_examples=300, deadline=None)
    @given(SPANS, SPANS)
    def test_every_character_that_any_detector_found_is_in_some_span(self, one: list[Span], other: list[Span]) -> None:
        found = Deidentifier([Says(one), Says(other)]).find("x" * 30, Context())
        covered = {at for span in found for at in range(span.start, span.end)}
        assert covered == {at for span in (*one, *other) for at in range(span.start, span.end)}

    @settings(max_examples=300, deadline=None)
    @given(SPANS)
    def test_spans_are_disjoint_and_in_order(self, spans: list[Span]) -> None:
        found = Deidentifier([Says(spans)]).find("x" * 30, Context())
        assert all(first.end <= second.start for first, second in pairwise(found))

    @settings(max_examples=200, deadline=None)
    @given(st.text(alphabet="ﬁ½e\u0301\u200bSmith Ⅷ㎏", min_size=1, max_size=12), st.data())
    def test_no_part_of_a_grapheme_is_left(self, original: str, data: st.DataObject) -> None:
        text = normalise.text(original)
        if not text.normal:
            return
        start = data.draw(st.integers(0, len(text.normal) - 1))
        end = data.draw(st.integers(start + 1, len(text.normal)))
        (span,) = Deidentifier([Says([name(start, end)])]).find(original, Context())
        rest = normalise.text(original[: span.start]).normal + normalise.text(original[span.end :]).normal
        assert len(rest) <= len(text.normal) - (end - start)
        for at in range(start, end):
            assert span.start <= text.offsets[at] < span.end

    def test_invisible_characters_inside_go_along(self) -> None:
        (span,) = Deidentifier([Says([name(0, 5)])]).find("Sm\u200bi\u00adth.", Context())
        assert (span.start, span.end) == (0, 7)


class TestTheStrongerKindWins:
    """What a span is called decides how it is replaced."""

    def test_the_surer_one(self) -> None:
        spans = [Span(0, 9, Kind.OTHER, "says", score=0.5), Span(2, 9, Kind.PHONE, "says", score=0.9)]
        (span,) = Deidentifier([Says(spans)]).find("x" * 10, Context())
        assert (span.start, span.end, span.kind) == (0, 9, Kind.PHONE)

    def test_an_address_of_email_stays_one_though_the_record_knows_the_name(self) -> None:
        record = {"names": [{"given": "John", "family": "Hartwell"}], "ids": ["943 476 5919"]}
        found = Deidentifier([Record(), Patterns()]).find(
            "john.hartwell@example.org has 943 476 5919", Context(record=record)
        )
        assert [span.kind for span in found] == [Kind.EMAIL, Kind.NATIONAL]


class TestPartsOfANameAreOneSpan:
    """One token for one name; two people stay two."""

    def test_parts_with_a_space_a_hyphen_or_an_initial(self) -> None:
        original = "Anna-Maria J. Smith, Bob. Carl"
        spans = [name(0, 4), name(5, 10), name(11, 12), name(14, 19), name(21, 24), name(26, 30)]
        found = Deidentifier([Says(spans)]).find(original, Context())
        assert [original[s.start : s.end] for s in found] == ["Anna-Maria J. Smith", "Bob", "Carl"]


class TestADetectorThatFallsShortStopsTheRequest:
    """Half a text read looks like a text with nothing in it."""

    def test_one_that_read_less(self) -> None:
        with pytest.raises(DetectorFailed, match="says"):
            Deidentifier([Patterns(), Says([], short_by=1)]).find("John Hartwell", Context())

    @pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 3), (5, 4), (0, 14)])
    def test_one_that_points_outside(self, start: int, end: int) -> None:
        with pytest.raises(DetectorFailed) as failed:
            Deidentifier([Says([name(start, end)])]).find("John Hartwell", Context())
        assert "Hartwell" not in str(failed.value)

    def test_none_at_all_is_a_mistake(self) -> None:
        with pytest.raises(ValueError, match="no detectors"):
            Deidentifier([])
