"""Names in small letters: what hurried people type is found by what stands beside it, and ordinary words are left."""

from array import array

import pytest

from model_images.gateway.guard.detectors import dictionary
from model_images.gateway.guard.detectors.small_letters import name_small
from model_images.gateway.guard.detectors.spellings import facts_of
from model_images.gateway.guard.detectors.words import kind_of, read_word
from model_images.gateway.guard.identifiers import Kind
from tests.model_images.gateway.tagging import TAGGER, findings, left

KNOWN = dictionary.load()


def named(text: str, *names: str) -> list[str]:
    """Words that are names by the rules for small letters alone, where `names` were found before."""
    reading, _ = TAGGER._read(text)
    for i, piece in enumerate(reading.pieces):
        reading.labels[i] = int(piece in names)
    name_small(reading)
    return [piece for piece, label in zip(reading.pieces, reading.labels, strict=True) if label]


class TestANameInSmallLettersIsToldByWhatStandsBeforeIt:
    """A word that is something else as well is not judged in small letters: half a ward's names would stay."""

    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("spoke with mrs strong about it", ["strong"]),
            ("Apellidos: villar rivera.", ["villar", "rivera"]),
            ("name: manuel rivera", ["manuel", "rivera"]),
            ("remitido por: ramona villar", ["ramona", "villar"]),
            ("dr. j. zanetti called", ["j", "zanetti"]),
        ],
    )
    def test_behind_a_title_or_a_label(self, text: str, names: list[str]) -> None:
        assert named(text) == names

    @pytest.mark.parametrize(
        "text",
        ["dr to review in the morning", "eine frau will nicht", "patient: stable and comfortable", "name: see above"],
    )
    def test_ordinary_words_there_are_left(self, text: str) -> None:
        assert named(text) == []


class TestWhatBelongsToANameInSmallLettersGoesWithIt:
    """A surname, an initial or a `van der` that is left is somebody's remnant."""

    @pytest.mark.parametrize(
        ("text", "found", "names"),
        [
            ("met judy zanetti there", ["judy"], ["judy", "zanetti"]),
            ("by h. g. wells in town", ["wells"], ["h", "g", "wells"]),
            ("report for juan a. today", ["juan"], ["juan", "a"]),
            ("daughter of van der leemans", ["leemans"], ["van", "der", "leemans"]),
        ],
    )
    def test_on_either_side(self, text: str, found: list[str], names: list[str]) -> None:
        assert named(text, *found) == names

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("seen by patel k 4.2 na 138", "patel"),
            ("told juan a nurse would come", "juan"),
            ("the son of vries is here", "vries"),
            ("Vries. e poi via", "Vries"),
        ],
    )
    def test_letters_and_words_that_are_none_of_it_are_left(self, text: str, found: str) -> None:
        assert named(text, found) == [found]


class TestWordsAreKnownAsTextsWriteThem:
    """An unknown word in small letters may be a name: a word that the lists merely write otherwise must not."""

    @pytest.mark.parametrize("word", ["años", "dijo", "fueron", "presentaba", "cœur", "sœur", "één"])
    def test_inflected_and_with_its_accents(self, word: str) -> None:
        assert dictionary.common(facts_of(word, KNOWN))

    def test_more_than_one_of_a_common_thing_is_one(self) -> None:
        known = dictionary.unpack(dictionary.pack({"vaporizer": 2 << dictionary.COMMON_SHIFT}, array("b", bytes(8192))))
        assert dictionary.common(facts_of("vaporizers", known)) == 1
        assert not facts_of("vaporizerx", known)

    def test_an_unknown_word_is_judged_and_a_common_one_is_not(self) -> None:
        assert read_word("zibbelquast", "x", KNOWN).candidate
        assert not read_word("estaba", "x", KNOWN).candidate


class TestAFindingIsNobodyWhoeverDescribedIt:
    """German and Dutch join the eponym to its noun."""

    @pytest.mark.parametrize("word", ["collesfraktur", "collesfractuur", "hodgkinkrankheit", "insulinnadeln"])
    def test_it_counts_by_its_class(self, word: str) -> None:
        assert kind_of(word) == "FINDING"

    def test_it_is_left_in_a_note(self) -> None:
        text = "Befund: Collesfraktur links, Radiusfraktur rechts, Hohmannverband angelegt."
        assert left(text) == text


class TestTheWordForAPlaceAloneIsNone:
    """Where nothing has a capital those words are judged, too; `the clinic` tells of no clinic which."""

    @pytest.mark.parametrize(
        "text", ["transferred to hospital today, seen in clinic, home by road", "mettre en place la sonde"]
    )
    def test_it_is_left(self, text: str) -> None:
        assert left(text) == text


class TestStreetsInSmallLetters:
    """`calle`, `rue` and `kerkstraat` with a number behind say enough."""

    @pytest.mark.parametrize(
        ("text", "street"),
        [
            ("vive en calle isabel la católica 5 con su hija", "calle isabel la católica 5"),
            ("woont aan de kerkstraat 9 sinds mei", "kerkstraat 9"),
        ],
    )
    def test_go_whole(self, text: str, street: str) -> None:
        whole = [text[s.start : s.end] for s in findings(text).spans if s.kind is Kind.PLACE]
        assert any(street in found for found in whole)

    @pytest.mark.parametrize("text", ["en calle ancha vive", "12 h rue à pied", "mettre en place une sonde"])
    def test_ways_that_are_none_are_left(self, text: str) -> None:
        assert not [s for s in findings(text).spans if s.kind is Kind.PLACE and s.end - s.start > len("endovenosa")]
