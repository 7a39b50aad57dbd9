"""The generator of clinical text: labels that hold, and two sides that share nothing."""

import random
import re
import string
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.spans import Span
from model_images.gateway.training import names, numbers
from model_images.gateway.training.generator import generate, templates
from model_images.gateway.training.noise import NOISE, edited
from model_images.gateway.training.slots import DISJOINT

SEEDS = st.integers(0, 10_000)


def rng_of(seed: int) -> random.Random:
    """A stream of its own."""
    return random.Random(seed)  # noqa: S311 numbers for tests, not keys


class TestTheSameSeedWritesTheSameText:
    """Weights and measurements can be made again only from the same text."""

    @settings(max_examples=5, deadline=None)
    @given(SEEDS, st.sampled_from(["training", "evaluation"]))
    def test_twice_the_same(self, seed: int, split: str) -> None:
        assert list(generate(seed, 8, split)) == list(generate(seed, 8, split))

    def test_another_seed_writes_another(self) -> None:
        assert [s.text for s in generate(1, 8)] != [s.text for s in generate(2, 8)]

    def test_a_side_that_is_none_is_refused(self) -> None:
        with pytest.raises(ValueError, match="test"):
            next(generate(1, 1, "test"))


class TestWhatIsMarkedIsThere:
    """A wrong label teaches the tagger to leak, and then hides that it does."""

    @settings(max_examples=10, deadline=None)
    @given(SEEDS, st.sampled_from(names.LOCALES), st.sampled_from(["training", "evaluation"]))
    def test_spans_lie_in_the_text_without_white_space_around(self, seed: int, locale: str, split: str) -> None:
        for sample in generate(seed, 10, split, locale):
            for span in sample.spans:
                found = sample.text[span.start : span.end]
                assert found
                assert found == found.strip() or "scanned" in sample.style or "dictated" in sample.style
            ordered = sorted(sample.spans, key=lambda span: span.start)
            assert all(a.end <= b.start for a, b in pairwise(ordered)), "spans overlap"

    def test_no_slot_and_no_choice_is_left_over(self) -> None:
        for split in ("training", "evaluation"):
            for sample in generate(4, 400, split):
                assert not re.search(r"\{[A-Za-z.]+\}|<[^<>]*\|", sample.text)

    def test_every_kind_of_identifier_occurs_on_both_sides(self) -> None:
        for split in ("training", "evaluation"):
            seen = {span.kind for sample in generate(9, 1500, split) for span in sample.spans}
            assert seen == set(Kind)

    def test_every_locale_every_noise_and_traps_occur(self) -> None:
        samples = list(generate(2, 600))
        assert {sample.locale for sample in samples} == set(names.LOCALES)
        assert {sample.style.partition("/")[2] for sample in samples} >= set(NOISE) | {"small", "shouted", ""}
        assert sum(len(sample.negatives) for sample in samples) > 300


class TestEvaluationHasNothingOfTraining:
    """A tagger that has seen the template or the name is measured on its memory."""

    @pytest.mark.parametrize("language", sorted({locale[:2] for locale in names.LOCALES}))
    def test_no_template_is_on_both_sides(self, language: str) -> None:
        training, evaluation = (set(templates(language, split)) for split in ("training", "evaluation"))
        assert training
        assert evaluation
        assert not training & evaluation

    @pytest.mark.parametrize("which", ["first", "last", "place"])
    def test_no_name_is_on_both_sides(self, which: str) -> None:
        for locale in names.LOCALES:
            here = {name.lower() for name in names.of(which, locale, "training")}
            for other in names.LOCALES:
                assert not here & {name.lower() for name in names.of(which, other, "evaluation")}

    def test_evaluation_has_a_fifth(self) -> None:
        sides = [len(names.of("last", "en-US", split)) for split in ("training", "evaluation")]
        assert 0.15 < sides[1] / sum(sides) < 0.25

    def test_traps_of_names_are_divided_too(self) -> None:
        assert "eponym" in DISJOINT


class TestCheckDigitsAreValid:
    """Vectors are the published examples of each scheme."""

    def test_luhn(self) -> None:
        assert numbers.luhn("7992739871") == "3"  # the usual example of ISO/IEC 7812 Annex B

    def test_spanish_letter(self) -> None:
        assert numbers.DNI_LETTERS[12345678 % 23] == "Z"  # interior.gob.es

    @given(SEEDS)
    def test_card(self, seed: int) -> None:
        number = numbers.card(rng_of(seed)).replace(" ", "")
        assert numbers.luhn(number[:-1]) == number[-1]
        assert len(number) in (15, 16)

    @given(SEEDS)
    def test_iban(self, seed: int) -> None:
        number = numbers.iban(rng_of(seed), "DE").replace(" ", "")
        moved = "".join(str(int(c, 36)) for c in number[4:] + number[:4])
        assert int(moved) % 97 == 1
        assert len(number) == 22

    @given(SEEDS)
    def test_nhs(self, seed: int) -> None:
        number = numbers.nhs(rng_of(seed)).replace(" ", "")
        assert sum(int(d) * w for d, w in zip(number, range(10, 0, -1), strict=True)) % 11 == 0

    @given(SEEDS)
    def test_nir(self, seed: int) -> None:
        number = numbers.nir(rng_of(seed))
        assert (int(number[:13]) + int(number[13:])) % 97 == 0

    @given(SEEDS)
    def test_steuer_id(self, seed: int) -> None:
        number = numbers.steuer_id(rng_of(seed))
        product = 10
        for digit in number[:-1]:
            total = (int(digit) + product) % 10 or 10
            product = total * 2 % 11
        assert (int(number[-1]) + product) % 10 == 1
        assert len(set(number[:10])) == 9

    @given(SEEDS)
    def test_bsn(self, seed: int) -> None:
        number = numbers.bsn(rng_of(seed))
        weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
        assert sum(int(d) * w for d, w in zip(number, weights, strict=True)) % 11 == 0

    @given(SEEDS)
    def test_vin(self, seed: int) -> None:
        number = numbers.vin(rng_of(seed))
        rest = sum(numbers.VIN_VALUES[c] * w for c, w in zip(number, numbers.VIN_WEIGHTS, strict=True)) % 11
        assert number[8] == ("X" if rest == 10 else str(rest))

    def test_vin_of_the_regulation_s_example(self) -> None:
        number = "1M8GDM9AXKP042788"  # worked through in the literature on 49 CFR 565.15(c)
        rest = sum(numbers.VIN_VALUES[c] * w for c, w in zip(number, numbers.VIN_WEIGHTS, strict=True)) % 11
        assert rest == 10
        assert number[8] == "X"


class TestNoiseMovesSpansAlong:
    """A label that stays where the text has moved is a wrong one."""

    @given(
        st.text(string.ascii_letters + " .,;", min_size=1, max_size=80),
        st.integers(0, 79),
        st.integers(1, 20),
        st.sampled_from(sorted(NOISE)),
        SEEDS,
    )
    def test_a_marked_word_is_still_the_marked_word(
        self, text: str, start: int, length: int, noise: str, seed: int
    ) -> None:
        start = min(start, len(text) - 1)
        end = min(start + length, len(text))
        marked = text[:start] + "\x02" + text[start:end] + "\x03" + text[end:]
        edits = list(NOISE[noise](text, rng_of(seed)))
        straddling = [e for e in edits if e[0] < start < e[0] + e[1] or e[0] < end < e[0] + e[1]]
        if straddling:
            return
        noisy, spans = edited(text, [Span(start, end, Kind.NAME, "test")], edits)
        shifted = [(at + (at >= start) + (at >= end), gone, new) for at, gone, new in edits]
        with_marks, _ = edited(marked, [], shifted)
        inside = with_marks.split("\x02")[1].split("\x03")[0]
        assert [noisy[span.start : span.end] for span in spans] == ([inside] if inside else [])
