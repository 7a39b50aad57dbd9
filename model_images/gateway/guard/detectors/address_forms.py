"""The forms in which one line of an address is written, compact: with the kind of street in full or short."""

import re
from collections.abc import Iterator

from model_images.gateway.guard import normalise
from model_images.gateway.guard.detectors.folding import small

# USPS Publication 28, appendix C1; and what is usual in German, French, Spanish and Italian.
_SHORT = {
    "street": "st", "road": "rd", "avenue": "ave", "lane": "ln", "drive": "dr", "court": "ct", "close": "cl",
    "crescent": "cres", "boulevard": "blvd", "place": "pl", "square": "sq", "terrace": "ter", "gardens": "gdns",
    "grove": "gr", "parkway": "pkwy", "highway": "hwy", "circle": "cir", "trail": "trl", "parade": "pde",
    "apartment": "apt", "suite": "ste", "north": "n", "south": "s", "east": "e", "west": "w", "mount": "mt",
    "saint": "st", "fort": "ft", "strasse": "str", "strase": "str", "bd": "boulevard", "av": "avenue", "c": "calle",
    "avda": "avenida", "pza": "plaza", "p": "piazza", "v": "via",
}  # fmt: skip
_LONG = {short: long for long, short in _SHORT.items()}
_WORDS = re.compile(r"[^\W\d_]+|\d+")
SHORTEST = 5
"""A line of fewer letters and digits would be found all over a text."""


def street_forms(line: str) -> Iterator[str]:
    """`12 Elm Street`: whole, abbreviated, turned (`Elm Street 12`), and the street without its number."""
    written = normalise.text(line).normal
    spelt = written.lower().replace("ß", "ss")
    for words in (_WORDS.findall(small(written)), _WORDS.findall(small(spelt))):
        for spelling in (words, [_SHORT.get(w, w) for w in words], [_LONG.get(w, w) for w in words], _ended(words)):
            names = [word for word in spelling if not word.isdigit()]
            numbers = [word for word in spelling if word.isdigit()]
            for form in ("".join(spelling), "".join(names + numbers), "".join(numbers + names)):
                if len(form) >= SHORTEST:
                    yield form
            # The name of a street alone, where it is more than `High` and `St`.
            if numbers and len("".join(names)) >= 2 * SHORTEST - 1:
                yield "".join(names)


def _ended(words: list[str]) -> list[str]:
    """`Hauptstrasse` and `Hauptstr`: the kind of street joined to its name."""
    return [re.sub(r"(?<=\w\w)str(?:as?se)?$", lambda m: "str" if len(m[0]) > 3 else "strasse", word) for word in words]
