"""What a plan costs in a month by list prices: offline, and with nothing invented.

A part without a known price has no amount, and stays apart from every sum.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Final

from evidence.meters import Charge, charges
from evidence.placement import component_of, region_of
from evidence.prices import Price, PriceTable, load
from evidence.uncharged import is_by_use
from jurisdictions import load as load_jurisdiction
from plan.model import Plan, PlannedResource

_CENT: Final = Decimal("0.01")
_BUDGET: Final = "azure-native:consumption:Budget"
_MONTHS: Final = {"Monthly": 1, "BillingMonth": 1, "Quarterly": 3, "BillingQuarter": 3, "Annually": 12}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing that is charged for."""

    component: str
    resource: PlannedResource
    charge: Charge
    region: str
    price: Price | None

    @property
    def amount(self) -> Decimal | None:
        """In a month, to the cent; none where no price or no quantity is known."""
        return self._of(self.charge.quantity)

    @property
    def most(self) -> Decimal | None:
        """In a month in which the autoscaler stays at its maximum."""
        maximum = self.charge.maximum
        return self.amount if maximum is None else self._of(maximum)

    def _of(self, quantity: int | None) -> Decimal | None:
        if self.price is None or quantity is None:
            return None
        return (self.price.monthly * quantity).quantize(_CENT, ROUND_HALF_UP)


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Every charge of a plan, priced or not."""

    stack: str
    table: PriceTable
    lines: tuple[Line, ...]
    by_use: Mapping[str, int]
    """Types of which only use is charged, and how many there are: not estimated."""
    budget: Decimal | None = None
    """What the plan's own budget allows in a month, in the subscription's currency."""

    @cached_property
    def unpriced(self) -> tuple[Line, ...]:
        """What has no known price."""
        return tuple(line for line in self.lines if line.amount is None)

    @cached_property
    def total(self) -> Decimal | None:
        """Of what has a known price; none where nothing has."""
        return sum_known(line.amount for line in self.lines)

    @cached_property
    def most(self) -> Decimal | None:
        """The same with every autoscaler at its maximum."""
        return sum_known(line.most for line in self.lines)

    @cached_property
    def components(self) -> Mapping[str, tuple[Line, ...]]:
        """The lines of each component that is charged for, in the plan's order."""
        found: dict[str, list[Line]] = {}
        for line in self.lines:
            found.setdefault(line.component, []).append(line)
        return {name: tuple(lines) for name, lines in found.items()}

    def amount_of(self, component: str) -> Decimal | None:
        """A component's sum; none where nothing in it has a known price."""
        return sum_known(line.amount for line in self.components.get(component, ()))

    def most_of(self, component: str) -> Decimal | None:
        """A component's sum with its autoscalers at their maximum."""
        return sum_known(line.most for line in self.components.get(component, ()))


def estimate(plan: Plan, table: PriceTable | None = None) -> Estimate:
    """Price a plan by its cloud's table. Raises JurisdictionError, PriceTableError."""
    known = load(load_jurisdiction(plan.jurisdiction).cloud.name) if table is None else table
    return Estimate(
        stack=plan.stack,
        table=known,
        lines=tuple(_lines(plan, known)),
        by_use=Counter(resource.type for resource in plan.resources if is_by_use(resource.type)),
        budget=_budget(plan),
    )


def sum_known(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """The sum of those that are known; none, not zero, where none is."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if known else None


def _lines(plan: Plan, table: PriceTable) -> Iterable[Line]:
    for resource in plan.resources:
        if resource.is_component:
            continue
        for charge in charges(resource):
            region = region_of(plan, resource)
            yield Line(
                component=component_of(plan, resource),
                resource=resource,
                charge=charge,
                region=region,
                price=table.find(charge.meter, region),
            )


def _budget(plan: Plan) -> Decimal | None:
    for budget in plan.of_type(_BUDGET):
        amount, months = budget.get("amount"), _MONTHS.get(str(budget.get("timeGrain")))
        if isinstance(amount, int | float) and not isinstance(amount, bool) and amount > 0 and months:
            return Decimal(str(amount)) / months
    return None
