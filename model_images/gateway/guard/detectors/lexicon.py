"""Words that say what stands beside them: titles, kin, roles, labels, streets, facilities; and eponyms.

They are in `data/lexicon.txt`, six languages in one list: notes mix them, and few of the words mean anything else in
another. Not pinned by a digest as the weights are: it is text, read in reviews.
"""

import re
from collections.abc import Mapping
from pathlib import Path

LEXICON = Path(__file__).parent / "data" / "lexicon.txt"
_SECTION = re.compile(r"^([\[(])(\w+)[\])]\n([^\[(]*)", re.MULTILINE)
_READ = [(found[1], found[2], found[3].split()) for found in _SECTION.finditer(LEXICON.read_text("utf-8"))]
_LISTS: Mapping[str, frozenset[str]] = {name: frozenset(words) for _, name, words in _READ}

CLASS_OF: Mapping[str, str] = {word: name for mark, name, words in reversed(_READ) if mark == "[" for word in words}
"""Class by word in lower case; where two claim it, the one that stands first in the file."""
PARTICLES = _LISTS["PARTICLE"]
"""Small words that belong to the surname which follows."""
JOINING = _LISTS["JOINING"]
"""What stands between two words of one name or place, in small letters."""
LINKS = _LISTS["LINK"]
"""What stands between the word for a place's kind and its name."""
MODIFIERS = _LISTS["MODIFIER"]
"""What stands beside the word for a place's kind, and says which kind."""
STREET_ENDINGS = tuple(sorted(_LISTS["STREET_ENDING"]))
"""How a street's name ends where it is written in one word."""
MEDICINE_ENDINGS = tuple(sorted(_LISTS["MEDICINE_ENDING"]))
"""How non-proprietary names end: stems of WHO's INN programme, as six languages write them."""
FINDING_ENDINGS = tuple(sorted(_LISTS["FINDING_ENDING"]))
"""How German and Dutch words for findings and devices end, whoever's name they begin with: `Collesfraktur`."""
STREET_BEFORE = _LISTS["STREET_BEFORE"]
"""Street words that stand before the name."""
STREET_AFTER = _LISTS["STREET_AFTER"]
"""Street words that stand after it."""
CONJUNCTIONS = _LISTS["CONJUNCTION"]
"""What stands between two people, or within one place."""
UNITS = _LISTS["UNIT"]
"""Words of flats and suites, before their number."""

GERMAN = (
    " und ", " der ", " die ", " das ", " mit ", " nicht ", " wurde", " für ", " bei ", " zur ", " ist ", "Herr",
    "Frau ", "ä", "ß", "geehrte", "ung ", "lich", " Dr. med",
)  # fmt: skip
"""Marks of a language that writes every noun with a capital."""
