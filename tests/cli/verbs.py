"""The command's own tree: every verb and subverb, with words that it takes, and one bad one among them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from cli.main import VERBS, bailiwick

ROOT = click.Context(bailiwick, info_name="bailiwick")
VALUES = {
    "stack": "eu-prod",
    "what": "{plan}",
    "plan_file": "{plan}",
    "base": "{plan}",
    "head": "{plan}",
    "use_case": "clinical-notes",
    "model": "clinical-notes-4b",
    "epsilon": "0.5",
    "rate": "1",
    "headroom": "20",
    "token": "azure-native:storage:StorageAccount",
    "pack": "platform",
    "rule_id": "residency.region-inside-jurisdiction",
    "regulation_id": "gdpr",
    "revision": "a" * 40,
    "known_at": "2026-11-22T08:00Z",
    "prometheus": "http://127.0.0.1:1",
    "weights": "https://x.azconfig.io",
}
"""Good values of what is no file, by the parameter's name; `x` for the rest."""
ALWAYS = {"export": ("--arm",)}
"""Flags without which a verb does nothing."""
STACKS = frozenset({"stack"})
FILES = frozenset({"what", "plan_file", "base", "head"})
"""Words that may be a file, without click's knowing."""
OUT = frozenset({"out", "save", "record", "staging"})
"""What is written, so that it need not be there."""


@dataclass(frozen=True)
class Verb:
    """One command that does something."""

    words: tuple[str, ...]
    command: click.Command

    @property
    def arguments(self) -> list[click.Parameter]:
        """What it takes without a dash."""
        return [item for item in self.command.params if isinstance(item, click.Argument)]

    @property
    def options(self) -> list[click.Option]:
        """What it takes with one, and with a value."""
        return [item for item in self.command.params if isinstance(item, click.Option) and not item.is_flag]

    def line(self, made: Path, bad: click.Parameter | None = None, value: str = "") -> list[str]:
        """Its words with good values for all that it requires, and a bad one for one parameter."""
        words: list[str] = []
        for item in self.command.params:
            if item is not bad and not item.required:
                continue
            given = value if item is bad else good(item, made)
            words += [given] if isinstance(item, click.Argument) else [item.opts[0], given]
        return [*self.words, *ALWAYS.get(self.words[0], ()), *words]

    @property
    def id(self) -> str:
        """`models-list`, for pytest."""
        return "-".join(self.words)


def _verbs(command: click.Command, words: tuple[str, ...]) -> Iterator[Verb]:
    if isinstance(command, click.Group):
        for name in command.list_commands(ROOT):
            inner = command.get_command(ROOT, name)
            assert inner is not None
            yield from _verbs(inner, (*words, name))
    else:
        yield Verb(words, command)


def _all() -> list[Verb]:
    found = []
    for name in VERBS:
        command = bailiwick.get_command(ROOT, name)
        assert command is not None
        found += list(_verbs(command, (name,)))
    return found


ALL = _all()


def good(item: click.Parameter, made: Path) -> str:
    """A value that a parameter takes."""
    name = item.name or ""
    if name in VALUES:
        return VALUES[name].format(plan=made / "plan.json")
    if isinstance(item.type, click.Path):
        return str(made if item.type.dir_okay is not False and not item.type.file_okay else made / "text.txt")
    if isinstance(item.type, click.Choice):
        return str(item.type.choices[0])
    if isinstance(item.type, click.types.IntParamType):
        return "1"
    if isinstance(item.type, click.DateTime):
        return "2026-01-01"
    return "x"
