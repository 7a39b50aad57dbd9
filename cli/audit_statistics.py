"""`bailiwick audit budget` and `statistics`: what may leave of a gateway's log, and what is left to be spent on it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli import audit_paths, exits
from cli.exits import ToolFailed

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

_PATH = click.Path(exists=True, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("budget")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--tenant", required=True)
@click.option("--epsilon", metavar="NUMBER", help="Give the tenant this budget, once; else show what is left.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def budget(file: Path, *, tenant: str, epsilon: str | None, as_json: bool) -> int:
    """Give a tenant its privacy budget, in FILE, or show what is left of it."""
    from audit_log.privacy_budget import BadBudget, granted, left

    try:
        if epsilon is not None:
            granted(file, tenant, _epsilon(epsilon))
        remains = left(file, tenant)
    except BadBudget as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(
            f"{file}: {error.strerror}\nhint: bailiwick audit budget {file} --tenant {tenant} --epsilon 10 makes one"
        ) from error
    # As text: what is spent is exact, and a float would not be.
    told = json.dumps({"tenant": tenant, "left": str(remains)}, indent=1, ensure_ascii=False)
    click.echo(told if as_json else f"{tenant} has {remains} left")
    return exits.OK


@click.command("statistics")
@click.argument("paths", nargs=-1, required=True, type=_PATH)
@click.option("--tenant", required=True)
@click.option("--day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="A day that is over, in UTC.")
@click.option("--epsilon", required=True, metavar="NUMBER", help="What it may cost, as 0.5: less is more noise.")
@click.option("--budget-file", required=True, type=_FILE, help="The tenants' budgets: `bailiwick audit budget`.")
@click.option("--use-case", "use_cases", multiple=True, required=True, help="To be counted; may be given again.")
@click.option("--code", "codes", multiple=True, help="A refusal's code to be counted; may be given again.")
def statistics(
    paths: tuple[Path, ...],
    *,
    tenant: str,
    day: "datetime",
    epsilon: str,
    budget_file: Path,
    use_cases: tuple[str, ...],
    codes: tuple[str, ...],
) -> int:
    """Release a tenant's statistics of a day, as JSON: with noise, for a part of its budget.

    PATHS are the logs of every gateway: a day is released once.

    A day that was released before is given again as it was, and costs nothing. Ends with 3 where the budget is spent.
    """
    from audit_log.form import BadLine
    from audit_log.noise import NoNoise
    from audit_log.privacy_budget import BadBudget, BudgetSpent
    from audit_log.release import DayNotOver, release
    from audit_log.statistics import Domain

    domain = Domain(use_cases=tuple(dict.fromkeys(use_cases)), codes=tuple(dict.fromkeys(codes)))
    try:
        found, before = release(
            audit_paths.segments(paths),
            tenant,
            day.date(),
            epsilon=_epsilon(epsilon),
            budget=budget_file,
            domain=domain,
        )
    except BudgetSpent as error:
        click.echo(f"✗ {error}", err=True)
        return exits.REFUSED
    except (BadBudget, DayNotOver) as error:
        raise click.ClickException(str(error)) from error
    except BadLine as error:
        raise ToolFailed(f"the log was changed: {error}; bailiwick audit verify tells where") from error
    except (NoNoise, OSError) as error:
        raise ToolFailed(str(error)) from error
    if before:
        click.echo("given before: the same answer, and nothing was spent", err=True)
    click.echo(json.dumps(found, indent=1, ensure_ascii=False))
    return exits.OK


def _epsilon(text: str) -> "Decimal":
    from decimal import Decimal, InvalidOperation

    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or not 0 < found <= 100:
        raise click.ClickException(f"--epsilon '{text}' is no number over 0 and up to 100, such as 0.5")
    return found
