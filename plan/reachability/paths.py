"""Along which edges data can go from one place to another, and the shortest such path.

A connection carries data both ways: a question in one, its answer in the other. What somebody may read, and what Azure
copies or logs by itself, goes one way. A path ends where it has left: what a stranger does with data is not traced.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from plan.reachability.model import Edge, Graph

ONE_WAY = frozenset({"reads", "copies", "logs"})
"""An edge of `reads` starts where data lies; one who writes has an edge of his own, the other way round."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """An edge, gone along in one of its directions."""

    edge: Edge
    backwards: bool = False

    @property
    def start(self) -> str:
        """Id of the place that data comes from."""
        return self.edge.target if self.backwards else self.edge.source

    @property
    def end(self) -> str:
        """Id of the place that data comes to."""
        return self.edge.source if self.backwards else self.edge.target


Path = tuple[Step, ...]


def steps_from(graph: Graph) -> Mapping[str, tuple[Step, ...]]:
    """What can be gone along from each place."""
    found: dict[str, list[Step]] = {}
    for edge in graph.edges:
        found.setdefault(edge.source, []).append(Step(edge=edge))
        if edge.kind not in ONE_WAY:
            found.setdefault(edge.target, []).append(Step(edge=edge, backwards=True))
    return {place: tuple(steps) for place, steps in found.items()}


def paths_from(graph: Graph, start: str, *, closed: Callable[[Step], bool] = lambda _: False) -> Mapping[str, Path]:
    """The shortest path to each place that data from `start` can come to.

    `closed` steps are not gone along: what is listed as an exception is left out so, and what is then still reached
    is reached in spite of the list.
    """
    steps = steps_from(graph)
    found: dict[str, Path] = {start: ()}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        place = graph.places.get(here)
        if place is not None and place.outside is not None and here != start:
            continue
        for step in steps.get(here, ()):
            if step.end not in found and not closed(step):
                found[step.end] = (*found[here], step)
                queue.append(step.end)
    del found[start]
    return found


def described(graph: Graph, path: Path) -> Iterator[str]:
    """A path for a person, hop by hop: from where to where, and every rule that lets it pass."""
    for step in path:
        start, end = (_name(graph, place) for place in (step.start, step.end))
        verb = {
            "copies": "is copied to",
            "logs": "is logged to",
            "reads": "is open to",
            "hosts": "is in the memory of",
        }.get(step.edge.kind, "answers" if step.backwards else "reaches")
        yield f"{start} {verb} {end}{f' ({step.edge.what})' if step.edge.what else ''}"
        for hop in step.edge.how:
            yield f"  by {hop.what}"


def _name(graph: Graph, identifier: str) -> str:
    place = graph.places.get(identifier)
    return place.name if place is not None else identifier
