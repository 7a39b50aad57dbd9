"""One caller's, or one tenant's, last hour and the hours before it."""

from dataclasses import dataclass, field
from enum import StrEnum

from model_images.gateway.guard.volume_baseline import KEPT, UNKNOWN

MINUTES = 60


class Measure(StrEnum):
    """What is counted, each by the hour."""

    BYTES = "bytes"
    PATIENTS = "patients"
    REIDENTIFIED = "reidentified"


@dataclass
class Window:
    """Counts by the minute for an hour that slides, and by the hour for four weeks."""

    minute: int
    """The newest, since the epoch."""
    minutes: dict[int, list[int]] = field(default_factory=dict)
    """Bytes and re-identifications by minute."""
    patients: dict[str, int] = field(default_factory=dict)
    """Keyed hash to the minute in which the patient was seen last. Bounded by the ceiling: past it nobody is let in."""
    whole: dict[str, int] = field(default_factory=dict)
    """Patients of this clock hour, as `patients`."""
    hours: dict[Measure, list[int]] = field(default_factory=lambda: {measure: [] for measure in Measure})
    """Totals of the clock hours that are over, the newest last."""
    current: dict[Measure, int] = field(default_factory=lambda: dict.fromkeys(Measure, 0))
    teaches: bool = True
    """Whether this clock hour may be learnt from."""

    @property
    def hour(self) -> int:
        """The clock hour, since the epoch."""
        return self.minute // MINUTES

    def advance(self, minute: int) -> None:
        """Go to this minute. A clock that goes back stands still here."""
        if minute <= self.minute:
            return
        passed = minute // MINUTES - self.hour
        if passed:
            self._end_hours(passed)
        self.minute = minute
        oldest = minute - MINUTES
        for old in [at for at in self.minutes if at <= oldest]:
            del self.minutes[old]
        for gone in [patient for patient, at in self.patients.items() if at <= oldest]:
            del self.patients[gone]

    def add(self, *, size: int = 0, reidentified: int = 0, patient: str | None = None) -> None:
        """Count."""
        counts = self.minutes.setdefault(self.minute, [0, 0])
        counts[0] += size
        counts[1] += reidentified
        self.current[Measure.BYTES] += size
        self.current[Measure.REIDENTIFIED] += reidentified
        if patient is not None:
            self.patients[patient] = self.minute
            self.whole[patient] = self.minute
            self.current[Measure.PATIENTS] = len(self.whole)

    def total(self, measure: Measure) -> int:
        """Of the last sixty minutes."""
        if measure is Measure.PATIENTS:
            return len(self.patients)
        place = 0 if measure is Measure.BYTES else 1
        return sum(counts[place] for counts in self.minutes.values())

    def forget(self) -> None:
        """A person has looked at this hour: it counts from here, and teaches nothing."""
        self.minutes, self.patients, self.teaches = {}, {}, False

    def _end_hours(self, passed: int) -> None:
        idle = min(passed - 1, KEPT)
        for measure in Measure:
            known = self.hours[measure]
            known.append(self.current[measure] if self.teaches else UNKNOWN)
            known.extend([0] * idle)
            del known[:-KEPT]
            self.current[measure] = 0
        self.whole, self.teaches = {}, True
