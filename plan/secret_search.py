"""The search for secrets in text. What is found is told by its kind, its place and at most four characters."""

import hashlib
from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from plan.secret_shapes import NAME, NAMED, NEEDLES, SHAPES, Shape, fits


@dataclass(frozen=True, kw_only=True)
class Found:
    """A secret, without itself."""

    kind: str
    """Id of the shape."""
    what: str
    preview: str
    """At most four characters, and no more than an eighth, of the secret, and `…`."""
    start: int
    end: int
    digest: str = field(repr=False)
    """SHA-256 of the value: by it a fixture is allowed. A weak secret can be guessed from it."""


def preview(secret: str) -> str:
    """The beginning of a secret, short enough to say nothing."""
    return secret[: min(4, len(secret) // 8)].replace("\n", " ") + "…"


def found(shape: Shape, secret: str, start: int = 0, end: int | None = None) -> Found:
    """What is told of a secret of some shape."""
    return Found(
        kind=shape.id,
        what=shape.what,
        preview=preview(secret),
        start=start,
        end=len(secret) if end is None else end,
        digest=hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest(),
    )


class Spans:
    """Finds in order of their place, none of which overlaps another: who came first stays."""

    def __init__(self) -> None:
        self.hits: list[Found] = []

    def are_clear_of(self, start: int, end: int) -> bool:
        """Whether nothing found so far lies in this part of the text."""
        before = bisect_left(self.hits, end, key=_start) - 1
        return before < 0 or self.hits[before].end <= start

    def add(self, hit: Found) -> None:
        """Keep a find, where its place is free."""
        if self.are_clear_of(hit.start, hit.end):
            insort(self.hits, hit, key=_start)


def _start(hit: Found) -> int:
    return hit.start


def find(text: str) -> list[Found]:
    """Every secret in a text, in order of its place; where shapes overlap, the first of the table tells."""
    return spans(text).hits


def spans(text: str) -> Spans:
    """As `find`, for who looks further in the same text."""
    spans = Spans()
    if NEEDLES.search(text):
        for shape in SHAPES:
            if any(needle in text for needle in shape.needles):
                for hit in _matches(shape, text):
                    spans.add(hit)
    return spans


def named(name: str, value: str) -> Found | None:
    """What a value is by the name that it is given, where that says password, secret, token or key."""
    word = _secret_word(name)
    return found(NAMED, value) if word is not None and fits(word, value, quoted=True) else None


@lru_cache(maxsize=4096)
def _secret_word(name: str) -> str | None:
    match = NAME.search(name)
    return match[0] if match is not None else None


def _matches(shape: Shape, text: str) -> Iterator[Found]:
    for match in shape.regex.finditer(text):
        if shape.valid is None or shape.valid(match):
            group = "value" if match.groupdict().get("value") is not None else 0
            yield found(shape, match[group], *match.span(group))
