"""What is active is watched too: back to the version before, where it fell through the floor and stays there.

The version before stands beside it, warm and approved, with no requests: its change says `wayBack`. A pure function of
what was kept, what was measured and the time, as `decide` is. One bad window is a blip: what decides is how many, with
a band between bad and good in which nothing changes, and a memory for what gets well and falls ill again.

Drift moves nothing by itself. That patients, seasons or forms have changed is no fault of the model's, and the version
before knows them no better: it is told, for people to look.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from delivery.course import Course
from delivery.decide import Decision
from delivery.drift import Mix, drifted
from delivery.intervals import Share, bounds, difference
from delivery.limits import STALE_MINUTES, Limits
from delivery.samples import Sample
from delivery.state import BEGINNING

WINDOW_MINUTES, LONG_HOURS, REFERENCE_HOURS = 30, 24, 24
"""Short windows don't overlap and see a sudden fall; the long one sees a slow one; the first day is what it was."""
BAD_WINDOWS = 3
"""Bad windows without a recovery between them, and it goes back."""
GOOD_WINDOWS = 4
"""Good windows in a row, and it has recovered."""
COOL_DOWN_HOURS = 6
"""After a recovery: what falls ill again so soon counts on from where it was."""
LEAST_JUDGED, LEAST_REQUESTS = 30, 50
"""In a window, before it says anything."""
ERROR = 1e-5
"""Of one bound of one look. Bounds of long windows overlap; there are 17 520 looks in a year."""

ERRORS_BAD, ERRORS_GOOD = 0.05, 0.02
REFUSALS_BAD, REFUSALS_GOOD = 0.05, 0.02
"""More than in its first day."""
ACCURACY_GOOD = 0.01
"""Over the floor by that, as observed: enter and leave are not one line."""


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What was measured of what is active, by a moment; None where there is nothing, or nothing that can be."""

    at: datetime
    newest: datetime | None = None
    recent: Sample | None = None
    """Of the last window."""
    long: Sample | None = None
    """Of the last day."""
    shapes: Mapping[str, Mix] = field(default_factory=dict)
    """Of the last day, by feature: what requests and answers were like."""


def watch(limits: Limits, course: Course | None, look: Watched) -> tuple[Decision, Course]:
    """The decision, and how it goes after it. The weight is that of the version before: 0, or all."""
    if course is None or course.change != limits.change:
        before = course.previous if course is not None else BEGINNING
        return _stay(Course(change=limits.change, began=look.at, previous=before), "is watched from now on")
    if course.health == "gone back":
        told = f" {course.note}" if course.note else ""
        return _gone(course, f"went back{told}; a person makes it what is served, or another change begins anew")
    if look.at.astimezone(UTC).date() > limits.until:
        return _stay(course, f"the way back ended on {limits.until}: nothing is moved without one")
    if course.looked is not None and look.at - course.looked < timedelta(minutes=WINDOW_MINUTES):
        return _stay(course, "between two windows")
    if not _heard(look):
        # Nobody knows that it is worse. A version that nobody can measure is not cured by another one.
        return _stay(course, "no numbers, or old ones")
    course = _referred(replace(course, looked=look.at, drift={}), look)
    drift = drifted(look.shapes, course.shapes) if course.reference is not None else {}
    return _judged(limits, replace(course, drift=drift), look)


def _heard(look: Watched) -> bool:
    if look.recent is None or look.long is None or look.newest is None:
        return False
    return timedelta(0) <= look.at - look.newest + timedelta(minutes=1) <= timedelta(minutes=STALE_MINUTES + 1)


def _referred(course: Course, look: Watched) -> Course:
    if course.reference is not None or look.at - course.began < timedelta(hours=REFERENCE_HOURS):
        return course
    return replace(course, reference=look.long, shapes=look.shapes)


def _judged(limits: Limits, course: Course, look: Watched) -> tuple[Decision, Course]:
    told = [f"{name} drifted, index {index:.2f}" for name, index in course.drift.items()]
    bad = tuple(_bad(limits, course, look))
    if bad:
        course = _worse(course, look.at)
        if course.bad >= BAD_WINDOWS:
            reasons = (*(f"{words}, in {course.bad} windows" for words in bad), *told)
            return Decision(kind="roll back", weight=100, reasons=reasons), replace(course, health="gone back")
        return _stay(course, *bad, f"{course.bad} of {BAD_WINDOWS} bad windows", *told)
    if course.health == "well":
        return _stay(course, "well", *told)
    if not _good(limits, course, look):
        return _stay(replace(course, good=0), "neither bad nor well", *told)
    course = replace(course, good=course.good + 1)
    if course.good < GOOD_WINDOWS:
        return _stay(course, f"{course.good} of {GOOD_WINDOWS} good windows", *told)
    return _stay(replace(course, health="well", good=0, recovered=look.at), "recovered", *told)


def _worse(course: Course, at: datetime) -> Course:
    """One bad window more; what recovered long ago is forgotten."""
    cooled = course.recovered is None or at - course.recovered > timedelta(hours=COOL_DOWN_HOURS)
    kept = 0 if course.health == "well" and cooled else course.bad
    return replace(course, health="ill", bad=kept + 1, good=0)


def _bad(limits: Limits, course: Course, look: Watched) -> Iterator[str]:
    floor = limits.accuracy_floor
    # Before it was active for a day, the last day is partly another version's, or a few windows counted again.
    whole = look.at - course.began >= timedelta(hours=LONG_HOURS)
    for when, sample in (("the last window", look.recent), ("the last day", look.long if whole else None)):
        if sample is None:
            continue
        share, wrong = sample.accurate, sample.wrong
        _, high = bounds(share, ERROR)
        if share.of >= LEAST_JUDGED and high < floor:
            yield f"accuracy is {_words(share)} in {when}, under the floor of {floor:g} (at most {high:.3f})"
        low, _ = bounds(wrong, ERROR)
        if wrong.of >= LEAST_REQUESTS and low > ERRORS_BAD:
            yield f"errors are {_words(wrong)} in {when}: at least {low:.3f}"
    if course.reference is not None and look.recent is not None and look.recent.requests >= LEAST_REQUESTS:
        low, _ = difference(look.recent.refused, course.reference.refused, ERROR)
        if low > REFUSALS_BAD:
            yield f"refusals are {_words(look.recent.refused)}: at least {low:.3f} more than in its first day"


def _good(limits: Limits, course: Course, look: Watched) -> bool:
    """Clearly over the line that it fell through, in the last window, with enough to say so."""
    sample = look.recent
    if sample is None or sample.accurate.of < LEAST_JUDGED or sample.requests < LEAST_REQUESTS:
        return False
    refused = course.reference.refused.rate if course.reference is not None else 0.0
    return (
        sample.accurate.rate >= limits.accuracy_floor + ACCURACY_GOOD
        and sample.wrong.rate <= ERRORS_GOOD
        and sample.refused.rate <= refused + REFUSALS_GOOD
    )


def _stay(course: Course, *reasons: str) -> tuple[Decision, Course]:
    return Decision(kind="hold", weight=0, reasons=reasons), course


def _gone(course: Course, reason: str) -> tuple[Decision, Course]:
    return Decision(kind="hold", weight=100, reasons=(reason,)), course


def _words(share: Share) -> str:
    return f"{share.hits}/{share.of}"
