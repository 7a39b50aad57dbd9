"""A change, and traffic for it: what tests of delivery share."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from math import inf

from delivery.decide import Decision, Look, Pair, decide
from delivery.limits import WINDOW_MINUTES, Limits
from delivery.samples import Sample
from delivery.state import State

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
LIMITS = Limits(
    use_case="clinical-notes",
    change="notes-2",
    versions={"candidateModel": "b" * 64},
    steps=(5, 20, 50, 100),
    step_minutes=60,
    accuracy_floor=0.85,
    first_token_ms=1000,
    until=date(2027, 1, 31),
)
EDGES = (0.25, 0.5, 1.0, 2.0, inf)


@dataclass(frozen=True, kw_only=True)
class Nature:
    """How a version really is."""

    errors: float = 0.002
    refusals: float = 0.02
    accuracy: float = 0.93
    slow: float = 0.02
    judged: float = 0.4
    """Share of answers that somebody takes or corrects."""


GOOD = Nature()


def drawn(nature: Nature, requests: int, dice: random.Random) -> Sample:
    """A sample of so many requests."""

    def hits(share: float, of: int) -> int:
        return sum(dice.random() < share for _ in range(of))

    judged = hits(nature.judged, requests)
    accepted, slow = hits(nature.accuracy, judged), hits(nature.slow, requests)
    quick = requests - slow
    within = (quick // 2, quick * 3 // 4, quick, quick + slow // 2, requests)
    return Sample(
        requests=requests,
        errors=hits(nature.errors, requests),
        refusals=hits(nature.refusals, requests),
        accepted=accepted,
        corrected=judged - accepted,
        first_token=tuple(zip(EDGES, within, strict=True)),
    )


def added(one: Sample, other: Sample) -> Sample:
    """Both together."""
    return Sample(
        requests=one.requests + other.requests,
        errors=one.errors + other.errors,
        refusals=one.refusals + other.refusals,
        accepted=one.accepted + other.accepted,
        corrected=one.corrected + other.corrected,
        first_token=tuple((a[0], a[1] + b[1]) for a, b in zip(one.first_token, other.first_token, strict=True)),
    )


NOTHING = Sample(requests=0, first_token=tuple((edge, 0) for edge in EDGES))


class Traffic:
    """Requests in every window, split as the last decision says."""

    def __init__(self, *, seed: int, candidate: Nature = GOOD, stable: Nature = GOOD, per_window: int = 2000) -> None:
        self.dice = random.Random(seed)  # noqa: S311 traffic, not a secret
        self.candidate, self.stable, self.per_window = candidate, stable, per_window
        self.at, self.state, self.weight = NOON, None, 0
        self.step = Pair(stable=NOTHING, candidate=NOTHING)

    at: datetime
    state: State | None
    weight: int

    def look(self) -> Look:
        """The next window's."""
        tried = self.per_window * self.weight // 100
        pair = Pair(
            stable=drawn(self.stable, self.per_window - tried, self.dice),
            candidate=drawn(self.candidate, tried, self.dice),
        )
        self.step = Pair(
            stable=added(self.step.stable, pair.stable), candidate=added(self.step.candidate, pair.candidate)
        )
        return Look(at=self.at, newest=self.at, recent=pair, step=self.step)

    def run(self, windows: int, limits: Limits = LIMITS) -> Sequence[Decision]:
        """So many windows, one decision each."""
        told = []
        for _ in range(windows):
            decision, self.state = decide(limits, self.state, self.look())
            if decision.kind == "promote" or (self.weight == 0 and decision.weight):
                self.step = Pair(stable=NOTHING, candidate=NOTHING)
            self.weight = decision.weight
            self.at += timedelta(minutes=WINDOW_MINUTES)
            told.append(decision)
        return told


def degraded(traffic: Traffic, nature: Nature) -> Traffic:
    """From now on the candidate is another."""
    traffic.candidate = nature
    return traffic


def worse(sample: Sample, by: int) -> Sample:
    """The same requests, with more of everything that is bad: as far as there is room."""
    moved = min(by, sample.accepted)
    edges = sample.first_token
    slower = tuple((edge, max(0, n - by) if edge != inf else n) for edge, n in edges)
    return replace(
        sample,
        errors=min(sample.requests, sample.errors + by),
        refusals=min(sample.requests, sample.refusals + by),
        accepted=sample.accepted - moved,
        corrected=sample.corrected + moved,
        first_token=slower,
    )
