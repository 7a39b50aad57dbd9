"""What the dictionary knows of a word as a text spells it: joined to others, with an ending, with other accents."""

import re
import unicodedata

from model_images.gateway.guard.detectors import dictionary

LEAST_OF_A_STEM = 4
"""Letters: of fewer, an ending says nothing."""
ADJECTIVES = ("er", "ers", "ern")


def facts_of(lower: str, known: dictionary.Dictionary) -> int:
    """The dictionary's facts; for joined words the highest of their parts', common only as its least common part."""
    facts = known.facts(lower) or (0 if lower.isascii() else known.facts(unmarked(lower)))
    if facts:
        return facts
    for mark in ("'s", "’s"):
        if lower.endswith(mark):
            return known.facts(lower[:-2])
    if "-" not in lower and "'" not in lower and "’" not in lower:
        return inflected(lower, known)
    parts = [known.facts(part) for part in re.split(r"[-'’]", lower) if len(part) > 1]
    if not parts:
        return 0
    common = [dictionary.common(part) for part in parts]
    if any(c and not part & 0b1010 for c, part in zip(common, parts, strict=True)):
        # "Foley-Katheter": a word among them that is nobody's usual name makes the whole a word.
        return max(common) << dictionary.COMMON_SHIFT
    facts = 0
    for shift in (0, dictionary.SURNAME_SHIFT, dictionary.PLACE_SHIFT):
        facts |= max((part >> shift) & 3 for part in parts) << shift
    return facts | min(common) << dictionary.COMMON_SHIFT


def unmarked(lower: str) -> str:
    """Without accents: lists have `coeur` and `geinspireerd` where texts have `cœur` and `geïnspireerd`."""
    decomposed = unicodedata.normalize("NFD", lower.replace("œ", "oe").replace("æ", "ae"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def inflected(lower: str, known: dictionary.Dictionary) -> int:
    """Of a name or place in German's genitive (`Quedlinburgs`), or a place made an adjective (`Quedlinburger`).

    What a word with an `s` behind it makes is a word, too.
    """
    if lower.endswith("s"):
        facts = known.facts(lower[:-1]) if len(lower) > LEAST_OF_A_STEM else 0
        return 1 << dictionary.COMMON_SHIFT if dictionary.common(facts) else facts
    if lower.endswith(ADJECTIVES) and len(lower) > LEAST_OF_A_STEM + 1:
        stem = lower[: lower.rindex("er")]
        facts = known.facts(stem) or known.facts(stem + "en")
        return 0 if dictionary.common(facts) else facts & 3 << dictionary.PLACE_SHIFT
    return 0
