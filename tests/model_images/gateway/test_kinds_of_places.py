"""The word for what a place is, its inflections, what joins two of them; and medicines, which are none."""

import io
import pickle

import pytest

from model_images.gateway.guard.detectors import dictionary
from model_images.gateway.guard.detectors.spellings import inflected
from model_images.gateway.guard.detectors.tagger import eased
from model_images.gateway.guard.detectors.words import read_word
from model_images.gateway.training.medicines import Plain
from tests.model_images.gateway.tagging import stretches

KNOWN = dictionary.load()


class TestThePlaceGoesWithTheWordForIt:
    """`lac de …` beside a stripped name narrows it down to a few."""

    @pytest.mark.parametrize(
        ("text", "whole"),
        [
            ("Il s'est noyé dans le lac de Campotosto hier.", "lac de Campotosto"),
            ("Trasladado al Hospital Universitario de Salamanca ayer.", "Hospital Universitario de Salamanca"),
            ("Se cayó en el parque nacional de Timanfaya.", "parque nacional de Timanfaya"),
            ("Caduta presso il castello di Sirmione.", "castello di Sirmione"),
            ("Adressé à 59322 Valenciennes Cedex 9 ce jour.", "59322 Valenciennes Cedex 9"),
        ],
    )
    def test_before_its_name_and_behind(self, text: str, whole: str) -> None:
        assert whole in stretches(text)

    def test_what_stands_between_two_towns_is_left(self) -> None:
        assert "Salamanca y Toledo" not in stretches("Vivió en Salamanca y Toledo muchos años.")


class TestAPlaceIsKnownInItsInflections:
    """German writes `Quedlinburgs Norden` and `die Radebeuler Klinik`."""

    @pytest.mark.parametrize("word", ["quedlinburgs", "radebeuler", "quedlinburger", "radebeulern"])
    def test_by_its_stem(self, word: str) -> None:
        assert (inflected(word, KNOWN) >> dictionary.PLACE_SHIFT) & 3

    @pytest.mark.parametrize("word", ["tables", "fingers", "zzqxs", "zzqxer", "s", "er", "ers"])
    def test_but_words_and_the_unknown_are_not(self, word: str) -> None:
        assert not (inflected(word, KNOWN) >> dictionary.PLACE_SHIFT) & 3

    @pytest.mark.parametrize("village", ["puyméras", "redueña", "colwich", "radebeul"])
    def test_villages_are_in_the_dictionary(self, village: str) -> None:
        assert (KNOWN.facts(village) >> dictionary.PLACE_SHIFT) & 3


class TestAMedicineIsNobody:
    """What is stripped of a list of medicines is lost to the model, and protects nobody."""

    @pytest.mark.parametrize("word", ["ruxolitinib", "dacortin", "acomplia", "cortancyl", "panafcort"])
    def test_it_is_known_and_counts_by_its_class(self, word: str) -> None:
        read = read_word(word.capitalize(), "x", KNOWN)
        assert read.bucket == "DRUG"
        assert eased(read) > 0

    @pytest.mark.parametrize("name", ["maria", "smith", "müller", "valencia"])
    def test_nobody_s_name_is_one(self, name: str) -> None:
        assert not KNOWN.facts(name) & dictionary.MEDICINE

    def test_the_list_is_read_without_running_it(self) -> None:
        harmless = pickle.dumps({"a": ["b"]})
        assert Plain(io.BytesIO(harmless)).load() == {"a": ["b"]}
        with pytest.raises(pickle.UnpicklingError):
            Plain(io.BytesIO(pickle.dumps(print))).load()


class TestANameInSmallLettersIsFoundByItsTitle:
    """Chats and hurried notes have no capitals."""

    @pytest.mark.parametrize("text", ["spoke to mr karunaratne Today at ten", "Frau is hier, dr. szymanowska kommt"])
    def test_behind_the_title(self, text: str) -> None:
        assert any("karunaratne" in words or "szymanowska" in words for words in stretches(text))

    def test_but_not_an_ordinary_word(self) -> None:
        assert stretches("Seen today, dr to review the notes.") == []


class TestWhichOfANameGoesWithIt:
    """`II` behind a name is a part of it."""

    def test_behind_a_name(self) -> None:
        assert stretches("Contact: Albert Grimaldi II, cousin.") == ["Albert Grimaldi II"]

    def test_but_a_grade_is_left(self) -> None:
        assert stretches("Killip II, stage IV.") == []
