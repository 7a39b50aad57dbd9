"""Where a change stands: small enough for an annotation, whole enough that the next run needs nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from delivery.samples import BadSample, Sample

Outcome = Literal["running", "rolled back", "promoted"]
BEGINNING = "0" * 64
"""What the first line of a record follows."""


class BadState(ValueError):
    """What was kept can't be read: nobody knows where the change stands."""


@dataclass(frozen=True, kw_only=True)
class State:
    """One change's standing."""

    change: str
    began: datetime
    """Of this step."""
    step: int = 0
    looks: int = 0
    looked: datetime | None = None
    breaches: tuple[tuple[str, ...], ...] = ()
    """Soft limits that were broken, window by window, the newest last."""
    silent_since: datetime | None = None
    reference: Sample | None = None
    """What was served, in the last step that it had requests in: at 100 percent nothing else is there."""
    outcome: Outcome = "running"
    note: str = ""
    """By whom and why, where a person took it back."""
    previous: str = BEGINNING
    """Hash of the last line of the record."""

    def as_json(self) -> dict[str, object]:
        """As `of` reads it."""
        return {
            "change": self.change,
            "began": self.began.isoformat(),
            "step": self.step,
            "looks": self.looks,
            "looked": self.looked.isoformat() if self.looked else None,
            "breaches": [list(names) for names in self.breaches],
            "silentSince": self.silent_since.isoformat() if self.silent_since else None,
            "reference": self.reference.as_json() if self.reference else None,
            "outcome": self.outcome,
            "note": self.note,
            "previous": self.previous,
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "State":
        """From JSON. Raises BadState: a state that can't be read must not read as a fresh start."""
        try:
            if "health" in document:
                # What a watch left behind (delivery/course.py). It is no trial's: another change begins anew after it.
                return cls(
                    change=str(document["change"]),
                    began=moment(document["began"]),
                    outcome="rolled back",
                    previous=str(document["previous"]),
                )
            if document["outcome"] not in ("running", "rolled back", "promoted"):
                raise BadState(f"outcome is '{document['outcome']}'")
            return cls(
                change=str(document["change"]),
                began=moment(document["began"]),
                step=int(document["step"]),
                looks=int(document["looks"]),
                looked=moment_or_none(document["looked"]),
                breaches=tuple(tuple(str(name) for name in names) for names in document["breaches"]),
                silent_since=moment_or_none(document["silentSince"]),
                reference=Sample.of(document["reference"]) if document["reference"] else None,
                outcome=document["outcome"],
                note=str(document.get("note", "")),
                previous=str(document["previous"]),
            )
        except (KeyError, TypeError, ValueError, BadSample) as error:
            raise BadState(f"what is kept of the change can't be read: {type(error).__name__}: {error}") from error

    def following(self, line: str) -> "State":
        """After a line of the record with this hash."""
        return replace(self, previous=line)


def moment(text: object) -> datetime:
    """A time as it is kept. Raises ValueError for what is none, or has no zone."""
    found = datetime.fromisoformat(str(text))
    if found.tzinfo is None:
        raise ValueError(f"'{text}' has no zone")
    return found


def moment_or_none(text: object) -> datetime | None:
    """The same, or nothing where nothing was."""
    return None if text is None else moment(text)
