"""`bailiwick breach`: until when whom to tell, by the laws in force."""

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from cli import completing, exits
from cli.guess import OneOf

if TYPE_CHECKING:
    from breach.ground import Ground


class Moment(click.ParamType[datetime]):
    """A moment with its offset. Without one it could be off by a day, and a clock of 24 hours with it."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401 click's own
        """The moment in UTC; a usage error that says how to write one."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"'{value}' is no moment; write it as 2026-11-22T08:00Z or 2026-11-22T09:00+01:00", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"'{value}' has no offset, and clocks of hours depend on it; write {value}Z for UTC", param, ctx)
        try:
            return moment.astimezone(UTC)
        except OverflowError:
            self.fail(f"'{value}' is outside the calendar", param, ctx)


@click.command("breach")
@click.argument("stack", shell_complete=completing.stacks)
@click.option("--known-at", required=True, type=Moment(), metavar="TIME", help="When it became known, with an offset.")
@click.option("--persons", type=click.IntRange(min=0), help="How many are concerned; both branches are shown without.")
@click.option("--as", "role", type=OneOf(["controller", "processor"]), help="Only what this role owes.")
@click.option(
    "--sent", multiple=True, metavar="ID=TIME", help="A notice that went out; clocks that follow it start there."
)
@click.option("--zone", metavar="NAME", help="Time zone in which days are counted; else that of the stack's region.")
@click.option("--brief", is_flag=True, help="The table alone, without what each notice must hold.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def command(
    stack: str,
    *,
    known_at: datetime,
    persons: int | None,
    role: Any,  # noqa: ANN401 click's own
    sent: tuple[str, ...],
    zone: str | None,
    brief: bool,
    as_json: bool,
) -> int:
    """Say until when whom to tell after a breach in STACK, by the laws in force there, earliest first.

    Each notice has to whom, what it must hold, its source, and whether that was verified. Whether one is owed is a
    person's decision: docs/runbooks/breach.md. Needs no plan and no cloud.

    Ends with 4 where a law is in force whose clocks nobody has written down.
    """
    from breach.clocks import OutOfCalendar
    from breach.deadlines import SentTooEarly, UnknownNotice, deadlines
    from breach.report import Report, show
    from breach.report import as_json as document
    from jurisdictions import JurisdictionError
    from jurisdictions.notices import in_force

    ground, told = _ground(stack, zone), dict(_sent(item) for item in sent)
    try:
        found = deadlines(
            in_force(ground.jurisdiction, ground.beside),
            known_at=known_at,
            zone=ground.zone,
            jurisdiction=ground.jurisdiction.id,
            persons=persons,
            role=role,
            sent=told,
        )
        report = Report(stack=stack, ground=ground, known_at=known_at, persons=persons, found=found)
        missing = report.unwritten
    except (UnknownNotice, SentTooEarly, OutOfCalendar) as error:
        raise click.UsageError(str(error)) from error
    except JurisdictionError as error:
        raise exits.ToolFailed(str(error)) from error
    now = datetime.now(UTC)
    if as_json:
        json.dump(document(report), sys.stdout, indent=1, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        show(report, now=now, briefly=brief)
    if known_at > now:
        click.echo("! --known-at lies in the future: a rehearsal, or a slip?", err=True)
    for name in missing:
        click.echo(f"! {name} is in force, and nobody wrote its clocks down: ask counsel now", err=True)
    return exits.NOT_EVALUATED if missing else exits.OK


def _ground(stack: str, zone: str | None) -> "Ground":
    from breach.ground import NoGround, ground
    from cli.planning import ROOT
    from plan.stacks import StackFileError, values

    try:
        return ground(stack, values(ROOT, stack), zone)
    except (StackFileError, NoGround) as error:
        raise click.ClickException(str(error)) from error


def _sent(item: str) -> tuple[str, datetime]:
    name, equals, moment = item.partition("=")
    if not equals:
        raise click.UsageError(f"--sent {item}: write ID=TIME, as nis2/notification=2026-11-24T10:00Z")
    converted = Moment().convert(moment, None, None)
    return name, converted
