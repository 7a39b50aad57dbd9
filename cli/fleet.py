"""Many stacks side by side: the SDK is imported once, and each stack is planned and judged in a process of its own.

Processes, because Pulumi keeps a program's state in the interpreter; forked, because importing the SDK takes longer
than a plan does.
"""

import gc
import importlib
import io
import json
import signal
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from types import ModuleType

import click

from cli import exits
from cli.processes import cpus, in_order


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one stack."""

    stack: str
    code: int
    text: str
    """Its report, or why there is none."""


def preview_all(stacks: Sequence[str], *, as_json: bool, quiet: bool) -> int:
    """Plan and judge every stack; print in order of name as they come; the worst exit code.

    A stack that can't be planned is told with its faults and does not keep the others from their verdict.
    """
    jobs = [(stack, as_json, quiet) for stack in stacks]
    import_once()
    documents: list[object] = []
    worst = exits.OK
    for done, outcome in enumerate(in_order(_one, _lost, jobs, at_once=cpus()), start=1):
        if sys.stderr.isatty():
            click.echo(f"{done}/{len(jobs)} {outcome.stack}", err=True)
        if as_json:
            documents.append(_document(outcome))
        else:
            click.echo(outcome.text)
        worst = max(worst, outcome.code, key=_SEVERITY.index)
    if as_json:
        json.dump(documents, sys.stdout, indent=1, ensure_ascii=False)
        sys.stdout.write("\n")
    return worst


_SEVERITY = (exits.OK, exits.NOT_EVALUATED, exits.REFUSED, exits.USAGE, exits.FAILED)
"""Exit codes from good to bad."""


def _document(outcome: Outcome) -> object:
    if outcome.code in (exits.OK, exits.REFUSED, exits.NOT_EVALUATED):
        return json.loads(outcome.text)
    return {"stack": outcome.stack, "verdict": "not-planned", "faults": outcome.text.splitlines()}


def import_once() -> None:
    """What every stack's plan needs, imported before any process is forked for one."""
    # By name: the command builds no components, it only has the program's imports behind it.
    for module in ("plan.recorder", "components.platform", "cli.judging", "cli.planning"):
        importlib.import_module(module)
    ours = [vars(module) for name, module in sys.modules.items() if name.startswith("components.")]
    for value in [value for names in ours for value in names.values() if isinstance(value, ModuleType)]:
        # azure-native loads a namespace when it is first asked for anything: here once, and not in each child.
        getattr(value, "__all__", None)
    keep()


def keep() -> None:
    """Take what is there now as staying: a child that looks through it for garbage copies all of it."""
    gc.collect()
    gc.freeze()


def _lost(job: tuple[str, bool, bool], code: int | None) -> Outcome:
    return Outcome(stack=job[0], code=exits.FAILED, text=lost_words(job[0], code))


def lost_words(stack: str, code: int | None) -> str:
    """Why the process of a stack ended without a word, and what to do."""
    how = f"ended with code {code}" if code is None or code >= 0 else f"was stopped by {signal.Signals(-code).name}"
    hint = f"hint: bailiwick preview {stack} alone; where it was SIGKILL, memory may have run out"
    return f"planning {stack} failed: its process {how}\n{hint}"


def _one(job: tuple[str, bool, bool]) -> Outcome:
    from cli.judging import judge_plan, show
    from cli.planning import plan_stack
    from evidence.terminal import print_faults
    from evidence.tree import print_tree

    stack, as_json, quiet = job
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(io.StringIO()):
        try:
            plan, faults = plan_stack(stack)
            if not as_json and not quiet:
                print_tree(plan)
            if not as_json and faults:
                print_faults(stack, faults)
            code = show([judge_plan(plan)], as_text_json=as_json)
        except click.ClickException as error:
            failed = isinstance(error, exits.ToolFailed)
            return Outcome(stack=stack, code=exits.FAILED if failed else exits.USAGE, text=error.format_message())
    return Outcome(stack=stack, code=code, text=said.getvalue().rstrip("\n"))
