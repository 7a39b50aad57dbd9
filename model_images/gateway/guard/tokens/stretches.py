"""Which stretches of a text get a token: spans merged where they overlap, and kept off what is a token already."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.spans import Span


@dataclass(frozen=True, slots=True)
class Stretch:
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
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        if not 0 <= span.start <= span.end <= length:
            raise ValueError("a span is outside its text")
        if span.start == span.end:
            continue
        if group and span.start >= max(one.end for one in group):
            found.append(_merged(group))
            group = []
        group.append(span)
    if group:
        found.append(_merged(group))
    return [part for stretch in found for part in _outside(stretch, tokens)]


def _merged(group: list[Span]) -> Stretch:
    widest = max(group, key=lambda one: (one.end - one.start, one.score))
    end = max(one.end for one in group)
    whole = (widest.start, widest.end) == (group[0].start, end)
    return Stretch(group[0].start, end, widest.kind, widest.scheme if whole else "")


def _outside(stretch: Stretch, tokens: Sequence[tuple[int, int]]) -> list[Stretch]:
    """What of a stretch is not a token: a detector may take a token for a name, and it must come back as it was."""
    parts, start = [], stretch.start
    for begin, end in tokens:
        if end <= start or begin >= stretch.end:
            continue
        if begin > start:
            parts.append(Stretch(start, begin, stretch.kind))
        start = end
    if start == stretch.start:
        return [stretch]
    if start < stretch.end:
        parts.append(Stretch(start, stretch.end, stretch.kind))
    return parts
