"""The data-flow map in words: who reaches classified data, whom it reaches, and what leaves."""

from collections.abc import Iterable, Sequence

from evidence.flow_groups import Group, Link, Map
from evidence.screen import Screen
from plan.reachability.model import Graph
from plan.reachability.paths import Path, described


def print_map(chart: Map, graph: Graph) -> None:
    """By box that holds or passes classified data; then what leaves, and what is not understood."""
    screen = Screen()
    screen.line(f"Data flows of {chart.stack}", style="bold")
    screen.line()
    for group in chart.groups:
        if group.classified:
            _print_group(screen, group, chart.links)
    _print_leaving(screen, chart)
    if graph.unjudged:
        screen.line(f"Not understood ({len(graph.unjudged)}):", style="yellow")
        for hop in graph.unjudged:
            screen.line(f"  {hop.what}")
        screen.line()
    classified = sum(len(group.places) for group in chart.groups if group.classified)
    screen.line(f"{len(graph.places)} places, {classified} with classified data, {len(graph.edges)} edges")
    screen.line("`--from` and `--to` print a path hop by hop; --json has every edge with the rules that allow it")


def print_paths(graph: Graph, paths: Sequence[Path]) -> None:
    """Paths, each whole; or that there is none."""
    screen = Screen()
    for path in paths:
        for line in described(graph, path):
            screen.line(line, style="" if line.startswith(" ") else "bold")
        screen.line()
    screen.line(f"{len(paths)} path{'' if len(paths) == 1 else 's'}" if paths else "no path", style="bold")


def _print_group(screen: Screen, group: Group, links: Iterable[Link]) -> None:
    known = ", ".join(place.name for place in group.places)
    screen.line(
        (group.title, "bold"), f"   {', '.join(group.classes)}   {known if known != group.title else ''}".rstrip()
    )
    for mark, found in (
        ("<-", [link for link in links if link.target.id == group.id]),
        ("->", [link for link in links if link.source.id == group.id]),
    ):
        for link in found:
            other = link.source if mark == "<-" else link.target
            rules = len({hop.what for edge in link.edges for hop in edge.how})
            by = f"{rules} rule{'' if rules == 1 else 's'}"
            kinds = "/".join(link.kinds)
            what = kinds if link.label in link.kinds else f"{kinds} {link.label}"
            screen.line(f"  {mark} {other.title}: {what}, by {by}")
    screen.line()


def _print_leaving(screen: Screen, chart: Map) -> None:
    screen.line("What leaves", style="bold")
    found = [link for link in chart.links if link.target.outside]
    for link in found:
        style = "bold red" if link.target.refused else ""
        mark = "✗" if link.target.refused else "·"
        names = ", ".join(dict.fromkeys(_name(link, edge.target) for edge in link.edges))
        screen.line(f"  {mark} {link.source.title} -> {names}", style=style)
    if not found:
        screen.line("  nothing")
    screen.line()


def _name(link: Link, identifier: str) -> str:
    return next(place.name for place in link.target.places if place.id == identifier)
