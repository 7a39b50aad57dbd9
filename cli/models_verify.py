"""`bailiwick models verify`: the catalogue, the stacks against it, or a folder of weights against its manifest."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli import completing, exits
from cli.exits import ToolFailed

if TYPE_CHECKING:
    from models.form import Models

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("verify")
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--model",
    "name",
    metavar="MODEL",
    shell_complete=completing.models,
    help="Hold FOLDER against this model of the catalogue.",
)
@click.option("--sha256", metavar="DIGEST", help="Hold FOLDER's manifest against this digest.")
@click.option(
    "--key", "keys", multiple=True, type=_FILE, help="A public key (PEM) that may have signed it; repeatable."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(folder: Path | None, *, name: str | None, sha256: str | None, keys: tuple[Path, ...], as_json: bool) -> int:
    """Verify the catalogue and every stack against it, or the weights in FOLDER against their manifest.

    Ends with 3 where something does not hold, and 4 where weights hold and no --key was given: nobody knows then whose
    they are.
    """
    if folder is None:
        if name or sha256 or keys:
            raise click.UsageError("--model, --sha256 and --key are of a FOLDER of weights.")
        return _catalogue(as_json=as_json)
    return _weights(folder, name, sha256, [key.read_text(encoding="utf-8") for key in keys], as_json=as_json)


def _catalogue(*, as_json: bool) -> int:
    from cli.models import catalogue
    from models.images import load as images
    from models.reading import FaultyFile

    known = catalogue()
    try:
        images()
    except FaultyFile as error:
        raise click.ClickException(str(error)) from error
    told = list(_stacks(known))
    notes = [
        f"{model}: revision {item.commit[:12]} is an example; no such weights exist"
        for model, found in known.models.items()
        for item in found.revisions
        if item.example
    ]
    notes += [f"{model}: nobody evaluated it" for model, found in known.models.items() if not found.evaluations]
    if as_json:
        click.echo(json.dumps({"models": len(known.models), "faults": told, "notes": notes}, indent=1))
    else:
        for words in told:
            click.echo(f"✗ {words}")
        if not told:
            click.echo(f"✓ {len(known.models)} models; every stack serves what is in the catalogue")
        for words in notes:
            click.echo(f"! {words}", err=True)
    return exits.REFUSED if told else exits.OK


def _stacks(known: "Models") -> Iterator[str]:
    """What stacks name and the catalogue does not have. As it stands in the files: a fault elsewhere hides nothing."""
    from cli.planning import ROOT, known_stacks
    from plan import stacks

    for stack in known_stacks():
        try:
            values = stacks.values(ROOT, stack)
        except stacks.StackFileError as error:
            yield str(error)
            continue
        for served in _entries(values.get("bailiwick:useCases")):
            yield from _pinned(known, served, f"Pulumi.{stack}.yaml: {served.get('name')}")
            canary = served.get("canary")
            if isinstance(canary, dict) and "model" in canary:
                yield from _pinned(known, canary, f"Pulumi.{stack}.yaml: {served.get('name')}, tried")
        for site in _entries(values.get("bailiwick:edgeSites")):
            yield from _pinned(known, site, f"Pulumi.{stack}.yaml: edge site {site.get('name')}")


def _entries(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _pinned(known: "Models", entry: dict[str, Any], where: str) -> Iterator[str]:
    told = entry.get("model")
    pinned = told if isinstance(told, dict) else {}
    name, commit = str(pinned.get("name")), str(pinned.get("revision"))
    model = known.models.get(name)
    if model is None:
        yield f"{where} serves '{name}', which is in no catalogue"
        return
    sums = {item.commit: item.manifest_sha256 for item in model.revisions}
    if commit not in sums:
        yield f"{where} serves revision {commit[:12]} of {name}, which the catalogue does not have"
    elif sums[commit] != pinned.get("sha256"):
        yield f"{where} pins another manifest of {name} at {commit[:12]} than the catalogue has"


def _weights(folder: Path, name: str | None, sha256: str | None, keys: list[str], *, as_json: bool) -> int:
    from cli.models import catalogue, named
    from weights.form import MANIFEST, Malformed, read
    from weights.verify import Pinned
    from weights.verify import verify as held

    digest = sha256
    if name is not None:
        model = named(name, catalogue())
        try:
            written = read((folder / MANIFEST).read_bytes())
        except (OSError, Malformed) as error:
            raise ToolFailed(f"{folder / MANIFEST} can't be read: {error}\nhint: bailiwick models import") from error
        sums = {item.commit: item.manifest_sha256 for item in model.revisions}
        if written.revision not in sums:
            click.echo(f"✗ {name} has no revision {written.revision[:12]} in the catalogue", err=as_json)
            return exits.REFUSED
        digest = digest or sums[written.revision]
    total = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    with click.progressbar(length=total, label="hashing", file=sys.stderr) as bar:
        verdict = held(folder, Pinned(name=name, sha256=digest, keys=keys), told=bar.update)
    manifest = verdict.manifest
    state = "refused" if not verdict.sound else "signed" if keys else "unsigned"
    if as_json:
        told = {
            "verdict": state,
            "faults": verdict.faults,
            "name": manifest.name if manifest else None,
            "revision": manifest.revision if manifest else None,
            "sha256": manifest.digest if manifest else None,
            "bytes": verdict.hashed,
        }
        click.echo(json.dumps(told, indent=1, ensure_ascii=False))
    else:
        for fault in verdict.faults:
            click.echo(f"✗ {fault}")
        if manifest is not None and verdict.sound:
            whose = "signed by a key that was named" if keys else "whose signature was not asked for"
            what = f"{manifest.name}@{manifest.revision[:12]}"
            click.echo(f"✓ {what}: {len(manifest.files)} files, {manifest.total} bytes, {whose}")
            click.echo(f"  sha256 {manifest.digest}")
    if not verdict.sound:
        return exits.REFUSED
    return exits.OK if keys else exits.NOT_EVALUATED
