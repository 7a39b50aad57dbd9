"""The monthly estimate on a terminal, or as plain text in a pipe."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from evidence.cost import Estimate, Line
from evidence.cost_change import Difference, what
from evidence.prices import HOURS
from evidence.screen import Screen

UNKNOWN_PRICE: Final = "no price known"
_TERMS: Final = (
    "An estimate: list prices, no discount, no usage-based charges; 'at most' has every autoscaler at its maximum."
)


def print_estimate(estimate: Estimate, *, detailed: bool = False) -> None:
    """By component, then what has no price, where the prices are from, and the budget."""
    screen = Screen()
    screen.line(f"{estimate.stack} in a month of {HOURS} hours, {estimate.table.currency}", style="bold")
    if detailed:
        _print_lines(screen, estimate)
    rows = [
        (name, money(estimate.amount_of(name)), money(estimate.most_of(name)), _unpriced(lines))
        for name, lines in estimate.components.items()
    ]
    rows.append(("total", money(estimate.total), money(estimate.most), _unpriced(estimate.lines)))
    _table(screen, ("component", "a month", "at most", UNKNOWN_PRICE), rows)
    _print_unpriced(screen, estimate)
    _print_terms(screen, estimate)
    _print_budget(screen, estimate)
    screen.line()


def print_difference(change: Difference, where: str) -> None:
    """What the plan costs more or less than the one it is held against."""
    screen = Screen()
    screen.line(f"Against {change.before.stack} in {where}, a month, {change.after.table.currency}", style="bold")
    if change.changes:
        rows = [(c.component, money(c.before), money(c.after), _signed(c.by)) for c in change.changes]
        rows.append(("total", money(change.before.total), money(change.after.total), _signed(change.by)))
        _table(screen, ("component", "before", "now", "difference"), rows)
    else:
        screen.line("no difference in what has a known price")
    if change.unpriced:
        screen.line(f"not in the difference, {UNKNOWN_PRICE}:", style="yellow")
    for name, count in change.unpriced.items():
        screen.line(f"  {count:+d} × {name}")
    screen.line()


def money(amount: Decimal | None) -> str:
    """With separators; in words where it is not known."""
    return UNKNOWN_PRICE if amount is None else f"{amount:,.2f}"


def _signed(amount: Decimal) -> str:
    return f"{amount:+,.2f}"


def _unpriced(lines: tuple[Line, ...]) -> str:
    count = sum(1 for line in lines if line.amount is None)
    return str(count) if count else ""


def _table(screen: Screen, headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(len(row[i]) for row in (headings, *rows)) for i in range(len(headings))]
    right = [
        (row[0], *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)))
        for row in (headings, *rows)
    ]
    screen.table(right[0], right[1:])


def _print_lines(screen: Screen, estimate: Estimate) -> None:
    for name, lines in estimate.components.items():
        screen.line((name, "bold"), f"   {money(estimate.amount_of(name))}")
        for line in lines:
            charge, price = line.charge, line.price
            quantity = "an unknown number of" if charge.quantity is None else str(charge.quantity)
            most = "" if charge.maximum is None else f" to {charge.maximum}"
            counted = f"  {line.resource.name}: {charge.label}, {quantity}{most} × {charge.unit}"
            if price is None:
                screen.line(counted, ": ", (UNKNOWN_PRICE, "yellow"))
            else:
                dated = (f"   ({price.source.date.isoformat()})", "dim")
                screen.line(f"{counted} at {price.amount} per {price.per}: {money(line.amount)}", dated)
    screen.line()


def _print_unpriced(screen: Screen, estimate: Estimate) -> None:
    if not estimate.unpriced:
        return
    screen.line(f"{UNKNOWN_PRICE}, in no sum ({len(estimate.unpriced)}):", style="yellow")
    for name, count in Counter(map(what, estimate.unpriced)).items():
        screen.line(f"  {count} × {name}")


def _print_terms(screen: Screen, estimate: Estimate) -> None:
    table = estimate.table
    if table.date is None:
        screen.line(f"There is no price table for cloud '{table.cloud}' in {table.currency}.", style="yellow")
    sources = {line.price.source.id: line.price.source for line in estimate.lines if line.price is not None}
    for source in sorted(sources.values(), key=lambda each: each.date, reverse=True):
        screen.line(f"Prices of {source.date.isoformat()}: {source.repository}, {source.path}")
    screen.line(_TERMS)
    if estimate.by_use:
        total = sum(estimate.by_use.values())
        screen.line(
            f"Charged by use and not estimated: {total} resources of {len(estimate.by_use)} types (--cost --json)."
        )


def _print_budget(screen: Screen, estimate: Estimate) -> None:
    if estimate.budget is None:
        screen.line("The plan has no budget to hold this against.", style="yellow")
        return
    if estimate.total is None or estimate.most is None:
        screen.line(f"The budget of {estimate.budget:,.0f} can't be held against it: {UNKNOWN_PRICE}.", style="yellow")
        return
    share, most = (share_of(amount, estimate.budget) for amount in (estimate.total, estimate.most))
    least = "at least " if estimate.unpriced else ""
    screen.line(
        f"{least}{share} % of the budget of {estimate.budget:,.0f} a month, {most} % at most; "
        f"a budget counts in the subscription's currency, this in {estimate.table.currency}"
    )
    if estimate.total > estimate.budget:
        screen.line(
            f"! The estimate exceeds the budget by {estimate.total - estimate.budget:,.2f}.", style="bold yellow"
        )
    elif estimate.most > estimate.budget:
        screen.line("! At its maximum the estimate exceeds the budget.", style="yellow")
    if estimate.most > estimate.budget:
        screen.line(
            f"  hint: set bailiwick:budget.monthly in Pulumi.{estimate.stack}.yaml; "
            f"`bailiwick budget {estimate.stack} --write` does",
            style="cyan",
        )


def share_of(amount: Decimal, budget: Decimal) -> int:
    """In per cent, rounded up: what is over is never shown as 100."""
    return -int(-(amount * 100) // budget)
