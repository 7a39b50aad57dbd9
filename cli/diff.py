"""`bailiwick diff`: what differs between two plans, and what that makes to the verdict."""

import json
import sys
from typing import TYPE_CHECKING

import click

from cli import completing, exits
from cli.guess import OneOf

if TYPE_CHECKING:
    from evidence.diff_verdict import VerdictChange
    from plan.diff.model import Difference


@click.command("diff")
@click.argument("base", shell_complete=completing.stacks_or_files)
@click.argument("head", required=False, shell_complete=completing.stacks_or_files)
@click.option(
    "--stack", shell_complete=completing.stacks, help="Which stack is planned, where BASE or HEAD is a git revision."
)
@click.option("--json", "form", flag_value="json", help="Print as JSON.")
@click.option(
    "--markdown", "form", flag_value="markdown", help="Print a comment for a pull request, below 65,536 signs."
)
@click.option("--accept", "accepted", multiple=True, metavar="NAME", help="Somebody decided that this one may go.")
@click.option("--exit-code", is_flag=True, help="End with 5 where anything differs: a nightly look for drift.")
@click.option(
    "--jurisdiction",
    shell_complete=completing.jurisdictions,
    help="Whose law applies, where an exported stack's name does not say it.",
)
@click.option("--environment", type=OneOf(["prod", "dev"]), help="As what an exported stack is judged, likewise.")
def command(
    base: str,
    head: str | None,
    *,
    stack: str | None,
    form: str | None,
    accepted: tuple[str, ...],
    exit_code: bool,
    jurisdiction: str | None,
    environment: str | None,
) -> int:
    """Show what differs from BASE to HEAD: created, changed, replaced, deleted, and the verdict.

    Each is a plan file, the export of a deployed stack, a stack, or, with --stack, a git revision. Without HEAD, BASE
    is held against --stack as it stands in the working tree. Secrets are masked.

    Ends with 3 where HEAD is refused, or where something that holds data is deleted or replaced and no --accept names
    it; with 4 where HEAD could not be judged; with 0 otherwise.
    """
    from cli.judging import judge_plan
    from cli.sources import named, plans_of
    from evidence.diff_verdict import VerdictChange
    from plan.diff.compare import difference

    chosen = named(base, head, stack)
    planned = plans_of(chosen, jurisdiction, environment)
    found = difference(planned[0].plan, planned[1].plan)
    losses = _not_accepted(found, accepted)
    verdict = VerdictChange(before=judge_plan(found.before), after=judge_plan(found.after))
    for side in planned:
        if side.note:
            click.echo(f"! {side.note}", err=True)
    _print(found, verdict, form, *(item.words for item in chosen))
    if verdict.after.verdict == "refused" or losses:
        for name in losses:
            click.echo(f"✗ data would be lost: {name}\n  hint: where that was decided, --accept '{name}'", err=True)
        return exits.REFUSED
    if verdict.after.verdict != "compliant":
        return exits.NOT_EVALUATED
    return exits.DRIFT if exit_code and found.changes else exits.OK


def _print(found: "Difference", verdict: "VerdictChange", form: str | None, base: str, head: str) -> None:
    title = f"{found.after.stack}: {base} → {head}"
    if form == "json":
        from evidence.diff_json import as_json

        json.dump(as_json(found, verdict, base=base, head=head), sys.stdout, indent=1, ensure_ascii=False)
        sys.stdout.write("\n")
    elif form == "markdown":
        from evidence.diff_markdown import as_markdown

        sys.stdout.write(as_markdown(found, title, verdict))
    else:
        from evidence.diff_report import print_difference

        print_difference(found, title, verdict)


def _not_accepted(found: "Difference", accepted: tuple[str, ...]) -> list[str]:
    """What holds data, goes, and was not named; click.UsageError for a name of nothing that goes."""
    from cli.guess import meant

    names = {change.resource.display_name: change for change in found.losses}
    urns = {change.resource.urn for change in found.losses}
    for word in accepted:
        if word not in names and word not in urns:
            known = f" These do: {', '.join(names)}." if names else " Nothing that holds data does."
            raise click.UsageError(f"--accept: no '{word}' is deleted or replaced.{meant(word, list(names))}{known}")
    return [
        change.resource.display_name
        for change in found.losses
        if change.resource.display_name not in accepted and change.resource.urn not in accepted
    ]
