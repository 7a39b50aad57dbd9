"""What a drill has shown: each step with its time, and each promise of the stack beside what was measured."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from config import StackConfig
from drill.ground import HEALTH
from drill.steps import Done, Ran

FORMAT = "bailiwick-drill/1"
RESTORES = {"documents": HEALTH, "database": HEALTH}
"""Which classes of data a step brings back."""
LAGS = {"replica": HEALTH, "copies": (*HEALTH, "confidential")}
"""And of which it says how much would be lost."""


@dataclass(frozen=True)
class Promise:
    """One number of `continuity.objectives`."""

    data_class: str
    kind: Literal["rpo", "rto"]
    minutes: int


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One promise, and what was measured."""

    promise: Promise
    measured_minutes: float | None
    verdict: Literal["kept", "not kept", "not measured"]
    why: str
    """The steps that it comes from, or that it should have come from."""
    asked: bool = True
    """Whether a step that ran should have measured it."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """One drill."""

    config: StackConfig
    who: str
    began: datetime
    ended: datetime
    ran: Ran
    comparisons: Sequence[Comparison]

    @property
    def state(self) -> Literal["failed", "not kept", "unproved", "kept"]:
        """A step that failed makes the rest uncertain, and comes first."""
        if any(done.result.outcome == "failed" for done in self.ran.steps):
            return "failed"
        if any(item.verdict == "not kept" for item in self.comparisons):
            return "not kept"
        unproved = any(done.result.outcome == "not measured" for done in self.ran.steps)
        if unproved or any(item.verdict == "not measured" and item.asked for item in self.comparisons):
            return "unproved"
        return "kept"

    def as_json(self) -> dict[str, object]:
        """The evidence."""
        return {
            "format": FORMAT,
            "stack": self.config.stack,
            "jurisdiction": self.config.jurisdiction_id,
            "region": self.config.region,
            "secondRegion": self.config.region_facts.pair if self.config.continuity.copies else None,
            "subscription": self.config.subscription_id,
            "who": self.who,
            "began": _utc(self.began),
            "ended": _utc(self.ended),
            "steps": [_step(done) for done in self.ran.steps],
            "objectives": [
                {
                    "dataClass": item.promise.data_class,
                    "objective": item.promise.kind,
                    "promisedMinutes": item.promise.minutes,
                    "measuredMinutes": None if item.measured_minutes is None else round(item.measured_minutes, 1),
                    "verdict": item.verdict,
                    "why": item.why,
                }
                for item in self.comparisons
            ]
            or "no objective stated",
            "leftBehind": list(self.ran.left_behind),
            "state": self.state,
        }


def compare(config: StackConfig, steps: Sequence[Done]) -> Sequence[Comparison]:
    """Each promise of `continuity.objectives` beside what the steps measured; none where nothing is copied."""
    if not config.continuity.copies or config.region_facts.pair is None:
        return ()
    ran = {done.name: done for done in steps}
    found = []
    for item in config.continuity.objectives:
        kind = item.data_class
        # The furthest behind says what would be lost; restoring one after the other says how long it takes.
        behind = {name: ran[name].result.lag.get(kind) if name in ran else None for name in _of(LAGS, kind)}
        took = {name: _minutes(ran.get(name)) for name in _of(RESTORES, kind)}
        found.append(_judge(Promise(kind, "rpo", item.rpo_minutes), behind, max, frozenset(ran)))
        found.append(_judge(Promise(kind, "rto", item.rto_minutes), took, sum, frozenset(ran)))
    return found


def _of(table: Mapping[str, Sequence[str]], data_class: str) -> list[str]:
    return [name for name, classes in table.items() if data_class in classes]


def _minutes(done: Done | None) -> float | None:
    """How long a restore took; None where it did not come to its end, for nobody knows then how long it takes."""
    return done.seconds / 60 if done is not None and done.result.outcome == "done" else None


def _judge(
    promise: Promise,
    measured: Mapping[str, float | None],
    together: Callable[[Iterable[float]], float],
    ran: frozenset[str],
) -> Comparison:
    known = [minutes for minutes in measured.values() if minutes is not None]
    missing = [name for name, minutes in measured.items() if minutes is None]
    total = together(known) if known else None
    if total is not None and total > promise.minutes:
        return Comparison(promise=promise, measured_minutes=total, verdict="not kept", why=", ".join(measured))
    if total is None or missing:
        why = f"nothing came from: {', '.join(missing)}" if missing else "no step measures it"
        asked = any(name in ran for name in missing)
        return Comparison(promise=promise, measured_minutes=None, verdict="not measured", why=why, asked=asked)
    return Comparison(promise=promise, measured_minutes=total, verdict="kept", why=", ".join(measured))


def _step(done: Done) -> dict[str, object]:
    result = done.result
    return {
        "name": done.name,
        "title": done.title,
        "outcome": result.outcome,
        "seconds": round(done.seconds, 1),
        "says": result.says,
        **({"line": result.line} if result.line else {}),
        **({"lagMinutes": {key: round(value, 1) for key, value in result.lag.items()}} if result.lag else {}),
        **({"facts": dict(result.facts)} if result.facts else {}),
    }


def _utc(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds")
