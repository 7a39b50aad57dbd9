"""The machine of states, and the strict reading of what it is made of."""

import copy
from datetime import date, timedelta
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from records.lifecycle import DAYS, Life, path_for, read
from records.reading import Fault
from records.states import EVIDENCE, STATES, STEPS, State, after

BEGAN = date(2026, 3, 2)
VERSION: dict[str, Any] = {
    "stack": "eu-prod",
    "use_case": "notes",
    "model": {"name": "m", "revision": "a" * 40, "sha256": "b" * 64},
    "prompt": {"name": "notes", "version": "1.0.0", "sha256": "c" * 64},
}
PATH = path_for("eu-prod", "notes", "m", "a" * 40, "1.0.0")


def _evidence(name: str, day: date) -> object:
    return {
        "why": "because",
        "change": "CHG-1",
        "record_sha256": "d" * 64,
        "expires": day + timedelta(days=100),
        "evaluation": {"suite": "s/1", "report_sha256": "e" * 64, "date": day, "accuracy": 0.9},
        "approvals": [
            {"who": "B", "role": "clinical-safety", "date": day},
            {"who": "C", "role": "platform", "date": day},
        ],
    }[name]


def _history(states: list[State]) -> list[dict[str, Any]]:
    """A step to each, with what it asks for, a day after the one before."""
    found, before = [], None
    for number, state in enumerate(states):
        day = BEGAN + timedelta(days=number)
        needed = STEPS.get((before, state), frozenset({"why"}))
        found.append({"to": state, "date": day, "by": "A", **{name: _evidence(name, day) for name in sorted(needed)}})
        before = state
    return found


def _read(history: list[dict[str, Any]], **changes: Any) -> tuple[Life | None, tuple[Fault, ...]]:  # noqa: ANN401
    return read(PATH, yaml.safe_dump({**VERSION, "history": history, **changes}, sort_keys=False))


@st.composite
def _walks(draw: st.DrawFn) -> list[State]:
    states: list[State] = ["candidate"]
    for _ in range(draw(st.integers(0, 8))):
        further = after(states[-1])
        if not further:
            break
        states.append(draw(st.sampled_from(further)))
    return states


class TestOnlyLegalStepsAreTaken:
    """A machine that takes one step too many has no states."""

    @settings(max_examples=60, deadline=None)
    @given(states=_walks())
    def test_every_walk_along_the_steps_is_a_sound_record(self, states: list[State]) -> None:
        life, faults = _read(_history(states))
        assert faults == ()
        assert life is not None
        assert life.standing.state == states[-1]

    @settings(max_examples=100, deadline=None)
    @given(states=st.lists(st.sampled_from(STATES), min_size=1, max_size=6))
    def test_any_other_is_refused_with_where_it_may_go(self, states: list[State]) -> None:
        legal = all(pair in STEPS for pair in zip([None, *states[:-1]], states, strict=True))
        _, faults = _read(_history(states))
        assert legal == (faults == ())
        assert legal or any("is no step; from" in fault.what for fault in faults)

    def test_nothing_leads_out_of_retired(self) -> None:
        assert after("retired") == ()

    def test_nothing_is_served_that_was_not_approved(self) -> None:
        """Every way to a served state goes by `approved`."""
        reached, edge = {"candidate"}, [to for of, to in STEPS if of == "candidate"]
        while edge:
            state = edge.pop()
            if state not in reached and state != "approved":
                reached.add(state)
                edge += [to for of, to in STEPS if of == state]
        assert reached & {"canary", "active"} == set()

    @pytest.mark.parametrize(("step", "needed"), sorted(STEPS.items(), key=str))
    def test_each_step_asks_for_its_evidence_and_takes_no_other(
        self, step: tuple[State | None, State], needed: frozenset[str]
    ) -> None:
        way = _way_to(step[0])
        for name in needed:
            history = _history([*way, step[1]])
            del history[-1][name]
            _, faults = _read(history)
            assert any(f"needs {name}" in fault.what for fault in faults)
        for name in EVIDENCE - needed:
            history = _history([*way, step[1]])
            history[-1][name] = _evidence(name, history[-1]["date"])
            _, faults = _read(history)
            assert any(f"{name} stands at" in fault.what for fault in faults)


def _way_to(state: State | None) -> list[State]:
    ways: dict[State | None, list[State]] = {None: []}
    edge: list[State | None] = [None]
    while edge:
        at = edge.pop(0)
        for to in after(at):
            if to not in ways:
                ways[to] = [*ways[at], to]
                edge.append(to)
    return ways[state]


SERVED: list[State] = ["candidate", "evaluated", "approved", "active"]


class TestAnApprovalIsTwoOtherPeoples:
    """And holds for a year after the measurement, not after the signature."""

    @pytest.mark.parametrize(
        ("approvals", "says"),
        [
            ([{"who": "B", "role": "clinical-safety"}], "two people in two roles"),
            ([{"who": "B", "role": "platform"}, {"who": "C", "role": "security"}], "as clinical-safety"),
            ([{"who": "B", "role": "clinical-safety"}, {"who": "b ", "role": "platform"}], "stands there twice"),
            ([{"who": "a", "role": "clinical-safety"}, {"who": "C", "role": "platform"}], "is the author"),
            ([{"who": "B", "role": "nobody"}, {"who": "C", "role": "platform"}], "must be one of"),
        ],
    )
    def test_else_it_is_none(self, approvals: list[dict[str, Any]], says: str) -> None:
        history = _history(SERVED)
        history[2]["approvals"] = [{**one, "date": history[2]["date"]} for one in approvals]
        life, faults = _read(history)
        assert life is None
        assert any(says in fault.words for fault in faults), faults

    @pytest.mark.parametrize(("days", "sound"), [(DAYS, True), (DAYS + 1, False)])
    def test_it_holds_for_a_year_after_the_evaluation(self, days: int, sound: bool) -> None:  # noqa: FBT001
        history = _history(SERVED)
        history[2]["expires"] = history[1]["evaluation"]["date"] + timedelta(days=days)
        assert (_read(history)[0] is not None) == sound

    def test_renewed_it_holds_on_the_new_evaluation(self) -> None:
        history = _history([*SERVED, "active"])
        life, _ = _read(history)
        assert life is not None
        assert life.standing.expires == history[-1]["expires"]
        assert life.standing.in_time(history[-1]["expires"])
        assert not life.standing.in_time(history[-1]["expires"] + timedelta(days=1))

    def test_nobody_approves_before_it_was_measured_or_after_it_was_done(self) -> None:
        for index, words in ((0, "before the evaluation"), (3, "after the step")):
            history = copy.deepcopy(_history(SERVED))
            history[2]["approvals"][0]["date"] = BEGAN + timedelta(days=index)
            assert any(words in fault.what for fault in _read(history)[1])


class TestAFaultIsToldByItsLine:
    """All at once, and where."""

    def test_all_of_them(self) -> None:
        text = yaml.safe_dump({**VERSION, "history": _history(["candidate", "active"]), "extra": 1}, sort_keys=False)
        life, faults = read(PATH, text.replace("b" * 64, "x"))
        assert life is None
        told = {fault.what.partition(":")[0]: fault.line for fault in faults}
        assert told["model.sha256"] == text.splitlines().index("  sha256: " + "b" * 64) + 1
        assert any("extra" in fault.what for fault in faults)

    def test_a_step_that_is_wrong_is_told_at_its_own_line(self) -> None:
        text = yaml.safe_dump({**VERSION, "history": _history(["candidate", "active"])}, sort_keys=False)
        _, faults = read(PATH, text)
        assert [fault.line for fault in faults] == [text.splitlines().index("- to: active") + 1]

    @pytest.mark.parametrize("text", ["", "[]", "a: [", "history: 2026-02-31", "&a [*a]"])
    def test_what_is_no_record_is_a_fault(self, text: str) -> None:
        life, faults = read(PATH, text)
        assert life is None
        assert faults[0].words.startswith(f"{PATH}:")
