"""List prices as data: one dated YAML file per cloud and currency in `prices/`, each price with its source.

A price holds for one region. What is not in a file has no price known: nothing here guesses, converts or carries over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib import resources as package_files
from importlib.resources.abc import Traversable
from typing import Any, Final

import yaml

HOURS: Final = 730
"""Hours of a month, as Azure's own calculator counts them."""
_MONTHLY: Final = {"hour": Decimal(HOURS), "day": Decimal(HOURS) / 24, "month": Decimal(1)}


class PriceTableError(ValueError):
    """A price file that can't be used; the message says which and why."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where prices were read, and of which day they are."""

    id: str
    repository: str
    """On GitHub."""
    commit: str
    path: str
    date: date
    note: str


@dataclass(frozen=True, kw_only=True)
class Price:
    """What one unit of a meter costs in one region."""

    meter: str
    """Our name of what is counted, such as `vm/Standard_DC8as_v5`; see `meters.py`."""
    region: str
    """Azure's name, or `global` for what has no region."""
    per: str
    """hour, day or month."""
    amount: Decimal
    source: Source

    @property
    def monthly(self) -> Decimal:
        """For one unit through a month."""
        return self.amount * _MONTHLY[self.per]


@dataclass(frozen=True, kw_only=True)
class PriceTable:
    """All prices known for one cloud, in one currency."""

    cloud: str
    currency: str
    date: date | None
    """Of its newest source; none where the cloud has no table."""
    prices: Mapping[tuple[str, str], Price] = field(default_factory=dict)

    def find(self, meter: str, region: str) -> Price | None:
        """The price of exactly this meter in exactly this region."""
        return self.prices.get((meter, region))


@lru_cache(maxsize=8)
def load(cloud: str, currency: str = "USD") -> PriceTable:
    """The cloud's table; an empty one where there is none. Raises PriceTableError."""
    file = package_files.files("evidence") / "prices" / f"{cloud}-{currency.lower()}.yaml"
    if not file.is_file():
        return PriceTable(cloud=cloud, currency=currency, date=None)
    return read(file)


def read(file: Traversable) -> PriceTable:
    """One file. Raises PriceTableError."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document = yaml.load(file.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 a safe loader
    try:
        sources = {key: Source(id=key, **value) for key, value in document["sources"].items()}
        found: dict[tuple[str, str], Price] = {}
        for row in document["prices"]:
            for price in _row(row, sources):
                if (price.meter, price.region) in found:
                    raise PriceTableError(f"{file.name}: {price.meter} in {price.region} stands twice")
                found[price.meter, price.region] = price
        return PriceTable(cloud=document["cloud"], currency=document["currency"], date=document["date"], prices=found)
    except (TypeError, KeyError, AttributeError, ArithmeticError) as error:
        raise PriceTableError(f"{file.name}: {type(error).__name__}: {error}") from error


def _row(row: Mapping[str, Any], sources: Mapping[str, Source]) -> list[Price]:
    unknown = set(row) - {"meter", "per", "source", "regions"}
    if unknown or row["per"] not in _MONTHLY or row["source"] not in sources:
        raise PriceTableError(f"{row['meter']}: an unknown key, period or source: {sorted(unknown)}, {row}")
    source = sources[row["source"]]
    prices = [
        Price(meter=row["meter"], region=region, per=row["per"], amount=Decimal(str(amount)), source=source)
        for region, amount in row["regions"].items()
    ]
    for price in prices:
        if price.amount <= 0:
            raise PriceTableError(f"{price.meter} in {price.region}: {price.amount}; leave out what has no price known")
    return prices
