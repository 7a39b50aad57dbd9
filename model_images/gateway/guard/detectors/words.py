"""A text as words, and each word as the features that the tagger weighs. Training and service read the same.

A feature belongs to one word and to where that word stands from the one that is judged (-2 to +2), or to a pair of
buckets. So the sum of a word's weights is worked out once for each spelling and kept.
"""

import re
from typing import NamedTuple

from model_images.gateway.guard.detectors import dictionary
from model_images.gateway.guard.detectors.lexicon import CLASS_OF, STREET_ENDINGS

TOKENS = re.compile(
    r"[A-ZÀ-ÖØ-Þ]\.(?:[ -]?[A-ZÀ-ÖØ-Þ]\.)*"  # initials
    r"|[^\W\d_]+(?:['’-][^\W\d_]+)*"  # words, with hyphens and apostrophes inside
    r"|\d+(?:[.,:/-]\d+)*"
    r"|\n"
    r"|[^\s]"
)
VERSION = 1
"""Of the features: weights of another version do not fit."""


class Word(NamedTuple):
    """What is to be known of a spelling: its own features, those it lends to its neighbours, its bucket."""

    own: tuple[str, ...]
    lent: tuple[str, ...]
    bucket: str
    shape: str
    facts: int


def shape_of(word: str, capitals: str) -> str:
    """One letter: how it is written, and whether the line (`U`), the text (`y`) or the language (`G`) takes its meaning."""
    if word[0].islower() or not word[0].isalpha():
        return "y" if capitals == "y" else "x"
    if "." in word or len(word) == 1:
        return "I"
    if word.isupper():
        return "U" if capitals == "U" else "A"
    if word[1:].islower() or "-" in word or "'" in word or "’" in word:
        return "G" if capitals == "g" else "X"
    return "M"


def facts_of(lower: str, known: dictionary.Dictionary) -> int:
    """The dictionary's facts; for joined words the highest of their parts', common only as its least common part."""
    facts = known.facts(lower)
    if facts:
        return facts
    for mark in ("'s", "’s"):
        if lower.endswith(mark):
            return known.facts(lower[:-2])
    if "-" not in lower and "'" not in lower and "’" not in lower:
        return 0
    parts = [known.facts(part) for part in re.split(r"[-'’]", lower) if len(part) > 1]
    if not parts:
        return 0
    common = [(part >> dictionary.COMMON_SHIFT) & 7 for part in parts]
    if any(c and not part & 0b1010 for c, part in zip(common, parts, strict=True)):
        # "Foley-Katheter": a word among them that is nobody's usual name makes the whole a word.
        return max(common) << dictionary.COMMON_SHIFT
    facts = 0
    for shift in (0, dictionary.SURNAME_SHIFT, dictionary.PLACE_SHIFT):
        facts |= max((part >> shift) & 3 for part in parts) << shift
    return facts | min(common) << dictionary.COMMON_SHIFT


def read_word(word: str, capitals: str, known: dictionary.Dictionary, facts: int | None = None) -> Word:
    """Features of a word; `facts` instead of the dictionary's, where training hides them."""
    lower = word.lower()
    if facts is None:
        facts = facts_of(lower, known)
    shape = shape_of(word, capitals)
    first, last = facts & 3, (facts >> dictionary.SURNAME_SHIFT) & 3
    place, common = (facts >> dictionary.PLACE_SHIFT) & 3, (facts >> dictionary.COMMON_SHIFT) & 7
    technical, nation = bool(facts & dictionary.TECHNICAL), bool(facts & dictionary.NATION)
    namely = "N" if first >= 2 or last >= 2 else "n" if first or last else ""
    namely += "P" if place >= 2 else "p" if place else ""
    usual = "C" if common >= 3 else "c" if common == 2 else "d" if common else "t" if technical else ""
    base = lower[:-2] if lower.endswith(("'s", "’s")) else lower
    kind = CLASS_OF.get(base, "")
    if not kind and "-" in base:
        kind = CLASS_OF.get(base.rsplit("-", 1)[1], "")
    if not kind and len(base) > 5 and base.endswith(STREET_ENDINGS):
        kind = "STREETY"
    lent = [f"n{namely or '-'}{usual or '-'}{shape}", f"s{shape}"]
    if kind:
        lent.append(f"q{kind}")
    identity = (common >= 3 or kind) and not (namely[:1] == "N" and shape in "XUAMG")
    if identity:
        lent.append(f"w{base}")
    bucket = kind or f"{shape}{namely}{usual}"
    if shape == "x" and common >= first and not (last == 3 and common <= 1):
        # Small letters among capitals: only what is a usual name, and more usual as that than as a word, is judged.
        return Word((), tuple(lent), bucket, shape, facts)
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
    if kind:
        own.append(f"q{kind}{shape}")
    if nation:
        own.append("g")
    if base != lower:
        own.append(f"o{shape}")
    if "-" in word:
        own.append(f"h{shape}")
    if not common and len(base) > 4:
        own.append(f"x{base[-3:]}")
        own.append(f"y{base[-2:]}{namely}")
    if identity:
        own.append(f"w{base}")
    return Word(tuple(own), tuple(lent), bucket, shape, facts)


def read_mark(mark: str) -> Word:
    """Punctuation, a line's end, or a number."""
    if mark[0].isdigit():
        form = "/" if "/" in mark else "." if "." in mark else ":" if ":" in mark else "-" if "-" in mark else ""
        name = f"#{form}{min(len(mark), 9)}"
    else:
        name = "¶" if mark == "\n" else mark
    return Word((), (f"w{name}",), name, "", 0)


EDGE = Word((), ("w^",), "^", "", 0)
"""What stands before the first word and after the last."""
