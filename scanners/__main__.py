"""`python -m scanners`: run the scanners, and hold what they find against what is accepted.

Exit codes: 0 clean, 1 a scanner failed, 2 usage or a faulty list, 3 refused.
"""

import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from cli import exits
from cli.planning import ROOT
from scanners.accepted import NAME, FaultyList, read
from scanners.audit import REQUIRED
from scanners.every import EVERY, OF_PLANS
from scanners.exports import SCANNER, all_stacks, export
from scanners.finding import Finding, NotAsked, ScannerFailed
from scanners.ground import Ground
from scanners.screen import as_json, as_sarif, show
from scanners.verdict import Verdict, verdict


@click.command("scanners")
@click.argument("names", nargs=-1, type=click.Choice([*EVERY]), metavar="[SCANNER]...")
@click.option("--json", "wants_json", is_flag=True, help="Print findings as JSON.")
@click.option("--sarif", type=click.Path(path_type=Path, dir_okay=False), help="Write findings here too, as SARIF.")
def command(names: tuple[str, ...], *, wants_json: bool, sarif: Path | None) -> None:
    """Run every SCANNER, or those that are named."""
    try:
        accepted = read(ROOT / NAME, (SCANNER, *EVERY))
    except FaultyList as error:
        raise click.UsageError(str(error)) from error
    found: list[Finding] = []
    failed: list[str] = []
    unasked: list[str] = []
    ran: list[str] = []
    took: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        ground = Ground.of(ROOT, Path(folder))
        chosen = [name for name in EVERY if not names or name in names]
        steps = {name: EVERY[name] for name in chosen}
        if any(name in OF_PLANS for name in chosen):
            steps = {SCANNER: lambda ground: export(all_stacks(), ground.exports), **steps}
        for name, scan in steps.items():
            started = time.monotonic()
            if sys.stderr.isatty():
                click.echo(f"{name} …", err=True)
            try:
                found += scan(ground)
                ran.append(name)
            except NotAsked as error:
                (failed if os.environ.get(REQUIRED) else unasked).append(str(error))
            except ScannerFailed as error:
                failed.append(str(error))
            except (KeyError, TypeError, ValueError, LookupError) as error:
                failed.append(f"{name} said what nobody reads: {type(error).__name__}: {error}")
            took[name] = time.monotonic() - started
    today = datetime.now(UTC).date()
    # A scanner that did not do its work found nothing: what is accepted of it is not needless for that.
    result = verdict(found, accepted, today=today, ran=ran, failed=failed, unasked=unasked)
    _tell(result, took, wants_json=wants_json, sarif=sarif)
    sys.exit(exits.FAILED if failed else exits.OK if result.is_clean else exits.REFUSED)


def _tell(result: Verdict, took: dict[str, float], *, wants_json: bool, sarif: Path | None) -> None:
    if sarif is not None:
        try:
            sarif.write_text(as_sarif(result), encoding="utf-8")
        except OSError as error:
            raise click.ClickException(f"{sarif}: {error.strerror}; nothing was written") from error
    if wants_json:
        json.dump(as_json(result), sys.stdout, indent=1, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        show(result, took, Console(highlight=False))


if __name__ == "__main__":
    command()
