"""A day's statistics of a tenant, released: bounded counts, noise, and a budget that is spent for it.

`segments` are those of every gateway that the tenant's requests went through: a day is released once.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from audit_log import privacy_budget
from audit_log.noise import noised
from audit_log.statistics import Bounds, Domain, Family, counted, records

FORMAT = "bailiwick-statistics/1"
UNIT = "a patient's day; where no patient is named a conversation's, and where there is none a request's"


class DayNotOver(ValueError):
    """A day that goes on would be asked for again, and be another."""


def release(
    segments: Sequence[Path],
    tenant: str,
    day: date,
    *,
    epsilon: Decimal,
    budget: Path,
    domain: Domain,
    bounds: Bounds | None = None,
    today: date | None = None,
) -> tuple[dict[str, Any], bool]:
    """The statistics, and whether they were given before, for nothing: then with the epsilon that they had.

    Raises privacy_budget.BudgetSpent, privacy_budget.BadBudget, noise.NoNoise, DayNotOver, form.BadLine, OSError.
    """
    if day >= (today or datetime.now(UTC).date()):
        raise DayNotOver(f"{day} is not over yet, in UTC")
    limits = bounds or Bounds()
    # Read before anything is spent: a log that can't be read costs nothing.
    families = counted(records(segments, tenant, day), domain, limits)

    def answer() -> dict[str, Any]:
        each = Fraction(epsilon) / len(families)
        return {
            "format": FORMAT,
            "tenant": tenant,
            "day": day.isoformat(),
            "epsilon": str(epsilon),
            "delta": "0",
            "unit": UNIT,
            "bounds": {"requests": limits.requests, "tokens": limits.tokens},
            **{family.name: _table(family, each) for family in families},
        }

    # By tenant and day alone: another epsilon, or other cells, would be another look at the same people.
    return privacy_budget.spend(budget, tenant, f"day {day.isoformat()}", epsilon, answer)


def _table(family: Family, epsilon: Fraction) -> dict[str, Any]:
    found = noised(family.values, sensitivity=family.sensitivity, epsilon=epsilon)
    rows = [{"cell": list(cell), "value": value} for cell, value in zip(family.cells, found.values, strict=True)]
    return {"scale": found.scale, "counts": rows}
