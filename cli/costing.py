"""What `preview` says of cost: the estimate, and the difference from a saved plan."""

from pathlib import Path

import click

from cli.exits import ToolFailed
from evidence.cost import Estimate, estimate
from evidence.cost_change import Difference, difference
from evidence.cost_json import as_json
from evidence.cost_report import print_difference, print_estimate
from evidence.prices import PriceTableError
from jurisdictions import JurisdictionError
from plan.file import PlanFileError, read
from plan.model import Plan


def print_cost(plan: Plan, baseline: Path | None, *, detailed: bool) -> None:
    """The estimate, and what it differs by; click.ClickException where the baseline can't be read."""
    now, change = _costs(plan, baseline)
    print_estimate(now, detailed=detailed)
    if change is not None:
        print_difference(change, str(baseline))


def cost_document(plan: Plan, baseline: Path | None) -> dict[str, object]:
    """The same for JSON."""
    return as_json(*_costs(plan, baseline))


def _costs(plan: Plan, baseline: Path | None) -> tuple[Estimate, Difference | None]:
    try:
        now = estimate(plan)
        before = None if baseline is None else estimate(read(baseline))
    except PlanFileError as error:
        raise click.ClickException(str(error)) from error
    except JurisdictionError as error:
        raise click.ClickException(
            f"{error}\nhint: the plan's 'jurisdiction' names a file of jurisdictions/"
        ) from error
    except PriceTableError as error:
        raise ToolFailed(f"the price table can't be used: {error}") from error
    return now, None if before is None else difference(before, now)
