"""What is active goes back by itself where it fails and stays failed; and for nothing less."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.course import Course
from delivery.decide import Decision, Look
from delivery.drift import MUCH, bound, drifted, psi
from delivery.record import broken_at
from delivery.routing import kept, kept_course
from delivery.samples import Sample
from delivery.state import BadState, State
from delivery.step import by_hand, run
from delivery.watch import (
    BAD_WINDOWS,
    GOOD_WINDOWS,
    LONG_HOURS,
    WINDOW_MINUTES,
    Watched,
    watch,
)
from delivery.web import Unreachable
from tests.delivery.world import GOOD, LIMITS, NOON, NOTHING, Nature, added, drawn

BACK = replace(LIMITS, way_back=True, change="notes-back", steps=(100,))
DAY = LONG_HOURS * 60 // WINDOW_MINUTES
AWFUL = replace(GOOD, accuracy=0.60)
Natures = Callable[[int], Nature]


class Active:
    """What is active, window by window, as its nature is in each."""

    def __init__(self, nature: Natures, *, seed: int = 1, per_window: int = 300) -> None:
        self.nature, self.per_window = nature, per_window
        self.dice = random.Random(seed)  # noqa: S311 traffic, not a secret
        self.windows: list[Sample] = []
        self.course: Course | None = None
        self.at = NOON

    def look(self) -> Watched:
        """After one more window."""
        self.windows.append(drawn(self.nature(len(self.windows)), self.per_window, self.dice))
        long = NOTHING
        for sample in self.windows[-DAY:]:
            long = added(long, sample)
        return Watched(at=self.at, newest=self.at, recent=self.windows[-1], long=long)

    def run(self, windows: int) -> Sequence[Decision]:
        """So many windows, one decision each."""
        told = []
        for _ in range(windows):
            decision, self.course = watch(BACK, self.course, self.look())
            self.at += timedelta(minutes=WINDOW_MINUTES)
            told.append(decision)
        return told


def _back_at(decisions: Sequence[Decision]) -> int | None:
    return next((number for number, one in enumerate(decisions) if one.kind == "roll back"), None)


class TestADegradationIsReplayed:
    """Sudden, slow, short, and on and off: the four ways in which a model gets worse, or seems to."""

    @pytest.mark.parametrize("seed", range(4))
    def test_sudden_it_goes_back_within_four_windows(self, seed: int) -> None:
        told = Active(lambda window: AWFUL if window >= 60 else GOOD, seed=seed).run(70)
        at = _back_at(told)
        assert at is not None
        assert 60 + BAD_WINDOWS - 1 <= at <= 60 + BAD_WINDOWS + 1
        assert {decision.weight for decision in told[:at]} == {0}
        assert {decision.weight for decision in told[at:]} == {100}

    @pytest.mark.parametrize("seed", range(3))
    def test_slow_it_goes_back_though_no_single_window_shows_it(self, seed: int) -> None:
        """From 0.93 to 0.78 in two days: 0.85 is the floor, and a window of 24 judged drafts says nothing."""
        falling = Active(lambda w: replace(GOOD, accuracy=max(0.78, 0.93 - w * 0.15 / 96)), seed=seed, per_window=60)
        told = falling.run(4 * DAY)
        at = _back_at(told)
        assert at is not None
        assert at > DAY
        assert any("in the last day" in reason for reason in told[at].reasons)

    @pytest.mark.parametrize("seed", range(4))
    @pytest.mark.parametrize("length", [1, 2])
    def test_a_blip_moves_nothing(self, seed: int, length: int) -> None:
        told = Active(lambda w: AWFUL if 60 <= w < 60 + length else GOOD, seed=seed).run(120)
        assert {decision.weight for decision in told} == {0}
        assert any("bad windows" in reason for decision in told for reason in decision.reasons)

    @pytest.mark.parametrize("seed", range(3))
    def test_two_blips_on_different_days_move_nothing(self, seed: int) -> None:
        blips = {60, 61, 60 + DAY, 61 + DAY}
        assert _back_at(Active(lambda w: AWFUL if w in blips else GOOD, seed=seed).run(3 * DAY)) is None

    @pytest.mark.parametrize("seed", range(3))
    def test_on_and_off_it_goes_back_in_hours(self, seed: int) -> None:
        """Bad for one window, good for five, again and again: no three in a row, and no service."""
        told = Active(lambda w: AWFUL if w >= 60 and w % 6 == 0 else GOOD, seed=seed).run(100)
        at = _back_at(told)
        assert at is not None
        assert at <= 60 + 2 * 6 + 1

    @pytest.mark.parametrize("seed", range(3))
    def test_good_for_a_week_it_stays(self, seed: int) -> None:
        assert _back_at(Active(lambda _: GOOD, seed=seed).run(7 * DAY)) is None

    def test_a_little_over_the_floor_it_stays_too(self) -> None:
        assert _back_at(Active(lambda _: replace(GOOD, accuracy=0.86)).run(4 * DAY)) is None

    @pytest.mark.parametrize("nature", [replace(GOOD, errors=0.3), replace(GOOD, refusals=0.4)])
    def test_errors_and_refusals_count_as_drafts_do(self, nature: Nature) -> None:
        told = Active(lambda w: nature if w >= 60 else GOOD).run(70)
        assert _back_at(told) is not None


@st.composite
def _samples(draw: st.DrawFn) -> Sample:
    requests = draw(st.integers(0, 2000))
    judged = draw(st.integers(0, requests))
    accepted = draw(st.integers(0, judged))
    return Sample(
        requests=requests,
        errors=draw(st.integers(0, requests)),
        refusals=draw(st.integers(0, requests)),
        accepted=accepted,
        corrected=judged - accepted,
    )


def _look(number: int, sample: Sample) -> Watched:
    at = NOON + timedelta(minutes=WINDOW_MINUTES * number)
    return Watched(at=at, newest=at, recent=sample, long=sample)


def _replayed(samples: Sequence[Sample]) -> list[tuple[Decision, Course]]:
    course: Course | None = None
    told = []
    for number, sample in enumerate(samples):
        decision, course = watch(BACK, course, _look(number, sample))
        told.append((decision, course))
    return told


class TestWhateverIsMeasured:
    """Invariants of every sequence of windows."""

    @settings(max_examples=150, deadline=None)
    @given(samples=st.lists(_samples(), max_size=12))
    def test_it_is_none_or_all_and_never_comes_back_by_itself(self, samples: list[Sample]) -> None:
        told = _replayed(samples)
        weights = [decision.weight for decision, _ in told]
        assert set(weights) <= {0, 100}
        assert weights == sorted(weights)

    @settings(max_examples=150, deadline=None)
    @given(samples=st.lists(_samples(), max_size=12))
    def test_it_goes_back_after_no_fewer_bad_windows_than_are_asked_for(self, samples: list[Sample]) -> None:
        told = _replayed(samples)
        at = _back_at([decision for decision, _ in told])
        if at is not None:
            assert sum("bad windows" in " ".join(decision.reasons) for decision, _ in told[:at]) >= BAD_WINDOWS - 1

    @settings(max_examples=100, deadline=None)
    @given(samples=st.lists(_samples(), max_size=8))
    def test_what_is_kept_is_read_again_as_it_was(self, samples: list[Sample]) -> None:
        for _, course in _replayed(samples):
            assert Course.of(json.loads(json.dumps(course.as_json()))) == course

    @given(accepted=st.integers(0, 29))
    def test_few_drafts_say_nothing(self, accepted: int) -> None:
        few = Sample(requests=49, accepted=0, corrected=accepted)
        assert all(decision.weight == 0 for decision, _ in _replayed([few] * 12))


class TestHysteresis:
    """Enter and leave are two lines, and between them nothing changes."""

    def _course(self, **told: Any) -> Course:  # noqa: ANN401 its fields
        return Course(change=BACK.change, began=NOON - timedelta(days=3), **told)

    def _sample(self, accuracy: float) -> Sample:
        good = round(1000 * accuracy)
        return Sample(requests=1000, accepted=good, corrected=1000 - good)

    def test_between_the_lines_it_is_neither_worse_nor_well(self) -> None:
        _, course = watch(BACK, self._course(health="ill", bad=2), _look(0, self._sample(0.853)))
        assert (course.health, course.bad, course.good) == ("ill", 2, 0)

    def test_it_recovers_after_so_many_good_windows_in_a_row(self) -> None:
        course = self._course(health="ill", bad=2)
        for number in range(GOOD_WINDOWS):
            assert course.health == "ill"
            _, course = watch(BACK, course, _look(number, self._sample(0.95)))
        assert (course.health, course.bad) == ("well", 2)

    def test_ill_again_within_the_cool_down_it_counts_on_and_later_anew(self) -> None:
        for hours, bad in ((1, 3), (7, 1)):
            course = self._course(health="well", bad=2, recovered=NOON - timedelta(hours=hours))
            decision, after = watch(BACK, course, _look(0, self._sample(0.5)))
            assert (decision.kind == "roll back", after.bad) == (bad == 3, bad)

    def test_after_its_last_day_the_way_back_is_none(self) -> None:
        late = replace(_look(0, self._sample(0.2)), at=datetime.combine(BACK.until, NOON.timetz()) + timedelta(days=1))
        decision, _ = watch(BACK, self._course(health="ill", bad=2), late)
        assert decision.weight == 0
        assert "the way back ended" in decision.reasons[0]

    @pytest.mark.parametrize(
        "look", [Watched(at=NOON), replace(_look(0, NOTHING), newest=NOON - timedelta(minutes=20))]
    )
    def test_no_numbers_are_no_illness(self, look: Watched) -> None:
        course = self._course(health="ill", bad=2)
        decision, after = watch(BACK, course, look)
        assert (decision.weight, after.bad) == (0, 2)


MIX = {"a": 500, "b": 300, "c": 200}


class TestDrift:
    """It is told; what it costs to be wrong about it is a look, so nothing is moved for it."""

    def test_of_the_same_mix_there_is_none_and_of_another_there_is(self) -> None:
        assert psi(MIX, {name: 10 * number for name, number in MIX.items()}) < 0.001
        assert psi(MIX, {"a": 200, "b": 300, "c": 500}) == pytest.approx(0.55, abs=0.01)

    def test_against_a_worked_value(self) -> None:
        """Shares of 0.5 and 0.5 against 0.7 and 0.3: 0.2 ln(5/3) + 0.2 ln(7/5) = 0.1695, of counts without bound."""
        assert psi({"a": 5 * 10**6, "b": 5 * 10**6}, {"a": 7 * 10**6, "b": 3 * 10**6}) == pytest.approx(
            0.1695, abs=1e-4
        )

    @given(
        one=st.dictionaries(st.sampled_from("abcd"), st.integers(0, 1000)),
        other=st.dictionaries(st.sampled_from("abcd"), st.integers(0, 1000)),
    )
    def test_it_is_symmetric_and_never_less_than_nothing(self, one: dict[str, int], other: dict[str, int]) -> None:
        assert psi(one, other) == pytest.approx(psi(other, one))
        assert psi(one, other) >= 0

    @pytest.mark.parametrize("size", [40, 200, 1000])
    def test_chance_alone_is_called_drift_as_rarely_as_it_says(self, size: int) -> None:
        dice, found = random.Random(7), 0  # noqa: S311 a simulation
        shares = (0.3, 0.25, 0.2, 0.15, 0.1)

        def mix() -> dict[str, int]:
            names = dice.choices("abcde", shares, k=size)
            return {name: names.count(name) for name in "abcde"}

        for _ in range(400):
            one, other = mix(), mix()
            found += psi(one, other) > bound(one, other)
        assert found <= 2

    def test_with_much_counted_the_bound_is_the_custom(self) -> None:
        assert bound(MIX, MIX) == MUCH
        assert bound({"a": 3, "b": 2}, MIX) > MUCH
        assert bound({}, MIX) == float("inf")

    def test_it_is_told_with_the_index_and_moves_nothing(self) -> None:
        shapes = {"language": {"en": 900, "de": 100}, "hour": {"09": 500, "10": 500}}
        good = Sample(requests=1000, accepted=950, corrected=50)
        course = Course(
            change=BACK.change,
            began=NOON - timedelta(days=3),
            reference=good,
            shapes={"language": {"en": 100, "de": 900}},
        )
        decision, after = watch(BACK, course, replace(_look(0, good), shapes=shapes))
        assert decision.weight == 0
        assert set(after.drift) == {"language"}
        assert any(reason.startswith("language drifted, index") for reason in decision.reasons)
        assert drifted(shapes, shapes) == {}


class _Store:
    """A store of weights in memory, and numbers as they are given."""

    def __init__(self, value: str | None = None) -> None:
        self.value, self.looks = value, list[Watched]()

    def read(self, use_case: str) -> tuple[str | None, str | None]:
        return self.value, "tag"

    def write(self, use_case: str, value: str, tag: str | None) -> None:
        self.value = value

    def look(self, use_case: str, at: datetime, began: datetime | None) -> Look:
        raise AssertionError("a way back is no trial")

    def watched(self, use_case: str, at: datetime) -> Watched:
        if not self.looks:
            raise Unreachable("nobody answers")
        return self.looks.pop(0)


class TestTheJobGoesTheWayBack:
    """With what the job has: one value in one store."""

    def _run(self, store: _Store, windows: Sequence[Sample]) -> list[str]:
        lines: list[str] = []
        for number, sample in enumerate(windows):
            store.looks = [_look(number, sample)]
            at = NOON + timedelta(minutes=WINDOW_MINUTES * number)
            run(BACK, numbers=store, weights=store, at=at, tell=lines.append, note=lines.append)
        return lines

    def test_it_says_so_and_puts_it_in_force(self) -> None:
        store, bad = _Store(), Sample(requests=900, accepted=100, corrected=400)
        lines = self._run(store, [bad] * 4)
        assert broken_at(lines) is None
        assert store.value is not None
        assert json.loads(store.value)["weight"] == 100
        told = json.loads(lines[2])
        assert (told["decision"], told["watch"]["health"]) == ("roll back", "gone back")

    def test_after_a_trial_its_record_goes_on_and_the_other_way_round(self) -> None:
        trial = State(change="notes-2", began=NOON, previous="7" * 64, outcome="promoted")
        store = _Store(json.dumps({"change": "notes-2", "weight": 100, "state": trial.as_json()}))
        lines = self._run(store, [NOTHING])
        assert json.loads(lines[0])["previous"] == "7" * 64
        assert json.loads(store.value or "")["weight"] == 0
        left = kept(store.value)
        assert left is not None
        assert (left.change, left.outcome) == ("notes-back", "rolled back")

    def test_a_value_that_nobody_can_read_moves_nothing(self) -> None:
        store = _Store('{"change": "notes-back", "state": {"health": "fine"}}')
        self._run(store, [NOTHING])
        assert json.loads(store.value or "")["weight"] == 0

    def test_a_person_goes_it_at_once_and_is_named(self) -> None:
        value = by_hand(BACK, None, at=NOON, who="D. Manager", why="wrong doses")
        assert json.loads(value)["weight"] == 100
        store = _Store(value)
        (line,) = self._run(store, [Sample(requests=900, accepted=500)])
        assert "by D. Manager: wrong doses" in line
        assert json.loads(store.value or "")["weight"] == 100

    def test_without_numbers_it_stays(self) -> None:
        store = _Store()
        run(BACK, numbers=store, weights=store, at=NOON, tell=lambda _: None, note=lambda _: None)
        assert json.loads(store.value or "")["weight"] == 0

    def test_what_is_kept_must_be_whole(self) -> None:
        assert kept_course(None, "x") is None
        assert kept_course('{"change": "y"}', "x") is None
        for text in ("[]", "{", '{"change": "x"}', '{"change": "x", "state": {}}'):
            with pytest.raises(BadState):
                kept_course(text, "x")
