"""Tool-call arguments: JSON in crumbs, restored inside its strings, and JSON again."""

import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model_images.gateway.guard.tokens.json_strings import ArgumentsRestorer, MalformedArguments
from model_images.gateway.guard.tokens.lexicon import Lexicon
from model_images.gateway.guard.tokens.markers import ForeignToken
from model_images.gateway.guard.tokens.restore import Restorer
from tests.model_images.gateway.conversations import cut

NAME = "[[NAME_q30zgf0]]"
VALUE = 'Ann "Lee" \\ é\n😀'
MANY = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])

ANY_TEXT = st.text(st.characters(exclude_categories=()))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=8,
)


def made(**literals: str) -> Callable[[], ArgumentsRestorer]:
    lexicon = Lexicon()
    lexicon.add_marker(NAME, VALUE)
    for literal, value in literals.items():
        lexicon.add_literal(literal.strip("n"), value)
    return lambda: ArgumentsRestorer(lambda: Restorer(lexicon))


def through(chunks: list[str], restorer: ArgumentsRestorer) -> str:
    return "".join(restorer.feed(chunk) for chunk in chunks) + restorer.close()


class TestWhatHoldsNoTokenStaysWhatItIs:
    """Any JSON, any Unicode, halves of surrogate pairs among it."""

    @MANY
    @given(value=JSON, ascii_only=st.booleans(), indent=st.sampled_from([None, 2]), data=st.data())
    def test_at_any_chunking(self, value: object, indent: int | None, data: st.DataObject, *, ascii_only: bool) -> None:
        text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
        out = through(cut(data, text), made()())
        assert json.loads(out) == json.loads(text)
        assert out == through([text], made()())
        assert not any("\ud800" <= character <= "\udfff" for character in out)


class TestATokenIsRestoredOnTheDecodedString:
    """A name with a quotation mark in it must not end the string."""

    @pytest.mark.parametrize(
        "written",
        [
            NAME,
            "".join(f"\\u{ord(character):04x}" for character in NAME),
            NAME.replace("[", "\\u005B").replace("_", "\\u005f"),
            NAME.replace("_", "\\\\_"),
        ],
    )
    @pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 1000])
    def test_however_it_is_written(self, written: str, size: int) -> None:
        text = f'{{"to": "Dear {written}, \\ud83d\\ude00", "{written}": [1]}}'
        out = through([text[start : start + size] for start in range(0, len(text), size)], made()())
        assert json.loads(out) == {"to": f"Dear {VALUE}, 😀", VALUE: [1]}
        assert "😀" in out

    def test_not_over_the_end_of_a_string(self) -> None:
        text = json.dumps([NAME[:5], NAME[5:]])
        assert json.loads(through([text], made()())) == [NAME[:5], NAME[5:]]

    def test_a_foreign_one_is_blocked_however_it_is_written(self) -> None:
        for written in ("[[NAME_bcd2345]]", "\\u005b[NAME_x]]", "\\u005b\\u005bNAME\\u005f1]]"):
            for size in (1, 4, 100):
                text = f'{{"a": "{written}"}}'
                restorer, said = made()(), ""
                with pytest.raises(ForeignToken):  # noqa: PT012 which of the fragments raises is not the point
                    for start in range(0, len(text), size):
                        said += restorer.feed(text[start : start + size])
                assert said in ('{"a": "', "")
                with pytest.raises(MalformedArguments):
                    restorer.feed(" ")


class TestNumbersAreRestoredToo:
    """A model writes a number's surrogate without its quotes."""

    @pytest.mark.parametrize(
        ("text", "out"),
        [
            ('{"mrn": 7654321}', '{"mrn": 1234567}'),
            ("[7654321,\n 76543210]", "[1234567,\n 76543210]"),
            ("7654321", "1234567"),
            ('{"mrn": 1111111}', '{"mrn": "0222222"}'),
        ],
    )
    @pytest.mark.parametrize("size", [1, 3, 100])
    def test_whole_or_not_at_all(self, text: str, out: str, size: int) -> None:
        restorer = made(n7654321="1234567", n1111111="0222222")()
        assert through([text[start : start + size] for start in range(0, len(text), size)], restorer) == out


class TestWhatIsNoJsonIsRefused:
    """Nobody knows what a tool would read in it."""

    @pytest.mark.parametrize(
        "text",
        [
            "{'a': 1}",
            '{"a": \\u0041}',
            '"\\x41"',
            '"\\u00g0"',
            '"\\u12"x"',
            "[" + "1" * 65 + "]",
            f"[{NAME}]",
            "<a>",
            "\ufeff{}",
        ],
    )
    def test_for_good(self, text: str) -> None:
        restorer = made()()
        with pytest.raises(MalformedArguments) as raised:
            restorer.feed(text)
        assert NAME not in f"{raised.value}{raised.value.message}"
        with pytest.raises(MalformedArguments):
            restorer.close()

    @settings(deadline=None)
    @given(st.text(max_size=30), st.data())
    def test_any_text_is_answered_or_refused(self, text: str, data: st.DataObject) -> None:
        try:
            through(cut(data, text), made()())
        except MalformedArguments:
            return


class TestArgumentsCutShortStayCutShort:
    """`finish_reason: length` in the middle of a string."""

    @settings(deadline=None)
    @given(st.integers(0, 60))
    def test_what_was_read_is_said(self, size: int) -> None:
        text = f'{{"to": "Dear {NAME}, hello", "n": 12}}'
        whole = through([text], made()())
        said = through([text[:size]], made()())
        assert whole.startswith(said.partition("[")[0])
        assert NAME not in said
