"""`bailiwick regulations`: the law as data, one table or one regulation requirement by requirement."""

import json
import sys
from typing import TYPE_CHECKING

import click

from cli import completing, exits

if TYPE_CHECKING:
    from policies.catalogue import Regulation
    from policies.review import Report


@click.command("regulations")
@click.argument("regulation_id", metavar="[ID]", required=False, shell_complete=completing.regulations)
@click.option(
    "--stack", shell_complete=completing.stacks, help="Judge this stack, and say how each requirement stands with it."
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def command(regulation_id: str | None, stack: str | None, *, as_json: bool) -> int:
    """List the regulations, or read the one named ID: each requirement, its rules, what a person attests.

    With --stack only those in force there are listed, and each requirement is PASS, REFUSED, NOT EVALUATED, EXEMPT,
    NOTHING TO JUDGE or MANUAL; exits with 3 where one of them is refused, and with 4 where a rule could not judge.
    """
    from evidence import regulations as evidence

    named = _named(regulation_id) if regulation_id is not None else None
    report = _judged(stack) if stack is not None else None
    found = evidence.chosen(named, report)
    if as_json:
        document = evidence.as_json(named, report) if named is not None else evidence.listed(found, report)
        json.dump(document, sys.stdout, indent=1, ensure_ascii=False)
        sys.stdout.write("\n")
    elif named is not None:
        evidence.print_regulation(named, report)
    else:
        evidence.print_list(found, report)
    if report is not None and not as_json:
        evidence.print_beside(report)
    return exits.OK if report is None else _code(found, report)


def _code(found: "list[Regulation]", report: "Report") -> int:
    from evidence.regulations import Standing, State

    standing = Standing(report)
    items = [item for regulation in found for item in regulation.requirements]
    if standing.beside or any(standing.of(item) is State.REFUSED for item in items):
        return exits.REFUSED
    return exits.NOT_EVALUATED if any(standing.could_not_judge(item) for item in items) else exits.OK


def _named(regulation_id: str) -> "Regulation":
    from cli.guess import meant
    from jurisdictions import available as jurisdictions
    from jurisdictions import load
    from policies.catalogue import CatalogueError, available, regulation

    if regulation_id not in available():
        asking = [name for name in jurisdictions() if regulation_id in load(name).frameworks]
        if asking:
            raise click.UsageError(
                f"no catalogue for '{regulation_id}', which is in force in {', '.join(asking)}: nobody has written it "
                "down yet, and all of it is for a person to attest."
            )
        guess = meant(regulation_id, available())
        raise click.UsageError(f"no regulation '{regulation_id}'.{guess} There are {', '.join(available())}.")
    try:
        return regulation(regulation_id)
    except CatalogueError as error:
        raise exits.ToolFailed(str(error)) from error


def _judged(stack: str) -> "Report":
    from cli.judging import judge_plan
    from cli.planning import plan_stack

    plan, faults = plan_stack(stack)
    if faults:
        click.echo(
            f"! {stack} sets {len(faults)} dials as no law allows; bailiwick preview {stack} names them", err=True
        )
    return judge_plan(plan)
