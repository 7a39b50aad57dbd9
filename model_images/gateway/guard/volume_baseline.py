"""What is usual: a caller's hours, learnt, and from how much on an hour is not usual.

Median and median absolute deviation of the same hour of the week, as one bad hour moves neither. Of the hour, the one
before and the one after, the highest counts: the last sixty minutes lie in two of them, and people begin early. Hours
in which the breaker stood open teach nothing. Whoever raises their volume slowly enough teaches it to be usual: that is
what the hard ceiling is for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

HOURS_OF_WEEK = 168
WEEKS = 4
KEPT = HOURS_OF_WEEK * WEEKS
SIGMA = 1.4826
"""MAD of a normal distribution to its standard deviation: Rousseeuw and Croux 1993."""
UNKNOWN = -1
"""An hour that teaches nothing."""


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """How far from usual is too far."""

    deviations: float = 8.0
    times: float = 4.0
    """Never less than so many times the median: where hours are all alike, the deviation is nothing."""
    least_weeks: int = 3
    """In which that hour must be known before it is believed. Days differ from nights, and weeks from week-ends: with
    less, a caller's first Monday would look abnormal after its first Sunday."""
    cold_share: float = 0.25
    """Of the ceiling, until then."""


def threshold(
    hours: Sequence[int], newest: int, hour: int, ceiling: int, floor: int, sensitivity: Sensitivity
) -> tuple[int, bool]:
    """How much may be in `hour`, and whether that is learnt. `hours` ends with `newest`; both count from the epoch.

    Never above the ceiling; never below `floor` or it, as little is not abnormal however unusual.
    """
    found = [_usual(_same(hours, newest, hour + beside), sensitivity) for beside in (0, -1, 1)]
    if found[0] is None:
        return max(min(floor, ceiling), int(ceiling * sensitivity.cold_share)), False
    return min(ceiling, int(max(floor, *(value for value in found if value is not None)))), True


def _same(hours: Sequence[int], newest: int, hour: int) -> list[int]:
    """What that hour of the week had, in the weeks that are known."""
    back = (newest - hour) % HOURS_OF_WEEK
    return [value for value in hours[::-1][back::HOURS_OF_WEEK] if value != UNKNOWN]


def _usual(values: Sequence[int], sensitivity: Sensitivity) -> float | None:
    if len(values) < sensitivity.least_weeks:
        return None
    middle = median(values)
    spread = SIGMA * median(abs(value - middle) for value in values)
    return max(middle + sensitivity.deviations * spread, middle * sensitivity.times)
