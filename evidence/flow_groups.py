"""The graph of a plan as a picture can show it: places that are one thing to a reader are one box."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from plan.reachability.model import Edge, Graph, Place

COLUMNS = ("who comes", "doors", "the cluster", "beside it", "private endpoints", "where data lies", "what leaves")
"""From left to right, as data flows."""
QUIET = frozenset({"logs", "hosts"})
"""Kinds of edges that the picture leaves out: everything logs, and every pod has a node."""
OPEN = frozenset({"public", "internal"})
_SYSTEM = "system"


@dataclass(frozen=True, kw_only=True)
class Group:
    """A box: places that are alike to a reader."""

    id: str
    title: str
    column: int
    places: tuple[Place, ...]
    refused: bool = False
    """Outside, reached, and not on record."""

    @property
    def outside(self) -> bool:
        """Whether it lies outside the boundary."""
        return any(place.outside for place in self.places)

    @property
    def classified(self) -> bool:
        """Whether data that may not be seen outside lies there or passes."""
        return not self.outside and any((place.classification or "internal") not in OPEN for place in self.places)

    @property
    def name(self) -> str:
        """Of the one place that it is, where the title says something else."""
        return self.places[0].name if len(self.places) == 1 and self.places[0].name != self.title else ""

    @property
    def classes(self) -> tuple[str, ...]:
        """Classes of data, sorted."""
        return tuple(sorted({place.classification for place in self.places if place.classification}))


@dataclass(frozen=True, kw_only=True)
class Link:
    """An arrow: all edges from one box to another."""

    source: Group
    target: Group
    edges: tuple[Edge, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of the edges, sorted."""
        return tuple(sorted({edge.kind for edge in self.edges}))

    @property
    def label(self) -> str:
        """What goes along it, shortly: `TCP 443`, or `3 ways`."""
        what = sorted({edge.what for edge in self.edges if edge.what})
        return what[0] if len(what) == 1 else f"{len(what)} ways" if what else self.kinds[0]


@dataclass(frozen=True, kw_only=True)
class Map:
    """Boxes by column, and the arrows between them."""

    stack: str
    columns: tuple[tuple[Group, ...], ...]
    links: tuple[Link, ...]

    @property
    def groups(self) -> tuple[Group, ...]:
        """Every box, from left to right."""
        return tuple(group for column in self.columns for group in column)


def drawn(graph: Graph, stack: str, *, refused: Iterable[str] = (), whole: bool = False) -> Map:
    """The boxes and arrows of a graph; `whole` leaves nothing out and merges nothing.

    `refused` are ids of outside places that are reached and not on record.
    """
    bad = frozenset(refused)
    edges = [edge for edge in graph.edges if whole or edge.kind not in QUIET]
    touched = {place for edge in edges for place in (edge.source, edge.target)}
    comes = {edge.source for edge in edges if edge.kind in ("enters", "connects")}
    boxes: dict[str, list[Place]] = {}
    of: dict[str, str] = {}
    for place in graph.places.values():
        if place.id in touched or (not whole and place.kind == "store"):
            key = place.id if whole else _key(place, bad)
            boxes.setdefault(key, []).append(place)
            of[place.id] = key
    groups = {key: _group(key, places, comes, bad) for key, places in boxes.items()}
    columns = tuple(
        tuple(sorted((group for group in groups.values() if group.column == column), key=_order))
        for column in range(len(COLUMNS))
    )
    return Map(stack=stack, columns=columns, links=tuple(_links(edges, of, groups)))


def _links(edges: Sequence[Edge], of: Mapping[str, str], groups: Mapping[str, Group]) -> list[Link]:
    merged: dict[tuple[str, str], list[Edge]] = {}
    for edge in edges:
        ends = (of[edge.source], of[edge.target])
        if ends[0] != ends[1]:
            merged.setdefault(ends, []).append(edge)
    return [
        Link(source=groups[start], target=groups[end], edges=tuple(found)) for (start, end), found in merged.items()
    ]


def _key(place: Place, bad: frozenset[str]) -> str:
    if place.outside is not None:
        return place.id if place.id in bad or place.outside == "internet" else f"outside:{place.outside}"
    if place.kind == "endpoint":
        return "endpoints"
    if place.kind == "pods":
        return f"pods:{place.purpose}" if place.purpose == _SYSTEM else place.id
    if place.kind == "compute" and place.purpose in (_SYSTEM, "gpu", "workload"):
        return "nodes"
    return f"{place.kind}:{place.purpose or place.id}"


def _group(key: str, places: list[Place], comes: set[str], bad: frozenset[str]) -> Group:
    first = places[0]
    column = {"entry": 1, "pods": 2, "compute": 3, "service": 3, "endpoint": 4, "store": 5, "outside": 6}[first.kind]
    if key == "nodes":
        column = 2
    if first.outside is not None and any(place.id in comes for place in places):
        column = 0
    if first.kind == "entry" and first.purpose == "egress":
        column = 6
    return Group(
        id=key,
        title=_title(key, places),
        column=column,
        places=tuple(sorted(places, key=lambda place: place.name)),
        refused=any(place.id in bad for place in places),
    )


def _title(key: str, places: list[Place]) -> str:
    first, count = places[0], len(places)
    if key == "endpoints":
        return f"{count} private endpoints" if count > 1 else first.name
    if key == "nodes":
        return "nodes: " + ", ".join(sorted({place.name for place in places}))
    if key == f"pods:{_SYSTEM}":
        return "the cluster's own pods"
    if key.startswith("outside:") and count > 1:
        return f"{count} {first.outside}s on record"
    if first.outside == "tenant":
        return "another subscription"
    if count > 1:
        return f"{first.purpose} ({count})"
    return first.purpose if first.purpose and first.kind != "pods" else first.name


def _order(group: Group) -> tuple[bool, bool, str]:
    return (not group.refused, not group.classified, group.title)
