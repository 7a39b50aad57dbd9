"""House numbers, doors and floors; streets without a number; addresses that a flat gives away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_images.gateway.guard.detectors.house_numbers import numberless, tail
from model_images.gateway.guard.detectors.words import bare, split
from tests.model_images.gateway.tagging import left

PIECES = ("12", "3", "º", "B", ",", ".", "-", "/", "s", "n", "Apt", "esc", "puerta", "the", "28001", "\n", "a")


class TestAHouseIsStrippedToItsDoor:
    """Which floor and which door of a stripped street is left over says more than it seems to."""

    @pytest.mark.parametrize(
        ("text", "gone"),
        [
            ("Vive en Calle del Olmo 12, 3º B.", ["Olmo", "12", "3", "B"]),
            ("Av. Sapporo, 3, 5º-B.", ["Sapporo", "3", "5", "B"]),
            ("Paseo San Vicente, 58-182, Salamanca", ["Vicente", "58", "182"]),
            ("Calle Mayor 14 1º izda, Toledo", ["Mayor", "14", "1º", "izda"]),
        ],
    )
    def test_after_a_street(self, text: str, gone: list[str]) -> None:
        assert not [word for word in gone if word in left(text)]

    @pytest.mark.parametrize("text", ["Vive en Calle Mayor 3, 81 años, viudo.", "Flat abdomen, 3 mg given."])
    def test_but_an_age_and_a_dose_are_left(self, text: str) -> None:
        assert "81 años" in left(text) or "3 mg" in left(text)

    @given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=30), st.integers(0, 29))
    def test_the_last_piece_is_within_and_not_before(self, pieces: list[str], at: int) -> None:
        at %= len(pieces)
        assert at <= tail(pieces, at) < len(pieces)
        assert numberless(pieces, at) == 0 or at <= numberless(pieces, at) < len(pieces)


class TestAStreetMayHaveNoNumber:
    """`s/n` is how a Spanish hospital's address ends, and nothing else is written so."""

    @pytest.mark.parametrize("end", ["s/n", ", s/n", ". S/N", ", sn"])
    def test_in_each_way_it_is_written(self, end: str) -> None:
        pieces = bare(split(f"Canyet{end}" if end[0] in ",." else f"Canyet {end}")[0])
        assert numberless(pieces, 1) == len(pieces) - 1

    def test_and_makes_a_street_of_what_was_taken_for_somebody(self) -> None:
        assert "Falcó" not in (rest := left("Hermanos Falcó, s/n - 02006 Albacete"))
        assert "s/n" not in rest

    def test_but_a_heading_of_one_letter_announces_nothing(self) -> None:
        assert "feels better" in left("S: feels better today\nO: afebrile")


class TestAFlatGivesItsAddressAway:
    """Of most countries no list has the words for streets."""

    @pytest.mark.parametrize(
        "text",
        [
            "Send to 3657 Laukaantie 80\nSuite 30\nKokkola",
            "Deliver to 4596 Tylova 285, Apt. 12, Ostrov please",
            "Home: 7167 Postbox 53\nApt. 631",
        ],
    )
    def test_before_it_and_behind(self, text: str) -> None:
        rest = left(text)
        assert not [word for word in ("3657", "Laukaantie", "4596", "Tylova", "7167", "Postbox", "631") if word in rest]

    @pytest.mark.parametrize("text", ["ECG: Flat 3 mm ST segment", "Patient is flat 2 days after surgery."])
    def test_but_not_where_none_is_numbered(self, text: str) -> None:
        assert "segment" in left(text) or "surgery" in left(text)

    def test_and_the_next_line_s_prose_is_left(self) -> None:
        assert "Plan: discharge tomorrow" in left("12 Rowan Place, Flat 3\nPlan: discharge tomorrow")
