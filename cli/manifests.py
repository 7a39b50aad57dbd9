"""`bailiwick manifests`: what the plan puts into the cluster, as YAML documents."""

import sys
from pathlib import Path

import click

from cli import exits


@click.command("manifests")
@click.argument("what", metavar="STACK|PLAN_FILE")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write here instead of stdout.")
def command(what: str, out: Path | None) -> int:
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
    text = to_yaml(objects)
    if out is None:
        sys.stdout.write(text)
        return exits.OK
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{out}: {error.strerror}; nothing was written") from error
    return exits.OK
