"""What a stack's budget should be by its estimate, and whether the one it has can warn anybody in time.

An estimate is the sum of known prices alone. A budget below it is too low for certain; one above it may still be.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from functools import cached_property
from typing import Final, Literal

from evidence.cost import Estimate

HEADROOM: Final = Decimal(20)
"""In per cent: what use, which nobody can plan, may add before somebody is told."""
FAR: Final = 2
"""More than so many times the proposal is never reached: the alarm would never ring."""

Judgement = Literal["fits", "too low", "too high", "not known"]
"""`not known`: no price at all, or too few of them to call a budget too high."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A budget from an estimate, step by step. Amounts are none where no price is known."""

    estimate: Estimate
    headroom: Decimal = HEADROOM
    """In per cent."""
    rate: Decimal | None = None
    """Billing currency for one unit of the prices' currency; none where nobody said, and 1 is used."""

    @cached_property
    def most(self) -> Decimal | None:
        """With autoscalers at their maximum, in the billing currency, without headroom."""
        return None if self.estimate.most is None else self.estimate.most * (self.rate or 1)

    @cached_property
    def with_headroom(self) -> Decimal | None:
        """The same with room for what is charged by use."""
        return None if self.most is None else self.most * (100 + self.headroom) / 100

    @cached_property
    def amount(self) -> int | None:
        """The proposal: rounded up, so that it can be read and said."""
        return None if self.with_headroom is None else rounded_up(self.with_headroom)

    @cached_property
    def lacking(self) -> int:
        """Charges whose price is known in another region and not in theirs: what a fuller table would add."""
        table = self.estimate.table
        elsewhere = {meter for meter, _ in table.prices}
        return sum(1 for line in self.estimate.lines if line.price is None and line.charge.meter in elsewhere)

    @cached_property
    def mostly_known(self) -> bool:
        """Whether the region has at least half of the prices that any region has."""
        return len(self.estimate.lines) - len(self.estimate.unpriced) >= self.lacking

    @cached_property
    def judgement(self) -> Judgement:
        """Of the budget that the plan has."""
        return judge(self.estimate.budget, self.most, self.amount, mostly_known=self.mostly_known)


def judge(current: Decimal | None, most: Decimal | None, proposal: int | None, *, mostly_known: bool) -> Judgement:
    """A budget against what a month costs at most without headroom, and against the proposal."""
    if most is None or proposal is None:
        return "not known"
    if current is None or current < most:
        return "too low"
    if current > FAR * proposal:
        # A sum that lacks most prices is far too small itself.
        return "too high" if mostly_known else "not known"
    return "fits"


def rounded_up(amount: Decimal) -> int:
    """To two significant digits, and to whole units; never below 1, which is the least budget there is."""
    step = Decimal(1).scaleb(max(amount.adjusted() - 1, 0))
    return max(int(amount.quantize(step, ROUND_CEILING)), 1)
