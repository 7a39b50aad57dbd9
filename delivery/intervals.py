"""Bounds on a share, and on the difference of two: what can be said of few answers, and no more.

One-sided, each at an error level of its own. E. B. Wilson, "Probable inference, the law of succession, and statistical
inference", JASA 22 (1927): the score interval. R. G. Newcombe, "Interval estimation for the difference between
independent proportions", Statistics in Medicine 17 (1998), method 10: the hybrid score interval of a difference. Both
are approximations; tests/delivery holds their error rates against simulation. No library: two formulas.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from statistics import NormalDist


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    hits: int
    of: int

    def __post_init__(self) -> None:  # noqa: D105 a check, nothing to call
        if not 0 <= self.hits <= self.of:
            raise ValueError(f"{self.hits} of {self.of} is no share")

    @property
    def rate(self) -> float:
        """The share as observed; 0 of 0 is 0, and its bounds are 0 and 1."""
        return self.hits / self.of if self.of else 0.0


@lru_cache(maxsize=256)
def _z(error: float) -> float:
    return NormalDist().inv_cdf(1 - error)


def bounds(share: Share, error: float) -> tuple[float, float]:
    """Lower and upper bound of the true share; each is wrong with at most this probability, about."""
    if share.of == 0:
        return 0.0, 1.0
    z, n, rate = _z(error), share.of, share.rate
    centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    # At the ends the formula gives 0 and 1 but for rounding.
    return (0.0 if share.hits == 0 else max(0.0, centre - half)), (
        1.0 if share.hits == share.of else min(1.0, centre + half)
    )


def difference(one: Share, other: Share, error: float) -> tuple[float, float]:
    """Lower and upper bound of the true share of `one` less that of `other`."""
    if one.of == 0 or other.of == 0:
        return -1.0, 1.0
    low, high = bounds(one, error)
    other_low, other_high = bounds(other, error)
    gap = one.rate - other.rate
    return (
        gap - sqrt((one.rate - low) ** 2 + (other_high - other.rate) ** 2),
        gap + sqrt((high - one.rate) ** 2 + (other.rate - other_low) ** 2),
    )
