"""Which stretches of a text get a token: spans merged where they overlap, and kept off what is a token already."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

import msgspec

from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.spans import Span


class Stretch(msgspec.Struct, frozen=True, gc=False):
    """From `start` to `end` of a text, one thing."""

    start: int
    end: int
    kind: Kind
    scheme: str = ""


def stretches(length: int, spans: Iterable[Span], tokens: Sequence[tuple[int, int]]) -> list[Stretch]:
    """In order and apart from each other. Overlapping spans are one stretch, of the longest span's kind.

    Raises `ValueError` for a span outside the text: whoever found it has read another text.
    """
    found: list[Stretch] = []
    group: list[Span] = []
    end = 0
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        if not 0 <= span.start <= span.end <= length:
            raise ValueError("a span is outside its text")
        if span.start == span.end:
            continue
        if group and span.start >= end:
            found.append(_merged(group, end))
            group = []
        group.append(span)
        end = max(end, span.end)
    if group:
        found.append(_merged(group, end))
    return [part for stretch in found for part in _outside(stretch, tokens)]


def _merged(group: list[Span], end: int) -> Stretch:
    if len(group) == 1:
        return Stretch(group[0].start, end, group[0].kind, group[0].scheme)
    widest = max(group, key=lambda one: (one.end - one.start, one.score))
    whole = (widest.start, widest.end) == (group[0].start, end)
    return Stretch(group[0].start, end, widest.kind, widest.scheme if whole else "")


def _outside(stretch: Stretch, tokens: Sequence[tuple[int, int]]) -> list[Stretch]:
    """What of a stretch is not a token: a detector may take a token for a name, and it must come back as it was."""
    if not tokens:
        return [stretch]
    parts, start = [], stretch.start
    first = bisect_right(tokens, stretch.start, key=lambda token: token[1])
    for begin, end in tokens[first:]:
        if begin >= stretch.end:
            break
        if begin > start:
            parts.append(Stretch(start, begin, stretch.kind))
        start = end
    if start == stretch.start:
        return [stretch]
    if start < stretch.end:
        parts.append(Stretch(start, stretch.end, stretch.kind))
    return parts
