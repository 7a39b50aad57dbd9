"""The command line as a manual: a page for every verb, from its own help and from `manual.yaml`."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import click
import yaml

from cli.grouping import by_task
from cli.main import VERBS, bailiwick

Page = Mapping[str, Mapping[Any, str]]
WIDTH = 100


@lru_cache(maxsize=1)
def manual() -> Mapping[str, Any]:
    """`manual.yaml`."""
    found: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("manual.yaml").read_text(encoding="utf-8"))
    return found


def leaves() -> Iterator[tuple[str, click.Context]]:
    """Every verb and subverb that does something: its words, and its context."""
    root = click.Context(bailiwick, info_name="bailiwick", terminal_width=WIDTH, max_content_width=WIDTH)
    for name in VERBS:
        command = bailiwick.get_command(root, name)
        assert command is not None
        yield from _below(command, name, root)


def _below(command: click.Command, words: str, above: click.Context) -> Iterator[tuple[str, click.Context]]:
    name = words.rpartition(" ")[2]
    context = click.Context(command, info_name=name, parent=above, terminal_width=WIDTH, max_content_width=WIDTH)
    if not isinstance(command, click.Group):
        yield words, context
        return
    for inner in command.list_commands(context):
        found = command.get_command(context, inner)
        assert found is not None
        yield from _below(found, f"{words} {inner}", context)


def cli() -> Iterator[str]:
    """Every page, by task."""
    common: Page = manual()["common"]
    yield "# Command line\n"
    yield "NAME, SYNOPSIS, OPTIONS, EXIT CODES, EXAMPLES, FILES and ENVIRONMENT of every verb. On a terminal:"
    yield "`bailiwick VERB --help`; `bailiwick completion SHELL` prints what completes them.\n"
    codes = ("0 fine", "1 the tool failed", "2 usage", "3 refused by policy", "4 not evaluated", "5 drift")
    yield f"Exit codes of every verb: {' · '.join(codes)}. Data goes to stdout, the rest to stderr.\n"
    for title, key in (("Files that every verb reads", "files"), ("Environment of every verb", "environment")):
        yield f"{title}:\n"
        yield from (f"- `{name}`: {says}" for name, says in common[key].items())
        yield ""
    pages = dict(leaves())
    for task, rows in by_task(VERBS):
        yield f"## {task}\n"
        for verb, _ in rows:
            for words, context in pages.items():
                if words.partition(" ")[0] == verb:
                    yield from _page(words, context)


def _page(words: str, context: click.Context) -> Iterator[str]:
    page: Page = manual()["verbs"].get(words, {})
    yield f"### bailiwick {words}\n\n```text"
    first, _, rest = _described(context).partition("\n\n")
    summary = " ".join(first.split())
    usage = " ".join(context.command.collect_usage_pieces(context))
    yield f"NAME\n{_indented(f'bailiwick {words} - {summary}')}\n"
    yield f"SYNOPSIS\n{_indented(f'{context.command_path} {usage}')}\n"
    if rest.strip():
        yield f"DESCRIPTION\n{rest.rstrip()}\n"
    options = click.HelpFormatter(width=WIDTH, max_width=WIDTH)
    options.indent()
    options.write_dl([row for item in _options(context) if (row := item.get_help_record(context))])
    yield f"OPTIONS\n{options.getvalue().rstrip()}\n"
    codes = {**manual()["common"]["codes"], **page.get("codes", {})}
    yield from _table("EXIT CODES", {str(code): says for code, says in sorted(codes.items())})
    if "examples" in page:
        yield "EXAMPLES"
        for line, says in page["examples"].items():
            yield f"  {line}\n      {says}"
        yield ""
    for title, key in (("FILES", "files"), ("ENVIRONMENT", "environment")):
        if key in page:
            yield from _table(title, page[key])
    yield "```\n"


def _options(context: click.Context) -> list[click.Option]:
    """Arguments have no words of their own: SYNOPSIS and DESCRIPTION name them."""
    return [item for item in context.command.get_params(context) if isinstance(item, click.Option)]


def _described(context: click.Context) -> str:
    formatter = click.HelpFormatter(width=WIDTH, max_width=WIDTH)
    context.command.format_help_text(context, formatter)
    return formatter.getvalue().strip("\n")


def _indented(text: str) -> str:
    return click.wrap_text(text, width=WIDTH, initial_indent="  ", subsequent_indent="      ")


def _table(title: str, rows: Mapping[str, str]) -> Iterator[str]:
    formatter = click.HelpFormatter(width=WIDTH, max_width=WIDTH)
    formatter.indent()
    formatter.write_dl([(name, says) for name, says in rows.items()])
    yield f"{title}\n{formatter.getvalue().rstrip()}\n"
