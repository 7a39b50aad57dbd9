"""`bailiwick drill`: bring data back, look at the copies, and hold the times against what was promised.

The copies in the second region are asked and never touched: promoting one is a decision, not an exercise.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli import completing, exits
from cli.exits import ToolFailed
from cli.guess import OneOf
from drill import STEPS

if TYPE_CHECKING:
    from drill.ground import Result
    from drill.names import Place
    from drill.record import Record


EXITS = {"failed": exits.FAILED, "not kept": exits.REFUSED, "unproved": exits.NOT_EVALUATED, "kept": exits.OK}


@click.command("drill")
@click.argument("stack", shell_complete=completing.stacks)
@click.option("--dry-run", is_flag=True, help="Print every command, and run none.")
@click.option("--json", "as_json", is_flag=True, help="Print the record as JSON; with --dry-run, the commands.")
@click.option("--only", multiple=True, type=OneOf(list(STEPS)), help="This step alone; may be given again.")
@click.option(
    "--record",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the record goes; else drill-STACK-TIME.json in this folder.",
)
def command(stack: str, *, dry_run: bool, as_json: bool, only: tuple[str, ...], record: Path | None) -> int:
    """Go through the quarterly restore drill of STACK, and keep a record of it.

    Restores a canary and the database into a resource group of their own, looks at them, and removes them; asks how
    far behind the second region is; compares times with the stack's objectives. Takes hours: run it in the network.

    Ends with 3 where an objective is not kept, 4 where a step ran and proved nothing, 1 where a step failed.
    """
    from cli.planning import stack_config
    from drill.names import Place

    place = Place(stack_config(stack))
    chosen = [name for name in STEPS if name in only or not only]
    if dry_run:
        _rehearse(place, chosen, as_json=as_json)
        return 0
    began = datetime.now(UTC)
    file = record or Path(f"drill-{stack}-{began:%Y%m%dT%H%M%SZ}.json")
    # Said now, and not after hours.
    if not os.access(file.parent, os.W_OK) or (file.exists() and not os.access(file, os.W_OK)):
        raise click.ClickException(f"the record can't be written to {file}")
    found = _go(place, chosen, began)
    _keep(found, file, as_json=as_json)
    return EXITS[found.state]


def _rehearse(place: "Place", chosen: list[str], *, as_json: bool) -> None:
    from drill.az import Dry
    from drill.ground import Ground
    from drill.steps import run

    told: list[dict[str, object]] = []
    lines: list[str] = []

    def begins(name: str, title: str) -> None:
        nonlocal lines
        lines = []
        told.append({"step": name, "title": title, "commands": lines})

    run(Ground(place, Dry(lambda line: lines.append(line)), "<you>"), chosen, begins=begins, ended=lambda _: None)
    if as_json:
        import json

        click.echo(json.dumps(told, indent=1, ensure_ascii=False))
        return
    for item in told:
        click.echo(f"{item['step']}: {item['title']}")
        for line in item["commands"] if isinstance(item["commands"], list) else ():
            click.echo(f"    {line}")


def _go(place: "Place", chosen: list[str], began: datetime) -> "Record":
    from drill.az import Az, AzFailed, dig
    from drill.ground import Ground
    from drill.record import Record, compare
    from drill.steps import run

    az = Az()
    try:
        user = dig(az.ask("account", "show", *place.subscription), "user")
        # A managed identity's name is the same for all of them; this is which.
        who = str(user.get("assignedIdentityInfo") or dig(user, "name")).removeprefix("MSIClient-")
    except AzFailed as error:
        raise ToolFailed(f"who drills is not known: {error}\nhint: az login, then the same command again") from error

    def ended(result: "Result") -> None:
        click.echo(f"  {result.outcome}: {result.says}", err=True)
        if result.line and result.outcome == "failed":
            click.echo(f"  {result.line}", err=True)

    ran = run(
        Ground(place, az, who), chosen, begins=lambda name, title: click.echo(f"{name}: {title}", err=True), ended=ended
    )
    return Record(
        config=place.config,
        who=who,
        began=began,
        ended=datetime.now(UTC),
        ran=ran,
        comparisons=compare(place.config, ran.steps),
    )


def _keep(found: "Record", file: Path, *, as_json: bool) -> None:
    import json

    from drill.table import lines

    text = json.dumps(found.as_json(), indent=1, ensure_ascii=False)
    click.echo(text if as_json else "\n".join(lines(found)))
    try:
        file.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise ToolFailed(f"the record could not be written: {error}; it is what was printed") from error
    click.echo(f"record: {file}", err=True)
