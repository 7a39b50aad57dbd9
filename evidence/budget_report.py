"""How a budget comes about, on a terminal, as plain text in a pipe, and as JSON."""

from decimal import Decimal
from typing import Final

from evidence.budget import FAR, HEADROOM, Judgement, Proposal
from evidence.cost_report import UNKNOWN_PRICE, money
from evidence.screen import Screen

_MARKS: Final[dict[Judgement, tuple[str, str]]] = {
    "fits": ("✓", "bold green"),
    "too low": ("✗", "bold red"),
    "too high": ("✗", "bold red"),
    "not known": ("?", "bold yellow"),
}


def print_proposal(proposal: Proposal, *, written: bool) -> None:
    """The steps, what is in no sum, and the judgement last."""
    estimate, screen = proposal.estimate, Screen()
    screen.line(f"{estimate.stack}: a monthly budget from its estimate", style="bold")
    _print_steps(screen, proposal)
    unpriced = len(estimate.unpriced)
    if unpriced:
        screen.line(
            f"{UNKNOWN_PRICE} for {unpriced} of {len(estimate.lines)} charges: they are in no sum, and a month costs "
            f"more than this (bailiwick preview {estimate.stack} names them)",
            style="yellow",
        )
    if proposal.lacking:
        screen.line(
            f"of {proposal.lacking} of them a price is known for another region, and none for theirs: "
            f"evidence/prices/{estimate.table.cloud}-{estimate.table.currency.lower()}.yaml",
            style="yellow",
        )
    if proposal.rate is None:
        screen.line(
            f"! Without --rate, 1 is used: prices are {estimate.table.currency} list prices, and a budget counts in "
            "the subscription's billing currency.",
            style="yellow",
        )
    mark, style = ("✓", "bold green") if written else _MARKS[proposal.judgement]
    said = f"{_whole(proposal.amount)} is written" if written else f"{proposal.judgement}   {reason(proposal)}"
    screen.line(f"{mark} {estimate.stack}: {said}", style=style)
    if not written and proposal.judgement in ("too low", "too high"):
        screen.line(f"  hint: bailiwick budget {estimate.stack}{_options(proposal)} --write", style="cyan")


def reason(proposal: Proposal) -> str:
    """What follows from the judgement."""
    if proposal.most is None:
        return f"{UNKNOWN_PRICE}: there is nothing to hold a budget against"
    if proposal.judgement == "fits" and not proposal.mostly_known:
        return "as far as prices are known: most are missing for this region"
    return {
        "fits": "the alarm rings when a month costs more than planned",
        "too low": "the alarm would ring in the first month",
        "too high": f"more than {FAR} times the proposal: the alarm would never ring",
        "not known": "too many prices are missing for this region to call it too high; it is left as it is",
    }[proposal.judgement]


def as_json(proposal: Proposal, *, written: bool) -> dict[str, object]:
    """The same for a pipeline. Null is not known; amounts of the estimate are in its currency, the rest is billed."""
    estimate = proposal.estimate
    return {
        "stack": estimate.stack,
        "currency": estimate.table.currency,
        "date": estimate.table.date.isoformat() if estimate.table.date else None,
        "estimate": _number(estimate.total),
        "most": _number(estimate.most),
        "rate": _number(proposal.rate),
        "headroom": float(proposal.headroom),
        "withHeadroom": None if proposal.with_headroom is None else round(float(proposal.with_headroom), 2),
        "proposal": proposal.amount,
        "budget": _number(estimate.budget),
        "judgement": proposal.judgement,
        "reason": reason(proposal),
        "charges": len(estimate.lines),
        "withoutPrice": len(estimate.unpriced),
        "pricedElsewhere": proposal.lacking,
        "written": written,
    }


def _print_steps(screen: Screen, proposal: Proposal) -> None:
    estimate = proposal.estimate
    currency = estimate.table.currency
    rate = "1, assumed" if proposal.rate is None else f"{proposal.rate}"
    steps = [
        (f"estimate, {currency} list prices", money(estimate.total)),
        ("autoscalers at their maximum", money(estimate.most)),
        (f"in the billing currency, at {rate}", money(proposal.most)),
        (f"with {proposal.headroom.normalize():f} % headroom", money(proposal.with_headroom)),
        ("proposal, rounded up to two digits", _whole(proposal.amount)),
        (f"budget.monthly in Pulumi.{estimate.stack}.yaml", _whole(estimate.budget)),
    ]
    width = max(len(amount) for _, amount in steps)
    screen.table(("step", "a month".rjust(width)), [(step, amount.rjust(width)) for step, amount in steps])


def _options(proposal: Proposal) -> str:
    headroom = "" if proposal.headroom == HEADROOM else f" --headroom {proposal.headroom}"
    return headroom + ("" if proposal.rate is None else f" --rate {proposal.rate}")


def _whole(amount: Decimal | int | None) -> str:
    return UNKNOWN_PRICE if amount is None else f"{amount:,.0f}"


def _number(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)
