"""What a shell offers where a name is wanted: read from files and tables, and never by planning anything."""

from collections.abc import Callable, Iterable
from pathlib import Path

import click
from click.shell_completion import CompletionItem

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
_ROOT = Path(__file__).resolve().parent.parent


def _offered(names: Callable[[], Iterable[str]], *, files: bool = False) -> Completer:
    """Names that begin as the word does; where files are wanted too, the shell's own."""

    def complete(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
        try:
            known = sorted(names())
        except Exception:  # noqa: BLE001 a faulty file must not break the line; the verb itself says what is wrong
            known = []
        found = [CompletionItem(name) for name in known if name.startswith(incomplete)]
        return [*found, CompletionItem(incomplete, type="file")] if files and not found else found

    return complete


def _stacks() -> Iterable[str]:
    from plan.stacks import available

    return available(_ROOT)


def _rules() -> Iterable[str]:
    from policies.rules import ALL

    return (rule.id for rule in ALL)


def _packs() -> Iterable[str]:
    from policies.packs import PACKS

    return PACKS


def _regulations() -> Iterable[str]:
    from policies.catalogue import available

    return available()


def _models() -> Iterable[str]:
    from models.catalogue import load

    return load().models


def _jurisdictions() -> Iterable[str]:
    from jurisdictions import available

    return available()


stacks = _offered(_stacks)
stacks_or_files = _offered(_stacks, files=True)
rules = _offered(_rules)
packs = _offered(_packs)
regulations = _offered(_regulations)
models = _offered(_models)
jurisdictions = _offered(_jurisdictions)
