"""What happens to text between a mind and a record: capitals, dictation, typing errors, scanning. Spans move along."""

import random
from collections.abc import Callable, Iterator, Sequence

from model_images.gateway.guard.spans import Span

Edit = tuple[int, int, str]
"""Where, how many characters go, and what comes instead; in ascending order, not overlapping."""
SCANNED = {"O": "0", "l": "1", "I": "l", "m": "rn", "B": "8", "S": "5", "e": "c", "h": "b", "u": "ii", "g": "q"}
KEYS = {"a": "s", "e": "r", "i": "o", "n": "m", "r": "t", "s": "d", "t": "r", "o": "p", "l": "k", "d": "f"}


def edited(text: str, spans: Sequence[Span], edits: Sequence[Edit]) -> tuple[str, list[Span]]:
    """The text after the edits, and the spans where they are now. A span that has become empty is gone."""
    pieces, at, shift, shifts = [], 0, 0, []
    for start, length, new in edits:
        pieces += [text[at:start], new]
        at = start + length
        shift += len(new) - length
        shifts.append((start, length, shift))
    pieces.append(text[at:])

    def moved(position: int) -> int:
        by = 0
        for (start, length, shift), (_, _, new) in zip(shifts, edits, strict=True):
            if start >= position:
                break
            by = shift if start + length <= position else shift - len(new) + length - (position - start)
        return position + by

    kept = []
    for span in spans:
        start, end = moved(span.start), moved(span.end)
        if start < end:
            kept.append(Span(start, end, span.kind, span.source, span.scheme))
    return "".join(pieces), kept


def _capitals(text: str, _: random.Random) -> Iterator[Edit]:
    yield from ((i, 1, c.upper()) for i, c in enumerate(text) if c.islower() and len(c.upper()) == 1)


def _lower(text: str, _: random.Random) -> Iterator[Edit]:
    yield from ((i, 1, c.lower()) for i, c in enumerate(text) if c.isupper())


def _dictated(text: str, rng: random.Random) -> Iterator[Edit]:
    keep_capitals = rng.random() < 0.4
    for i, c in enumerate(text):
        between = i and i + 1 < len(text) and text[i - 1].isalnum() and text[i + 1].isalnum()
        if c in ",;:()" or (c == "." and not between):
            yield i, 1, ""
        elif c.isupper() and not keep_capitals:
            yield i, 1, c.lower()


def _typed(text: str, rng: random.Random) -> Iterator[Edit]:
    i = 0
    while i < len(text) - 2:
        if text[i].isalpha() and text[i + 1].isalpha() and rng.random() < 0.02:
            what = rng.randrange(4)
            if what == 0:
                yield i + 1, 1, ""
            elif what == 1:
                yield i, 2, text[i + 1] + text[i]
            elif what == 2:
                yield i + 1, 1, KEYS.get(text[i + 1], text[i + 1])
            else:
                yield i, 1, text[i] * 2
            i += 3
        i += 1


def _scanned(text: str, rng: random.Random) -> Iterator[Edit]:
    for i, c in enumerate(text):
        if rng.random() < 0.02:
            if c in SCANNED:
                yield i, 1, SCANNED[c]
            elif c == " " and rng.random() < 0.3:
                yield i, 1, "  "


def _unaccented(text: str, _: random.Random) -> Iterator[Edit]:
    plain = str.maketrans("äöüéèêàâçñíóúÄÖÜÉ", "aoueeeaacniouAOUE")
    yield from ((i, 1, c.translate(plain)) for i, c in enumerate(text) if c.translate(plain) != c)


NOISE: dict[str, Callable[[str, random.Random], Iterator[Edit]]] = {
    "capitals": _capitals, "lower": _lower, "dictated": _dictated, "typed": _typed, "scanned": _scanned,
    "unaccented": _unaccented,
}  # fmt: skip
"""Ways in which a text suffers, by name."""
