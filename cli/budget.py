"""`bailiwick budget`: what a stack's monthly budget should be by its estimate, and whether the one it has fits."""

import json
import sys
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import click

from cli import completing, exits

if TYPE_CHECKING:
    from evidence.budget import Proposal


class _Number(click.ParamType[Decimal]):
    """A decimal number within bounds; the rate 0.92 is exactly that."""

    name = "number"

    def __init__(self, least: str, most: str) -> None:
        self._least, self._most = Decimal(least), Decimal(most)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:  # noqa: ANN401 click's signature
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or not self._least <= number <= self._most:
            self.fail(f"'{value}' is no number from {self._least} to {self._most}, such as 20 or 0.92.", param, ctx)
        return number


@click.command("budget")
@click.argument("stack", shell_complete=completing.stacks)
@click.option(
    "--headroom",
    metavar="PERCENT",
    type=_Number("0", "500"),
    default="20",
    show_default=True,
    help="Added to the estimate for what is charged by use.",
)
@click.option(
    "--rate", type=_Number("0.0001", "1000000"), help="Billing currency for one unit of the prices' (USD), as 0.92."
)
@click.option("--write", is_flag=True, help="Put the proposal into the stack file; nothing else in it changes.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def command(stack: str, headroom: Decimal, rate: Decimal | None, *, write: bool, as_json: bool) -> int:
    """Propose STACK's monthly budget from its estimate, and hold the one in its file against it.

    Exits with 3 where that is too low or too high, and with 4 where too few prices are known to tell.
    """
    from cli.planning import ROOT, plan_stack
    from evidence.budget import Proposal
    from evidence.budget_report import as_json as document
    from evidence.budget_report import print_proposal
    from evidence.cost import estimate
    from evidence.prices import PriceTableError

    path = ROOT / f"Pulumi.{stack}.yaml"
    before = path.read_bytes() if path.is_file() else b""
    plan, faults = plan_stack(stack)
    if faults:
        click.echo(
            f"! {stack} sets {len(faults)} dials as no law allows; bailiwick preview {stack} names them", err=True
        )
    try:
        proposal = Proposal(estimate=estimate(plan), headroom=headroom, rate=rate)
    except PriceTableError as error:
        raise exits.ToolFailed(f"the price table can't be used: {error}") from error
    written = write and proposal.judgement != "not known"
    if written:
        _write(proposal, before)
    if as_json:
        json.dump(document(proposal, written=written), sys.stdout, indent=1, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        print_proposal(proposal, written=written)
    if written or proposal.judgement == "fits":
        return exits.OK
    return exits.NOT_EVALUATED if proposal.judgement == "not known" else exits.REFUSED


def _write(proposal: "Proposal", before: bytes) -> None:
    from cli.planning import ROOT
    from cli.stack_line import CannotChange, replace_unchanged, with_number

    path = ROOT / f"Pulumi.{proposal.estimate.stack}.yaml"
    assert proposal.amount is not None
    try:
        text = with_number(before.decode("utf-8"), "bailiwick:budget", "monthly", proposal.amount)
        replace_unchanged(path, before, text.encode("utf-8"))
    except (CannotChange, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise click.ClickException(
            f"{path.name}: {reason}; allowed is a plain line `monthly: <number>` below bailiwick:budget\n"
            "consequence: nothing was written, and the budget is what it was\n"
            f"hint: set it by hand:    monthly: {proposal.amount}"
        ) from error
