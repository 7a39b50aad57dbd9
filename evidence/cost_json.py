"""The monthly estimate as JSON: the key `cost` of `bailiwick preview --json --cost`. Null is no price known."""

from decimal import Decimal

from evidence.cost import Estimate, Line
from evidence.cost_change import Difference
from evidence.prices import HOURS


def as_json(estimate: Estimate, change: Difference | None = None) -> dict[str, object]:
    """Every charge with its quantity, price and source; sums by component; the budget; the difference, if any."""
    sources = {line.price.source.id: line.price.source for line in estimate.lines if line.price is not None}
    document: dict[str, object] = {
        "currency": estimate.table.currency,
        "hours": HOURS,
        "terms": "list prices, no discount, no usage-based charges",
        "date": estimate.table.date.isoformat() if estimate.table.date else None,
        "total": _number(estimate.total),
        "most": _number(estimate.most),
        "withoutPrice": len(estimate.unpriced),
        "components": [
            {
                "component": name,
                "amount": _number(estimate.amount_of(name)),
                "most": _number(estimate.most_of(name)),
                "charges": [_line(line) for line in lines],
            }
            for name, lines in estimate.components.items()
        ],
        "byUse": dict(sorted(estimate.by_use.items())),
        "sources": {
            source.id: {
                "repository": source.repository,
                "commit": source.commit,
                "path": source.path,
                "date": source.date.isoformat(),
            }
            for source in sources.values()
        },
        "budget": _budget(estimate),
    }
    if change is not None:
        document["difference"] = {
            "by": _number(change.by),
            "components": [
                {"component": c.component, "before": _number(c.before), "now": _number(c.after), "by": _number(c.by)}
                for c in change.changes
            ],
            "withoutPrice": dict(change.unpriced),
        }
    return document


def _line(line: Line) -> dict[str, object]:
    price = line.price
    return {
        "urn": line.resource.urn,
        "what": line.charge.label,
        "meter": line.charge.meter,
        "region": line.region,
        "quantity": line.charge.quantity,
        "maximum": line.charge.maximum,
        "unit": line.charge.unit,
        "price": None if price is None else float(price.amount),
        "per": None if price is None else price.per,
        "source": None if price is None else price.source.id,
        "amount": _number(line.amount),
        "most": _number(line.most),
    }


def _budget(estimate: Estimate) -> dict[str, object] | None:
    if estimate.budget is None:
        return None
    known = estimate.total is not None and estimate.budget > 0
    return {
        "monthly": float(estimate.budget),
        "share": float(estimate.total / estimate.budget) if known and estimate.total is not None else None,
        "exceeded": estimate.total > estimate.budget if estimate.total is not None else None,
    }


def _number(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)
