"""What of a spelling the rules look at, as bits of one byte, kept with it: so a rule visits its own words, not all.

The marks of a text are bytes, one for each piece, and the regular expressions below find places in them.
"""

import re

from model_images.gateway.guard.detectors import dictionary
from model_images.gateway.guard.detectors.lexicon import STREET_AFTER, STREET_BEFORE
from model_images.gateway.guard.detectors.words import Word

CANDIDATE = 1
"""May be a name: scored."""
PHRASE = 2
"""May begin a place of several words."""
STREET = 4
"""Says of what stands beside it that it is a street."""
ANNOUNCES = 8
"""Announces an address, before a colon; or a name."""
DIGIT = 16
"""Begins with one."""
COLON = 32
WORD = 64
BEFORE_A_NUMBER = 128
"""A numbered line of an address may stand behind it."""

POST = frozenset(("apo", "fpo", "dpo"))
"""Post of the armed forces: `PSC 12, Box 34, APO AE 09123`."""
STREETS = STREET_BEFORE | STREET_AFTER | POST
ADDRESSES = frozenset(
    (
        "address",
        "addr",
        "anschrift",
        "wohnanschrift",
        "adresse",
        "domicilio",
        "dirección",
        "direccion",
        "indirizzo",
        "adres",
        "domicile",
    )
)
OF_PEOPLE = frozenset(
    (
        "mr", "mrs", "ms", "dr", "prof", "herr", "herrn", "frau", "hr", "mme", "mlle", "monsieur", "madame", "docteur",
        "sr", "sra", "srta", "señor", "señora", "doña", "dra", "sig", "signor", "signora", "dott", "dottor", "dhr",
        "mevr", "mevrouw", "meneer",
    )
)  # fmt: skip
"""Titles behind which nothing stands but a name."""
TITLES = frozenset(form for title in OF_PEOPLE for form in (title, title.capitalize(), title.upper()))
SALUTATIONS = frozenset(
    ("dear", "hi", "hello", "hey", "geehrte", "geehrter", "geehrten", "estimado", "estimada", "geachte")
)
"""How somebody is addressed; those that are names as well (`Lieber`, `Cher`, `Caro`) are not here."""
NUMBERLESS = frozenset(("s", "sn"))
"""`s/n`, sin número, behind a street's name."""
MODALS = frozenset(("may", "will"))
"""Names that before a verb are none."""
ANNOUNCED = ADDRESSES | NUMBERLESS | OF_PEOPLE | SALUTATIONS | MODALS
NUMBERED_AFTER = frozenset(("\n", ",", ":", ";", "(", "at", "to", "from", "is", "in", "of", "near"))


def mark_of(piece: str, word: Word) -> int:
    """The bits of a spelling."""
    lower, mark = piece.lower(), 0
    if word.candidate:
        mark |= CANDIDATE
    if word.facts & dictionary.PLACE_BEGINS and word.shape != "x":
        mark |= PHRASE
    if lower in STREETS or word.bucket == "STREETY":
        mark |= STREET
    if lower in ANNOUNCED:
        mark |= ANNOUNCES
    if piece[0].isdigit():
        mark |= DIGIT
    if piece == ":":
        mark |= COLON
    if word.shape:
        mark |= WORD
    if lower in NUMBERED_AFTER:
        mark |= BEFORE_A_NUMBER
    return mark


def _having(bits: int) -> bytes:
    """A class of all bytes with one of the bits."""
    return b"[" + b"".join(re.escape(bytes((byte,))) for byte in range(256) if byte & bits) + b"]"


CANDIDATES = re.compile(_having(CANDIDATE) + b"+", re.DOTALL)
"""Runs of words that are scored."""
PHRASES = re.compile(_having(PHRASE), re.DOTALL)
STREET_WORDS = re.compile(_having(STREET), re.DOTALL)
ADDRESS_WORDS = re.compile(_having(ANNOUNCES | DIGIT), re.DOTALL)
ANNOUNCING = re.compile(_having(ANNOUNCES), re.DOTALL)
DIGITS = re.compile(_having(DIGIT), re.DOTALL)
COLONS = re.compile(_having(COLON), re.DOTALL)
LABELLED = re.compile(rb"[^\0]", re.DOTALL)
"""In labels, not marks: what was judged to be something."""
