"""Bounds on a share of items: E. B. Wilson, JASA 22 (1927), the score interval; two-sided."""

from math import sqrt
from statistics import NormalDist

CONFIDENCE = 0.95


def wilson(hits: int, of: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Lower and upper bound; of nothing, 0 and 1. Raises ValueError for what is no share."""
    if not 0 <= hits <= of:
        raise ValueError(f"{hits} of {of} is no share")
    if of == 0:
        return 0.0, 1.0
    z, rate = NormalDist().inv_cdf((1 + confidence) / 2), hits / of
    centre = (rate + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * sqrt(rate * (1 - rate) / of + z * z / (4 * of * of))
    return (0.0 if hits == 0 else max(0.0, centre - half)), (1.0 if hits == of else min(1.0, centre + half))
