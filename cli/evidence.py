"""`bailiwick evidence`: what a reviewer signs, from the plan, the verdict and git; and whether it still is that."""

import json
import os
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli import exits
from cli.exits import ToolFailed

if TYPE_CHECKING:
    from evidence.pack.verifying import Verified
    from intake.signing import Signing

_FOLDER = click.Path(file_okay=False, path_type=Path)
_PACK = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
WRITE = "write"


class Evidence(click.Group):
    """A stack's name where a verb could stand means: write."""

    def spelled(self, args: Sequence[str]) -> list[str]:
        """`eu-prod --out DIR` as `write eu-prod --out DIR`; a verb's words as they are."""
        short = bool(args) and args[0] not in self.commands and args[0] not in ("-h", "--help")
        return [WRITE, *args] if short else list(args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The words as click parses them."""
        return super().parse_args(ctx, self.spelled(args))


@click.group("evidence", cls=Evidence)
def command() -> None:
    """Write the evidence of STACK into a folder; verify and compare such folders.

    `bailiwick evidence eu-prod --out DIR` is short for `bailiwick evidence write eu-prod --out DIR`.
    """


@command.command(WRITE)
@click.argument("what", metavar="STACK|PLAN_FILE", required=False)
@click.option("--all", "every", is_flag=True, help="Every stack that has a file, each in a folder of its own in DIR.")
@click.option("--out", type=_FOLDER, required=True, metavar="DIR", help="A folder: new, empty, or with evidence in it.")
@click.option("--key", metavar="KEY", help="What signs: a PEM file, or https://<vault>…/keys/<name>/<version>.")
@click.option("--against", metavar="BASE", help="A git revision, plan or export: summary.md says what differs from it.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Judge exceptions as of this day, instead of today.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def write(
    what: str | None,
    *,
    every: bool,
    out: Path,
    key: str | None,
    against: str | None,
    as_of: datetime | None,
    as_json: bool,
) -> int:
    """Write what a reviewer signs of STACK: report, registers, findings for machines, and a manifest.

    The same commit, day and inputs give the same bytes. Ends as `preview` does: with 3 where the plan is refused, with
    4 where something was not evaluated; the evidence is written all the same.
    """
    from cli.planning import known_stacks

    if every and against is not None:
        raise click.UsageError("--against tells of one stack; name it.")
    if every == (what is not None):
        raise click.UsageError(f"name one stack, or --all. The stacks: {', '.join(known_stacks())}.")
    signing = _signing(key) if key is not None else None
    day = as_of.date() if as_of is not None else date.today()
    if every:
        from cli.evidence_every import write_every

        return write_every(out, day, signing, as_json=as_json)
    from cli.evidence_writing import write_one

    return write_one(what or "", out, day, signing, against=against, as_json=as_json)


@command.command("verify")
@click.argument("folder", type=_PACK)
@click.option("--key", "keys", multiple=True, type=_FILE, metavar="PEM", help="A public key; may be given again.")
@click.option("--unsigned", is_flag=True, help="Don't ask who signed: the manifest alone is held.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(folder: Path, *, keys: tuple[Path, ...], unsigned: bool, as_json: bool) -> int:
    """Verify the evidence in FOLDER: every file of the manifest, unchanged, none beside, signed by a key named here.

    Without a key whoever changed a file could have changed the manifest too; so one is asked for, or --unsigned.
    Ends with 3 where something is not as it was.
    """
    from evidence.pack.verifying import verified

    if bool(keys) == unsigned:
        raise click.UsageError("say whose signature is asked for: --key PUBLIC.pem, or --unsigned for none")
    pem = _pem(keys)
    try:
        found = verified(folder, pem)
    except OSError as error:
        raise ToolFailed(f"{folder} can't be read: {error.strerror}") from error
    if as_json:
        click.echo(json.dumps(_document(found), indent=1, ensure_ascii=False))
    else:
        _tell(found)
    return exits.REFUSED if found.faults else exits.OK


@command.command("diff")
@click.argument("was", type=_PACK)
@click.argument("now", type=_PACK)
@click.option("--key", "keys", multiple=True, type=_FILE, metavar="PEM", help="Ask that both are signed by this key.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def diff(was: Path, now: Path, *, keys: tuple[Path, ...], as_json: bool) -> int:
    """Compare the evidence in two folders of one stack: what changed in the verdict, and why.

    Each finding that is new, gone or otherwise comes with one reason, the nearest difference on record: an exemption,
    the rule, the resource and its inputs, others that the rule looks at, the law, the tools, the day. Both folders are
    held against their manifests first. Ends with 3 where the verdict is refused and was not, where there is a refusal
    that was not there, and where a folder is not as it was written; with 4 where what was compliant was not evaluated.
    """
    from evidence.pack.compared import as_json as document
    from evidence.pack.compared import print_comparison
    from evidence.pack.comparing import Unlike, compare
    from evidence.pack.reading import Broken, Unreadable, read_pack

    pem = _pem(keys)
    try:
        found = compare(read_pack(was, pem), read_pack(now, pem))
    except Broken as error:
        for fault in error.faults:
            click.echo(f"✗ {fault}", err=True)
        click.echo(f"✗ {error.folder} is not the evidence that was written: nothing is compared", err=True)
        return exits.REFUSED
    except (Unreadable, Unlike) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise ToolFailed(f"{error.filename or was} can't be read: {error.strerror}") from error
    if as_json:
        click.echo(json.dumps(document(found), indent=1, ensure_ascii=False))
    else:
        print_comparison(found)
    if found.worse:
        return exits.REFUSED
    return exits.NOT_EVALUATED if found.less_known else exits.OK


def _pem(keys: tuple[Path, ...]) -> list[str]:
    try:
        return [key.read_text(encoding="utf-8") for key in keys]
    except UnicodeDecodeError as error:
        raise click.ClickException("a --key is not a text: give the public key in PEM") from error
    except OSError as error:
        raise ToolFailed(f"--key: {error.filename} can't be read: {error.strerror}") from error


def _signing(key: str) -> "Signing":
    from urllib.parse import urlsplit

    from intake.identity import VAULT, token_for
    from intake.refusal import Interrupted, Refused
    from intake.signing import from_file, from_vault

    try:
        if urlsplit(key).scheme in ("http", "https"):
            return from_vault(key, lambda: token_for(VAULT, os.environ))
        return from_file(Path(key))
    except Refused as error:
        raise click.ClickException(f"--key: {error}") from error
    except Interrupted as error:
        raise ToolFailed(f"--key: {error}") from error
    except OSError as error:
        raise click.ClickException(f"--key: {key}: {error.strerror}; a PEM file, or https://<vault>…") from error


def _document(found: "Verified") -> dict[str, Any]:
    return {
        "folder": found.folder,
        "sound": not found.faults,
        "signed": found.signed,
        "files": found.files,
        "faults": list(found.faults),
        "predicate": dict(found.predicate),
    }


def _tell(found: "Verified") -> None:
    said = found.predicate
    for fault in found.faults:
        click.echo(f"✗ {fault}")
    if found.faults:
        click.echo(f"✗ {found.folder} is not the evidence that was written")
        return
    if "stacks" in said:
        for each in said["stacks"]:
            click.echo(
                f"{each['stack']}: {each['verdict']}, judged as of {said['judgedAsOf']}, commit {each['commit']}"
            )
        for each in said["notPlanned"]:
            was = each.get("earlier")
            kept = f"; kept: evidence of commit {was['commit']}, judged as of {was['judgedAsOf']}" if was else ""
            click.echo(f"{each['stack']}: not planned{kept}")
        _whole(found)
        return
    commit = said.get("commit") or {}
    dirty = "+ changed files" if commit.get("dirty") else ""
    click.echo(f"{said.get('stack')}: {said.get('verdict')}, judged as of {said.get('judgedAsOf')}, "
               f"commit {str(commit.get('id', 'none'))[:12]}{dirty}")  # fmt: skip
    _whole(found)


def _whole(found: "Verified") -> None:
    who = "signed by a key that you named" if found.signed else "NOT SIGNED, or not asked"
    click.echo(f"✓ {found.folder}: {found.files} files as they were written; {who}")
