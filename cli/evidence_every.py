"""`bailiwick evidence --all`: each stack's evidence in a folder of its own, and one page over all of them."""

import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli import exits
from cli.evidence_writing import commit_beside, judged, print_written, sizes, told_why, write_subject
from cli.exits import ToolFailed
from cli.fleet import import_once, keep, lost_words
from cli.planning import known_stacks, plan_stack
from cli.processes import cpus, in_order

if TYPE_CHECKING:
    from evidence.dashboard.data import Judged, Unplanned
    from intake.signing import Signing
    from plan.model import Plan
    from repository.commit import Commit

_SEVERITY = (exits.OK, exits.NOT_EVALUATED, exits.REFUSED, exits.USAGE, exits.FAILED)
"""Exit codes from good to bad."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one stack's evidence."""

    stack: str
    code: int
    document: dict[str, Any] = field(default_factory=dict)
    """What was written, for `--json`."""
    judged: "Judged | None" = None
    """What the page over all stacks is told of it."""
    unplanned: "Unplanned | None" = None
    """Or why there is none."""


@dataclass(frozen=True, kw_only=True)
class _Job:
    stack: str
    folder: Path
    as_of: date
    signing: "Signing | None"
    commit: "Commit | None"
    plan: "Plan | None"
    """Where it is made already."""


def write_every(out: Path, as_of: date, signing: "Signing | None", *, as_json: bool) -> int:
    """Every stack's in a folder of its own, side by side; the worst exit code, and what failed by name."""
    # Forked after this, so that no child imports or reads for itself what all of them write with.
    from evidence.dashboard.data import Fleet
    from evidence.dashboard.writing import page_files, room_for, write_page

    stacks = known_stacks()
    with told_why(out):
        room_for(out, stacks)
    # Asked before anything is written: evidence inside the project must not make the next stack's commit dirty.
    commit = commit_beside(page_files(out, stacks))
    ready = _ready(stacks)
    jobs = [
        _Job(stack=stack, folder=out / stack, as_of=as_of, signing=signing, commit=commit, plan=ready.get(stack))
        for stack in stacks
    ]
    outcomes: list[Outcome] = []
    for done, outcome in enumerate(in_order(_one, _lost, jobs, at_once=cpus()), start=1):
        outcomes.append(outcome)
        if sys.stderr.isatty():
            click.echo(f"{done}/{len(jobs)} {outcome.stack}", err=True)
        if as_json:
            continue
        if outcome.unplanned is None:
            print_written(outcome.document)
            continue
        click.echo(outcome.unplanned.faults, err=True)
        if outcome.unplanned.earlier is not None:
            click.echo(outcome.unplanned.earlier.words, err=True)
    fleet = Fleet(
        judged=as_of,
        stacks=tuple(each.judged for each in outcomes if each.judged is not None),
        unplanned=tuple(each.unplanned for each in outcomes if each.unplanned is not None),
    )
    with told_why(out):
        written = write_page(fleet, out, (signing.sign, signing.id) if signing is not None else None)
    if not as_json:
        click.echo(f"{written.folder / 'index.html'}: all stacks on one page")
    else:
        index = {"folder": str(written.folder), "signedBy": signing.id if signing else None, "files": sizes(written)}
        told = [each.unplanned.told if each.unplanned else each.document for each in outcomes]
        json.dump({"stacks": told, "index": index}, sys.stdout, indent=1, ensure_ascii=False)
        sys.stdout.write("\n")
    return max((each.code for each in outcomes), key=_SEVERITY.index, default=exits.OK)


def _ready(stacks: Sequence[str]) -> "dict[str, Plan]":
    """What every stack's process would otherwise import, read and work out for itself; the plan that came of it."""
    from evidence.document.pdf import prepare
    from evidence.formats.verdict import source_digest
    from policies.catalogue import regulations
    from policies.rules import ALL

    import_once()
    regulations()
    prepare()
    for rule in ALL:
        source_digest(rule)
    made: dict[str, Plan] = {}
    for stack in stacks:
        # Pulumi works out the types of each resource's outputs once for a process: a third of a plan's time.
        with suppress(click.ClickException):  # told by its own process
            made[stack] = plan_stack(stack)[0]
            break
    keep()
    return made


def _one(job: _Job) -> Outcome:
    try:
        from evidence.dashboard.summary import summarised

        subject = judged(job.plan or plan_stack(job.stack)[0], job.as_of, job.commit)
        document = write_subject(subject, job.folder, job.signing)
    except click.ClickException as error:
        code = exits.FAILED if isinstance(error, ToolFailed) else exits.USAGE
        return _without(job, code, error.format_message())
    code = exits.OF_VERDICT[subject.report.verdict]
    return Outcome(stack=job.stack, code=code, document=document, judged=summarised(subject))


def _lost(job: _Job, code: int | None) -> Outcome:
    return _without(job, exits.FAILED, lost_words(job.stack, code))


def _without(job: _Job, code: int, faults: str) -> Outcome:
    from evidence.dashboard.data import Unplanned
    from evidence.dashboard.writing import earlier

    with told_why(job.folder):
        unplanned = Unplanned(stack=job.stack, faults=faults, earlier=earlier(job.folder))
    return Outcome(stack=job.stack, code=code, unplanned=unplanned)
