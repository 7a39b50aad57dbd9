"""Bounds are looked for in two steps: the first is quick, and passes over nothing that the second would find."""

import itertools
import re
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from model_images.gateway.guard.prompt_guard.limits import Limits
from model_images.gateway.guard.refusal import Refused

SMALL = Limits(word=9, letter=5, echo=4, noise=0.7)
PARTS = st.lists(st.sampled_from(["a", "b ", "aaa", " b b b", "abab", "9", "%%%", "\n", "é", " "]), max_size=40)


def judged(text: str) -> str:
    """The code by which a text is refused; empty if it isn't."""
    try:
        SMALL.check([text])
    except Refused as refused:
        return refused.code
    return ""


def longest_echo(words: Sequence[str]) -> int:
    """How many times in a row one word stands."""
    return max((len(list(group)) for _, group in itertools.groupby(words)), default=0)


class TestTheQuickLookMissesNothing:
    """A run that lies across two pieces is as long as one that lies in the middle of one."""

    @settings(max_examples=400, deadline=None)
    @given(PARTS)
    @example(["a"] * 10)
    def test_of_long_words_letters_and_echoes(self, parts: list[str]) -> None:
        text = "".join(parts)
        expected = ""
        if re.search(r"[^\W_]{10}", text):
            expected = "prompt-guard.long-word"
        elif re.search(r"(.)\1{5}", text, re.DOTALL) or longest_echo(text.lower().split()) > SMALL.echo:
            expected = "prompt-guard.repetition"
        assert judged(text) == expected

    @pytest.mark.parametrize("before", range(8))
    def test_wherever_the_run_begins(self, before: int) -> None:
        start = "a b " * 8
        assert judged(start[:before] + " " + "c" * 10) == "prompt-guard.long-word"
        assert judged(start[:before] + " " + "%" * 6) == "prompt-guard.repetition"
        assert judged(start[:before] + " " + "%" * 5) == ""
        assert judged(start[:before] + " x" * 5) == "prompt-guard.repetition"
        assert judged(start[:before] + " x" * 4) == ""


class TestNoiseIsCountedWhereItMayBeTooMuch:
    """Most texts have enough of a few letters to be passed at once."""

    @pytest.mark.parametrize(("letters", "refused"), [("e", False), ("q", False), ("é", False), ("", True)])
    def test_by_share(self, letters: str, *, refused: bool) -> None:
        text = f"{letters or '%'}%{letters or '#'}$" * 150
        assert (judged(text) == "prompt-guard.noise") == refused
