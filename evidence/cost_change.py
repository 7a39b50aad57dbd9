"""What a change makes to the monthly estimate, by component; what has no known price is told apart."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from evidence.cost import Estimate, Line
from evidence.placement import NOWHERE


@dataclass(frozen=True, kw_only=True)
class Change:
    """A component before and after; none is no known price, or not there."""

    component: str
    before: Decimal | None
    after: Decimal | None

    @property
    def by(self) -> Decimal:
        """What the known prices differ by."""
        return (self.after or Decimal(0)) - (self.before or Decimal(0))


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Between two estimates."""

    before: Estimate
    after: Estimate
    changes: Sequence[Change]
    """Components whose known sum differs, in the plan's order; those that are gone come last."""
    unpriced: Mapping[str, int]
    """What has no known price, where the plan has more (or fewer) of it than before."""

    @property
    def by(self) -> Decimal:
        """Of all known prices."""
        return sum((change.by for change in self.changes), Decimal(0))


def difference(before: Estimate, after: Estimate) -> Difference:
    """From one estimate to the other."""
    names = dict.fromkeys([*after.components, *before.components])
    found = [Change(component=n, before=before.amount_of(n), after=after.amount_of(n)) for n in names]
    old, new = (Counter(map(what, each.unpriced)) for each in (before, after))
    counts = {name: new[name] - old[name] for name in sorted({*old, *new})}
    return Difference(
        before=before,
        after=after,
        changes=[change for change in found if change.before != change.after],
        unpriced={name: count for name, count in counts.items() if count},
    )


def what(line: Line) -> str:
    """The type that is charged for, with the part of it and the region; why, where the price is not what is missing."""
    part = "" if line.charge.meter == line.resource.type else f", {line.charge.label}"
    why = ": how many is not known yet" if line.price is not None else ""
    where = "" if line.region == NOWHERE else f" ({line.region})"
    return f"{line.resource.type}{part}{where}{why}"
