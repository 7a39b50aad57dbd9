"""Several detectors as one: their findings joined, over the text as it was sent.

What any detector finds is stripped: overlapping stretches become one, so that no remnant of either is left over, and
the kind is that of the surest. A detector that read less than it was given, or points outside the text, has failed.
"""

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from model_images.gateway.guard import normalise
from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.spans import Context, Detector, Span, Text

BETWEEN_NAMES = frozenset({" ", "  ", "-", "'"})
"""What stands between parts of one name, and a point after an initial. A comma also stands between people."""
_LOOSE = frozenset({Kind.NAME, Kind.PLACE, Kind.OTHER, Kind.RECORD})


class DetectorFailed(RuntimeError):
    """A detector did not do what it is bound to. Its name is all that is said."""


class Deidentifier:
    """Finds identifiers by all its detectors. As safe to share between threads as they are."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        if not detectors:
            raise ValueError("no detectors: nothing would be found in anything")
        self._detectors = tuple(detectors)

    def find(self, original: str, context: Context) -> tuple[Span, ...]:
        """Disjoint spans over `original`, in order. Raises what a detector raises, and `DetectorFailed`."""
        text = normalise.text(original)
        found: list[Span] = []
        for detector in self._detectors:
            findings = detector.find(text, context)
            if findings.read != len(text.normal):
                raise DetectorFailed(f"detector '{detector.name}' read only a part of the text")
            for span in findings.spans:
                if not 0 <= span.start < span.end <= len(text.normal):
                    raise DetectorFailed(f"detector '{detector.name}' points outside the text")
            found.extend(findings.spans)
        whole = (_widened(span, text) for span in _joined(_merged(found), text.normal))
        return tuple(_merged(whole))


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    """Overlaps made one: the union of the stretches, the kind and scheme of the strongest."""
    current: Span | None = None
    strongest: Span | None = None
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if current is None or strongest is None or span.start >= current.end:
            if current is not None:
                yield current
            current = strongest = span
            continue
        if _strength(span) > _strength(strongest):
            strongest = span
        current = replace(strongest, start=current.start, end=max(current.end, span.end))
    if current is not None:
        yield current


def _strength(span: Span) -> tuple[float, int]:
    """The surer, then the longer.

    A name that the record knows doesn't make a name of the e-mail address it stands in, nor does a number that the
    record calls an id hide that it is an NHS number by its check.
    """
    sure = min(span.score, 0.94) if span.kind in _LOOSE else span.score
    return sure, span.end - span.start


def _joined(spans: Iterable[Span], normal: str) -> Iterator[Span]:
    """Parts of one name made one span: `Anna` `Maria` `Smith`."""
    last: Span | None = None
    for span in spans:
        if last is not None and last.kind is span.kind is Kind.NAME and _one_name(last, span, normal):
            last = replace(last, end=span.end, score=min(last.score, span.score))
            continue
        if last is not None:
            yield last
        last = span
    if last is not None:
        yield last


def _one_name(first: Span, second: Span, normal: str) -> bool:
    between = normal[first.end : second.start]
    initial = first.end == 1 or (first.end > 1 and not normal[first.end - 2].isalnum())
    return between in BETWEEN_NAMES or (initial and between in (".", ". "))


def _widened(span: Span, text: Text) -> Span:
    """Over the original, with whole graphemes: a span that ends inside `ﬁ` takes all of it."""
    start, end, offsets = span.start, span.end, text.offsets
    if isinstance(offsets, range):
        return span  # nothing was undone
    while end < len(text.normal) and offsets[end] == offsets[end - 1]:
        end += 1
    start, end = text.back(start, end)
    return replace(span, start=start, end=end)
