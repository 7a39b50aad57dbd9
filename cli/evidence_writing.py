"""`bailiwick evidence STACK`: one stack, from its name to a folder that holds its evidence."""

import json
import sys
from collections.abc import Container, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli import exits
from cli.exits import ToolFailed

if TYPE_CHECKING:
    from evidence.pack.subject import Subject
    from evidence.pack.writing import Written
    from intake.signing import Signing
    from plan.model import Plan
    from repository.commit import Commit


def write_one(
    what: str, out: Path, as_of: date, signing: "Signing | None", *, against: str | None, as_json: bool
) -> int:
    """The evidence of one stack, or of a plan's file, in `out`; the exit code of its verdict."""
    from cli.planning import plan_of
    from evidence.pack.writing import own_files

    plan = plan_of(what)
    subject = judged(plan, as_of, commit_beside(own_files(out)))
    if against is not None:
        from cli.evidence_against import compared

        subject = compared(subject, against)
    document = write_subject(subject, out, signing)
    if as_json:
        json.dump(document, sys.stdout, indent=1, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        print_written(document)
    return exits.OF_VERDICT[subject.report.verdict]


def commit_beside(own: Container[Path]) -> "Commit | None":
    """The commit that is checked out; files of `own` don't count as changes where git doesn't track them.

    They are evidence of before, which is written over. Raises ToolFailed where git can't tell.
    """
    from cli.planning import ROOT
    from repository.commit import commit_of
    from repository.git import GitFailed

    try:
        return commit_of(ROOT, own)
    except GitFailed as error:
        raise ToolFailed(
            f"the commit can't be told: {error}\nconsequence: evidence would be of no commit; nothing was written\n"
            f"hint: git -C {ROOT} status"
        ) from error


def judged(plan: "Plan", as_of: date, commit: "Commit | None") -> "Subject":
    """A plan judged as of a day, at a commit. Raises click.ClickException."""
    from cli.planning import ROOT
    from evidence.pack.locating import key_lines
    from evidence.pack.provenance import provenance_of
    from evidence.pack.subject import Subject
    from jurisdictions import JurisdictionError
    from policies.review import review
    from policies.rules import ALL

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


def write_subject(subject: "Subject", folder: Path, signing: "Signing | None") -> dict[str, Any]:
    """Write it; what was written, for `--json`. Raises click.ClickException where nothing was."""
    from evidence.pack.writing import write

    signer = (signing.sign, signing.id) if signing is not None else None
    with told_why(folder):
        done = write(subject, folder, signer)
    return _document(subject, done, signing)


@contextmanager
def told_why(folder: Path) -> Iterator[None]:
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
        "files": sizes(done),
    }


def sizes(done: "Written") -> dict[str, Any]:
    """Each file's bytes and SHA-256, for `--json`."""
    return {name: {"bytes": size, "sha256": digest} for name, (size, digest) in done.files.items()}


def print_written(document: dict[str, Any]) -> None:
    """Its files, and the verdict last."""
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
