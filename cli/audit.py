"""`bailiwick audit`: whether a gateway's log is what it wrote, and proofs of it for others."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli import audit_paths, audit_statistics, exits
from cli.exits import ToolFailed

if TYPE_CHECKING:
    from audit_log.findings import Report
    from audit_log.note import Verifier

_PATH = click.Path(exists=True, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_KEY = click.option("--key", "keys", multiple=True, metavar="VKEY", help="A key that signs it; may be given again.")
VERDICTS = {"intact": exits.OK, "tampered": exits.REFUSED, "not-evaluated": exits.NOT_EVALUATED}


@click.group("audit")
def command() -> None:
    """Show whether a gateway's audit log is what it wrote, and prove what is in it: docs/runbooks/audit-log.md."""


command.add_command(audit_statistics.budget)
command.add_command(audit_statistics.statistics)


@command.command("verify")
@click.argument("paths", nargs=-1, required=True, type=_PATH)
@_KEY
@click.option(
    "--anchors", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Checkpoints from the store."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(paths: tuple[Path, ...], *, keys: tuple[str, ...], anchors: Path | None, as_json: bool) -> int:
    """Verify the log in PATHS: its folder, or its segments.

    Without --anchors a tail that was cut together with its checkpoints does not show, nor a log that was written again
    by whoever holds its key. Without --key whoever wrote it could have written it again.

    Ends with 3 where it was tampered with, and 4 where no key was given.
    """
    from audit_log.verify import BadAnchor, anchored
    from audit_log.verify import verify as verified

    known = _keys(keys)
    segments = audit_paths.segments(paths)
    try:
        held = anchored(sorted(anchors.rglob("*.note")), known) if anchors else []
    except BadAnchor as error:
        raise click.ClickException(f"{error}\nhint: --anchors is a folder of what lies in the store") from error
    except OSError as error:
        raise ToolFailed(f"the anchors can't be read: {error.strerror}") from error
    total = sum(path.stat().st_size for path in segments)
    try:
        with _progress(total, shown=not as_json) as step:
            report = verified(segments, known, held, step)
    except OSError as error:
        raise ToolFailed(f"the log can't be read: {error.strerror}: {error.filename}") from error
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=1, ensure_ascii=False))
    else:
        _tell(report, anchored=anchors is not None)
    return VERDICTS[report.verdict]


@command.command("prove")
@click.argument("folder", type=_PATH)
@click.argument("index", type=click.IntRange(min=0))
@click.option("--until", metavar="SIZE", type=click.IntRange(min=0), help="Prove growth from INDEX records to SIZE.")
def prove(folder: Path, index: int, until: int | None) -> int:
    """Print a proof, as JSON, that record INDEX is in the log in FOLDER, as its last checkpoint commits to it.

    With --until: that the log at INDEX records, where there is a checkpoint, is how the log at SIZE begins.
    """
    from audit_log.prove import NoProof, consistency, inclusion

    segments = audit_paths.segments((folder,))
    try:
        found = inclusion(segments, index) if until is None else consistency(segments, index, until)
    except NoProof as error:
        raise click.ClickException(f"no proof: {error}") from error
    except OSError as error:
        raise ToolFailed(f"the log can't be read: {error.strerror}: {error.filename}") from error
    click.echo(json.dumps(found, indent=1, ensure_ascii=False))
    return exits.OK


@command.command("check-proof")
@click.argument("file", type=_FILE)
@_KEY
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check_proof(file: Path, *, keys: tuple[str, ...], as_json: bool) -> int:
    """Check a proof that `prove` printed: FILE and a key are all that is needed.

    Ends with 3 where it does not hold.
    """
    from audit_log.prove import NoProof, check

    known = _keys(keys)
    if not known:
        raise click.UsageError("--key is needed: a proof holds by whoever signed its checkpoint.")
    try:
        said = check(file.read_text(encoding="utf-8"), known)
    except NoProof as error:
        click.echo(json.dumps({"holds": False, "says": str(error)}, indent=1) if as_json else f"✗ {error}")
        return exits.REFUSED
    except OSError as error:
        raise ToolFailed(f"{file} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise click.ClickException(f"{file} is no proof: `bailiwick audit prove` prints one") from error
    click.echo(json.dumps({"holds": True, "says": said}, indent=1) if as_json else f"✓ {said}")
    return exits.OK


def _keys(given: tuple[str, ...]) -> "list[Verifier]":
    from audit_log.note import BadKey, Verifier

    try:
        return [Verifier.of(vkey) for vkey in given]
    except BadKey as error:
        raise click.ClickException(f"--key: {error}\nhint: the gateway prints its own when it starts") from error


@contextmanager
def _progress(total: int, *, shown: bool) -> Iterator[Callable[[int], None]]:
    if not shown or not sys.stderr.isatty() or total < 50_000_000:
        yield lambda _: None
        return
    with click.progressbar(length=total, label="verifying", file=sys.stderr) as bar:
        yield bar.update


def _tell(report: "Report", *, anchored: bool) -> None:
    for finding in report.findings:
        click.echo(f"✗ {finding}")
    if report.more:
        click.echo(f"  and {report.more} more")
    records = f"records {report.first} to {report.size - 1}" if report.size > report.first else "no records"
    sign = {"intact": "✓", "tampered": "✗", "not-evaluated": "!"}[report.verdict]
    words = {
        "intact": "what the gateway wrote",
        "tampered": "not what the gateway wrote",
        "not-evaluated": "whole, by hashes that anybody can make: no key was given",
    }[report.verdict]
    click.echo(f"{sign} {report.origin or 'the log'}: {records} in {report.segments} segments are {words}")
    click.echo(
        f"  {report.checkpoints} checkpoints commit to {report.committed} records; "
        f"{report.anchors} of the store's were held against them"
    )
    if report.size > report.committed and report.verdict != "tampered":
        click.echo(f"  {report.size - report.committed} records are not committed to yet", err=True)
    if report.torn:
        click.echo(f"  {report.torn} bytes of a line that is being written, or was torn by a crash", err=True)
    if report.earlier:
        click.echo(f"  {report.earlier} of the store's are of records before {report.first}: not held", err=True)
    if report.first and report.verdict != "tampered":
        click.echo(f"  records before {report.first} are not here; a checkpoint vouches for them", err=True)
    if not anchored:
        click.echo("  without --anchors a tail that was cut with its checkpoints does not show", err=True)
    if report.verdict == "not-evaluated":
        click.echo("  hint: --key <the gateway's key>; it stands in its start-up log", err=True)
