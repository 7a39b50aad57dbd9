"""What the words of `bailiwick diff` name: a file, a stack or a git revision; and the plans behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click

from cli.guess import meant
from cli.planning import is_there, known_stacks, plan_stack
from cli.revisions import Planned, commit_of, plans_at


@dataclass(frozen=True)
class Source:
    """One side."""

    kind: Literal["file", "stack", "revision"]
    words: str
    """As the user called it."""
    value: str
    """Path, stack, or commit."""
    stack: str = ""


def named(base: str, head: str | None, stack: str | None) -> tuple[Source, Source]:
    """Both sides; click.UsageError with what each word could have been."""
    stacks = known_stacks()
    if stack is not None and stack not in stacks:
        raise click.UsageError(f"--stack: no stack '{stack}'.{meant(stack, stacks)} The stacks: {', '.join(stacks)}.")
    if head is None and stack is None:
        raise click.UsageError("name HEAD, or --stack: then BASE is held against that stack in the working tree.")
    second = Source("stack", "working tree", stack or "") if head is None else _source(head, stack, stacks)
    first = _source(base, stack, stacks)
    if stack is not None and head is not None and "revision" not in (first.kind, second.kind):
        raise click.UsageError("--stack goes with a git revision, or with BASE alone.")
    return first, second


def _source(word: str, stack: str | None, stacks: Sequence[str]) -> Source:
    if is_there(word) and Path(word).is_file():
        return Source("file", Path(word).name, word)
    if word in stacks:
        return Source("stack", word, word)
    if is_there(word):
        raise click.UsageError(
            f"'{word}' is a folder or a device; a plan file, an export, a stack or a git revision is wanted."
        )
    commit = commit_of(word)
    if commit is None:
        raise click.UsageError(
            f"'{word}' is no file, no stack and no git revision.{meant(word, stacks)} The stacks: {', '.join(stacks)}."
        )
    if stack is None:
        raise click.UsageError(f"'{word}' is a git revision: --stack says which stack is planned at it.")
    return Source("revision", word, commit, stack)


def plans_of(sources: Sequence[Source], jurisdiction: str | None, environment: str | None) -> list[Planned]:
    """The plans, in order; revisions side by side. Raises click.ClickException."""
    # What is quickly read, or quickly found at fault, comes before what takes half a minute.
    found = {
        source: _read(source, jurisdiction, environment) for source in dict.fromkeys(sources) if source.kind == "file"
    }
    revisions = [source for source in dict.fromkeys(sources) if source.kind == "revision"]
    if revisions:
        plans = plans_at([source.value for source in revisions], revisions[0].stack)
        found |= dict(zip(revisions, plans, strict=True))
    for source in sources:
        if source.kind == "stack" and source not in found:
            plan, faults = plan_stack(source.value)
            note = f"{source.value} sets {len(faults)} dials as no law allows; bailiwick preview {source.value}"
            found[source] = Planned(plan, note if faults else "")
    return [found[source] for source in sources]


def _read(source: Source, jurisdiction: str | None, environment: str | None) -> Planned:
    from plan.file import FORMAT, PlanFileError, read

    path = Path(source.value)
    try:
        # A plan says itself what it is judged as; the options are for exports.
        head = path.read_text(encoding="utf-8", errors="replace")[:200]
        own = f'"{FORMAT}"' in head
        return Planned(read(path) if own else read(path, jurisdiction, environment))
    except PlanFileError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from error
