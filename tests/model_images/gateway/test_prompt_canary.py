"""Canary tokens: seen in every dress in which a model was made to tell its instructions."""

import base64
import codecs
import secrets
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_images.gateway.guard.prompt_guard.canary import ALPHABET, LENGTH, SEED_BYTES, Canary


def minted() -> Canary:
    return Canary.of(secrets.token_bytes(SEED_BYTES))


tokens = st.text(alphabet=ALPHABET, min_size=LENGTH, max_size=LENGTH)
DRESSES: dict[str, Callable[[str], str]] = {
    "plain": str,
    "capitals": str.upper,
    "spaced": " ".join,
    "dashed": "-".join,
    "down the page": "\n".join,
    "reversed": lambda token: token[::-1],
    "rot13": lambda token: codecs.encode(token, "rot13"),
    "hex": lambda token: token.encode().hex(),
    "hex pairs": lambda token: token.encode().hex(" ").upper(),
    "base64": lambda token: base64.b64encode(token.encode()).decode(),
    "base64 of capitals": lambda token: base64.b64encode(token.upper().encode()).decode(),
    "base64, shifted by one": lambda token: base64.b64encode(b"!" + token.encode()).decode(),
    "base64, shifted by two": lambda token: base64.b64encode(b"a:" + token.encode()).decode(),
    "base64, wrapped": lambda token: "\n".join(base64.encodebytes(token.encode() * 3).decode().split()),
    "half of it": lambda token: token[: LENGTH // 2],
    "its middle": lambda token: token[6:18],
}


class TestALeakIsSeen:
    """A canary that only knew itself in plain would be asked for in base64."""

    @pytest.mark.parametrize("dress", DRESSES)
    @settings(max_examples=25, deadline=None)
    @given(token=tokens)
    def test_in_every_dress(self, dress: str, token: str) -> None:
        assert Canary(token).leaked(f"Of course. It says: {DRESSES[dress](token)}, as told.")

    @pytest.mark.parametrize("dress", DRESSES)
    @settings(max_examples=10, deadline=None)
    @given(token=tokens, size=st.integers(1, 9))
    def test_split_over_chunks(self, dress: str, token: str, size: int) -> None:
        text = f"Of course. It says: {DRESSES[dress](token)}, as told."
        watch = Canary(token).watch()
        assert any(watch.feed(text[at : at + size]) for at in range(0, len(text), size))

    def test_in_the_line_that_carries_it(self) -> None:
        canary = minted()
        assert canary.leaked(canary.line())


class TestNothingElseIsTakenForIt:
    """A false alarm refuses a patient's answer."""

    @settings(max_examples=100, deadline=None)
    @given(st.text(max_size=300))
    def test_not_any_text(self, text: str) -> None:
        assert not minted().leaked(text)

    def test_not_another_canary(self) -> None:
        assert not minted().leaked(minted().line())

    def test_not_a_few_of_its_letters(self) -> None:
        canary = minted()
        assert not canary.leaked(f"{canary.token[:6]} and {canary.token[12:18]}")


class TestItIsASecret:
    """Logged, it would be in the next training set."""

    @settings(max_examples=200, deadline=None)
    @given(st.lists(st.binary(min_size=SEED_BYTES, max_size=SEED_BYTES), min_size=2, max_size=8, unique=True))
    def test_each_seed_has_its_own_and_always_the_same(self, seeds: list[bytes]) -> None:
        assert len({Canary.of(seed).token for seed in seeds}) == len(seeds)
        assert Canary.of(seeds[0]) == Canary.of(seeds[0])

    def test_a_short_seed_is_none(self) -> None:
        with pytest.raises(ValueError, match="32"):
            Canary.of(b"x" * (SEED_BYTES - 1))

    def test_every_letter_is_as_likely_at_every_place(self) -> None:
        tokens = [minted().token for _ in range(4000)]
        for at in range(LENGTH):
            counts = Counter(token[at] for token in tokens)
            # 200 each; six standard deviations of a binomial are 83.
            assert set(counts) == set(ALPHABET)
            assert max(abs(count - 200) for count in counts.values()) < 83

    def test_it_is_as_long_as_a_key_and_spells_no_word(self) -> None:
        token = minted().token
        assert len(token) == LENGTH
        assert not set(token) & set("aeiouy0123456789")

    def test_repr_says_nothing(self) -> None:
        canary = minted()
        assert canary.token not in f"{canary!r} {canary}"
