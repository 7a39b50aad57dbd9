"""The dictionary of names, places and words."""

import random
import time
import zlib
from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_images.gateway.guard.detectors import dictionary
from model_images.gateway.guard.refusal import GuardFailed

WORD = st.text(st.characters(categories=("Ll", "Lo", "Mn")), min_size=1, max_size=24)


class TestTheShippedDictionaryIsTheOneThatWasMeasured:
    """Other words are another tagger, whose recall nobody has measured."""

    def test_changed_bytes_are_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        data = bytearray(dictionary.DATA.read_bytes())
        data[len(data) // 2] ^= 1
        changed = tmp_path / "dictionary.bin"
        changed.write_bytes(bytes(data))
        monkeypatch.setattr(dictionary, "DATA", changed)
        dictionary.load.cache_clear()
        with pytest.raises(GuardFailed):
            dictionary.load()
        dictionary.load.cache_clear()

    def test_it_is_small_and_loads_at_once(self) -> None:
        assert dictionary.DATA.stat().st_size < 3_500_000
        dictionary.load.cache_clear()
        start = time.process_time()
        known = dictionary.load()
        assert time.process_time() - start < 2, "a second of processor is ten times what it takes"
        assert len(known) > 1_000_000


class TestWhatIsKnownOfAWord:
    """Facts are features: a name that is also a word must be known as both."""

    @pytest.mark.parametrize("name", ["maria", "john", "fatima", "wolfgang", "giulia"])
    def test_a_usual_first_name_is_one(self, name: str) -> None:
        assert dictionary.load().facts(name) & dictionary.FIRST_NAME >= 2

    @pytest.mark.parametrize("name", ["smith", "müller", "mueller", "kowalski", "garcía", "garcia", "nguyen"])
    def test_a_usual_surname_is_one_with_and_without_its_accents(self, name: str) -> None:
        assert (dictionary.load().facts(name) >> dictionary.SURNAME_SHIFT) & 3 >= 2

    @pytest.mark.parametrize("place", ["heidelberg", "san diego", "köln", "koeln", "saint-étienne", "manchester"])
    def test_a_town_is_a_place_in_one_word_or_several(self, place: str) -> None:
        assert (dictionary.load().facts(place) >> dictionary.PLACE_SHIFT) & 3 >= 2

    @pytest.mark.parametrize("nation", ["france", "germany", "texas", "deutschland", "polish", "new zealand"])
    def test_a_country_a_state_and_a_people_are_known_as_such(self, nation: str) -> None:
        assert dictionary.load().facts(nation) & dictionary.NATION

    @pytest.mark.parametrize("word", ["may", "will", "grace"])
    def test_a_name_that_is_a_word_is_known_as_both(self, word: str) -> None:
        facts = dictionary.load().facts(word)
        assert facts & 0b1111
        assert dictionary.common(facts) >= 3

    def test_letters_drawn_at_random_are_hardly_ever_known(self) -> None:
        rng = random.Random(3)  # noqa: S311 words, not keys
        words = ("".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=14)) for _ in range(20_000))
        known = dictionary.load()
        assert sum(bool(known.facts(word)) for word in words) < 40, "fingerprints collide oftener than they should"

    def test_names_are_spelt_unlike_words(self) -> None:
        known = dictionary.load()
        names = ["kowalczyk", "adebayo", "o'sullivan", "papadopoulos", "yamamoto"]
        words = ["thrombocytopenia", "nachbehandlung", "reassessment", "hospitalisation", "discontinued"]
        assert sum(map(known.likeness, names)) > sum(map(known.likeness, words)) + 1


class TestPackingKeepsEverything:
    """The file is written once and read by every worker."""

    @given(st.dictionaries(WORD, st.integers(1, 8191), max_size=40), st.lists(st.integers(-120, 120), max_size=9))
    def test_what_is_packed_is_unpacked(self, words: dict[str, int], weights: list[int]) -> None:
        grams = array("b", (weights * dictionary.GRAMS)[: dictionary.GRAMS] or [0] * dictionary.GRAMS)
        data = dictionary.pack(words, grams)
        assert data == dictionary.pack(dict(reversed(words.items())), grams), "the order of making shows in the bytes"
        read = dictionary.unpack(data)
        for word, facts in words.items():
            assert read.facts(word) & facts == facts

    @given(st.binary(max_size=60))
    def test_a_file_of_anything_else_is_refused(self, data: bytes) -> None:
        with pytest.raises((GuardFailed, zlib.error)):
            dictionary.unpack(data)

    @given(st.text())
    def test_any_text_may_be_asked_for(self, text: str) -> None:
        known = dictionary.load()
        assert 0 <= known.facts(text) <= 4095
        assert -20 < known.likeness(text) < 20
