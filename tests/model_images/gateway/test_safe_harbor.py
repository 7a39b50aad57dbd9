"""45 CFR 164.514(b)(2)(i): what may stay of an identifier, and what may not."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_images.gateway.guard.detectors.combine import Deidentifier
from model_images.gateway.guard.detectors.patterns import Patterns
from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.safe_harbor import LOW_POPULATION, replaced
from model_images.gateway.guard.spans import Context, Span

DEIDENTIFIER = Deidentifier([Patterns()])


def safe(original: str, this_year: int = 2026) -> str:
    out, at = "", 0
    for span in DEIDENTIFIER.find(original, Context()):
        out += original[at : span.start] + replaced(original, span, this_year=this_year)
        at = span.end
    return out + original[at:]


class TestZipCodesKeepThreeDigits:
    """(B): unless 20,000 people or fewer live under them."""

    def test_the_first_three_stay(self) -> None:
        assert safe("Springfield, IL 62704-1234") == "Springfield, IL 627**"

    def test_of_few_people_none_stays(self) -> None:
        for area in LOW_POPULATION:
            assert safe(f"ZIP {area}12") == "ZIP 000"

    def test_the_seventeen_of_the_guidance_are_there(self) -> None:
        assert {"036", "059", "063", "102", "203", "556", "692", "790", "821", "823", "830"} <= LOW_POPULATION
        assert {"831", "878", "879", "884", "890", "893"} <= LOW_POPULATION

    def test_postcodes_of_elsewhere_keep_nothing(self) -> None:
        assert safe("Leeds LS2 9JT") == "Leeds [POSTCODE]"


class TestDatesKeepTheYear:
    """(C): all elements but the year, and that too where it tells an age over 89."""

    @pytest.mark.parametrize(
        ("written", "kept"),
        [
            ("on 12/03/2019", "on 2019"),
            ("on 12 March 2019", "on 2019"),
            ("on 2019-03-12T10:00:00Z", "on 2019"),
            ("on 20190312", "on 2019"),
            ("on 12MAR2019", "on 2019"),
            ("on 12/03/57", "on [DATE]"),
            ("on 12 March", "on [DATE]"),
            ("born 12/03/1930", "born [DATE]"),
            ("born 12/03/1937", "born 1937"),
            ("born 12/03/1936", "born [DATE]"),
        ],
    )
    def test_it_is_kept_or_not(self, written: str, kept: str) -> None:
        assert safe(written) == kept

    def test_without_a_year_given_today_counts(self) -> None:
        assert replaced("12/03/1900", Span(0, 10, Kind.DATE, "pattern")) == "[DATE]"


class TestAgesOver89AreOneCategory:
    """(C): 90 or older."""

    def test_they_are_aggregated(self) -> None:
        assert safe("a 97-year-old, aged 103") == "a 90+-year-old, aged 90+"
        assert safe("a 47-year-old") == "a 47-year-old"


class TestNothingNewIsFoundInWhatStands:
    """An identifier as replacement would be stripped again, or worse, restored. Years may stay: `MRN: 2019`."""

    IDENTIFIERS = (
        "12/03/1957", "12 March 2019", "2019-03-12", "a 97-year-old", "aged 93", "IL 62704", "ZIP 03601", "LS2 9JT",
        "943 476 5919", "219-09-9999", "j@example.org", "+44 20 7946 0958", "MRN: 00412873", "192.0.2.17",
    )  # fmt: skip

    @settings(max_examples=150, deadline=None)
    @given(st.lists(st.sampled_from(IDENTIFIERS), min_size=1, max_size=5), st.sampled_from([", ", "; ", " and ", "\n"]))
    def test_the_result_holds_nothing(self, identifiers: list[str], between: str) -> None:
        once = safe(between.join(identifiers))
        found = [once[span.start : span.end] for span in DEIDENTIFIER.find(once, Context())]
        assert [stretch for stretch in found if not re.fullmatch(r"(?:19|20)\d\d", stretch)] == []

    @given(st.sampled_from([k for k in Kind if k not in (Kind.DATE, Kind.AGE, Kind.POSTCODE)]))
    def test_all_else_is_its_kind_alone(self, kind: Kind) -> None:
        assert replaced("anything", Span(0, 8, kind, "pattern")) == f"[{kind}]"
