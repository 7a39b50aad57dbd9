"""`bailiwick secrets`: no secret in the tree."""

import json
import sys
from pathlib import Path

import click


@click.command("secrets")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@click.option("--digests", is_flag=True, help="Add each value's SHA-256, for .secrets-allowed.yaml.")
def command(paths: tuple[Path, ...], *, as_json: bool, digests: bool) -> int:
    """Look for secrets in PATHS, or in every file that git tracks.

    A secret is told by file, line, kind and at most four characters. What only looks like one in a fixture under tests/
    is allowed in .secrets-allowed.yaml.
    """
    from cli import exits
    from cli.planning import ROOT
    from cli.scan import scan

    done = scan(ROOT, paths)
    if as_json:
        hidden = () if digests else ("sha256",)
        document = {
            "verdict": "refused" if done.refused else "clean",
            "files": done.files,
            "allowed": done.allowed,
            "findings": [{k: v for k, v in vars(hit).items() if k not in hidden} for hit in done.refused],
            "faults": done.faults,
            "skipped": done.skipped,
        }
        json.dump(document, sys.stdout, indent=1, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        for hit in done.refused:
            digest = f"  sha256 {hit.sha256}" if digests else ""
            click.echo(f"✗ {hit.path}:{hit.line}: {hit.kind}: {hit.what} ({hit.preview}){digest}")
        if done.refused:
            click.echo("  hint: revoke it, remove the line, and rewrite the commit that brought it")
        found = f"{len(done.refused)} secret{'' if len(done.refused) == 1 else 's'}" if done.refused else "no secret"
        click.echo(f"{done.files} files: {found}" + (f", {done.allowed} allowed" if done.allowed else ""))
    for line in (*done.faults, *done.skipped):
        click.echo(line, err=True)
    if done.refused:
        return exits.REFUSED
    return exits.USAGE if done.faults else exits.OK
