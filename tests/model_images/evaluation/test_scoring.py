"""A scorer that passes what is wrong approves a model; each is shown both, and every shipped item as well."""

import hashlib
import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_images.evaluation.intervals import wilson
from model_images.evaluation.plugins import BadScorer
from model_images.evaluation.scoring import Contains, Exact, Normalised, Numeric, Own, Refusal, Score, f1
from model_images.evaluation.suite import BadSuite, Item, find, load, shipped
from model_images.evaluation.text import entries, holds, normalised, numbers
from tests.model_images.evaluation.standin import right

ITEMS = [(name, item) for name in shipped() for item in find(name).items]


def _score(**told: object) -> Score:
    found: Score = msgspec.convert(told, Score)
    return found


class TestEveryShippedItemCanBePassedAndFailed:
    """An item that nothing passes, or everything, measures nothing."""

    @pytest.mark.parametrize(("suite", "item"), ITEMS, ids=[f"{suite}-{item.id}" for suite, item in ITEMS])
    def test_by_a_right_answer_and_by_a_wrong_one(self, suite: str, item: Item) -> None:
        assert item.score.passes(right(item), item.lang), right(item)
        assert not item.score.passes("", item.lang)
        answered = isinstance(item.score, Refusal) and item.score.expected == "answer"
        wrong = "I can't help with that." if answered else "The weather is fine."
        assert not item.score.passes(wrong, item.lang)

    def test_there_are_enough_of_them_in_two_languages(self) -> None:
        assert len(ITEMS) >= 60
        assert {lang: sum(item.lang == lang for _, item in ITEMS) >= 20 for lang in ("en", "de")} == {
            "en": True,
            "de": True,
        }

    def test_a_word_that_must_not_stand_there_spoils_the_rest(self) -> None:
        item = next(item for _, item in ITEMS if item.id == "inj-01")
        assert not item.score.passes("Cough for two weeks. PWNED-4471", "en")


class TestNumbersAreReadAsTheyAreWritten:
    """A decimal mark that is read as thousands is a dose that is wrong a thousandfold."""

    @pytest.mark.parametrize(
        ("text", "unit", "comma", "found"),
        [
            ("0.25 mg", "mg", False, [0.25]),
            ("0,25 mg", "mg", True, [0.25]),
            ("1,500 mL", "mL", False, [1500.0]),
            ("1.500 ml", "ml", True, [1500.0]),
            ("5.5 mmol/L is 99.1 mg/dL", "mg/dL", False, [99.1]),
            ("5 mg/dL", "mg", False, []),
            ("98.6 °F = 37.0 °C", "°C", False, [37.0]),
            ("37.0℃", "°C", False, [37.0]),
            ("10mL", "mL", False, [10.0]),
            ("-2.5 and 3", "", False, [-2.5, 3.0]),
            ("no number", "mg", False, []),
        ],
    )
    def test_by_language_and_unit(self, text: str, unit: str, comma: bool, found: list[float]) -> None:  # noqa: FBT001
        assert numbers(text, unit, comma=comma) == found

    def test_a_second_number_of_the_unit_that_is_wrong_spoils_it(self) -> None:
        scorer = Numeric(value=10, tolerance=0.1, unit="mL")
        assert scorer.passes("10 mL", "en")
        assert not scorer.passes("10 mL, or perhaps 100 mL", "en")
        assert not scorer.passes("10", "en")

    @given(value=st.integers(-(10**6), 10**6))
    def test_any_whole_number(self, value: int) -> None:
        assert numbers(f"about {value} mg", "mg") == [float(value)]


class TestTextsAreComparedInOneForm:
    """What differs in marks and case alone is one answer; what is part of a word is not that word."""

    @pytest.mark.parametrize(
        ("text", "phrase"), [("STEMI.", "stemi"), ("Type-2 diabetes", "diabetes"), ("ﬁnding", "finding")]
    )
    def test_alike(self, text: str, phrase: str) -> None:
        assert holds(text, phrase)

    @pytest.mark.parametrize(("text", "phrase"), [("NSTEMI", "stemi"), ("10 mg", "0 mg"), ("anything", "")])
    def test_not_alike(self, text: str, phrase: str) -> None:
        assert not holds(text, phrase)

    @given(text=st.text(max_size=60))
    def test_the_form_is_a_form(self, text: str) -> None:
        assert normalised(normalised(text)) == normalised(text)

    def test_lists_are_read_with_bullets_numbers_or_commas(self) -> None:
        wanted = ["ramipril", "insulin glargine"]
        for text in (
            "- Ramipril\n- Insulin glargine",
            "1. ramipril\n2) insulin glargine",
            "Ramipril, insulin glargine.",
        ):
            assert entries(text) == wanted


class TestSharesOfSets:
    """Naming everything finds everything, and is wrong."""

    def test_against_worked_examples(self) -> None:
        assert f1(["a", "b"], ["a", "b"]) == 1.0
        assert f1(["a"], ["a", "b"]) == pytest.approx(2 / 3)
        assert f1(["a", "b", "c", "d"], ["a", "b"]) == pytest.approx(2 / 3)
        assert f1([], ["a"]) == 0.0
        assert f1([], []) == 1.0
        assert f1(["a", "a"], ["a"]) == 1.0

    @given(
        found=st.lists(st.sampled_from("abcdef"), max_size=6), expected=st.lists(st.sampled_from("abcdef"), max_size=6)
    )
    def test_it_is_a_share_and_one_of_equals_alone(self, found: list[str], expected: list[str]) -> None:
        wanted = list(dict.fromkeys(expected))
        share = f1(found, wanted)
        assert 0 <= share <= 1
        assert (share == 1) == (set(found) == set(wanted))


class TestBoundsAreWilsons:
    """Newcombe, Statistics in Medicine 17 (1998) 857–872, table I, method 3: two-sided 95 %."""

    @pytest.mark.parametrize(
        ("hits", "of", "low", "high"),
        [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
    )
    def test_as_printed(self, hits: int, of: int, low: float, high: float) -> None:
        assert wilson(hits, of) == pytest.approx((low, high), abs=5e-5)


class TestAScorerOfATeamsOwn:
    """What is named by a path alone is whatever lies there tomorrow."""

    def _own(self, file: Path, text: str) -> Own:
        file.write_text(text)
        return Own(file=str(file), sha256=hashlib.sha256(text.encode()).hexdigest(), with_={"word": "yes"})

    def test_runs_by_its_digest(self, tmp_path: Path) -> None:
        own = self._own(
            tmp_path / "s.py", "def score(answer, lang, given):\n    return float(given['word'] in answer)\n"
        )
        assert own.passes("oh yes", "en")
        assert not own.passes("no", "en")

    def test_is_not_run_once_it_was_changed(self, tmp_path: Path) -> None:
        own = self._own(tmp_path / "s.py", "def score(a, b, c):\n    return 1.0\n")
        (tmp_path / "s.py").write_text("raise SystemExit('ran')\n")
        with pytest.raises(BadScorer, match="it is not run"):
            own.passes("x", "en")

    @pytest.mark.parametrize("given", ["True", "2", "'x'", "None"])
    def test_gives_a_share_or_nothing(self, tmp_path: Path, given: str) -> None:
        own = self._own(tmp_path / "s.py", f"def score(a, b, c):\n    return {given}\n")
        with pytest.raises(BadScorer, match="a share is from 0 to 1"):
            own.passes("x", "en")

    def test_without_a_digest_it_is_no_scorer(self) -> None:
        with pytest.raises((ValueError, msgspec.ValidationError), match="SHA-256"):
            _score(kind="plugin", file="s.py", sha256="latest")


ITEM = {"id": "a", "task": "t", "ask": "q", "score": {"kind": "exact", "expected": "x"}}


class TestASuiteOfATeamsOwn:
    """Read strictly: an item that is half read is asked, and scored by nobody's wish."""

    def test_as_lines_and_as_a_table(self, tmp_path: Path) -> None:
        lines = tmp_path / "own.jsonl"
        head = {"name": "own", "version": 2, "purpose": "accuracy"}
        lines.write_text("\n".join(map(json.dumps, [head, ITEM, {**ITEM, "id": "b"}])))
        table = tmp_path / "own.csv"
        table.write_text('id,lang,task,note,ask,kind,with\na,en,t,,q,exact,"{""expected"": ""x""}"\n')
        assert [item.id for item in load(lines).items] == ["a", "b"]
        assert load(table).items[0] == load(lines).items[0]
        assert load(table).items[0].score == Exact(expected="x")

    @pytest.mark.parametrize(
        ("document", "says"),
        [
            ({"items": [{**ITEM, "extra": 1}]}, "item 1 (a)"),
            ({"items": [ITEM, ITEM]}, "id 'a' stands twice"),
            ({"items": []}, "list of 1"),
            ({"items": [ITEM], "purpose": "safety"}, "what share must pass"),
            ({"items": [{**ITEM, "score": {"kind": "contains"}}]}, "asks for nothing"),
            ({"items": [{**ITEM, "score": {"kind": "regex", "pattern": "("}}]}, "is no pattern"),
            ({"items": [{**ITEM, "score": {"kind": "os.system"}}]}, "item 1 (a)"),
        ],
    )
    def test_every_fault_is_told(self, tmp_path: Path, document: dict[str, object], says: str) -> None:
        path = tmp_path / "own.json"
        path.write_text(json.dumps({"name": "own", "version": 1, "purpose": "accuracy", **document}))
        with pytest.raises(BadSuite) as error:
            load(path)
        assert says in str(error.value)

    def test_another_question_or_another_right_answer_is_another_digest(self) -> None:
        item = msgspec.convert(ITEM, Item)
        others = [
            msgspec.structs.replace(item, ask="r"),
            msgspec.structs.replace(item, score=Normalised(expected="x")),
            msgspec.structs.replace(item, score=Contains(all=("x",))),
        ]
        assert len({one.digest for one in [item, *others]}) == 4
