"""`bailiwick doctor`: what is missing on this machine, for which verb, and the command that gets it."""

import json
import sys

import click

from cli import exits


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def command(*, as_json: bool) -> int:
    """Look what this machine has of what the verbs and the tests need. Changes and fetches nothing.

    Ends with 1 where something is missing that the verbs without a cloud account need.
    """
    from cli.machine import NEEDS

    looked = [(need, need.look()) for need in NEEDS]
    sound = all(found.there for need, found in looked if need.offline)
    if as_json:
        rows = [
            {
                "name": need.name,
                "there": found.there,
                "says": found.says,
                "neededBy": need.needed_by,
                "offline": need.offline,
                "get": need.get,
            }
            for need, found in looked
        ]
        json.dump({"sound": sound, "needs": rows}, sys.stdout, indent=1, ensure_ascii=False)
        sys.stdout.write("\n")
        return exits.OK if sound else exits.FAILED
    from evidence.screen import Screen

    screen = Screen()
    for need, found in looked:
        mark, style = ("✓", "green") if found.there else ("✗", "bold red") if need.offline else ("–", "yellow")
        screen.line((f"{mark} {need.name:<26}", style), f" {need.needed_by}: {found.says}")
        if not found.there:
            screen.line(f"    hint: {need.get}", style="cyan")
    missing = sum(not found.there for _, found in looked)
    words = "what the offline verbs need is here" if sound else "something is missing that every stack's preview needs"
    screen.line(f"{'✓' if sound else '✗'} {words}; {missing} of {len(looked)} missing", style="bold")
    return exits.OK if sound else exits.FAILED
