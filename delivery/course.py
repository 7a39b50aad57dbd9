"""How it goes with what is active: small enough for a store's value, whole enough that the next run needs no more."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from delivery.drift import Mix
from delivery.samples import BadSample, Sample
from delivery.state import BEGINNING, BadState, moment, moment_or_none

Health = Literal["well", "ill", "gone back"]


@dataclass(frozen=True, kw_only=True)
class Course:
    """How it goes with what is active: all that the next run needs."""

    change: str
    began: datetime
    health: Health = "well"
    bad: int = 0
    """Bad windows that count."""
    good: int = 0
    """Good windows in a row, while it is ill."""
    recovered: datetime | None = None
    looked: datetime | None = None
    reference: Sample | None = None
    """Of its first day."""
    shapes: Mapping[str, Mix] = field(default_factory=dict)
    """Of its first day."""
    drift: Mapping[str, float] = field(default_factory=dict)
    """Features that were out of bounds at the last look, with their index."""
    note: str = ""
    """By whom and why, where a person took it back."""
    previous: str = BEGINNING
    """Hash of the last line of the record."""

    def as_json(self) -> dict[str, object]:
        """As `of` reads it."""
        return {
            "change": self.change,
            "began": self.began.isoformat(),
            "health": self.health,
            "bad": self.bad,
            "good": self.good,
            "recovered": self.recovered.isoformat() if self.recovered else None,
            "looked": self.looked.isoformat() if self.looked else None,
            "reference": self.reference.as_json() if self.reference else None,
            "shapes": {name: dict(mix) for name, mix in self.shapes.items()},
            "drift": dict(self.drift),
            "note": self.note,
            "previous": self.previous,
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Course":
        """From JSON. Raises BadState: what can't be read must not read as a fresh start."""
        try:
            if document["health"] not in ("well", "ill", "gone back"):
                raise BadState(f"health is '{document['health']}'")
            return cls(
                change=str(document["change"]),
                began=moment(document["began"]),
                health=document["health"],
                bad=int(document["bad"]),
                good=int(document["good"]),
                recovered=moment_or_none(document["recovered"]),
                looked=moment_or_none(document["looked"]),
                reference=Sample.of(document["reference"]) if document["reference"] else None,
                shapes={str(k): {str(b): int(n) for b, n in mix.items()} for k, mix in document["shapes"].items()},
                drift={str(name): float(index) for name, index in document["drift"].items()},
                note=str(document.get("note", "")),
                previous=str(document["previous"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError, BadSample) as error:
            raise BadState(f"what is kept of what is active can't be read: {type(error).__name__}: {error}") from error

    def following(self, line: str) -> "Course":
        """After a line of the record with this hash."""
        return replace(self, previous=line)
