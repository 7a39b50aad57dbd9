"""`bailiwick lifecycle`: where each version stands, what is wrong or due, and the text of its next step."""

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli import completing, exits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config import StackConfig
    from config.use_case import Model, Prompt
    from records.lifecycle import Life

_FILE = click.Path(dir_okay=False, path_type=Path)
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group("lifecycle")
def command() -> None:
    """Show where each version of a model and its prompt stands, and write its next step.

    A record is a file in lifecycle/<stack>/<use case>/; docs/concepts/model-lifecycle.md has the states.
    """


@command.command("list")
@click.argument("stack", required=False, shell_complete=completing.stacks)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def listed(stack: str | None, *, as_json: bool) -> int:
    """List every version on record, or those of STACK: its state, since when, until when, on whose word."""
    from records.lives import load

    known = load()
    if stack is not None:
        _known(stack, {life.stack for life in known.records.values()})
    found = [(path, life) for path, life in known.records.items() if stack in (None, life.stack)]
    for faults in known.faults.values():
        for fault in faults:
            click.echo(f"✗ {fault.words}", err=True)
    rows = [_row(path, life) for path, life in found]
    if as_json:
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    elif not rows:
        click.echo(f"no version is on record{f' for {stack}' if stack else ''}")
    else:
        _table(rows)
    return exits.REFUSED if known.faults else exits.OK


@command.command("check")
@click.argument("stack", required=False, shell_complete=completing.stacks)
@click.option("--on", "day", type=_DAY, help="The day to hold it against; today without.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(stack: str | None, day: Any, *, as_json: bool) -> int:  # noqa: ANN401 click's own
    """Hold what STACK serves, or every stack, against the records. Dev stacks need none.

    Exits with 3 where a rule would refuse; what ends within 60 days is said, too. Reads stack files, and plans nothing.
    """
    from cli.planning import known_stacks, stack_config
    from records.due import remarks
    from records.lives import load

    known, today = load(), day.date() if day is not None else date.today()
    found: list[dict[str, str]] = [
        {"kind": "refused", "path": path, "words": fault.words}
        for path, faults in known.faults.items()
        for fault in faults
        if stack is None or path.startswith(f"lifecycle/{stack}/")
    ]
    checked = 0
    for name in [stack] if stack is not None else [one for one in known_stacks() if not one.endswith("-dev")]:
        config = stack_config(name) if stack is not None else _config(name)
        for use_case, model, prompt, floor in _served(config):
            checked += 1
            version = {
                "model": model.name,
                "revision": model.revision,
                "modelSha256": model.sha256,
                "prompt": prompt.name,
                "promptVersion": prompt.version,
                "promptSha256": prompt.sha256,
            }
            told = remarks(known, name, use_case, version, floor=floor, today=today)
            found += [{"kind": one.kind, "path": one.path, "words": one.words} for one in told]
    found = [dict(one) for one in {tuple(sorted(one.items())): one for one in found}.values()]
    refused = [one for one in found if one["kind"] == "refused"]
    if as_json:
        click.echo(json.dumps({"checked": checked, "remarks": found}, indent=1, ensure_ascii=False))
    else:
        for one in found:
            click.echo(f"{'✗' if one['kind'] == 'refused' else '!'} {one['path']}: {one['words']}")
        click.echo(f"{checked} versions served, {len(refused)} faults, {len(found) - len(refused)} due soon", err=True)
    return exits.REFUSED if refused else exits.OK


@command.command("begin")
@click.argument("stack", shell_complete=completing.stacks)
@click.argument("use_case")
@click.option("--model", required=True, metavar="NAME@REVISION:SHA256", help="The weights.")
@click.option("--prompt", required=True, metavar="NAME@VERSION:SHA256", help="The template.")
@click.option("--by", required=True, help="Who brings it; approves nothing later.")
@click.option("--why", required=True, help="What for.")
@click.option("--write", is_flag=True, help="Write the file; else it is printed.")
def begin(stack: str, use_case: str, model: str, prompt: str, by: str, why: str, *, write: bool) -> int:
    """Write the record of a new candidate for USE_CASE of STACK."""
    from records.writing import CannotWrite, begun

    _known(stack, set())
    step = {"date": date.today(), "by": by, "why": why}
    parts = {"revision": _version(model, "--model", "revision"), "version": _version(prompt, "--prompt", "version")}
    try:
        path, text = begun(stack=stack, use_case=use_case, model=parts["revision"], prompt=parts["version"], step=step)
    except CannotWrite as error:
        raise click.ClickException(str(error)) from error
    return _put(path, text, None, write=write)


@command.command("promote")
@click.argument("record", type=_FILE)
@click.option("--to", "state", required=True, help="candidate, evaluated, approved, canary, active or retired.")
@click.option("--by", required=True, help="Who makes the step.")
@click.option("--on", "day", type=_DAY, help="When; today without.")
@click.option("--why", help="Why; needed where nothing else is evidence.")
@click.option("--evaluation", type=_FILE, help="A signed result of model_images.evaluation: read, verified, named.")
@click.option("--key", type=_FILE, help="Public key (PEM) that the result must be signed with.")
@click.option("--change", help="Id in the change management; of a canary, that of changes/<id>.yaml.")
@click.option("--approval", "approvals", multiple=True, metavar="WHO:ROLE:DATE", help="Once for each person.")
@click.option("--expires", type=_DAY, help="Last day on which it may be served.")
@click.option("--record-sha256", help="Of the last line of the trial's record.")
@click.option("--write", is_flag=True, help="Put the step into the file; else the text is printed.")
def promote(record: Path, state: str, by: str, *, write: bool, **said: Any) -> int:  # noqa: ANN401 click's own
    """Put the next step into RECORD. What is no legal step, or lacks its evidence, is refused with every fault."""
    from records.states import STATES
    from records.writing import CannotWrite, with_step

    if state not in STATES:
        from cli.guess import meant

        raise click.UsageError(f"no state '{state}'.{meant(state, STATES)} The states: {', '.join(STATES)}.")
    path, before = _record(record)
    step = {
        "to": state,
        "date": said["day"].date() if said["day"] else date.today(),
        "by": by,
        "why": said["why"],
        "evaluation": _evaluation(said["evaluation"], said["key"], before, path),
        "change": said["change"],
        "approvals": [_approval(one) for one in said["approvals"]],
        "expires": said["expires"].date() if said["expires"] else None,
        "record_sha256": said["record_sha256"],
    }
    try:
        text = with_step(path, before, step)
    except CannotWrite as error:
        click.echo(f"{error}\nhint: docs/concepts/model-lifecycle.md says what each step asks for", err=True)
        return exits.REFUSED
    return _put(path, text, before, write=write)


def _known(stack: str, recorded: set[str]) -> None:
    """click.UsageError for a stack that has neither a file nor a record."""
    from cli.guess import meant
    from cli.planning import known_stacks

    names = sorted({*known_stacks(), *recorded})
    if stack not in names:
        raise click.UsageError(f"no stack '{stack}'.{meant(stack, names)} The stacks: {', '.join(names)}.")


def _record(record: Path) -> tuple[str, str]:
    """The path as records name it, and the text."""
    from records.lives import FOLDER

    try:
        path = "lifecycle/" + record.resolve().relative_to(FOLDER.resolve()).as_posix()
        return path, record.read_text(encoding="utf-8")
    except ValueError as error:
        raise click.ClickException(f"{record} does not lie in {FOLDER.name}/, where records are looked for") from error
    except OSError as error:
        raise click.ClickException(f"{record}: {error.strerror}\nhint: bailiwick lifecycle list --json") from error


def _put(path: str, text: str, before: str | None, *, write: bool) -> int:
    if not write:
        click.echo(text, nl=False)
        return exits.OK
    from cli.stack_line import CannotChange, replace_unchanged
    from records.lives import FOLDER

    target = FOLDER.parent / path
    try:
        if before is None:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("x", encoding="utf-8") as file:
                file.write(text)
        else:
            replace_unchanged(target, before.encode(), text.encode())
    except (OSError, CannotChange) as error:
        raise exits.ToolFailed(f"{path} was not written: {error}") from error
    click.echo(f"{path} is written; review it, and commit it with what it lets the stack serve", err=True)
    return exits.OK


def _evaluation(result: Path | None, key: Path | None, before: str, path: str) -> dict[str, object] | None:
    """What a signed result says, once it is held against the record's model and prompt."""
    if result is None:
        return None
    if key is None:
        raise click.UsageError("--evaluation needs --key: a result that nobody signed is a text")
    from model_images.evaluation.statement import BadResult, verified
    from records.lifecycle import read

    try:
        found = verified(result.read_bytes(), [key.read_bytes()])
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from error
    except BadResult as error:
        raise click.ClickException(f"{result}: {error}") from error
    life, _ = read(path, before)
    if life is not None:
        wanted = (life.model.sha256, life.model.revision, life.prompt.sha256)
        if (found.model_sha256, found.model_revision, found.prompt_sha256) != wanted:
            raise click.ClickException(f"{result} is of another model, revision or prompt than {path}")
    return {
        "suite": found.suite,
        "report_sha256": found.sha256,
        "date": found.finished.astimezone().date(),
        "accuracy": found.accuracy,
        "scores": dict(found.scores),
    }


def _approval(text: str) -> dict[str, object]:
    parts = text.rsplit(":", 2)
    try:
        return {"who": parts[0], "role": parts[1], "date": date.fromisoformat(parts[2])}
    except (IndexError, ValueError) as error:
        raise click.UsageError(
            f"'{text}' is no approval: WHO:ROLE:DATE, as 'B. Clinician:clinical-safety:2026-11-20'"
        ) from error


def _version(text: str, option: str, second: str) -> dict[str, str]:
    name, at, rest = text.partition("@")
    version, colon, digest = rest.partition(":")
    if not (at and colon):
        raise click.UsageError(f"{option} is NAME@{second.upper()}:SHA256 (found '{text}')")
    return {"name": name, second: version, "sha256": digest}


def _config(name: str) -> "StackConfig | None":
    """None for a stack that can't be planned at all: its own preview says why."""
    from cli.planning import ROOT
    from config import parse
    from plan import stacks

    config, _ = parse(name, stacks.values(ROOT, name))
    return config


def _served(config: "StackConfig | None") -> "Iterator[tuple[str, Model, Prompt, float]]":
    """Use case, model, prompt and floor of all that a stack serves; a site's own model has no floor in the stack."""
    if config is not None:
        yield from ((item.name, item.model, item.prompt, item.accuracy_floor) for item in config.use_cases)
        yield from ((f"edge-{site.name}", site.model, site.prompt, 0.0) for site in config.edge_sites)


def _row(path: str, life: "Life") -> dict[str, object]:
    now = life.standing
    return {
        "stack": life.stack,
        "useCase": life.use_case,
        "model": life.model.name,
        "revision": life.model.revision,
        "prompt": f"{life.prompt.name} {life.prompt.version}",
        "state": now.state,
        "since": now.since.isoformat(),
        "expires": now.expires.isoformat() if now.expires else None,
        "accuracy": now.evaluation.accuracy if now.evaluation else None,
        "approvals": [f"{one.who} ({one.role})" for one in now.approvals],
        "change": now.change,
        "record": path,
    }


def _table(rows: list[dict[str, object]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for name in ("stack", "use case", "model", "prompt", "state", "since", "expires", "accuracy"):
        table.add_column(name, overflow="fold")
    for row in rows:
        model = f"{row['model']}@{str(row['revision'])[:12]}"
        cells = (row["stack"], row["useCase"], model, row["prompt"], row["state"], row["since"])
        table.add_row(*map(str, cells), str(row["expires"] or "–"), str(row["accuracy"] or "–"))
    console = Console()
    Console(width=None if console.is_terminal else 200).print(table)
