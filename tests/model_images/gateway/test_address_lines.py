"""Towns by their postcodes, streets by their numbers, where no word of a street gives them away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_images.gateway.guard.detectors.address_lines import is_postcode, with_postcode
from tests.model_images.gateway.tagging import left


class TestAnAddressIsStrippedWhole:
    """A postcode left beside a stripped town says the town."""

    @pytest.mark.parametrize(
        ("text", "gone"),
        [
            ("Send it to\n742 Larkmoor Shoals\nEast Trevorbury, MA 57343", ["742", "Shoals", "Trevorbury", "57343"]),
            ("Vive en Calle de la Higuera 38\nZamora, 23388", ["Higuera", "38", "Zamora", "23388"]),
            ("Residente: Borgo Guarino, 35\n48015, Cervia (RA)", ["Guarino", "35", "48015", "Cervia", "RA"]),
            ("wohnhaft Mentzelweg 118, Schwäbisch Gmünd", ["Mentzelweg", "118", "Gmünd"]),
            ("118 Mentzelweg\nGmünd", ["118", "Mentzelweg"]),
            ("Domicilio: Avenida Libertad 46, 4D.", ["Libertad", "46", "4D"]),
            ("Domicilio: Paseo de los Olmos 14, 3º izq.", ["Olmos", "14", "3", "izq"]),
            ("Domicilio: Plaza Isabel La Católica s/n.", ["Isabel", "Católica", "s/n"]),
        ],
    )
    def test_with_number_floor_town_and_postcode(self, text: str, gone: list[str]) -> None:
        assert not [word for word in gone if word in left(text)]

    @pytest.mark.parametrize(
        "text",
        [
            "Gave 20000 units of heparin.",
            "Platelets 15000, stable.",
            "sodium 138, potassium 45000",
            "In 2019, he was well.",
        ],
    )
    def test_counts_are_no_postcodes(self, text: str) -> None:
        assert left(text) == text


class TestAPostcodeHasFiveDigits:
    """Shorter numbers are years, doses and values."""

    @given(st.text(alphabet="0123456789-", min_size=1, max_size=12))
    def test_or_five_and_four(self, piece: str) -> None:
        digits = piece.replace("-", "")
        if is_postcode(piece):
            assert len(digits) in (5, 9, 10)

    @given(
        st.lists(st.sampled_from(["Leeds", ",", "12345", "NY", "(", "RA", ")", "92", "100", "\n", "mg"]), min_size=1)
    )
    def test_a_stretch_only_grows(self, pieces: list[str]) -> None:
        for at in range(len(pieces)):
            first, last = with_postcode(pieces, at, at)
            assert 0 <= first <= at <= last < len(pieces)


class TestAnAddressIsStrippedByItsLabel:
    """What stands behind `Address:` is one, whatever it is made of."""

    @pytest.mark.parametrize("label", ["Address", "Domicilio", "Anschrift", "Adresse", "Indirizzo", "Adres"])
    def test_to_the_end_of_its_line(self, label: str) -> None:
        text = f"{label}: Colonia Embajadores, #66 3257\nHe is stable."
        assert not [word for word in ("Colonia", "Embajadores", "66", "3257") if word in left(text)]
        assert "He is stable" in left(text)

    @pytest.mark.parametrize("text", ["Address: the issue of falls with family.", "We address falls, mood and sleep."])
    def test_but_the_verb_announces_nothing(self, text: str) -> None:
        assert left(text) == text

    def test_a_street_without_a_word_for_it_goes_with_its_postcode(self) -> None:
        text = "Complejo Hospitalario. Ramón Puga, 52. 32005 Ourense."
        assert not [word for word in ("Puga", "52", "32005", "Ourense") if word in left(text)]
