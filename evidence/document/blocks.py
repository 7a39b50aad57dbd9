"""What a document is made of. A writer per form draws them; no block knows of any form."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Tone = Literal["", "good", "bad", "open", "exempt", "plain"]
"""How a word stands: passed, refused, not evaluated, exempt, or for a person. Never told by colour alone."""


@dataclass(frozen=True)
class Span:
    """Words in one style."""

    text: str
    style: Literal["", "strong", "code", "dim"] = ""
    tone: Tone = ""
    to: str = ""
    """Anchor in this document that the words lead to."""


Words = str | Span | Sequence[str | Span]


@dataclass(frozen=True)
class Heading:
    """Of level 1 to 4."""

    level: int
    text: str
    anchor: str = ""


@dataclass(frozen=True)
class Paragraph:
    """Words."""

    words: Words


@dataclass(frozen=True)
class Bullets:
    """A list."""

    items: Sequence[Words]


@dataclass(frozen=True)
class Table:
    """Rows under headings; `widths` are shares of the whole, for forms that need to know."""

    headings: Sequence[str]
    rows: Sequence[Sequence[Words]]
    widths: Sequence[float] = ()
    caption: str = ""


@dataclass(frozen=True)
class Facts:
    """Pairs of a name and what is said of it."""

    pairs: Sequence[tuple[str, Words]]


@dataclass(frozen=True)
class Picture:
    """An SVG, and what it shows in words for whoever doesn't see it."""

    svg: str
    words: str


@dataclass(frozen=True)
class Attestation:
    """An empty line for a person to fill in and sign: no program does."""

    duty: str


@dataclass(frozen=True)
class Folded:
    """Blocks under a line that opens them; printed open."""

    title: Words
    blocks: Sequence["Block"]
    anchor: str = ""


Block = Heading | Paragraph | Bullets | Table | Facts | Picture | Attestation | Folded


@dataclass(frozen=True)
class Document:
    """A title, what it is in one line, and its blocks."""

    title: str
    about: str
    blocks: Sequence[Block]
    footer: str = ""
    """On every page: of which commit, as of when."""


def spans(words: Words) -> Iterable[Span]:
    """Words as spans, whatever way they were given."""
    if isinstance(words, str):
        return (Span(words),)
    if isinstance(words, Span):
        return (words,)
    return tuple(item if isinstance(item, Span) else Span(item) for item in words)


def plain(words: Words) -> str:
    """Words without their styles."""
    return "".join(span.text for span in spans(words))
