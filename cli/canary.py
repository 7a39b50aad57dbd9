"""`bailiwick canary`: show what is tried, replay its numbers, and move its weight.

`step` is what the cluster's job runs; the rest needs no cluster.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli import completing, exits
from cli.exits import ToolFailed

if TYPE_CHECKING:
    from config.use_case import UseCase
    from delivery.limits import Limits
    from policies.change_form import Change

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group("canary")
def command() -> None:
    """Show what is tried beside what is served, replay its numbers, and move its weight.

    A candidate comes by a change record in changes/ and `canary` of its use case: docs/runbooks/canary.md.
    """


@command.command("status")
@click.argument("stack", shell_complete=completing.stacks)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(stack: str, *, as_json: bool) -> int:
    """Say what STACK tries, by whose word, until when, and how often chance may decide."""
    found = [_told(use_case, record) for use_case, record in _trials(stack)]
    if as_json:
        import json

        click.echo(json.dumps(found, indent=1, ensure_ascii=False))
        return exits.OK
    if not found:
        click.echo(f"{stack} tries nothing")
    for item in found:
        click.echo(f"{item['useCase']}: change {item['change']}, {item['notBefore']} to {item['expires']}")
        for key in ("why", "from", "to", "steps", "evaluation", "approvals", "looks", "rollback"):
            click.echo(f"  {key:<10} {item[key]}")
    return exits.OK


@command.command("decide")
@click.argument("stack", shell_complete=completing.stacks)
@click.option("--metrics", required=True, type=_FILE, help="Looks, as JSON: docs/runbooks/canary.md has the form.")
@click.option("--use-case", help="Which, where the stack tries several.")
def replay(stack: str, *, metrics: Path, use_case: str | None) -> int:
    """Decide on the numbers of a file, look after look, and print the record. Changes nothing.

    Ends with 3 where the candidate is rolled back.
    """
    from delivery.decide import decide
    from delivery.reading import BadMetrics, looks
    from delivery.record import line_of
    from delivery.state import State

    limits = _chosen(_limits(stack), use_case)
    if limits.way_back:
        raise click.ClickException(f"{limits.use_case} has a way back, and no trial: what decides is delivery/watch.py")
    try:
        found = looks(metrics.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, BadMetrics) as error:
        raise click.ClickException(f"{metrics}: {error}") from error
    state: State | None = None
    for look in found:
        decision, after = decide(limits, state, look)
        line, digest = line_of(limits, look, decision, previous=after.previous)
        state = after.following(digest)
        click.echo(line)
    return exits.REFUSED if state is not None and state.outcome == "rolled back" else exits.OK


@command.command("step")
@click.option("--limits", "held", required=True, type=_FILE, help="What the candidates are held to: the plan's.")
@click.option("--prometheus", required=True, metavar="URL", help="Prometheus' HTTP API.")
@click.option("--weights", required=True, metavar="URL", help="The store of weights: https://<name>.azconfig.io.")
@click.option("--scope", help="Scope of the token for Prometheus, where its host's name does not say it.")
def step(*, held: Path, prometheus: str, weights: str, scope: str | None) -> int:
    """Look, decide, say so on stdout, and put it in force. What the cluster's job runs, each minute.

    A rollback is a decision, not a failure: it ends with 0, as every decision does.
    """
    from datetime import UTC, datetime

    from delivery.limits import Limits
    from delivery.prometheus import Prometheus
    from delivery.routing import Routing, scope_of
    from delivery.step import run
    from delivery.token import scope_of_numbers
    from delivery.web import Unreachable

    try:
        tried = Limits.read(held.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{held}: {error}") from error
    numbers = Prometheus(url=prometheus, token=_token(scope or scope_of_numbers(prometheus)))
    store = Routing(url=weights, token=_token(scope_of(weights)))
    failed: list[str] = []
    for limits in tried:
        try:
            run(limits, numbers=numbers, weights=store, at=datetime.now(UTC), tell=click.echo, note=_note)
        except Unreachable as error:
            # The others' weights are moved all the same.
            failed.append(f"{limits.use_case}: {error}")
    if failed:
        raise ToolFailed("a weight could not be moved: " + "; ".join(failed))
    return exits.OK


def _token(scope: str) -> str | None:
    """Without one nothing answers: then it holds, and rolls back, which has to be decided all the same."""
    import os

    from delivery.token import token_for
    from delivery.web import Unreachable

    try:
        return token_for(scope, os.environ)
    except Unreachable as error:
        _note(str(error))
        return None


def _note(words: str) -> None:
    click.echo(words, err=True)


@command.command("rollback")
@click.argument("stack", shell_complete=completing.stacks)
@click.option("--routing", required=True, type=_FILE, help="What stands there: az appconfig kv show, as JSON.")
@click.option("--who", required=True, help="Who takes it back.")
@click.option("--why", required=True, help="Why; the record repeats it.")
@click.option("--use-case", help="Which, where the stack tries several.")
def rollback(stack: str, *, routing: Path, who: str, why: str, use_case: str | None) -> int:
    """Print the value that takes STACK's candidate back, for `az appconfig kv set --value`."""
    import json
    from datetime import UTC, datetime

    from delivery.step import by_hand

    limits = _chosen(_limits(stack), use_case)
    try:
        value = json.loads(routing.read_text(encoding="utf-8"))["value"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise click.ClickException(f"{routing} is not the value as JSON: {type(error).__name__}: {error}") from error
    click.echo(by_hand(limits, str(value), at=datetime.now(UTC), who=who, why=why))
    return exits.OK


@command.command("verify")
@click.argument("file", type=_FILE)
@click.option(
    "--after", metavar="HASH", help="Of the line before the first, where the file does not begin at the start."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(file: Path, *, after: str | None, as_json: bool) -> int:
    """Say whether every line of a record follows the one before.

    Ends with 3 where one does not: lines are missing there, or were changed.
    """
    from delivery.record import broken_at
    from delivery.state import BEGINNING

    try:
        lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line]
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file}: {error}") from error
    if not lines:
        raise click.ClickException(f"{file} has no line; nothing can be said of nothing")
    found = broken_at(lines, after or BEGINNING)
    if as_json:
        import json

        broken = None if found is None else {"line": found[0], "says": found[1]}
        click.echo(json.dumps({"lines": len(lines), "whole": found is None, "broken": broken}, indent=1))
        return exits.OK if found is None else exits.REFUSED
    if found is None:
        click.echo(f"{len(lines)} lines, each after the one before")
        return exits.OK
    click.echo(f"line {found[0]} {found[1]}")
    return exits.REFUSED


def _trials(stack: str) -> "list[tuple[UseCase, Change]]":
    """What the stack tries, with its records; click.ClickException where one is missing or faulty."""
    from cli.planning import stack_config
    from policies.changes import load

    tried = [item for item in stack_config(stack).use_cases if item.canary is not None]
    known = load()
    told: list[str] = []
    found = []
    for item in tried:
        change = item.canary.change if item.canary is not None else ""
        told += [fault.words for fault in known.faults.get(change, ())]
        record = known.records.get(change)
        if record is not None:
            found.append((item, record))
        elif change not in known.faults:
            told.append(f"{item.name} names change '{change}'; there is no changes/{change}.yaml")
    if told:
        raise click.ClickException("\n".join(told) + "\nhint: docs/runbooks/canary.md shows a record")
    return found


def _limits(stack: str) -> "list[Limits]":
    from delivery.limits import Limits

    return [Limits.of(use_case) for use_case, _ in _trials(stack)]


def _chosen(found: "list[Limits]", use_case: str | None) -> "Limits":
    from cli.guess import meant

    names = [item.use_case for item in found]
    wanted = use_case or (names[0] if len(names) == 1 else None)
    for item in found:
        if item.use_case == wanted:
            return item
    raise click.ClickException(
        f"no canary of '{use_case}'; tried: {', '.join(names) or 'nothing'}.{meant(use_case or '', names)}"
        if use_case or not names
        else f"several are tried: {', '.join(names)}\nhint: name one with --use-case"
    )


def _told(use_case: "UseCase", record: "Change") -> dict[str, object]:
    from delivery.limits import Limits

    limits = Limits.of(use_case)

    def versions(side: str) -> str:
        found = getattr(record, side)
        return (
            f"{found.model.name}@{found.model.revision[:12]}, prompt {found.prompt.name} {found.prompt.version}, "
            f"server {found.image[:19]}"
        )

    evaluation, floor = record.evaluation, limits.accuracy_floor
    return {
        "useCase": use_case.name,
        "change": limits.change,
        "notBefore": record.not_before.isoformat(),
        "expires": record.expires.isoformat(),
        "why": record.why,
        "from": versions("stable"),
        "to": versions("candidate"),
        "steps": f"{', '.join(map(str, limits.steps))} percent, {limits.step_minutes} minutes each",
        "evaluation": f"{evaluation.suite}, {evaluation.date}: {evaluation.accuracy:g}, floor {floor:g}",
        "approvals": ", ".join(f"{item.who} ({item.role}, {item.date})" for item in record.approvals),
        "looks": "every 30 minutes, at what is active: it is the way back"
        if limits.way_back
        else f"{limits.looks} at most while it climbs",
        "rollback": record.rollback,
    }
