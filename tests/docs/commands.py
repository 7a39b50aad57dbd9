"""The commands that a page of documentation names, and what is wrong with them."""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import click

from cli.evidence import Evidence
from cli.main import VERBS, bailiwick

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = tuple(
    sorted(
        [
            *ROOT.glob("docs/runbooks/*.md"),
            *ROOT.glob("docs/guides/*.md"),
            *ROOT.glob("docs/concepts/*.md"),
            *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/release.md")),
        ]
    )
)
_BLOCK = re.compile(r"^ *(?:\d+\. +|- +)?```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_PLACEHOLDER = re.compile(r"<[A-Za-z][^<>\n]*>")
_SHELL = {"", "bash", "console", "text"}
_ENDS = set("|&;()<>")
_ELLIPSIS = "…"
_OWN = ("audit_log", "benchmarks", "docs", "model_images", "pentest", "policies", "retrieval", "tests", "tools")


@dataclass(frozen=True)
class Command:
    """One command as it stands on a page."""

    words: tuple[str, ...]
    whole: bool
    """Whether it stands in a block, to be typed as it is; else it is mentioned in a line."""


def commands(page: str) -> Iterator[Command]:
    """Commands of ours on a page: in blocks of shell, in lines, after pipes and in substitutions."""
    for language, block in _BLOCK.findall(page):
        if language in _SHELL:
            for line in re.sub(r"\\\n\s*", " ", block).splitlines():
                yield from _of_line(line.strip().removeprefix("$ "), whole=True)
    for text in _INLINE.findall(_BLOCK.sub("", page)):
        yield from _of_line(text, whole=False)


def _of_line(line: str, *, whole: bool) -> Iterator[Command]:
    text = _PLACEHOLDER.sub("X", line)
    inner = re.findall(r"\$\(([^()]*)\)", text)
    for part in (re.sub(r"\$\([^()]*\)", "X", text), *inner):
        for words in _split(part):
            if words and words[0] in ("bailiwick", "make", "python"):
                yield Command(tuple(words), whole)


def _split(line: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    try:
        for token in lexer:
            if set(token) <= _ENDS:
                yield words
                words = []
            else:
                words.append(token)
    except ValueError:
        return  # a quotation that goes over lines: none of ours
    yield words


def faults(command: Command) -> Iterator[str]:
    """What is wrong with it; nothing where it can be typed."""
    name, *rest = command.words
    if name == "bailiwick":
        yield from _verb(bailiwick, rest, whole=command.whole)
    elif name == "make":
        if command.whole or sum("=" not in word for word in rest) == 1:  # in a line, more words are a sentence
            yield from _target(rest)
    elif rest[:1] == ["-m"] and len(rest) > 1 and rest[1].partition(".")[0] in _OWN and find_spec(rest[1]) is None:
        yield f"python -m {rest[1]}: no such module"


def _verb(group: click.Command, words: Sequence[str], *, whole: bool, path: str = "bailiwick") -> Iterator[str]:
    context = click.Context(group, info_name=path)
    words = group.spelled(words) if isinstance(group, Evidence) else words
    if isinstance(group, click.Group) and words and not words[0].startswith("-"):
        verb = words[0]
        if verb in ("VERB", "X", _ELLIPSIS):
            return
        known = VERBS if group is bailiwick else group.list_commands(context)
        found = group.get_command(context, verb) if verb in known else None
        if found is None:
            yield f"{path} {verb}: no such verb; there are {', '.join(known)}"
            return
        yield from _verb(found, words[1:], whole=whole, path=f"{path} {verb}")
        return
    if whole and not any(_ELLIPSIS in word for word in words):
        yield from _typed(group, words, path)
    else:
        known_options = {
            option for param in group.get_params(context) for option in (*param.opts, *param.secondary_opts)
        }
        for word in words:
            option = word.partition("=")[0]
            if (
                option.startswith("-")
                and option != "-"
                and option not in known_options
                and not group.ignore_unknown_options
            ):
                yield f"{path}: no option {option}"


def _typed(command: click.Command, words: Sequence[str], path: str) -> Iterator[str]:
    try:
        command.make_context(path, list(words))
    except click.exceptions.Exit:
        return  # --help
    except click.BadParameter as error:
        # A file of the reader's own is not here.
        if not isinstance(getattr(error.param, "type", None), click.Path):
            yield f"{path} {' '.join(words)}: {error.format_message()}"
    except click.ClickException as error:
        yield f"{path} {' '.join(words)}: {error.format_message()}"


def _target(words: Sequence[str]) -> Iterator[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for word in words:
        name, equals, _ = word.partition("=")
        if word in (_ELLIPSIS, "X") or word.startswith("-"):
            continue
        if equals and f"$({name})" not in makefile:
            yield f"make {word}: the Makefile asks for no {name}"
        elif not equals and not re.search(rf"^{re.escape(name)}:", makefile, re.MULTILINE):
            yield f"make {name}: no such target"


def slugs(page: str) -> set[str]:
    """Anchors of a page's headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", _BLOCK.sub("", page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.replace("`", "").lower()).replace(" ", "-") for head in heads}


def broken_links(path: Path) -> Iterator[str]:
    """Links of a page that lead to no file, or to no heading of one."""
    text = _BLOCK.sub("", path.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        goal = (path.parent / file).resolve() if file else path
        if not goal.exists():
            yield f"{target}: no such file"
        elif anchor and goal.suffix == ".md" and anchor not in slugs(goal.read_text(encoding="utf-8")):
            yield f"{target}: no such heading"
