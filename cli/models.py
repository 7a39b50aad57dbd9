"""`bailiwick models`: which models are known, whether one fits, and how weights come in."""

import json
from typing import TYPE_CHECKING, Any

import click

from cli import completing, exits, models_import, models_verify
from cli.exits import ToolFailed

if TYPE_CHECKING:
    from models.fit import Fit
    from models.form import Model, Models
    from models.gpus import Gpus


@click.group("models")
def command() -> None:
    """List and explain the models of the catalogue, plan whether they fit, and bring weights in.

    The catalogue is models/models.yaml; docs/guides/import-a-model.md says how a model comes into it.
    """


command.add_command(models_verify.verify)
command.add_command(models_import.take_in)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def listed(*, as_json: bool) -> int:
    """List every model: what it was made of, how large it is, what it may be used for, and its evaluations."""
    known = catalogue()
    rows = [_row(known, name, model) for name, model in known.models.items()]
    if as_json:
        _dump(rows)
        return exits.OK
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="")
    for head in ("model", "made of", "weights", "licence", "clinical use", "use cases", "evaluated"):
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(
            str(row["name"]),
            f"{row['repository']}, {row['quantisation']}",
            f"{row['weightBytes'] / 2**30:.1f} GiB",
            str(row["licence"]),
            str(row["clinicalUse"]),
            ", ".join(row["useCases"]) or "none: to plan with",
            str(row["evaluated"] or "never"),
        )
    console = Console()
    console.print(table) if console.is_terminal else Console(width=240).print(table)
    examples = sum(bool(row["example"]) for row in rows)
    if examples:
        click.echo(f"{examples} of these have example revisions: no such weights exist", err=True)
    return exits.OK


def _row(known: "Models", name: str, model: "Model") -> dict[str, Any]:
    from models.catalogue import last_evaluated
    from models.weights_size import weight_bytes

    architecture, licence = known.architectures[model.architecture], known.licences[model.licence]
    evaluated = last_evaluated(model)
    return {
        "name": name,
        "repository": model.repository,
        "made": " ".join(model.made.split()),
        "server": model.server,
        "parameters": architecture.parameters,
        "activatedParameters": architecture.experts.activated_parameters if architecture.experts else None,
        "maxPositions": architecture.max_positions,
        "quantisation": model.quantisation.method,
        "weightBytes": weight_bytes(architecture, model.quantisation).total,
        "licence": licence.spdx,
        "clinicalUse": licence.clinical,
        "useCases": list(model.allowed.use_cases) if model.allowed else [],
        "dataClasses": list(model.allowed.data_classes) if model.allowed else [],
        "environments": list(model.allowed.environments) if model.allowed else [],
        "revisions": [{"commit": item.commit, "manifestSha256": item.manifest_sha256} for item in model.revisions],
        "example": any(item.example for item in model.revisions),
        "evaluated": evaluated.isoformat() if evaluated else None,
        "evaluations": [
            {
                "suite": item.suite,
                "date": item.date.isoformat(),
                "scores": item.scores,
                "reportSha256": item.report_sha256,
            }
            for item in model.evaluations
        ],
    }


@command.command("explain")
@click.argument("model", shell_complete=completing.models)
@click.option("--gpu", "size", metavar="SIZE", help="A VM size; without it every size that is on record.")
@click.option("--gpus", "count", type=click.IntRange(min=1), default=1, show_default=True, help="Of each replica.")
@click.option("--context", type=click.IntRange(min=1), default=8192, show_default=True, help="Tokens of a request.")
@click.option("--concurrency", type=click.IntRange(min=1), default=4, show_default=True, help="Requests at once.")
@click.option("--fp8-cache", is_flag=True, help="Keys and values at 8 bits (--kv-cache-dtype fp8).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain(
    model: str, *, size: str | None, count: int, context: int, concurrency: int, fp8_cache: bool, as_json: bool
) -> int:
    """Explain MODEL: its licence, its facts, and what it needs of a GPU, line by line.

    Ends with 3 where --gpu names a size that it does not fit.
    """
    from models.fit import Load, fit, on_size

    known, there = catalogue(), _gpus()
    found = named(model, known)
    if size is not None and there.of_size(size) is None:
        raise click.UsageError(f"no GPU of '{size}' is on record.{_meant(size, list(there.sizes))}")
    load = Load(context=context, concurrency=concurrency, kv_bits=8 if fp8_cache else 16)
    tried: dict[str, Fit | str] = {}
    for name in [size] if size is not None else list(there.sizes):
        try:
            tried[name] = fit(known, found, on_size(there, name, count), load)
        except ValueError as error:
            tried[name] = str(error)
    fits = any(not isinstance(item, str) and item.fits for item in tried.values())
    if as_json:
        told = {name: item if isinstance(item, str) else item.as_json() for name, item in tried.items()}
        _dump({**_row(known, model, found), "conditions": _conditions(known, found), "fit": told})
    else:
        _tell(known, model, found)
        for name, item in tried.items():
            _tell_fit(name, item, in_full=size is not None)
    return exits.REFUSED if size is not None and not fits else exits.OK


def _conditions(known: "Models", model: "Model") -> str:
    return " ".join(known.licences[model.licence].conditions.split())


def _tell(known: "Models", name: str, model: "Model") -> None:
    row, architecture = _row(known, name, model), known.architectures[model.architecture]
    sliding, experts = architecture.sliding, architecture.experts
    accepted = model.accepted
    lines = {
        "made of": f"{model.repository}: {row['made']}",
        "licence": f"{row['licence']}: clinical use {row['clinicalUse']}; {_conditions(known, model)}",
        "accepted": f"by {accepted.by} on {accepted.date}, {accepted.reference}{' (an example)' * accepted.example}"
        if accepted
        else "by nobody",
        "allowed for": ", ".join([*row["useCases"], *row["dataClasses"], *row["environments"]])
        or "nothing: to plan with",
        "evaluated": str(row["evaluated"] or "never"),
        "parameters": f"{architecture.parameters:,}"
        + (f", of which {experts.activated_parameters:,} answer" if experts else ""),
        "layers": f"{architecture.layers}"
        + (f", of which {sliding.layers} keep the last {sliding.window} tokens" if sliding else ""),
        "heads": f"{architecture.heads}, {architecture.kv_heads} of keys and values, of {architecture.head_dim}",
        "facts from": " ".join(architecture.source.split()),
        "revisions": ", ".join(f"{item.commit[:12]}{' (an example)' * item.example}" for item in model.revisions)
        or "none: it can't be deployed",
    }
    click.echo(name)
    for head, words in lines.items():
        click.echo(f"  {head:<12} {words}")


def _tell_fit(name: str, found: "Fit | str", *, in_full: bool) -> None:
    if isinstance(found, str):
        if in_full:
            click.echo(f"✗ {found}")
        return
    mark = "✓" if found.fits else "✗"
    asked = f"{_requests(found.load.concurrency)} of {found.load.context} tokens"
    if not in_full:
        words = f"{found.needed / 2**30:.1f} of {found.place.budget / 2**30:.1f} GiB"
        why = [fault.partition(":")[0] for fault in found.faults]
        click.echo(f"{mark} {name:<28} {asked}: {'; '.join([words, *why])}")
        return
    where = f"on {found.place.gpus} x" if found.place.gpus else "in"
    click.echo(f"{mark} {asked} {where} {found.place.name}")
    for line in found.lines:
        click.echo(f"  {line.words}")
    click.echo(f"  {'needed':<22} {found.needed:>18,} B {found.needed / 2**30:>9.2f} GiB")
    budget = found.place.budget
    share = f"{found.place.memory:,} B x {float(found.place.share):g}"
    click.echo(f"  {'to be had':<22} {budget:>18,} B {budget / 2**30:>9.2f} GiB  {share}")
    for words in (*found.faults, *found.notes):
        click.echo(f"  {words}")
    most = f"{_requests(found.largest_concurrency)} of {found.load.context} tokens"
    click.echo(f"  largest: {most}; {found.largest_context} tokens for {_requests(found.load.concurrency)}")


def _requests(count: int) -> str:
    return "1 request" if count == 1 else f"{count} requests"


@command.command("fit")
@click.argument("stack", shell_complete=completing.stacks)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def fitted(stack: str, *, as_json: bool) -> int:
    """Say whether every model that STACK serves, and tries, fits where it is to run, with the arithmetic.

    Ends with 3 where one does not, or is in no catalogue.
    """
    from cli.models_fit import fits_of
    from cli.planning import stack_config

    found = list(fits_of(stack_config(stack), catalogue()))
    if as_json:
        _dump([{"serves": name, "fit": item if isinstance(item, str) else item.as_json()} for name, item in found])
    else:
        for name, item in found:
            click.echo(name)
            _tell_fit(name, item, in_full=True)
    return exits.OK if all(not isinstance(item, str) and item.fits for _, item in found) else exits.REFUSED


def catalogue() -> "Models":
    """The project's catalogue; click.ClickException with every fault."""
    from models.catalogue import load
    from models.reading import FaultyFile

    try:
        return load()
    except FaultyFile as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise ToolFailed(f"the catalogue can't be read: {error.strerror}: {error.filename}") from error


def _gpus() -> "Gpus":
    from models.gpus import gpus
    from models.reading import FaultyFile

    try:
        return gpus()
    except FaultyFile as error:
        raise click.ClickException(str(error)) from error


def named(name: str, known: "Models") -> "Model":
    """A model of the catalogue; click.UsageError with a guess."""
    found = known.models.get(name)
    if found is None:
        # Who leaves an ending out means what begins so, though another name may be nearer by its letters.
        begun = [other for other in known.models if other.startswith(name)]
        guess = _meant(name, begun or list(known.models))
        raise click.UsageError(f"no model '{name}'.{guess} `bailiwick models list` lists all {len(known.models)}.")
    return found


def _meant(word: str, known: list[str]) -> str:
    from cli.guess import meant

    return meant(word, known)


def _dump(value: object) -> None:
    click.echo(json.dumps(value, indent=1, ensure_ascii=False))
