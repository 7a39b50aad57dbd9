"""`bailiwick preview`: what `pulumi up` would create, and the packs' verdict on it. No engine, no cloud account."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli import completing

if TYPE_CHECKING:
    from plan.model import Plan


@click.command("preview")
@click.argument("stack", required=False, shell_complete=completing.stacks)
@click.option("--all", "every", is_flag=True, help="Every stack that has a file.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
@click.option("--save", type=click.Path(path_type=Path, dir_okay=False), help="Write the plan file here.")
@click.option("--quiet", is_flag=True, help="The verdict alone, without the tree and the cost.")
@click.option(
    "--cost", "detailed", is_flag=True, help="Every charge of the monthly estimate; with --json, the key `cost`."
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Tell what a month costs more or less than this saved plan.",
)
@click.option("--fix-suggestions", "fixes", is_flag=True, help="Print what would mend each refusal; change nothing.")
def command(
    stack: str | None,
    save: Path | None,
    baseline: Path | None,
    *,
    every: bool,
    as_json: bool,
    quiet: bool,
    detailed: bool,
    fixes: bool,
) -> int:
    """Plan STACK (for example eu-prod), estimate its cost and judge it."""
    from cli.judging import judge_plan, show
    from cli.planning import known_stacks, plan_stack

    if every == (stack is not None):
        raise click.UsageError(f"name one stack, or --all. The stacks: {', '.join(known_stacks())}.")
    if every and save is not None:
        raise click.UsageError("--save writes one plan; name the stack.")
    if every and (detailed or fixes or baseline is not None):
        raise click.UsageError("--cost, --baseline and --fix-suggestions tell of one plan; name the stack.")
    if as_json and baseline is not None and not detailed:
        raise click.UsageError("--baseline is part of the cost; with --json, ask for --cost too.")
    if every:
        from cli.fleet import preview_all

        return preview_all(known_stacks(), as_json=as_json, quiet=quiet)
    plan, faults = plan_stack(stack or "")
    if save is not None:
        _write(plan, save)
    if not as_json:
        from evidence.terminal import print_faults
        from evidence.tree import print_tree

        if not quiet:
            print_tree(plan)
        if faults:
            print_faults(plan.stack, faults)
    cost: dict[str, object] | None = None
    if detailed or baseline is not None or not (as_json or quiet):
        from cli.costing import cost_document, print_cost

        if as_json:
            cost = cost_document(plan, baseline)
        else:
            print_cost(plan, baseline, detailed=detailed)
    return show([judge_plan(plan)], as_text_json=as_json, beside={"cost": cost} if cost else None, fixes=fixes)


def _write(plan: "Plan", path: Path) -> None:
    from plan.file import to_json

    try:
        path.write_text(to_json(plan), encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}; the plan was not saved") from error
