"""Sets of packets as boxes, and sets of numbers as spans: intersected and subtracted exactly.

A box is a range of sources, of destinations, of protocols, of source ports and of destination ports, all inclusive.
ICMP has no ports: a rule with ports is taken to hold for it, which never hides a packet that Azure would let pass.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import Final

Span = tuple[int, int]
Spans = tuple[Span, ...]
"""Sorted, disjoint and not adjacent."""
Box = tuple[Span, Span, Span, Span, Span]
"""Source, destination, protocol, source port, destination port."""
Point = tuple[int, int, int, int, int]

PROTOCOLS: Final = ("Tcp", "Udp", "Icmp", "Esp", "Ah")
TCP: Final[Span] = (0, 0)
NOT_TCP: Final[Span] = (1, 4)
ANY_PROTOCOL: Final[Span] = (0, 4)
ANY_PORT: Final[Span] = (0, 65535)


def merged(spans: Iterable[Span]) -> Spans:
    """The same numbers, sorted, without overlaps."""
    result: list[Span] = []
    for low, high in sorted(spans):
        if result and low <= result[-1][1] + 1:
            if high > result[-1][1]:
                result[-1] = (result[-1][0], high)
        else:
            result.append((low, high))
    return tuple(result)


def common(first: Spans, second: Spans) -> Spans:
    """Numbers in both."""
    result: list[Span] = []
    one = two = 0
    while one < len(first) and two < len(second):
        low = max(first[one][0], second[two][0])
        high = min(first[one][1], second[two][1])
        if low <= high:
            result.append((low, high))
        if first[one][1] < second[two][1]:
            one += 1
        else:
            two += 1
    return tuple(result)


def without(spans: Spans, removed: Spans) -> Spans:
    """Numbers in the first and not in the second."""
    result: list[Span] = []
    at = 0
    for low, high in spans:
        while at < len(removed) and removed[at][1] < low:
            at += 1
        here = at
        while here < len(removed) and removed[here][0] <= high:
            if removed[here][0] > low:
                result.append((low, removed[here][0] - 1))
            low = removed[here][1] + 1
            here += 1
        if low <= high:
            result.append((low, high))
    return tuple(result)


def boxes_of(
    sources: Spans, destinations: Spans, protocols: Spans, source_ports: Spans, destination_ports: Spans
) -> list[Box]:
    """Every packet with each of its parts in the given set."""
    return list(product(sources, destinations, protocols, source_ports, destination_ports))


def meet(first: Box, second: Box) -> Box | None:
    """Packets in both boxes."""
    (a, b), (c, d) = first[0], second[0]
    source = (a if a > c else c, b if b < d else d)
    if source[0] > source[1]:
        return None
    (a, b), (c, d) = first[1], second[1]
    destination = (a if a > c else c, b if b < d else d)
    if destination[0] > destination[1]:
        return None
    rest: list[Span] = []
    for (a, b), (c, d) in zip(first[2:], second[2:], strict=True):
        low, high = (a if a > c else c), (b if b < d else d)
        if low > high:
            return None
        rest.append((low, high))
    return (source, destination, rest[0], rest[1], rest[2])


def cut(box: Box, removed: Box) -> Iterator[Box]:
    """Packets of the first box that are not in the second, in disjoint boxes."""
    inner = meet(box, removed)
    if inner is None:
        yield box
        return
    left = list(box)
    for axis in range(5):
        (low, high), (inside_low, inside_high) = left[axis], inner[axis]
        if low < inside_low:
            left[axis] = (low, inside_low - 1)
            yield (left[0], left[1], left[2], left[3], left[4])
        if inside_high < high:
            left[axis] = (inside_high + 1, high)
            yield (left[0], left[1], left[2], left[3], left[4])
        left[axis] = (inside_low, inside_high)


def intersect(first: Sequence[Box], second: Sequence[Box]) -> list[Box]:
    """Packets in both sets."""
    return [inner for one in first for two in second if (inner := meet(one, two)) is not None]


def subtract(boxes: Sequence[Box], removed: Iterable[Box]) -> list[Box]:
    """Packets of the first set that are not in the second."""
    left = list(boxes)
    for each in removed:
        if not left:
            break
        left = [piece for box in left for piece in cut(box, each)]
    return left


def narrowed(boxes: Iterable[Box], axis: int, spans: Spans) -> list[Box]:
    """Packets whose part on one axis is in the given set."""
    result: list[Box] = []
    for box in boxes:
        low, high = box[axis]
        for start, end in spans:
            if start <= high and end >= low:
                parts = list(box)
                parts[axis] = (max(low, start), min(high, end))
                result.append((parts[0], parts[1], parts[2], parts[3], parts[4]))
    return result


def replaced(boxes: Iterable[Box], axis: int, spans: Spans) -> list[Box]:
    """The same packets with one part rewritten to any value of the given set."""
    seen: dict[Box, None] = {}
    for box in boxes:
        for span in spans:
            parts = list(box)
            parts[axis] = span
            seen[(parts[0], parts[1], parts[2], parts[3], parts[4])] = None
    return list(seen)


def seen_on(boxes: Iterable[Box], axis: int) -> Spans:
    """The set of values that one part takes."""
    return merged(box[axis] for box in boxes)


def holds(boxes: Iterable[Box], point: Point) -> bool:
    """Whether one packet is in the set."""
    return any(all(low <= value <= high for value, (low, high) in zip(point, box, strict=True)) for box in boxes)
