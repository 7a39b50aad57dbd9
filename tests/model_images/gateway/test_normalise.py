"""What detectors read is what a reader sees, and every stretch of it leads back to all that it came from."""

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from model_images.gateway.guard import normalise

TRICKY = st.text(
    alphabet="aАрoeСмith \u0301\u0308\u200b\u00ad\u202e\ufe0f\U000e0041´¨ﬁ½éÉμαβ가ᄀ\u1161\u11a8１٣–’\u00a0\n",
    max_size=16,
)
ANY = st.text(max_size=40) | TRICKY


class TestTheWayBackIsWhole:
    """A span that leaves a remnant leaks it: LiteLLM's did, when offsets of one text were used on another."""

    @settings(max_examples=300, deadline=None)
    @given(ANY)
    def test_offsets_never_go_back_and_there_is_one_for_every_character_and_the_end(self, original: str) -> None:
        text = normalise.text(original)
        assert len(text.offsets) == len(text.normal) + 1
        assert list(text.offsets) == sorted(text.offsets)
        assert text.offsets[-1] == len(original)

    @settings(max_examples=300, deadline=None)
    @given(ANY)
    def test_the_whole_leads_back_to_the_whole(self, original: str) -> None:
        text = normalise.text(original)
        if text.normal:
            assert text.back(0, len(text.normal)) == (0, len(original))

    @settings(max_examples=300, deadline=None)
    @given(ANY, ANY)
    def test_a_stretch_leads_back_to_what_normalises_to_it(self, before: str, name: str) -> None:
        original = f"{before} | {name} | "
        text = normalise.text(original)
        at = text.normal.index("|") if "|" not in before else -1
        if at >= 0 and "|" not in name:
            end = text.normal.index("|", at + 1)
            start, stop = text.back(at, end)
            assert original[start] == "|"
            assert original[start:stop] == f"| {name} "


class TestANormalFormIsItsOwn:
    """Detectors may be given a normal form again; it must not move under them."""

    @settings(max_examples=500, deadline=None)
    @given(ANY)
    def test_normalising_twice_is_normalising_once(self, original: str) -> None:
        once = normalise.text(original).normal
        assert normalise.text(once).normal == once

    @given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126)))
    def test_plain_ascii_stays_itself(self, original: str) -> None:
        text = normalise.text(original)
        assert text.normal is original
        assert list(text.offsets) == list(range(len(original) + 1))


class TestDisguisesAreUndone:
    """Each of these got a name past a filter somewhere."""

    def seen(self, original: str) -> str:
        return normalise.text(original).normal

    def test_characters_that_show_nothing_are_gone(self) -> None:
        for invisible in "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202e\u2066\ufe0f\U000e0041\u034f\u3164\x00\x1b":
            assert self.seen(f"Sm{invisible}ith") == "Smith", hex(ord(invisible))

    def test_look_alikes_in_latin_words_are_latin(self) -> None:
        assert self.seen("Jоhn Ѕmіth") == "John Smith"
        assert self.seen("Ѕmιth") == "Smith"
        assert self.seen("Ѕмітһ") == "Smith"

    def test_words_of_another_script_are_left(self) -> None:
        assert self.seen("Иван Петров и он сам") == "Иван Петров и он сам"
        assert self.seen("Αθήνα") == "Αθήνα"

    def test_styled_letters_and_digits_are_plain(self) -> None:
        assert self.seen("𝐉𝐨𝐡𝐧 𝒮𝓂𝒾𝓉𝒽") == "John Smith"
        assert self.seen("Ｓｍｉｔｈ Ⓢⓜⓘⓣⓗ 🅂🄼") == "Smith Smith SM"
        assert self.seen("９４３ ٤٧٦ ५९१९") == "943 476 5919"

    def test_dashes_quotes_and_spaces_are_those_of_ascii(self) -> None:
        assert self.seen("943–476—5919") == "943-476-5919"
        assert self.seen("943\u00a0476\u20095919") == "943 476 5919"
        assert self.seen("O’Brien") == "O'Brien"
        assert self.seen("12∕03⁄1957") == "12/03/1957"

    def test_marks_are_composed_and_piles_of_them_cut(self) -> None:
        assert self.seen("Mu\u0308ller") == "Müller"
        piled = normalise.text("S" + "\u0301\u0323" * 5000 + "mith")
        assert len(piled.normal) < 60
        assert piled.back(0, len(piled.normal) - 4) == (0, 10001)
        assert unicodedata.is_normalized("NFKC", piled.normal)


class TestWhatNeedsNoSecondLookIsReadAsEverythingElse:
    """European letters, quotes and dashes take a short way; the long one says the same of them."""

    @settings(max_examples=300, deadline=None)
    @given(st.text(alphabet=st.characters(max_codepoint=0x22FF, exclude_categories=["Cs"]), max_size=30))
    def test_whatever_stands_beside_it(self, original: str) -> None:
        shown, begins = normalise._shown(original)
        normal, offsets = normalise._composed(normalise._folded(shown), begins)
        if normalise._one_to_one().alone.fullmatch(original):
            assert (normal, offsets) == (normalise.text(original).normal, list(range(len(original))))

    def test_each_such_character_by_itself_and_in_a_word(self) -> None:
        for code in range(0xA0, 0x2300):
            for original in (chr(code), f"a{chr(code)}b"):
                shown, begins = normalise._shown(original)
                normal, offsets = normalise._composed(normalise._folded(shown), begins)
                if normalise._one_to_one().alone.fullmatch(original):
                    assert (normal, offsets) == (normalise.text(original).normal, list(range(len(original))))
