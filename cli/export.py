"""`bailiwick export`: the plan in a form that outside scanners and schemas read."""

import json
import sys
from pathlib import Path

import click

from cli import completing


@click.command("export")
@click.argument("stack", shell_complete=completing.stacks)
@click.option("--arm", is_flag=True, help="azure-native resources as ARM resources.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write here instead of stdout.")
def command(stack: str, out: Path | None, *, arm: bool) -> int:
    """Write STACK's plan as ARM resources: type, API version, body, references as resource ids."""
    if not arm:
        raise click.UsageError("name a format: --arm")
    from cli.planning import ROOT, plan_stack
    from config import parse
    from plan import stacks
    from plan.arm_export import to_arm

    plan, _ = plan_stack(stack)
    config, _ = parse(stack, stacks.values(ROOT, stack))
    assert config is not None
    text = json.dumps(to_arm(plan.resources, subscription_id=config.subscription_id), indent=1) + "\n"
    if out is None:
        sys.stdout.write(text)
        return 0
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{out}: {error.strerror}; nothing was written") from error
    return 0
