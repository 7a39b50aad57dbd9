"""`bailiwick check`: judge a saved plan, or a deployed stack's export. Needs no SDK and no cloud."""

import gc
from pathlib import Path

import click

from cli import completing
from cli.guess import OneOf


@click.command("check")
@click.argument("plan_file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
@click.option("--fix-suggestions", "fixes", is_flag=True, help="Print what would mend each refusal; change nothing.")
@click.option(
    "--jurisdiction",
    shell_complete=completing.jurisdictions,
    help="Whose law applies, where an exported stack's name does not say it.",
)
@click.option("--environment", type=OneOf(["prod", "dev"]), help="As what an exported stack is judged, likewise.")
def command(plan_file: Path, jurisdiction: str | None, environment: str | None, *, as_json: bool, fixes: bool) -> int:
    """Judge PLAN_FILE: what `bailiwick preview STACK --save` wrote, or `pulumi stack export` of any stack.

    What can't be judged is said, and is never called compliant.
    """
    # A short process that makes no cycles: looking for them, imports included, takes a tenth of its time.
    gc.disable()
    try:
        return _judged(plan_file, jurisdiction, environment, as_json=as_json, fixes=fixes)
    finally:
        gc.enable()


def _judged(plan_file: Path, jurisdiction: str | None, environment: str | None, *, as_json: bool, fixes: bool) -> int:
    from cli.judging import judge_plan, show
    from plan.file import PlanFileError, read

    try:
        plan = read(plan_file, jurisdiction, environment)
    except PlanFileError as error:
        raise click.ClickException(str(error)) from error
    return show([judge_plan(plan)], as_text_json=as_json, fixes=fixes)
