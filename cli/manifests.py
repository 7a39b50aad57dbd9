"""`bailiwick manifests`: what the plan puts into the cluster, as YAML documents."""

import json
import sys
from pathlib import Path

import click

from cli import completing, exits


@click.command("manifests")
@click.argument("what", metavar="STACK|PLAN_FILE", shell_complete=completing.stacks_or_files)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write here instead of stdout.")
@click.option("--json", "as_json", is_flag=True, help="A List as JSON, which kubectl takes too.")
def command(what: str, out: Path | None, *, as_json: bool) -> int:
    """Write the Kubernetes objects of STACK, or of a saved plan, in an order in which they can be applied.

    They are for a reader, a scanner or a test's API server: `pulumi up` applies its own. An object with a value that
    is not known yet is refused.
    """
    from cli.planning import plan_of
    from plan.manifests import NoManifest, manifests, to_yaml

    plan = plan_of(what)
    try:
        objects = manifests(plan)
    except NoManifest as error:
        raise click.ClickException(f"{plan.stack}: {error}") from error
    if not objects:
        raise click.ClickException(f"{plan.stack}: the plan puts nothing into a cluster")
    if as_json:
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}, indent=1, ensure_ascii=False) + "\n"
    else:
        text = to_yaml(objects)
    if out is None:
        sys.stdout.write(text)
        return exits.OK
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{out}: {error.strerror}; nothing was written") from error
    return exits.OK
