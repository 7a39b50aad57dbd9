"""`bailiwick evidence STACK`: one stack or all of them, from its name to a folder that holds its evidence."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli import exits
from cli.exits import ToolFailed
from cli.fleet import import_once, lost_words
from cli.processes import cpus, in_order

if TYPE_CHECKING:
    from evidence.dashboard.data import Judged
    from evidence.pack.provenance import Commit
    from evidence.pack.subject import Subject
    from evidence.pack.writing import Written
    from intake.signing import Signing


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one stack's evidence."""

    stack: str
    code: int
    document: dict[str, Any] = field(default_factory=dict)
    faults: str = ""
    """Why there is none."""
    judged: "Judged | None" = None
    """What the page over all stacks is told of it."""


@dataclass(frozen=True, kw_only=True)
class _Job:
    stack: str
    folder: Path
    as_of: date
    signing: "Signing | None"
    commit: "Commit | None"


def write_one(
    what: str, out: Path, as_of: date, signing: "Signing | None", *, against: str | None, as_json: bool
) -> int:
    """The evidence of one stack, or of a plan's file, in `out`; the exit code of its verdict."""
    subject = subject_of(what, as_of)
    if against is not None:
        from cli.evidence_against import compared

        subject = compared(subject, against)
    document = _written(subject, out, signing)
    if as_json:
        json.dump(document, sys.stdout, indent=1, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        _tell(document)
    return exits.OF_VERDICT[subject.report.verdict]


def write_every(out: Path, as_of: date, signing: "Signing | None", *, as_json: bool) -> int:
    """Every stack's in a folder of its own, side by side; the worst exit code, and what failed by name."""
    from cli.planning import known_stacks

    stacks = known_stacks()
    # Forked after this, so that no child imports or reads for itself what all of them write with.
    from cli.planning import ROOT
    from evidence.dashboard.data import Fleet, Unplanned
    from evidence.dashboard.writing import room_for, write_page
    from evidence.pack.provenance import commit_of
    from policies.catalogue import regulations

    with _told(out):
        room_for(out, stacks)
    import_once()
    regulations()
    # Asked before anything is written: evidence inside the project must not make the next stack's commit dirty.
    commit = commit_of(ROOT)
    jobs = [_Job(stack=stack, folder=out / stack, as_of=as_of, signing=signing, commit=commit) for stack in stacks]
    outcomes: list[Outcome] = []
    for done, outcome in enumerate(in_order(_one, _lost, jobs, at_once=cpus()), start=1):
        outcomes.append(outcome)
        if sys.stderr.isatty():
            click.echo(f"{done}/{len(jobs)} {outcome.stack}", err=True)
        if not as_json and outcome.document:
            _tell(outcome.document)
        elif not as_json:
            click.echo(outcome.faults, err=True)
    fleet = Fleet(
        judged=as_of,
        stacks=tuple(each.judged for each in outcomes if each.judged is not None),
        unplanned=tuple(Unplanned(stack=each.stack, faults=each.faults) for each in outcomes if each.judged is None),
    )
    with _told(out):
        written = write_page(fleet, out, (signing.sign, signing.id) if signing is not None else None)
    if not as_json:
        click.echo(f"{written.folder / 'index.html'}: all stacks on one page")
    if as_json:
        told = [each.document or {"stack": each.stack, "faults": each.faults.splitlines()} for each in outcomes]
        json.dump(told, sys.stdout, indent=1, ensure_ascii=False)
        sys.stdout.write("\n")
    order = (exits.OK, exits.NOT_EVALUATED, exits.REFUSED, exits.USAGE, exits.FAILED)
    return max((each.code for each in outcomes), key=order.index, default=exits.OK)


def subject_of(what: str, as_of: date, commit: "Commit | None" = None) -> "Subject":
    """A stack, or a plan's file, judged as of a day; `commit` where it is known. Raises click.ClickException."""
    from cli.planning import ROOT, plan_of
    from evidence.pack.locating import key_lines
    from evidence.pack.provenance import provenance_of
    from evidence.pack.subject import Subject
    from jurisdictions import JurisdictionError
    from policies.review import review
    from policies.rules import ALL

    plan = plan_of(what)
    own = f"Pulumi.{plan.stack}.yaml"
    try:
        report = review(plan, ALL, as_of=as_of)
    except JurisdictionError as error:
        raise click.ClickException(
            f"{error}\nhint: the plan's 'jurisdiction' names a file of jurisdictions/"
        ) from error
    catalogues = ("models/models.yaml", "models/images.yaml")
    files = (own, "policies/exemptions.yaml", f"jurisdictions/{plan.jurisdiction}.yaml", *catalogues, "uv.lock")
    return Subject(report=report, provenance=provenance_of(ROOT, ALL, files, commit), lines=key_lines(ROOT / own))


def _one(job: _Job) -> Outcome:
    try:
        from evidence.dashboard.summary import summarised

        subject = subject_of(job.stack, job.as_of, job.commit)
        document = _written(subject, job.folder, job.signing)
    except click.ClickException as error:
        code = exits.FAILED if isinstance(error, ToolFailed) else exits.USAGE
        return Outcome(stack=job.stack, code=code, faults=error.format_message())
    code = exits.OF_VERDICT[subject.report.verdict]
    return Outcome(stack=job.stack, code=code, document=document, judged=summarised(subject))


def _lost(job: _Job, code: int | None) -> Outcome:
    return Outcome(stack=job.stack, code=exits.FAILED, faults=lost_words(job.stack, code))


def _written(subject: "Subject", folder: Path, signing: "Signing | None") -> dict[str, Any]:
    from evidence.pack.writing import write

    signer = (signing.sign, signing.id) if signing is not None else None
    with _told(folder):
        done = write(subject, folder, signer)
    return _document(subject, done, signing)


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Why nothing was written to `folder`, in the command's words."""
    from evidence.pack.writing import Occupied
    from intake.refusal import Interrupted

    try:
        yield
    except Occupied as error:
        raise click.ClickException(f"{error}\nhint: name another --out, or empty this one yourself") from error
    except Interrupted as error:
        raise ToolFailed(f"the manifest was not signed: {error}; nothing was written") from error
    except OSError as error:
        raise ToolFailed(f"{folder} can't be written: {error.strerror}; what was there is as it was") from error


def _document(subject: "Subject", done: "Written", signing: "Signing | None") -> dict[str, Any]:
    return {
        "stack": subject.name,
        "verdict": subject.report.verdict,
        "judgedAsOf": subject.judged.isoformat(),
        "commit": subject.provenance.reference,
        "folder": str(done.folder),
        "signedBy": signing.id if signing is not None else None,
        "files": {name: {"bytes": size, "sha256": digest} for name, (size, digest) in done.files.items()},
    }


def _tell(document: dict[str, Any]) -> None:
    from evidence.screen import Screen

    screen = Screen()
    rows = [[name, f"{told['bytes']:,}", told["sha256"][:16]] for name, told in document["files"].items()]
    screen.table(["file", "bytes", "sha256"], rows)
    signed = "signed" if document["signedBy"] else "NOT SIGNED (--key)"
    mark, style = {"compliant": ("✓", "bold green"), "refused": ("✗", "bold red")}.get(
        document["verdict"], ("?", "bold yellow")
    )
    screen.line(
        f"{mark} {document['stack']}: {document['verdict'].replace('-', ' ')}   {document['folder']}, "
        f"{len(document['files'])} files, {signed}",
        style=style,
    )
