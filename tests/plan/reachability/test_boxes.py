"""Sets of packets obey the laws of sets."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from plan.reachability.boxes import (
    Box,
    Span,
    common,
    cut,
    holds,
    intersect,
    meet,
    merged,
    narrowed,
    subtract,
    without,
)

spans = st.tuples(st.integers(0, 6), st.integers(0, 3)).map(lambda pair: (pair[0], pair[0] + pair[1]))
sets = st.lists(spans, max_size=4)
boxes: st.SearchStrategy[Box] = st.tuples(spans, spans, spans, spans, spans)
box_sets = st.lists(boxes, max_size=3)
points = st.tuples(*[st.integers(0, 9)] * 5)


def numbers(found: list[Span]) -> set[int]:
    return {number for low, high in found for number in range(low, high + 1)}


class TestSpans:
    """A number lost or gained here is an address that is reached unseen."""

    @settings(max_examples=60)
    @given(sets, sets)
    def test_are_sets_of_numbers(self, one: list[Span], two: list[Span]) -> None:
        first, second = merged(one), merged(two)
        assert numbers([*first]) == numbers(one)
        assert numbers([*common(first, second)]) == numbers(one) & numbers(two)
        assert numbers([*without(first, second)]) == numbers(one) - numbers(two)

    @given(sets)
    def test_merged_ones_are_apart(self, found: list[Span]) -> None:
        result = merged(found)
        assert all(before[1] + 1 < after[0] for before, after in pairwise(result))


class TestBoxes:
    """A packet lost or gained here passes, or is refused, unseen."""

    @settings(max_examples=60)
    @given(box_sets, box_sets, points)
    def test_are_sets_of_packets(self, one: list[Box], two: list[Box], point: tuple[int, int, int, int, int]) -> None:
        here, there = holds(one, point), holds(two, point)
        assert holds(intersect(one, two), point) == (here and there)
        assert holds(subtract(one, two), point) == (here and not there)

    @settings(max_examples=60)
    @given(boxes, boxes)
    def test_what_is_cut_off_is_apart_from_what_stays(self, one: Box, two: Box) -> None:
        pieces = [*cut(one, two)]
        assert all(meet(piece, two) is None for piece in pieces)
        assert not any(meet(a, b) for at, a in enumerate(pieces) for b in pieces[at + 1 :])

    @settings(max_examples=60)
    @given(box_sets, sets, points)
    def test_are_narrowed_on_one_axis(
        self, one: list[Box], to: list[Span], point: tuple[int, int, int, int, int]
    ) -> None:
        assert holds(narrowed(one, 1, merged(to)), point) == (holds(one, point) and point[1] in numbers(to))
