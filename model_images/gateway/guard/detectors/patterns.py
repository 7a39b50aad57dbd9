"""Identifiers that have a shape: found by shape and check digits, or by the label before them.

The rule is *when in doubt, strip*: a labelled value goes whether its check holds or not, and a long number without a
label goes as OTHER. What is left are measures (a number with a unit after it), public codes (`keep` in data/codes.yaml)
and what a validator disproves. Every number of NHS form whose check holds is an NHS number, label or not: one in eleven
is so by chance, and those are stripped, too.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from model_images.gateway.guard.detectors.folding import shadow
from model_images.gateway.guard.detectors.matcher import Matcher
from model_images.gateway.guard.detectors.schemes import LABELLED, Pattern, schemes, words
from model_images.gateway.guard.detectors.tenant_patterns import matcher_of
from model_images.gateway.guard.detectors.validators import holds
from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.spans import Context, Findings, Span, Text

DOUBTFUL = 0.9
"""Below this score a match yields to a unit after it and to a public code around it."""
LONGEST_FRACTION = len("12/5.")
"""A date as long as this may be a dose, if a unit follows; a longer one is a date, whatever follows."""
SHORTEST_NUMBER = 9
"""Digits of a telephone number in groups, or with a zero before it, that nothing is measured by."""
REACH = 96
"""How far after its label a value may end; and the longest match in which parts are looked for. With so little text,
backtracking has nothing to grow on."""


@dataclass(frozen=True, slots=True)
class _Set:
    """The patterns of one file of data: shapes, or labels."""

    matcher: Matcher
    patterns: Sequence[Pattern]
    readers: Sequence[re.Pattern[bytes] | None]
    """Of a label, what reads the value after it; of a shape, what finds its parts, if it has any."""


@cache
def _sets() -> tuple[tuple[_Set, ...], _Set]:
    """Shapes file by file, and all labels. Vectorscan compiles a few small sets sooner than a large one."""
    shapes: dict[str, list[Pattern]] = defaultdict(list)
    labels: list[Pattern] = []
    for scheme in schemes():
        for pattern in scheme.patterns:
            (labels if pattern.value else shapes[scheme.file]).append(pattern)
    return tuple(_set(patterns, starts=True) for patterns in shapes.values()), _set(labels, starts=False)


def _set(patterns: Sequence[Pattern], *, starts: bool) -> _Set:
    return _Set(
        Matcher([(pattern.expression, pattern.cased) for pattern in patterns], starts=starts),
        tuple(patterns),
        tuple(_reader(pattern) for pattern in patterns),
    )


def _reader(pattern: Pattern) -> re.Pattern[bytes] | None:
    if not pattern.value and "(?P<" not in pattern.expression:
        return None
    return re.compile((pattern.value or pattern.expression).encode("latin-1"), 0 if pattern.cased else re.IGNORECASE)


_ALNUM = [bytes((code,)).isalnum() for code in range(256)]
_DIGITS, _JOINTS = b"0123456789", b".,-/"
_GROUP, _THOUSANDS = re.compile(rb"\d+"), re.compile(rb"[1-9]\d{0,2}(?:[\s.,]\d{3})+")
_YEAR, _SIGN = re.compile(rb"(?:19|20)\d\d"), re.compile(rb"[:#=]")
"""`Dossier 2019` is of a year; `dossier: 2019` may be the number."""
_UNIT = re.compile(rb"[ \t]?(?:" + words()["unit"].encode("latin-1") + rb")(?![a-z0-9])", re.IGNORECASE)


class Patterns:
    """The detector. Compiled at the first use in a process: `Patterns().find` on any text warms it."""

    name = "pattern"

    def find(self, text: Text, context: Context) -> Findings:
        """All stretches that are identifiers by shape or label."""
        seen = shadow(text.normal)
        shape_sets, labels = _sets()
        found: list[Span] = []
        codes: list[tuple[int, int]] = []
        for shapes in shape_sets:
            for span, kept in _shaped(seen, shapes):
                if kept:
                    codes.append((span.start, span.end))
                else:
                    found.append(span)
        found.extend(_labelled(seen, labels))
        if codes:
            found = list(_outside(found, codes))
        if context.patterns:
            found.extend(_custom(seen, context.patterns))
        return Findings(tuple(_preferred(found, context.locale)), len(text.normal))


def _shaped(seen: bytes, shapes: _Set) -> Iterator[tuple[Span, bool]]:
    """Of each start the longest stretch that passes; shorter ones of the same are not asked."""
    done: set[tuple[int, int]] = set()
    for index, start, end in reversed(shapes.matcher.scan(seen)):
        if (index, start) in done:
            continue
        pattern, reader = shapes.patterns[index], shapes.readers[index]
        parts = ((start, end, pattern.kind),) if reader is None else _parts(seen, start, end, pattern, reader)
        for first, last, kind in parts:
            if _free(seen, first, last, pattern) and _holds(seen, first, last, pattern):
                done.add((index, start))
                yield Span(first, last, kind, Patterns.name, pattern.scheme, pattern.score), pattern.keep


def _parts(
    seen: bytes, start: int, end: int, pattern: Pattern, reader: re.Pattern[bytes]
) -> tuple[tuple[int, int, Kind], ...]:
    """The named groups of a match, by kind; the whole of one too long to be read again."""
    if end - start > REACH:
        return ((start, end, pattern.kind),)
    match = reader.fullmatch(seen, start, end)
    if match is None:
        return ()
    return tuple((*match.span(name), Kind(name)) for name, value in match.groupdict().items() if value is not None)


def _holds(seen: bytes, start: int, end: int, pattern: Pattern) -> bool:
    return not pattern.check or holds(pattern.check, _text(seen, start, end))


def _free(seen: bytes, start: int, end: int, pattern: Pattern) -> bool:
    """Whether the stretch stands by itself: no letter or digit goes on at its ends, no unit follows a doubtful one."""
    if not pattern.edges:
        return True
    if (start and _ALNUM[seen[start - 1]]) or (end < len(seen) and _ALNUM[seen[end]]):
        return False
    if seen[start] in _DIGITS and start > 1 and seen[start - 1] in _JOINTS and seen[start - 2] in _DIGITS:
        return False
    if seen[end - 1] in _DIGITS:
        if end + 1 < len(seen) and seen[end] in _JOINTS and seen[end + 1] in _DIGITS:
            return False
        if pattern.kind is Kind.AGE and seen[end : end + 1] == b"+":
            return False  # 90+ is the category that ages over 89 are put into
        short = pattern.kind in (Kind.DATE, Kind.AGE) and end - start <= LONGEST_FRACTION
        doubtful = pattern.score < DOUBTFUL and not _dialled(seen[start:end], pattern.kind)
        if (doubtful or short) and _UNIT.match(seen, end, end + 16):
            return False
    return True


def _dialled(value: bytes, kind: Kind) -> bool:
    """Whether a telephone number is more than any measure is: `01.42.21.72.84 m.leroy@…` is of no metres."""
    if kind not in (Kind.PHONE, Kind.FAX) or _THOUSANDS.fullmatch(value):
        return False
    grouped = len(_GROUP.findall(value)) > 2 or value[:1] in b"0(+"
    return grouped and sum(byte in _DIGITS for byte in value) >= SHORTEST_NUMBER


def _labelled(seen: bytes, labels: _Set) -> Iterator[Span]:
    for index, _, end in labels.matcher.scan(seen):
        pattern, reader = labels.patterns[index], labels.readers[index]
        match = reader.match(seen, end, end + REACH) if reader else None
        if match is None:
            continue
        start, last = match.span("value")
        if _YEAR.fullmatch(seen, start, last) and not _SIGN.search(seen, end, start):
            continue
        if seen[last : last + 1].isalnum() or (seen[last - 1 : last].isdigit() and _UNIT.match(seen, last, last + 16)):
            continue
        proved = bool(pattern.check) and _holds(seen, start, last, pattern)
        yield Span(start, last, pattern.kind, Patterns.name, pattern.scheme, LABELLED if proved else pattern.score)


def _custom(seen: bytes, patterns: Sequence[tuple[str, str]]) -> Iterator[Span]:
    longest: dict[tuple[int, int], int] = {}
    for index, start, end in matcher_of(tuple(patterns)).scan(seen):
        longest[index, start] = max(end, longest.get((index, start), end))
    for (index, start), end in longest.items():
        if end > start:
            yield Span(start, end, Kind.OTHER, Patterns.name, patterns[index][0], LABELLED)


def _text(seen: bytes, start: int, end: int) -> str:
    return seen[start:end].decode("latin-1")


def _outside(found: Sequence[Span], codes: Sequence[tuple[int, int]]) -> Iterator[Span]:
    """What is sure, or in no public code. Codes may overlap; their furthest ends so far make them searchable."""
    starts = sorted(codes)
    ends = list(accumulate((end for _, end in starts), max))
    for span in found:
        before = bisect_left(starts, (span.end, 0))
        if span.score >= DOUBTFUL or not before or ends[before - 1] <= span.start:
            yield span


def _preferred(found: Sequence[Span], locale: str) -> Iterator[Span]:
    """Of several readings of one stretch, the surest; among equals, that of the jurisdiction."""
    best: dict[tuple[int, int], Span] = {}
    for span in found:
        place = (span.start, span.end)
        other = best.get(place)
        if other is None or _rank(span, locale) > _rank(other, locale):
            best[place] = span
    yield from sorted(best.values(), key=lambda span: (span.start, span.end))


def _rank(span: Span, locale: str) -> tuple[float, bool]:
    return span.score, bool(locale) and span.scheme.startswith(f"{locale}-")
