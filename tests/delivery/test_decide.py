"""What is decided on numbers: never up on too little, always back on harm, and back for good."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.decide import Look, Pair, decide
from delivery.limits import BREACHES, BY_CHANCE, OF_WINDOWS, SILENT_MINUTES, TESTS, WINDOW_MINUTES
from delivery.samples import Sample
from delivery.state import State
from tests.delivery.world import EDGES, GOOD, LIMITS, NOON, Nature, Traffic, degraded, worse

HOUR = 60 // WINDOW_MINUTES


@st.composite
def _samples(draw: st.DrawFn) -> Sample:
    requests = draw(st.integers(0, 3000))
    judged = draw(st.integers(0, requests))
    accepted = draw(st.integers(0, judged))
    counts = sorted(draw(st.lists(st.integers(0, requests), min_size=len(EDGES) - 1, max_size=len(EDGES) - 1)))
    return Sample(
        requests=requests,
        errors=draw(st.integers(0, requests)),
        refusals=draw(st.integers(0, requests)),
        accepted=accepted,
        corrected=judged - accepted,
        first_token=tuple(zip(EDGES, [*counts, requests], strict=True)),
    )


_PAIRS = st.builds(lambda one, other: Pair(stable=one, candidate=other), _samples(), _samples())
_STATES = st.builds(
    lambda step, minutes, breaches: State(
        change=LIMITS.change, began=NOON - timedelta(minutes=minutes), step=step, breaches=tuple(breaches)
    ),
    st.integers(0, 3),
    st.integers(0, 300),
    st.lists(st.sampled_from([(), ("errors",), ("first token", "refusals")]), max_size=OF_WINDOWS),
)


def _look(recent: Pair, step: Pair) -> Look:
    return Look(at=NOON, newest=NOON, recent=recent, step=step)


class TestACandidateUnderTheFloorIsNeverPromoted:
    """The floor is what the use case was assessed with: no luck of numbers goes under it."""

    @settings(max_examples=300, deadline=None)
    @given(state=_STATES, recent=_PAIRS, step=_PAIRS)
    def test_whatever_else_is_measured(self, state: State, recent: Pair, step: Pair) -> None:
        decision, _ = decide(LIMITS, state, _look(recent, step))
        if decision.kind == "promote":
            assert step.candidate.accurate.rate >= LIMITS.accuracy_floor
            assert step.candidate.slow(1.0).rate <= 0.05

    @pytest.mark.parametrize("seed", range(6))
    def test_in_a_whole_trial_of_a_model_at_the_floor_less_five(self, seed: int) -> None:
        traffic = Traffic(seed=seed, candidate=replace(GOOD, accuracy=0.80), stable=replace(GOOD, accuracy=0.80))
        kinds = [decision.kind for decision in traffic.run(5 * HOUR)]
        assert "promote" not in kinds
        assert "roll back" in kinds


class TestRollingBackIsForGood:
    """A candidate that comes back by itself is one that nobody looked at again."""

    @settings(max_examples=200, deadline=None)
    @given(recent=_PAIRS, step=_PAIRS, later=st.integers(0, 10**5))
    def test_until_another_change_whatever_is_measured(self, recent: Pair, step: Pair, later: int) -> None:
        gone = State(change=LIMITS.change, began=NOON, outcome="rolled back")
        look = replace(_look(recent, step), at=NOON + timedelta(minutes=later))
        decision, after = decide(LIMITS, gone, look)
        assert (decision.kind, decision.weight, after.outcome) == ("hold", 0, "rolled back")

    def test_another_change_begins_anew_and_its_record_goes_on(self) -> None:
        gone = State(change="notes-1", began=NOON, outcome="rolled back", previous="a" * 64)
        decision, after = decide(LIMITS, gone, Look(at=NOON))
        assert (decision.kind, decision.weight) == ("hold", 5)
        assert (after.outcome, after.change, after.previous) == ("running", "notes-2", "a" * 64)


class TestWorseIsNeverTakenForBetter:
    """Else there would be a number that one could spoil to get a candidate through."""

    @settings(max_examples=400, deadline=None)
    @given(state=_STATES, recent=_PAIRS, step=_PAIRS, by=st.integers(1, 500))
    def test_a_rollback_stays_one_and_nothing_becomes_a_promotion(
        self, state: State, recent: Pair, step: Pair, by: int
    ) -> None:
        before, _ = decide(LIMITS, state, _look(recent, step))
        spoilt = _look(
            replace(recent, candidate=worse(recent.candidate, by)), replace(step, candidate=worse(step.candidate, by))
        )
        after, _ = decide(LIMITS, state, spoilt)
        order = {"roll back": 0, "hold": 1, "promote": 2}
        assert order[after.kind] <= order[before.kind]


class TestAGoodCandidateIsPromotedStepByStep:
    """A rule that never promotes is a rule that everybody goes around."""

    def test_through_every_step_in_order(self) -> None:
        traffic = Traffic(seed=1)
        told = traffic.run(6 * HOUR)
        weights = list(dict.fromkeys(decision.weight for decision in told))
        assert weights == [5, 20, 50, 100]
        assert traffic.state is not None
        assert traffic.state.outcome == "promoted"

    def test_not_before_its_minutes_are_over(self) -> None:
        told = Traffic(seed=1).run(HOUR)
        assert {decision.kind for decision in told} == {"hold"}

    def test_not_on_few_requests_and_then_it_is_taken_back_as_undecided(self) -> None:
        told = Traffic(seed=1, per_window=40).run(5 * HOUR)
        assert "promote" not in {decision.kind for decision in told}
        reasons = next(decision.reasons for decision in told if decision.kind == "roll back")
        assert reasons[0] == "not shown to be as good within 240 minutes"
        assert any("are needed" in reason for reason in reasons)


class TestDegradationIsTakenBack:
    """A replay of what can happen: each begins in the middle of the second step."""

    @pytest.mark.parametrize(
        ("nature", "within", "says"),
        [
            (replace(GOOD, errors=0.30), 1, "errors are"),
            (replace(GOOD, accuracy=0.40), 4, "accuracy is"),
            (replace(GOOD, refusals=0.25), OF_WINDOWS, "refusals are"),
            (replace(GOOD, slow=0.30), OF_WINDOWS, "first tokens took over 1000 ms"),
            (replace(GOOD, errors=0.08), 2 * OF_WINDOWS, "errors are"),
        ],
    )
    @pytest.mark.parametrize("seed", range(3))
    def test_within_so_many_windows(self, nature: Nature, within: int, says: str, seed: int) -> None:
        traffic = Traffic(seed=seed)
        before = traffic.run(HOUR + HOUR // 2)
        assert "roll back" not in {decision.kind for decision in before}
        told = degraded(traffic, nature).run(within)
        assert told[-1].weight == 0
        back = next(decision for decision in told if decision.kind == "roll back")
        assert any(says in reason for reason in back.reasons), back.reasons

    def test_also_after_it_was_promoted(self) -> None:
        traffic = Traffic(seed=1)
        traffic.run(6 * HOUR)
        told = degraded(traffic, replace(GOOD, errors=0.3)).run(2)
        assert told[-1].weight == 0

    def test_a_soft_limit_is_not_broken_by_one_window(self) -> None:
        traffic = Traffic(seed=2)
        traffic.run(HOUR)
        degraded(traffic, replace(GOOD, slow=0.4)).run(BREACHES - 1)
        told = degraded(traffic, GOOD).run(HOUR)
        assert "roll back" not in {decision.kind for decision in told}


class TestChanceAloneSeldomRollsBack:
    """A guard that cries wolf is switched off. The budget is stated, and held against many trials."""

    @pytest.mark.slow
    def test_in_no_more_of_many_trials_than_the_budget_says(self) -> None:
        trials = 300
        wrong = 0
        for seed in range(trials):
            traffic = Traffic(seed=1000 + seed, per_window=400)
            wrong += any(
                "within 240 minutes" not in decision.reasons[0]
                for decision in traffic.run(3 * HOUR)
                if decision.kind == "roll back"
            )
        # Three standard deviations above the budget.
        assert wrong <= trials * BY_CHANCE + 3 * (trials * BY_CHANCE) ** 0.5

    def test_the_budget_is_shared_out_among_every_look_that_can_be(self) -> None:
        assert LIMITS.looks * TESTS * LIMITS.rollback_error == pytest.approx(BY_CHANCE)
        state = State(change=LIMITS.change, began=NOON, looks=LIMITS.looks)
        pair = Traffic(seed=1).look().recent
        assert pair is not None
        decision, _ = decide(LIMITS, state, _look(pair, pair))
        assert decision.kind == "roll back"
        assert "as often as chance may" in decision.reasons[0]


class TestWhatIsNotKnownIsNotFine:
    """No numbers is what a broken collector and a broken candidate look like alike."""

    def _minutes(self, look: Look, minutes: int) -> tuple[str, int]:
        state: State | None = State(change=LIMITS.change, began=NOON, step=1)
        for minute in range(minutes + 1):
            at = NOON + timedelta(minutes=minute)
            decision, state = decide(LIMITS, state, replace(look, at=at))
        return decision.kind, decision.weight

    def test_it_holds_at_first_and_then_goes_back(self) -> None:
        assert self._minutes(Look(at=NOON), SILENT_MINUTES - 1) == ("hold", 20)
        assert self._minutes(Look(at=NOON), SILENT_MINUTES) == ("roll back", 0)

    def test_old_numbers_are_none(self) -> None:
        pair = Traffic(seed=1).look().recent
        assert pair is not None
        old = replace(_look(pair, pair), newest=NOON - timedelta(hours=1))
        assert self._minutes(old, SILENT_MINUTES) == ("roll back", 0)

    def test_numbers_that_come_back_end_the_silence(self) -> None:
        state = State(change=LIMITS.change, began=NOON, silent_since=NOON - timedelta(minutes=14))
        pair = Traffic(seed=1).look().recent
        assert pair is not None
        assert decide(LIMITS, state, _look(pair, pair))[1].silent_since is None


class TestAChangeHoldsForItsTime:
    """An approval of last quarter was for another world."""

    def test_it_ends_on_its_last_day(self) -> None:
        state = State(change=LIMITS.change, began=NOON)
        late = NOON + timedelta(days=62)
        assert decide(LIMITS, state, Look(at=late))[0].kind == "roll back"

    def test_and_does_not_begin_after_it(self) -> None:
        decision, state = decide(LIMITS, None, Look(at=NOON + timedelta(days=62)))
        assert (decision.kind, state.outcome) == ("roll back", "rolled back")
