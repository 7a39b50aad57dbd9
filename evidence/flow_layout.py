"""Where boxes stand: a column for each layer, and within it an order that keeps arrows short."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evidence.flow_groups import COLUMNS, Group, Map

WIDTH, LINE, PAD = 190, 15, 10
GAP_X, GAP_Y, TOP, LEFT = 96, 18, 84, 24
_CHARACTERS = 26
"""Of a title, in a line."""
_ROUNDS = 4
_PIECE = re.compile(r"[^ /-]*[ /-]?")


@dataclass(frozen=True, kw_only=True)
class Box:
    """A group, where it stands, in pixels."""

    group: Group
    x: int
    y: int
    height: int
    lines: tuple[str, ...]

    @property
    def middle(self) -> int:
        """Half of its height, from the top of the picture."""
        return self.y + self.height // 2


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Every box, and how large the picture is."""

    boxes: Mapping[str, Box]
    headings: tuple[tuple[int, str], ...]
    width: int
    height: int


def laid_out(chart: Map) -> Layout:
    """Columns that hold anything, side by side; each centred on the tallest."""
    columns = [(COLUMNS[index], list(column)) for index, column in enumerate(chart.columns) if column]
    for _ in range(_ROUNDS):
        for at in range(1, len(columns)):
            _by_neighbours(columns[at][1], columns[at - 1][1], chart)
        for at in range(len(columns) - 2, -1, -1):
            _by_neighbours(columns[at][1], columns[at + 1][1], chart)
    heights = [sum(_height(group) + GAP_Y for group in column) - GAP_Y for _, column in columns]
    tallest = max(heights, default=0)
    boxes: dict[str, Box] = {}
    headings = []
    for at, (title, column) in enumerate(columns):
        x, y = LEFT + at * (WIDTH + GAP_X), TOP + (tallest - heights[at]) // 2
        headings.append((x, title))
        for group in column:
            boxes[group.id] = Box(group=group, x=x, y=y, height=_height(group), lines=lines_of(group))
            y += _height(group) + GAP_Y
    width = LEFT * 2 + len(columns) * (WIDTH + GAP_X) - GAP_X
    return Layout(boxes=boxes, headings=tuple(headings), width=width, height=TOP + tallest + 84)


def _by_neighbours(column: list[Group], beside: Sequence[Group], chart: Map) -> None:
    """In order of where a box's neighbours stand on average; one without keeps its place."""
    place = {group.id: index for index, group in enumerate(beside)}
    own = {group.id: index for index, group in enumerate(column)}

    def weight(group: Group) -> float:
        near = [
            place[other.id]
            for link in chart.links
            for mine, other in ((link.source, link.target), (link.target, link.source))
            if mine.id == group.id and other.id in place
        ]
        return sum(near) / len(near) * len(own) / max(len(place), 1) if near else own[group.id]

    column.sort(key=lambda group: (weight(group), own[group.id]))


def lines_of(group: Group) -> tuple[str, ...]:
    """The title in lines, and the classes of data beneath."""
    classes = [", ".join(group.classes)] if group.classified else []
    return (*_broken(group.title), *_broken(group.name), *classes)


def _broken(words: str) -> list[str]:
    """At spaces, dashes and slashes; wherever it must be, where there are none."""
    found: list[str] = []
    for piece in _PIECE.findall(words):
        if found and len(found[-1] + piece.rstrip()) <= _CHARACTERS:
            found[-1] += piece
        else:
            found += [piece[at : at + _CHARACTERS] for at in range(0, len(piece), _CHARACTERS)]
    return [line.strip() for line in found]


def _height(group: Group) -> int:
    return 2 * PAD + LINE * len(lines_of(group))
