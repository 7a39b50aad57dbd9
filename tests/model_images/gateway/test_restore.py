"""Streams: the same as the whole text, as soon as can be, and no foreign marker on the way."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.tokens.lexicon import FEW, Lexicon
from model_images.gateway.guard.tokens.markers import LONGEST_FORM, ForeignToken, mint
from model_images.gateway.guard.tokens.restore import Restorer
from tests.model_images.gateway.conversations import cut

NAME, PLACE, FOREIGN = mint(Kind.NAME), mint(Kind.PLACE), mint(Kind.NAME)
LITERALS = {"2021-05-04": "<D1>", "2021-05": "<D2>", "4 May 2021": "<D3>", "1234567": "<N1>", "May": "<D4>"}
PIECES = st.sampled_from(
    [
        *(NAME, PLACE, FOREIGN, *LITERALS, NAME[2:-2], NAME[1:], NAME[:-1], FOREIGN[2:-2], FOREIGN[1:-1], NAME.lower()),
        *(
            NAME.replace("_", r"\_"),
            r"\[\[" + NAME[2:-2] + r"\]\]",
            "[[NAME_1]]",
            NAME[2:-2].replace("_", "-"),
            FOREIGN[:9],
        ),
        *(
            NAME[:-3],
            "[",
            "]",
            "[[",
            "]]",
            "\\",
            "_",
            " ",
            ".",
            "-",
            "NAME",
            "name",
            "NAME_",
            "x",
            "1",
            "2021",
            ", 5",
            "\n",
        ),
        *("\u212a", "ſ"),
    ]
)
MANY = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def lexicon() -> Lexicon:
    made = Lexicon()
    made.add_marker(NAME, "<NAME>")
    made.add_marker(PLACE, "<PLACE>")
    for literal, value in LITERALS.items():
        made.add_literal(literal, value)
    return made


LEXICON = lexicon()


def streamed(chunks: list[str]) -> tuple[str, bool]:
    """What was said, and whether it ended well."""
    restorer, said = Restorer(LEXICON), []
    try:
        for chunk in chunks:
            said.append(restorer.feed(chunk))  # noqa: PERF401 what was said before it raised counts
        return "".join(said) + restorer.close(), True
    except ForeignToken:
        return "".join(said), False


class TestAStreamIsTheWholeText:
    """How a network cuts an answer must not change it."""

    @MANY
    @given(st.lists(PIECES, max_size=10), st.data())
    def test_at_any_chunking_said_or_blocked(self, pieces: list[str], data: st.DataObject) -> None:
        text = "".join(pieces)
        whole, well = streamed([text])
        said, also_well = streamed(cut(data, text))
        assert also_well == well
        if well:
            assert said == whole

    @MANY
    @given(st.lists(PIECES, max_size=10))
    def test_one_character_at_a_time(self, pieces: list[str]) -> None:
        text = "".join(pieces)
        whole, well = streamed([text])
        said, also_well = streamed(list(text))
        assert also_well == well
        if well:
            assert said == whole


class TestNothingOfAForeignMarkerIsSaid:
    """Blocked means before it is out, also when it comes in crumbs."""

    @MANY
    @given(st.text(alphabet="abc [.\n", max_size=20), st.integers(1, 5))
    def test_in_brackets_none_of_it(self, before: str, size: int) -> None:
        text = before + FOREIGN + " and more"
        said, well = streamed([text[start : start + size] for start in range(0, len(text), size)])
        assert not well
        assert before.startswith(said)

    @settings(deadline=None)
    @given(st.integers(1, 5))
    def test_without_brackets_none_of_its_characters(self, size: int) -> None:
        text = f"as {FOREIGN[2:-2]} said"
        said, well = streamed([text[start : start + size] for start in range(0, len(text), size)])
        assert not well
        assert said in ("as ", "as NAME", "as NAM", "as NA", "as N")

    def test_after_it_nothing_more(self) -> None:
        restorer = Restorer(LEXICON)
        for chunk in (FOREIGN, "x"):
            with pytest.raises(ForeignToken):
                restorer.feed(chunk)
        with pytest.raises(ForeignToken):
            restorer.close()


class TestNoMoreIsHeldThanCouldBeAToken:
    """Every held character is waited for by somebody who reads along."""

    @MANY
    @given(st.lists(PIECES, max_size=10), st.integers(1, 7))
    def test_what_is_held_begins_something(self, pieces: list[str], size: int) -> None:
        text = "".join(pieces)
        restorer = Restorer(LEXICON)
        for start in range(0, len(text), size):
            try:
                restorer.feed(text[start : start + size])
            except ForeignToken:
                return
            held = text[: start + size][-restorer.held :] if restorer.held else ""
            assert len(held) <= LONGEST_FORM
            assert held == "" or begins(held), held

    def test_ordinary_text_is_said_at_once(self) -> None:
        restorer = Restorer(LEXICON)
        for chunk in (
            "The ",
            "blood ",
            "pressure",
            " was 138/84, ",
            "(see [3]) ",
            "and *stable*",
            "; 50 mg",
            " twice daily.",
        ):
            assert restorer.feed(chunk) == chunk

    def test_a_token_is_said_with_its_last_character(self) -> None:
        restorer = Restorer(LEXICON)
        assert "".join(restorer.feed(character) for character in f"Dear {NAME}") == "Dear <NAME>"
        assert restorer.held == 0

    def test_what_turns_out_to_be_none_is_said_at_that_character(self) -> None:
        restorer = Restorer(LEXICON)
        assert restorer.feed("[[NAM") == ""
        assert restorer.feed("X") == "[[NAMX"
        assert restorer.feed("on 2021-0") == "on "
        assert restorer.feed("9") == "2021-09"


def begins(held: str) -> bool:
    """Said anew, for comparison: a stretch that a minted token, or the reserved form, may begin with."""
    plain = held.replace("\\", "").lower()
    inner = re.sub(r"^[\[ ]+", "", plain)
    separated = re.sub(r"(?<=[a-z])[-_: \u2010-\u2013]+", "_", inner, count=1)
    for token in (NAME, PLACE):
        if (token[2:-2].lower() + "]]").startswith(separated.replace(" ", "")) or separated.startswith(token[2:-2]):
            return True
    if held.rstrip("-/.:,") in LITERALS or any(literal.startswith(held) for literal in LITERALS):
        return True
    reserved = "|".join(Kind).lower()
    if re.fullmatch(rf"(?:{reserved})(?:_(?:[a-z0-9]{{1,16}}[\] ]*)?)?", separated) and held[0] in "[\\":
        return True
    if held[0] in "[\\" and any(kind.lower().startswith(inner) for kind in Kind):
        return True
    return bool(re.fullmatch(r"\\?_[A-Za-z0-9]{0,7}", held))


class TestAnAnswerCutShortIsNotForeign:
    """`finish_reason: length` falls anywhere."""

    @settings(deadline=None)
    @given(st.integers(1, len(NAME) - 1))
    def test_in_the_middle_of_a_minted_marker(self, size: int) -> None:
        said, well = streamed([f"Dear {NAME[:size]}"])
        assert well
        assert said in (f"Dear {NAME[:size]}", "Dear <NAME>")

    def test_in_the_middle_of_any_other(self) -> None:
        assert streamed([f"Dear {FOREIGN[:12]}"]) == ("Dear ", False)


class TestLongRunsOfWhatBeginsTokens:
    """What a model says is not trusted to be kind to a scanner: squared, these would be minutes. Time: benchmarks."""

    @pytest.mark.parametrize("run", ["[", "\\", "2021-", "[ ", "NAME_", "[[NAME ", "\\[\\["])
    def test_pass_as_they_are(self, run: str) -> None:
        text = run * (40_000 // len(run))
        assert streamed([text]) == (text, True)
        assert streamed([text[start : start + 100] for start in range(0, len(text), 100)]) == (text, True)


class TestManyLiteralsAreSoughtOtherwiseThanAFew:
    """One by one they would be sought for as long as there are many of them."""

    @pytest.mark.parametrize("many", [1, FEW, FEW + 1, 10 * FEW])
    def test_and_found_alike(self, many: int) -> None:
        lexicon = Lexicon()
        lexicon.add_marker("[[NAME_n582jdk]]", "Anna")
        for number in range(many):
            lexicon.add_literal(f"{number % 28 + 1} May {1900 + number}", f"<{number}>")
        text = "".join(f"on {number % 28 + 1} May {1900 + number}, name n582jdk; " for number in range(many))
        restorer = Restorer(lexicon)
        assert restorer.feed(text) + restorer.close() == "".join(f"on <{number}>, Anna; " for number in range(many))
