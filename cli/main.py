"""The command's entry. Verbs load on use: `--help` must not wait for an SDK that it doesn't need."""

import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click
from click.shell_completion import CompletionItem

from cli import exits
from cli.grouping import by_task

VERBS = {
    "preview": "Plan a stack without a cloud, and judge it.",
    "check": "Judge a saved plan, or the export of a deployed stack.",
    "evidence": "Write, verify and compare what a reviewer signs.",
    "diff": "Show what differs between two plans, and what that makes to the verdict.",
    "flows": "Show along what data can go, and what leaves.",
    "rules": "List the rules, or explain one.",
    "regulations": "List the regulations, or read one requirement by requirement.",
    "export": "Write a stack's plan in another tool's format.",
    "manifests": "Write what a stack puts into its cluster, as YAML.",
    "budget": "Propose a stack's monthly budget from its estimate.",
    "bootstrap": "Make a stack's state store and secrets key, in its jurisdiction.",
    "drill": "Restore a stack's data, and hold the times against what was promised.",
    "models": "List models, plan whether they fit, verify and import weights.",
    "canary": "Show what is tried beside what is served, and move its weight.",
    "lifecycle": "Show where each version of a model stands, and write its next step.",
    "breach": "Say until when whom to tell after a breach, by the laws in force.",
    "audit": "Verify a gateway's audit log, prove what is in it, release statistics.",
    "secrets": "Look for secrets in the tree.",
    "doctor": "Say what is missing on this machine, and for which verb.",
    "completion": "Print the script that completes verbs and names in a shell.",
}
"""Verb to its line in the help; the module `cli.<verb>` holds `command`."""


TRACEBACK = "BAILIWICK_TRACEBACK"
"""Environment variable that shows where in the tool an error came up."""


class Verbs(click.Group):
    """Finds verbs by name, and guesses what a mistyped one meant."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All verbs, in the order that a newcomer meets them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command, or None."""
        if cmd_name not in VERBS:
            return None
        command = importlib.import_module(f"cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a guess for a verb that isn't there."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            from difflib import get_close_matches  # a typo alone should wait for it

            near = get_close_matches(args[0], VERBS, n=1, cutoff=0.5)
            meant = f"; did you mean {near[0]}?" if near else ""
            raise click.UsageError(f"no verb '{args[0]}'{meant} The verbs: {', '.join(VERBS)}.", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs by task with their lines, without loading any of them."""
        widest = max(map(len, VERBS))
        for task, rows in by_task(VERBS):
            with formatter.section(task):
                formatter.write_dl([(name.ljust(widest), line) for name, line in rows])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Verbs with their lines, without loading any of them; and the options of the command itself."""
        verbs = [CompletionItem(name, help=line) for name, line in VERBS.items() if name.startswith(incomplete)]
        return [*verbs, *click.Command.shell_complete(self, ctx, incomplete)]


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="bailiwick", message="bailiwick %(version)s")
def bailiwick() -> None:
    """Plan the clinical LLM platform of a jurisdiction, and refuse what would let regulated data leave it.

    Exit codes: 0 fine, 1 the tool failed, 2 usage, 3 refused by policy, 4 not evaluated, 5 drift.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit. Nothing a user can type ends in a traceback."""
    try:
        words = list(arguments) if arguments is not None else None
        # Named here, so that messages and completion don't hang on how it was started.
        code = bailiwick.main(args=words, prog_name="bailiwick", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(exits.FAILED if isinstance(error, exits.ToolFailed) else exits.USAGE)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped; nothing was written", err=True)
        sys.exit(exits.FAILED)
    except BrokenPipeError:
        # The reader of our pipe has left (`| head`): Python would complain again while it closes stdout.
        sys.stderr.close()
        sys.exit(exits.OK)
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        reason = (str(error).strip().splitlines() or [""])[-1]
        click.echo(
            f"Error: bailiwick itself failed: {type(error).__name__}: {reason}\n"
            f"hint: a fault of the tool, not of what you typed; {TRACEBACK}=1 shows where, for whoever reports it",
            err=True,
        )
        sys.exit(exits.FAILED)
    sys.exit(code if isinstance(code, int) else exits.OK)


if __name__ == "__main__":
    main()
