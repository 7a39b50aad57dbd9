"""`python -m pipeline`: what both pipelines call beside the make verbs. `make` has a verb for each."""

import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from cli.exits import ToolFailed
from cli.planning import ROOT, known_stacks
from pipeline.boards import board
from pipeline.changed import NOT_PLANNED, CannotTell, Stack, files_since, touched
from pipeline.comment import NotPosted, post
from pipeline.plans import NotKept, fetch, keep

FORMATS = ("lines", "json", "matrix")
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@click.group("pipeline")
def pipeline() -> None:
    """What the pipelines call beside the make verbs."""


def _stack(_: click.Context, __: click.Parameter, value: str) -> str:
    # By form alone: the comment's job runs the code that is merged already, which a new stack is not in.
    if not _NAME.fullmatch(value):
        raise click.BadParameter(f"'{value}' is no name of a stack; one is like eu-prod")
    return value


@pipeline.command()
@click.option("--base", help="The revision that the change is to be merged into.")
@click.option("--all", "every", is_flag=True, help="Every stack, whatever was changed.")
@click.option("--only", help="Of these alone: names with commas or spaces between them, which may be none.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="lines", help="json is GitHub's, matrix Azure's.")
def changed(base: str | None, only: str | None, form: str, *, every: bool) -> None:
    """Print the stacks that the change since BASE touches."""
    if (base is None) == (not every):
        raise click.UsageError("say either --base REV or --all")
    known = tuple(stack for stack in known_stacks() if stack not in NOT_PLANNED)
    try:
        found = tuple(map(Stack, known)) if base is None else touched(files_since(ROOT, base), known)
    except CannotTell as error:
        raise click.UsageError(str(error)) from error
    if only is not None:
        found = _among(found, re.split(r"[\s,]+", only.strip(" ,\n")) if only.strip(" ,\n") else [], known)
    if form == "lines":
        click.echo("".join(f"{stack.name}\n" for stack in found), nl=False)
    elif form == "json":
        click.echo(json.dumps([stack.as_json() for stack in found]))
    else:
        click.echo(json.dumps({stack.name.replace("-", "_"): stack.as_json() for stack in found}))


def _among(found: Sequence[Stack], names: Sequence[str], known: Sequence[str]) -> tuple[Stack, ...]:
    for name in names:
        if name in NOT_PLANNED:
            raise click.UsageError(f"{name} can't be planned: {NOT_PLANNED[name]} (pipeline/changed.py)")
    strange = [name for name in names if name not in known]
    if strange:
        raise click.UsageError(f"no stack {', '.join(strange)}; stacks here: {', '.join(known)}")
    return tuple(stack for stack in found if stack.name in names)


@pipeline.command()
@click.argument("stack", callback=_stack)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def comment(stack: str, file: Path) -> None:
    """Write FILE as the pull request's comment on STACK, or edit the one that is there."""
    try:
        done = post(board(os.environ), stack, file.read_text(encoding="utf-8"))
    except (NotPosted, OSError, UnicodeDecodeError) as error:
        raise ToolFailed(str(error)) from error
    click.echo(f"{stack}: comment {done}", err=True)


@pipeline.command("keep-plan")
@click.argument("stack", callback=_stack)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--account", required=True, help="The stack's state account.")
@click.option("--run", "run_id", required=True, help="What the plan is named after: the run, and which attempt.")
def keep_plan(stack: str, file: Path, account: str, run_id: str) -> None:
    """Put a saved plan into the stack's state account; print its SHA-256."""
    try:
        click.echo(keep(account, f"{stack}/{run_id}.json", file))
    except NotKept as error:
        raise ToolFailed(str(error)) from error


@pipeline.command("fetch-plan")
@click.argument("stack", callback=_stack)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--account", required=True, help="The stack's state account.")
@click.option("--run", "run_id", required=True, help="As it was kept.")
@click.option("--sha256", required=True, help="What keep-plan printed.")
def fetch_plan(stack: str, file: Path, account: str, run_id: str, sha256: str) -> None:
    """Take the plan that was reviewed, and no other."""
    try:
        fetch(account, f"{stack}/{run_id}.json", file, sha256)
    except NotKept as error:
        raise ToolFailed(str(error)) from error


def main(arguments: Sequence[str] | None = None) -> None:
    """As every verb ends: words, an exit code, and no traceback."""
    try:
        pipeline.main(args=None if arguments is None else list(arguments), standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(1 if isinstance(error, ToolFailed) else 2)
    except click.Abort:
        sys.exit(1)


if __name__ == "__main__":
    main()
