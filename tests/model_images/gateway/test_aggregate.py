"""Statistics: what leaves is noised, bounded and paid for."""

import json
import multiprocessing
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit_log import form, privacy_budget
from audit_log.noise import NoNoise, noised
from audit_log.privacy_budget import BadBudget, BudgetSpent, granted, left, spend
from audit_log.release import DayNotOver, release
from audit_log.statistics import Bounds, Domain, counted, records
from model_images.gateway.guard.audit.ledger import Ledger
from model_images.gateway.guard.audit.record import Asked, DataClass, Decision, Endpoint, Guard, encoded
from tests.model_images.gateway.audit_world import NAMES, ORIGIN, record, signer

DAY = date(2026, 11, 20)
TODAY = date(2026, 11, 21)
DOMAIN = Domain(use_cases=("notes", "triage"), codes=("classify.external",))
BOUNDS = Bounds(requests=3, tokens=100)


def finished(number: int, **more: Any) -> Asked:  # noqa: ANN401 a record's fields
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)
    return record(number, **{"at": at, "phase": "finished", "decided": DataClass.PHI, **more})


def logged(folder: Path, found: Sequence[Asked]) -> list[Path]:
    ledger = Ledger(folder, ORIGIN, signer())
    ledger.append([encoded(item, NAMES) for item in found])
    ledger.close()
    return form.segments(folder)


def read(folder: Path, found: Sequence[Asked], tenant: str = "north", day: date = DAY) -> dict[str, dict[str, int]]:
    families = counted(records(logged(folder, found), tenant, day), DOMAIN, BOUNDS)
    return {
        family.name: {"/".join(cell): value for cell, value in zip(family.cells, family.values, strict=True) if value}
        for family in families
    }


class TestItCountsWhatWasAsked:
    """Before any noise, the counts are right."""

    def test_requests_refusals_and_tokens(self, tmp_path: Path) -> None:
        refused = Decision(allowed=False, guard=Guard.CLASSIFY, what="external")
        other = Decision(allowed=False, guard=Guard.VOLUME, what="open")
        found = read(
            tmp_path,
            [
                finished(1, tokens_in=10, tokens_out=500),
                finished(2, use_case="triage"),
                finished(3, decision=refused, phase="decided"),
                finished(4, decision=other, phase="decided", decided=None),
                finished(5, phase="decided"),  # its second phase is another's day, or never came
                finished(6, tenant="south"),
                finished(7, at=datetime(2026, 11, 21, tzinfo=UTC)),
                finished(1, tokens_in=10, tokens_out=500),  # a request counts once
                finished(8, endpoint=Endpoint.ERASURES, decided=None, erased=3),  # nothing was asked of a model
            ],
        )
        assert found == {
            "requests": {"notes/phi": 2, "notes/other": 1, "triage/phi": 1},
            "refusals": {"notes/classify.external": 1, "notes/other": 1},
            "tokens": {"notes/in": 10, "notes/out": 100},
        }

    def test_what_is_not_in_the_domain_is_not_told_by_name(self, tmp_path: Path) -> None:
        families = counted(
            records(logged(tmp_path, [finished(1, use_case="triage")]), "north", DAY),
            Domain(use_cases=("notes",), codes=()),
            BOUNDS,
        )
        assert not any("triage" in cell for family in families for cell in family.cells)
        assert families[0].cells == counted([], Domain(use_cases=("notes",), codes=()), BOUNDS)[0].cells


people = st.lists(
    st.tuples(
        st.sampled_from([None, "aa" * 32, "bb" * 32]),
        st.sampled_from([None, "cc" * 32]),
        st.sampled_from(["notes", "triage", "elsewhere"]),
        st.sampled_from(["phi", "public", None]),
        st.booleans(),
        st.integers(0, 300),
    ),
    max_size=25,
)


def as_records(found: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    return [
        {
            "request": f"{number:032x}",
            "patient": patient,
            "conversation": conversation,
            "use_case": use_case,
            "decided": decided,
            "decision": {"allowed": allowed, "guard": "classify", "what": "external"},
            "tokens_in": tokens,
            "tokens_out": tokens,
        }
        for number, (patient, conversation, use_case, decided, allowed, tokens) in enumerate(found)
    ]


class TestNobodyMovesTheCountsByMoreThanTheBound:
    """The noise hides one unit; a unit that could do more would not be hidden."""

    @given(people, st.data())
    @settings(max_examples=150, deadline=None)
    def test_whoever_is_taken_away(self, found: list[tuple[Any, ...]], data: st.DataObject) -> None:
        whole = as_records(found)

        def unit(item: dict[str, Any]) -> str:
            return str(item["patient"] or item["conversation"] or item["request"])

        if not whole:
            return
        gone = unit(data.draw(st.sampled_from(whole)))
        before = counted(whole, DOMAIN, BOUNDS)
        after = counted([item for item in whole if unit(item) != gone], DOMAIN, BOUNDS)
        for one, other in zip(before, after, strict=True):
            moved = sum(abs(a - b) for a, b in zip(one.values, other.values, strict=True))
            assert moved <= one.sensitivity


class TestTheNoiseIsWhatItClaims:
    """Too little noise is a leak that nobody sees."""

    @pytest.mark.parametrize(("sensitivity", "epsilon"), [(1, "1"), (10, "0.5"), (160, "1/3")])
    def test_its_scale(self, sensitivity: int, epsilon: str) -> None:
        # The mean distance of 4,000 draws is within a fifth of what it should be, but for less than one run in 10^9:
        # for exponential draws Chernoff gives exp(-4000 (x - 1 - ln x)), below 10^-30 at 0.8 and 1.2, and the
        # two-sided geometric has lighter tails than that. A scale that is wrong by a quarter is found.
        scale = float(Fraction(sensitivity) / Fraction(epsilon))
        found = noised([1000] * 4000, sensitivity=sensitivity, epsilon=Fraction(epsilon))
        assert found.scale == pytest.approx(scale)
        q = 2.718281828459045 ** (-1 / scale)
        expected = 2 * q / (1 - q * q)
        mean = sum(abs(value - 1000) for value in found.values) / 4000
        assert 0.8 * expected < mean < 1.2 * expected
        assert abs(sum(found.values) / 4000 - 1000) < 0.25 * scale  # eleven standard errors
        assert len(set(found.values)) > 3

    def test_two_answers_are_not_the_same(self) -> None:
        one, two = (noised([0] * 200, sensitivity=10, epsilon=Fraction(1)).values for _ in range(2))
        assert one != two  # by chance less often than once in 10^200

    def test_without_the_library_nothing_leaves(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "opendp.prelude", None)
        with pytest.raises(NoNoise, match="opendp"):
            noised([1], sensitivity=1, epsilon=Fraction(1))


def _spend(path: Path, number: int) -> bool:
    try:
        spend(path, "north", f"query {number}", Decimal("0.3"), lambda: {"of": number})
    except BudgetSpent:
        return False
    return True


class TestTheBudgetHolds:
    """A budget that two can spend at once is none."""

    def test_of_many_at_once_only_as_many_as_it_has(self, tmp_path: Path) -> None:
        path = tmp_path / "budget.json"
        granted(path, "north", Decimal(2))
        with multiprocessing.get_context("fork").Pool(4) as pool:
            done = pool.starmap(_spend, [(path, number) for number in range(24)])
        assert sum(done) == 6
        assert left(path, "north") == Decimal("0.2")

    def test_the_same_question_is_answered_as_before_and_costs_nothing(self, tmp_path: Path) -> None:
        path = tmp_path / "budget.json"
        granted(path, "north", Decimal(1))
        first = spend(path, "north", "day", Decimal("0.6"), lambda: {"n": 1})
        assert spend(path, "north", "day", Decimal("0.6"), lambda: {"n": 2}) == (first[0], True)
        assert spend(path, "north", "day", Decimal("0.9"), lambda: {"n": 3}) == ({"n": 1}, True)
        assert left(path, "north") == Decimal("0.4")
        with pytest.raises(BudgetSpent, match=r"0\.4 of its 1 left, and 0\.6"):
            spend(path, "north", "other day", Decimal("0.6"), lambda: {"n": 4})

    def test_it_is_spent_before_the_answer_and_not_given_back(self, tmp_path: Path) -> None:
        path = tmp_path / "budget.json"
        granted(path, "north", Decimal(1))

        def fails() -> dict[str, Any]:
            # Read as it lies there: the lock is held.
            assert json.loads(path.read_text())["tenants"]["north"]["spent"] == "0.6"
            raise RuntimeError

        with pytest.raises(RuntimeError):
            spend(path, "north", "day", Decimal("0.6"), fails)
        assert left(path, "north") == Decimal("0.4")

    def test_tenants_have_their_own(self, tmp_path: Path) -> None:
        path = tmp_path / "budget.json"
        granted(path, "north", Decimal(1))
        granted(path, "south", Decimal(2))
        spend(path, "north", "day", Decimal(1), dict)
        assert left(path, "south") == 2
        with pytest.raises(BadBudget, match="already"):
            granted(path, "north", Decimal(9))
        with pytest.raises(BadBudget, match="nothing for"):
            left(path, "west")

    @pytest.mark.parametrize("epsilon", ["0", "-1"])
    def test_nothing_is_had_for_nothing(self, tmp_path: Path, epsilon: str) -> None:
        path = tmp_path / "budget.json"
        granted(path, "north", Decimal(1))
        with pytest.raises(BadBudget):
            spend(path, "north", "day", Decimal(epsilon), dict)

    @pytest.mark.parametrize(
        "raw",
        [
            "",
            "[]",
            '{"format":"other"}',
            '{"format":"bailiwick-privacy-budget/1","tenants":{"north":{}}}',
            '{"format":"bailiwick-privacy-budget/1","tenants":{"north":{"epsilon":"1","spent":"NaN","answers":{}}}}',
            '{"format":"bailiwick-privacy-budget/1","tenants":{"north":{"epsilon":"1","spent":"-1","answers":{}}}}',
        ],
    )
    def test_a_file_that_is_not_a_budget_buys_nothing(self, tmp_path: Path, raw: str) -> None:
        path = tmp_path / "budget.json"
        path.write_text(raw)
        with pytest.raises(BadBudget):
            spend(path, "north", "day", Decimal("0.1"), dict)

    def test_a_disk_that_fails_releases_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / "budget.json"
        granted(path, "north", Decimal(1))
        asked: list[int] = []

        def answers() -> dict[str, Any]:
            asked.append(1)
            return {}

        def fails(*_: object) -> None:
            raise OSError(28, "no space")

        monkeypatch.setattr(privacy_budget, "_write", fails)
        with pytest.raises(OSError, match="no space"):
            spend(path, "north", "day", Decimal("0.1"), answers)
        assert asked == []


class TestADayIsReleasedOnce:
    """All of it together, as the command and the gateway do it."""

    def released(self, tmp_path: Path, **more: Any) -> tuple[dict[str, Any], bool]:  # noqa: ANN401 settings of several kinds
        values = {"epsilon": Decimal("0.5"), "budget": tmp_path / "b", "domain": DOMAIN, "today": TODAY, **more}
        return release(form.segments(tmp_path / "log"), "north", values.pop("day", DAY), **values)

    def test_what_it_says(self, tmp_path: Path) -> None:
        logged(tmp_path / "log", [finished(number, patient=f"{number:064x}") for number in range(40)])
        granted(tmp_path / "b", "north", Decimal(1))
        document, before = self.released(tmp_path)
        assert not before
        assert "a patient's day" in document["unit"]
        assert (document["epsilon"], document["bounds"]) == ("0.5", {"requests": 10, "tokens": 8192})
        assert document["requests"]["scale"] == pytest.approx(10 / (0.5 / 3))
        assert len(document["requests"]["counts"]) == 3 * 6
        assert self.released(tmp_path, epsilon=Decimal("0.9")) == (document, True)
        assert self.released(tmp_path, domain=Domain(use_cases=("other",), codes=())) == (document, True)
        assert left(tmp_path / "b", "north") == Decimal("0.5")

    def test_a_day_that_goes_on_is_not_released(self, tmp_path: Path) -> None:
        logged(tmp_path / "log", [])
        granted(tmp_path / "b", "north", Decimal(1))
        with pytest.raises(DayNotOver):
            self.released(tmp_path, day=TODAY)
        assert left(tmp_path / "b", "north") == 1

    def test_a_changed_log_costs_nothing_and_tells_nothing(self, tmp_path: Path) -> None:
        path = logged(tmp_path / "log", [finished(1)])[0]
        path.write_bytes(path.read_bytes().replace(b'"phi"', b'"xxx"'))
        granted(tmp_path / "b", "north", Decimal(1))
        with pytest.raises(form.BadLine):
            self.released(tmp_path)
        assert left(tmp_path / "b", "north") == 1
