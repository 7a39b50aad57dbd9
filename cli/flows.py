"""`bailiwick flows`: along what data can go, by the plan."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli import completing, exits

if TYPE_CHECKING:
    from plan.model import Plan
    from plan.reachability.model import Graph
    from plan.reachability.paths import Path as Way


@click.command("flows")
@click.argument("what", metavar="STACK|PLAN_FILE", shell_complete=completing.stacks_or_files)
@click.option("--json", "form", flag_value="json", help="Every place and edge, with the rules that allow it.")
@click.option("--mermaid", "form", flag_value="mermaid", help="The map as a Mermaid flowchart.")
@click.option("--svg", "form", flag_value="svg", help="The map as a picture.")
@click.option("--all", "whole", is_flag=True, help="In a picture: merge nothing, and leave out neither logs nor nodes.")
@click.option("--from", "start", help="Paths from a place: its name, purpose or id.")
@click.option("--to", "end", help="Paths to a place, or to `internet`.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write here instead of stdout.")
def command(what: str, form: str | None, start: str | None, end: str | None, out: Path | None, *, whole: bool) -> int:
    """Show who can reach whom in STACK, or in a saved plan or a deployed stack's export.

    `--from` and `--to` print paths hop by hop, each with the rule and the resource that open it. Ends with 3 where
    something leaves that is not on record.
    """
    from cli.planning import plan_of

    plan = plan_of(what)
    graph, refused = _drawn(plan)
    if form and (start or end):
        raise click.UsageError("a path is printed as text: leave out --json, --mermaid and --svg")
    if start or end:
        from evidence.flow_text import print_paths

        print_paths(graph, _paths(graph, start, end))
    else:
        _show(plan, graph, refused, form, out, whole=whole)
    return exits.REFUSED if refused else exits.OK


def _drawn(plan: "Plan") -> "tuple[Graph, frozenset[str]]":
    """The graph, and the places outside that are reached and not on record."""
    from jurisdictions import JurisdictionError, load
    from policies.listed import Listed
    from policies.review import StackUnderReview
    from policies.rules.flows import is_classified, leaving

    try:
        stack = StackUnderReview(plan=plan, jurisdiction=load(plan.jurisdiction))
    except JurisdictionError as error:
        raise click.ClickException(str(error)) from error
    holders = [place for place in stack.graph.places.values() if is_classified(place)]
    return stack.graph, frozenset(leaving(stack.graph, holders, Listed(stack)))


def _show(
    plan: "Plan", graph: "Graph", refused: frozenset[str], form: str | None, out: Path | None, *, whole: bool
) -> None:
    from evidence.flow_groups import drawn

    chart = drawn(graph, plan.stack, refused=refused, whole=whole)
    if form is None:
        from evidence.flow_text import print_map

        if out is not None:
            raise click.UsageError("--out takes a picture or data: add --svg, --mermaid or --json")
        print_map(chart, graph)
        return
    if form == "json":
        import json

        from evidence.flow_json import as_json

        text = json.dumps(as_json(graph, plan.stack, refused), indent=1, ensure_ascii=False) + "\n"
    elif form == "svg":
        from evidence.flow_svg import svg

        text = svg(chart)
    else:
        from evidence.flow_mermaid import mermaid

        text = mermaid(chart)
    if out is None:
        sys.stdout.write(text)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{out}: {error.strerror}; nothing was written") from error


def _paths(graph: "Graph", start: str | None, end: str | None) -> "list[Way]":
    """The shortest path from each place that is meant to each: from classified data, or to what is outside."""
    from plan.reachability.paths import paths_from
    from policies.rules.flows import is_classified

    sources = _meant(graph, start) if start else [p.id for p in graph.places.values() if is_classified(p)]
    targets = set(_meant(graph, end) if end else [p.id for p in graph.places.values() if p.outside is not None])
    found = [
        path for source in sources for target, path in paths_from(graph, source).items() if target in targets and path
    ]
    if start and end:
        return found
    # Of many that end in the same place the shortest says it.
    by_end: dict[str, Way] = {}
    for path in sorted(found, key=len):
        by_end.setdefault(path[-1].end, path)
    return list(by_end.values())


def _meant(graph: "Graph", word: str) -> list[str]:
    found = [place.id for place in graph.places.values() if word in (place.id, place.name, place.purpose)]
    if not found:
        from cli.guess import meant

        known = sorted({word for p in graph.places.values() for word in (p.name, p.purpose) if word})
        raise click.UsageError(f"no place is called '{word}'.{meant(word, known)}")
    return found
