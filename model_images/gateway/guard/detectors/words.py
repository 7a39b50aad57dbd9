"""A text as words, and each word as the features that the tagger weighs. Training and service read the same.

A feature belongs to one word and to where that word stands from the one that is judged (-2 to +2), or to a pair of
buckets. So the sum of a word's weights is worked out once for each spelling and kept.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import accumulate
from operator import methodcaller
from typing import NamedTuple, Protocol

from model_images.gateway.guard.detectors import dictionary
from model_images.gateway.guard.detectors.lexicon import (
    CLASS_OF,
    FINDING_ENDINGS,
    GERMAN,
    MEDICINE_ENDINGS,
    STREET_ENDINGS,
)
from model_images.gateway.guard.detectors.spellings import facts_of

TOKENS = re.compile(
    r"[A-ZÀ-ÖØ-Þ]\.(?:[ -]?[A-ZÀ-ÖØ-Þ]\.)*"  # initials
    r"|[^\W\d_]+(?:['’-][^\W\d_]+)*"  # words, with hyphens and apostrophes inside
    r"|\d+(?:[.,:/-]\d+)*"
    r"|\n"
    r"|[^\s]"
)
_GAP = r"[^\S\n]*+"
_LEADING, _SPACED = re.compile(_GAP), re.compile(f"(?:{TOKENS.pattern}){_GAP}")
_LATIN = re.compile(r"[\x00-\u024f\u2010-\u2027\u20ac]*+")
_LETTERS = "".join(letter for letter in map(chr, range(0x250)) if re.fullmatch(r"[^\W\d_]", letter))
_SPACED_LATIN = re.compile(_SPACED.pattern.replace(r"[^\W\d_]", f"[{_LETTERS}]").replace(r"\d", "[0-9]"))
"""The same of texts that have no other letters: sets are looked up sooner than categories."""
_BARE = methodcaller("rstrip", "".join(c for c in map(chr, range(0x3001)) if c.isspace() and c != "\n"))
BEGINS = re.compile(r"(?:^|[.!?\n])[^\w\n]{0,4}([^\W\d_])")
"""The first letter of a sentence or a line. Bounded: a run of line ends must not be read anew from each of them."""
VERSION = 4
"""Of the features: weights of another version do not fit."""

UNNAMED = frozenset(("DRUG", "EPONYMOUS", "MARKER", "FINDING"))
"""Classes of which the words count by their class alone: what is learnt of those in training holds for the others."""


JUDGED = ("PARTICLE", "FACILITY", "STREET", "LANDMARK")
"""Classes that are judged where nothing has a capital, whatever else the word is."""


class Word(NamedTuple):
    """What is to be known of a spelling: its own features, those it lends to its neighbours, its bucket."""

    own: tuple[str, ...]
    lent: tuple[str, ...]
    bucket: str
    shape: str
    facts: int
    candidate: bool
    """Whether it may be a name at all. What can't is never scored, neither in training nor in service."""
    bare: str
    """In small letters, without the possessive."""


def capitals_of(text: str) -> list[str]:
    """Of each line, what a capital means: `U` nothing, all are; `y` nothing, none is; `g` a noun; `x` as usual."""
    raw = text.encode("utf-8", "surrogatepass")
    capitals = len(raw) - len(raw.translate(None, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    usual = "y" if len(text) > 50 * capitals and not _begun_with_capitals(text) else "x"
    if usual == "x" and sum(map(text.count, GERMAN)) * 250 > len(text) + 250:
        usual = "g"
    return ["U" if line.isupper() and " " in line.strip() else usual for line in text.split("\n")]


def _begun_with_capitals(text: str) -> bool:
    """Whether most sentences begin with one: then a text with few capitals merely has few names."""
    begins = [found[1] for found in BEGINS.finditer(text)]
    return 2 * sum(map(str.isupper, begins)) > len(begins)


def shape_of(word: str, capitals: str) -> str:
    """How it is written, in one letter; `U`, `y` and `G` where line, text or language leave a capital no meaning."""
    if word[0].islower() or not word[0].isalpha():
        return "y" if capitals == "y" else "x"
    if "." in word or len(word) == 1:
        return "I"
    if word.isupper():
        return "U" if capitals == "U" else "A"
    if word[1:].islower() or "-" in word or "'" in word or "’" in word:
        return "G" if capitals == "g" else "X"
    return "M"


def kind_of(base: str) -> str:
    """The lexicon's class of a word, by its last part where it is joined of several; `STREETY` of `Lindenstraße`.

    `DRUG` also of what ends as the names of substances do, `FINDING` as German and Dutch ones of findings.
    """
    kind = CLASS_OF.get(base, "")
    if not kind and "-" in base:
        kind = CLASS_OF.get(base.rsplit("-", 1)[1], "")
    if not kind and len(base) > 5 and base.endswith(STREET_ENDINGS):
        kind = "STREETY"
    if not kind and len(base) > 7 and base.endswith(MEDICINE_ENDINGS):
        kind = "DRUG"
    if not kind and len(base) > 8 and base.endswith(FINDING_ENDINGS):
        kind = "FINDING"
    return kind


def may_be_name(shape: str, facts: int, kind: str) -> bool:
    """Whether a word is judged: all with capitals; of small letters those that are somewhere a name."""
    if shape in "XAUMIG":
        return True
    first, last = facts & 3, (facts >> dictionary.SURNAME_SHIFT) & 3
    common = dictionary.common(facts)
    if shape == "x":
        # Small letters among capitals: only what is more usual as a name than as a word, and what nobody knows.
        return common < max(first, last) or not facts
    return common == 0 or bool(facts & (0b111111 if common <= 3 else 0b1010)) or kind in JUDGED


def read_word(word: str, capitals: str, known: dictionary.Dictionary, facts: int | None = None) -> Word:
    """Features of a word; `facts` instead of the dictionary's, where training hides them."""
    lower = word.lower()
    if facts is None:
        facts = facts_of(lower, known)
    shape = shape_of(word, capitals)
    first, last = facts & 3, (facts >> dictionary.SURNAME_SHIFT) & 3
    place, common = (facts >> dictionary.PLACE_SHIFT) & 3, dictionary.common(facts)
    base = lower[:-2] if lower.endswith(("'s", "’s")) else lower
    kind = kind_of(base) or ("DRUG" if facts & dictionary.MEDICINE else "")
    namely = ("", "n", "N", "N")[max(first, last)] + ("", "p", "P", "P")[place]
    usual = ("t" if facts & dictionary.TECHNICAL else "", "d", "c", "C", "C")[common]
    lent = [f"n{namely or '-'}{usual or '-'}{shape}", f"s{shape}"]
    if kind:
        lent.append(f"q{kind}")
    identity = (common >= 3 or kind) and kind not in UNNAMED and not (namely[:1] == "N" and shape in "XUAMG")
    if identity:
        lent.append(f"w{base}")
    candidate = may_be_name(shape, facts, kind)
    own = _own(base, shape, facts, usual, namely, known) if candidate else []
    if candidate and kind:
        own.append(f"q{kind}{shape}")
    if candidate and base != lower:
        own.append(f"o{shape}")
    if candidate and identity:
        own.append(f"w{base}")
    bucket = kind or f"{shape}{namely}{usual}"
    return Word(tuple(own), tuple(lent), bucket, shape, facts, candidate, bare_of(word))


def bare_of(piece: str) -> str:
    """Without capitals and the possessive."""
    return piece.lower().removesuffix("'s").removesuffix("’s")


def _own(base: str, shape: str, facts: int, usual: str, namely: str, known: dictionary.Dictionary) -> list[str]:
    first, last = facts & 3, (facts >> dictionary.SURNAME_SHIFT) & 3
    place, common = (facts >> dictionary.PLACE_SHIFT) & 3, dictionary.common(facts)
    technical, nation = bool(facts & dictionary.TECHNICAL), bool(facts & dictionary.NATION)
    likeness = min(5, max(0, int(known.likeness(base) * 2 + 2.5)))
    own = [
        f"j{first}{last}{place}{common}{technical:d}{nation:d}{shape}",
        f"f{first}{usual}{shape}",
        f"l{last}{usual}{shape}",
        f"p{place}{usual}{shape}",
        f"c{common}{technical:d}{shape}",
        f"k{likeness}{usual}{shape}",
        f"e{min(len(base), 9)}{shape}",
        f"s{shape}",
    ]
    if nation:
        own.append("g")
    if "-" in base:
        own.append(f"h{shape}")
    if not common and len(base) > 4:
        # Of words in small letters the ends are those of any word, and say nothing of a capital's.
        small = "." if shape in "xy" else ""
        own += [f"x{small}{base[-3:]}", f"y{small}{base[-2:]}{namely}"]
    return own


def read_mark(mark: str) -> Word:
    """Punctuation, a line's end, or a number."""
    if mark[0].isdigit():
        form = "/" if "/" in mark else "." if "." in mark else ":" if ":" in mark else "-" if "-" in mark else ""
        name = f"#{form}{min(len(mark), 9)}"
    else:
        name = "¶" if mark == "\n" else mark
    return Word((), (f"w{name}",), name, "", 0, candidate=False, bare=mark)


EDGE = Word((), ("w^",), "^", "", 0, candidate=False, bare="")
"""What stands before the first word and after the last."""


def split(text: str) -> tuple[list[str], list[int]]:
    """The tokens, each with the space behind it, and where each begins: one after the other they are the text."""
    spaced: list[str] = (_SPACED_LATIN if _LATIN.fullmatch(text) else _SPACED).findall(text)
    lead = _LEADING.match(text)
    starts = list(accumulate(map(len, spaced), initial=lead.end() if lead else 0))
    starts.pop()
    return spaced, starts


def bare(spaced: Iterable[str]) -> list[str]:
    """Tokens without the space behind them."""
    return list(map(_BARE, spaced))


class Known(Protocol):
    """What rules know of a word: a part of `Word`, and of what the tagger keeps of it."""

    @property
    def bucket(self) -> str:
        """See `Word`."""

    @property
    def shape(self) -> str:
        """See `Word`."""

    @property
    def facts(self) -> int:
        """See `Word`."""

    @property
    def bare(self) -> str:
        """See `Word`."""


class Reading(NamedTuple):
    """A text in pieces, what each is, and what it was judged to be: 0 nothing, 1 a name, 2 a place."""

    text: str
    pieces: list[str]
    starts: list[int]
    words: Sequence[Known]
    labels: bytearray
    margins: list[float]
    marks: bytes
    """Of each piece, what rules look at: marks.py."""

    def end(self, index: int) -> int:
        """Where a piece ends."""
        return self.starts[index] + len(self.pieces[index])
