"""How far one mix of counts is from another: the population stability index, and how much of it is chance.

PSI = Σ (a − b) ln(a / b) over bins' shares, symmetric. Of two samples of one population it is about (1/n + 1/m) times a
chi-squared number of bins − 1 degrees: B. Yurdakul, "Statistical Properties of Population Stability Index", Western
Michigan University, 2018. So 0.25, the custom of credit scoring (N. Siddiqi, "Credit Risk Scorecards", Wiley, 2006:
0.1 some, 0.25 much), is a bound only where enough was counted; under that the bound is chance's.
"""

from collections.abc import Mapping
from math import log, sqrt
from statistics import NormalDist

MUCH = 0.25
CHANCE = 1e-4
"""How often chance alone may pass the bound, for one feature at one look."""
Mix = Mapping[str, int]
"""Counts by bin: an edge, a language, an hour."""


def psi(one: Mix, other: Mix) -> float:
    """The index. Half a count is added to each bin, so that an empty one is far and not infinitely far."""
    bins = sorted(set(one) | set(other))
    if not bins:
        return 0.0
    first, second = (sum(mix.get(name, 0) for name in bins) + len(bins) / 2 for mix in (one, other))
    total = 0.0
    for name in bins:
        a, b = (one.get(name, 0) + 0.5) / first, (other.get(name, 0) + 0.5) / second
        total += (a - b) * log(a / b)
    return total


def bound(one: Mix, other: Mix) -> float:
    """Over that it is drift: 0.25, or what chance gives with so few counts where that is more."""
    n, m, bins = sum(one.values()), sum(other.values()), len(set(one) | set(other))
    if not n or not m or bins < 2:
        return float("inf")
    return max(MUCH, (1 / n + 1 / m) * _chi_squared(bins - 1))


def _chi_squared(degrees: int) -> float:
    """Its upper quantile: E. B. Wilson and M. M. Hilferty, PNAS 17 (1931), within 1 % from three degrees on."""
    z, part = NormalDist().inv_cdf(1 - CHANCE), 2 / (9 * degrees)
    return float(degrees * (1 - part + z * sqrt(part)) ** 3)


def drifted(now: Mapping[str, Mix], then: Mapping[str, Mix]) -> dict[str, float]:
    """Features whose index is over its bound, with the index."""
    found: dict[str, float] = {}
    for name in sorted(set(now) & set(then)):
        index = psi(now[name], then[name])
        if index > bound(now[name], then[name]):
            found[name] = round(index, 4)
    return found
