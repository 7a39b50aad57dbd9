"""`bailiwick bootstrap`: the place where a stack's state lives, before there is a stack.

Made with Azure's own command, because what holds the state can't be held by it. Every step looks first whether it is
done, so that running it again changes nothing.
"""

import click

from cli import completing


@click.command("bootstrap")
@click.argument("stack", shell_complete=completing.stacks)
@click.option("--dry-run", is_flag=True, help="Print the steps, and run none.")
@click.option("--json", "as_json", is_flag=True, help="Print the steps as JSON; runs none.")
def command(stack: str, *, dry_run: bool, as_json: bool) -> int:
    """Make STACK's state store and secrets key in its jurisdiction, and print how to use them."""
    from cli import bootstrap_steps as steps
    from cli.planning import stack_config

    plan = steps.steps_of(stack_config(stack))
    if as_json:
        import json

        click.echo(json.dumps([step.as_json() for step in plan.steps], indent=1))
        return 0
    click.echo(f"{stack}: state in {plan.account}, container {steps.CONTAINER}; secrets under key {plan.key_url}")
    for number, step in enumerate(plan.steps, start=1):
        click.echo(f"{number:>2}. {step.title}")
        if dry_run:
            click.echo(f"    {step.shown()}")
    if not dry_run:
        steps.run(plan, tell=lambda text: click.echo(text, err=True))
    click.echo("then, from inside the network:")
    for line in plan.afterwards:
        click.echo(f"  {line}")
    return 0
