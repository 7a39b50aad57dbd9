"""`bailiwick models import`: bring weights in, from a carried disk or an approved host, into the immutable store."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from cli import exits
from cli.exits import ToolFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from intake.signing import Signing
    from intake.stores import Store
    from intake.take_in import Done, Source

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("import")
@click.argument("source")
@click.option("--name", required=True, help="Under which name stacks know it.")
@click.option("--revision", required=True, help="Commit of its repository, 40 hex digits.")
@click.option("--store", required=True, help="A folder, or https://<account>.blob.…/<container>: write-once.")
@click.option(
    "--staging", required=True, type=click.Path(file_okay=False, path_type=Path), help="A folder of this run's."
)
@click.option("--key", "key", required=True, help="What signs: a PEM file, or https://<vault>…/keys/<name>/<version>.")
@click.option("--who", required=True, help="Who imports it; on record.")
@click.option("--expect", type=_FILE, help="Checksums that somebody vouches for, as sha256sum writes them.")
@click.option("--source-token-file", type=_FILE, help="A token for a host that asks for one; sent to no other.")
@click.option("--no-malware-scan", "unscanned", metavar="WHY", help="Don't scan, and put on record why.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def take_in(
    source: str,
    *,
    name: str,
    revision: str,
    store: str,
    staging: Path,
    key: str,
    who: str,
    expect: Path | None,
    source_token_file: Path | None,
    unscanned: str | None,
    as_json: bool,
) -> int:
    """Import weights from SOURCE: a folder, or the address of an approved host (`sources` of models/models.yaml).

    Copies, looks through, scans, hashes, signs and lays down; a run that was broken off goes on, and one that was done
    does nothing. Run it on the runner inside the network, never in the cluster.

    Ends with 3 where something may not come in.
    """
    from importlib.metadata import version

    from cli.models import catalogue
    from intake.expected import expected
    from intake.refusal import Interrupted, Refused
    from intake.take_in import Heard, Import
    from intake.take_in import take_in as take

    _sound(name, revision, who, unscanned)
    known = catalogue()
    model = known.models.get(name)
    pinned = [item for item in (model.revisions if model else ()) if item.commit == revision and not item.example]
    hosts = [item.host for item in known.sources]
    try:
        sums = expected(expect) if expect is not None else None
        job = Import(
            name=name,
            revision=revision,
            who=who,
            source=_source(source, sums, hosts, source_token_file),
            staging=staging,
            expected=sums,
            pinned=pinned[0].manifest_sha256 if pinned else None,
            unscanned=unscanned,
            version=version("bailiwick"),
        )
        heard = Heard(step=lambda words: click.echo(f"{words} …", err=True), bytes=_counted())
        done = take(job, _store(store), _signing(key), heard)
    except Refused as error:
        for fault in error.faults:
            click.echo(f"✗ {fault}", err=True)
        click.echo(
            "nothing was laid down that stands without its manifest; mend this, and run the same again", err=True
        )
        return exits.REFUSED
    except Interrupted as error:
        raise ToolFailed(f"{error}\nhint: the same command goes on where this stopped") from error
    except OSError as error:
        raise ToolFailed(
            f"{error.strerror or error}: {error.filename or ''}\nhint: the same command goes on"
        ) from error
    _tell(done, listed=bool(pinned), as_json=as_json)
    return exits.OK


def _sound(name: str, revision: str, who: str, unscanned: str | None) -> None:
    import re

    told = []
    if not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,95}", name):
        told.append(f"--name '{name}' is letters, digits, '.', '_' and '-', at most 96")
    if not re.fullmatch(r"[0-9a-f]{40}", revision):
        told.append(f"--revision '{revision[:60]}' is no commit of 40 hex digits; a branch or a tag can be moved")
    if not who.strip():
        told.append("--who is empty; the record says who imported it")
    if unscanned is not None and len(unscanned.strip()) < 10:
        told.append("--no-malware-scan says why, in ten characters or more; an auditor reads it")
    if told:
        raise click.UsageError("\n".join(told))


def _source(source: str, sums: "Mapping[str, str] | None", hosts: list[str], token_file: Path | None) -> "Source":
    from intake.approved import ApprovedHost
    from intake.carried import CarriedFolder

    if urlsplit(source).scheme in ("http", "https"):
        if sums is None:
            raise click.UsageError(
                "--expect is needed for an address: it names the files, and what somebody vouches that they hold.\n"
                "hint: sha256sum of each, one line a file: <64 hex digits>  <path>"
            )
        try:
            token = token_file.read_text(encoding="utf-8").strip() if token_file is not None else None
        except UnicodeDecodeError as error:
            raise click.UsageError("--source-token-file is not UTF-8 text; a token is") from error
        return ApprovedHost(source, sums, hosts, token=token)
    if not Path(source).is_dir():
        raise click.UsageError(f"SOURCE '{source}' is neither a folder that is there nor an address (https://…).")
    return CarriedFolder(Path(source))


def _store(store: str) -> "Store":
    from intake.blob_store import BlobStore
    from intake.identity import STORAGE, token_for
    from intake.stores import FolderStore

    if urlsplit(store).scheme in ("http", "https"):
        return BlobStore(store, lambda: token_for(STORAGE, os.environ))
    return FolderStore(Path(store))


def _signing(key: str) -> "Signing":
    from intake.identity import VAULT, token_for
    from intake.signing import from_file, from_vault

    if urlsplit(key).scheme in ("http", "https"):
        return from_vault(key, lambda: token_for(VAULT, os.environ))
    if not Path(key).is_file():
        raise click.UsageError(f"--key '{key}' is neither a file nor a key's address (https://<vault>…/keys/…).")
    return from_file(Path(key))


def _counted() -> "Callable[[int], None]":
    """Says each gigabyte on a terminal, nothing in a pipe."""
    total = 0

    def told(count: int) -> None:
        nonlocal total
        before, total = total, total + count
        if sys.stderr.isatty() and before // 2**30 != total // 2**30:
            click.echo(f"  {total / 2**30:.0f} GiB", err=True)

    return told


def _tell(done: "Done", *, listed: bool, as_json: bool) -> None:
    manifest = done.manifest
    if as_json:
        told = {
            "name": manifest.name,
            "revision": manifest.revision,
            "manifestSha256": manifest.digest,
            "files": len(manifest.files),
            "bytes": manifest.total,
            "laidDown": done.laid,
        }
        click.echo(json.dumps(told, indent=1))
        return
    if not done.laid:
        click.echo(f"✓ {manifest.name}@{manifest.revision[:12]} stands in the store already; nothing was done")
    else:
        click.echo(f"✓ {manifest.name}@{manifest.revision[:12]}: {len(manifest.files)} files, {manifest.total} bytes")
    if not listed:
        click.echo("under `revisions` of the model in models/models.yaml, and in the stack file:")
        click.echo(f"  - {{commit: {manifest.revision}, manifest_sha256: {manifest.digest}}}")
