"""From a stack's name to its recorded plan, with progress while it takes and all faults where it can't be."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from cli.exits import ToolFailed
from config import Fault, StackConfig, parse, reviewing
from config.faults import lines
from plan import stacks
from plan.model import Plan

ROOT = Path(__file__).resolve().parent.parent
"""The project's folder: stack files and `__main__.py` lie here."""


def known_stacks() -> tuple[str, ...]:
    """Stacks that have a file."""
    return stacks.available(ROOT)


def _values(stack: str) -> dict[str, object]:
    try:
        return stacks.values(ROOT, stack)
    except stacks.StackFileError as error:
        raise click.ClickException(str(error)) from error


def stack_config(stack: str) -> StackConfig:
    """A stack's dials; click.ClickException with every fault, an unlawful dial included."""
    config, faults = parse(stack, _values(stack))
    if config is None or faults:
        raise click.ClickException("\n".join(lines(stack, faults)))
    return config


def plan_stack(stack: str, *, before: bool = False) -> tuple[Plan, tuple[Fault, ...]]:
    """Record a stack's plan, or what is known of it `before` anything exists.

    The faults that come with it are unlawful dials, which the packs will judge too.

    Raises click.ClickException with every fault where no plan can be made.
    """
    values = _values(stack)
    config, faults = parse(stack, values)
    if config is None:
        raise click.ClickException("\n".join(lines(stack, faults)))
    with _progress(f"planning {stack}") as tell:
        # Imported here: Pulumi and azure-native take a second or two, which faults above must not wait for.
        from plan.recorder import record_program

        try:
            with reviewing():
                plan = record_program(
                    ROOT / "__main__.py",
                    stack,
                    stacks.as_pulumi_hands_them(values),
                    subscription_id=config.subscription_id,
                    tenant_id=config.tenant_id,
                    on_resource=tell,
                    before=before,
                )
        except ValueError as error:
            # What components refuse to build, such as a name over Azure's limit: the stack file's doing.
            raise click.ClickException(f"{stack} can't be planned: {error}") from error
        except Exception as error:
            reason = str(error).strip().splitlines() or [""]
            raise ToolFailed(f"planning {stack} failed: {type(error).__name__}: {reason[-1]}") from error
    return plan, faults


def plan_of(what: str) -> Plan:
    """The plan of a stack, or of a saved plan's or an export's file. Raises click.ClickException."""
    if what in known_stacks() or not (is_there(what) or what.endswith(".json")):
        return plan_stack(what)[0]
    from plan.file import PlanFileError, read

    try:
        return read(Path(what))
    except PlanFileError as error:
        raise click.ClickException(str(error)) from error


def is_there(word: str) -> bool:
    """Whether a word names a file or a folder; one that can't be a path at all names none."""
    try:
        return Path(word).exists()
    except (OSError, ValueError):  # a name too long, a byte of zero
        return False


class _Teller:
    """Passes each registration on to the line that moves, if there is one."""

    def __init__(self, show: Callable[[str], None] | None = None) -> None:
        self._show = show

    def __call__(self, count: int, token: str) -> None:
        if self._show is not None:
            self._show(f"{count} resources   {token}")


@contextmanager
def _progress(title: str) -> Iterator[_Teller]:
    """A line that moves on a terminal; nothing in a pipe."""
    if not sys.stderr.isatty():
        yield _Teller()
        return
    from rich.console import Console

    with Console(stderr=True).status(title) as status:
        yield _Teller(lambda text: status.update(f"{title}   {text}"))
