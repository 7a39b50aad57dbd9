"""What is known of a word before anything is read around it: is it a first name, a surname, a place, a common word.

Words are kept as 32-bit fingerprints beside their facts: 3 MB and a few milliseconds instead of 80 MB of strings, at
about one unknown word in ten thousand that is taken for a known one. Sources and licences: NOTICE beside the data.
"""

import hashlib
import sys
import zlib
from array import array
from bisect import bisect_left
from collections import deque
from functools import cache
from itertools import accumulate, repeat
from operator import rshift
from pathlib import Path

from model_images.gateway.guard.refusal import GuardFailed

DATA = Path(__file__).parent / "data" / "dictionary.bin"
SHA256 = "1972a9f384aa759ce1adeef74ad5927dfe135a581c9cf4a67d47e6dd4d5941a6"

FIRST_NAME = 0b11  # 0 no, 1 seen, 2 usual somewhere, 3 among the most frequent
SURNAME_SHIFT = 2
PLACE_SHIFT = 4  # 0 no, 1 village, 2 town, 3 city of 100,000
COMMON_SHIFT = 6  # 0 no, 1 in a word list, 2 to 4 by frequency in speech
TECHNICAL = 1 << 9  # in a list of English clinical and general words from which names were removed
NATION = 1 << 10  # a country, a state, its people or its language: no identifier by 164.514(b)(2)(i)(B)
PLACE_BEGINS = 1 << 11  # first word of places with several words
MEDICINE = 1 << 12  # a medicine or a substance, and nobody's name

SEEN = 10
SHIFT = 18
"""Bits of a fingerprint behind those by which it is looked up."""
GRAMS = 8192  # trigram table: how much more frequent in names than in words, in eighths of a nat


def common(facts: int) -> int:
    """How common a word is, 0 to 4. Two words of one fingerprint may have more bits than either."""
    return min((facts >> COMMON_SHIFT) & 7, 4)


def gram_slot(gram: str) -> int:
    """Where a trigram's weight stands."""
    return zlib.crc32(gram.encode()) % GRAMS


class Dictionary:
    """Facts by word, in lower case; read-only after it is made, so threads may share it."""

    def __init__(self, keys: "array[int]", facts: "array[int]", grams: "array[int]") -> None:
        self._keys = keys
        self._facts = facts
        self._grams = grams
        self._begins = array("I", (bisect_left(keys, part << SHIFT) for part in range((1 << 32 - SHIFT) + 1)))
        """Where keys begin that begin alike: a short way is left to search."""
        self._seen = bytearray(1 << 32 - SEEN)
        deque(map(self._seen.__setitem__, map(rshift, keys, repeat(SEEN)), repeat(1)), maxlen=0)
        """Of the first bits of a fingerprint, whether any key begins so: three in four unknown phrases end here."""

    def __len__(self) -> int:
        """How many words and places."""
        return len(self._keys)

    def facts(self, word: str) -> int:
        """What is known of a word or a place of several words; 0 is nothing."""
        keys = self._keys
        key = zlib.crc32(word.encode("utf-8", "surrogatepass"))
        part = key >> SHIFT
        last = self._begins[part + 1]
        index = bisect_left(keys, key, self._begins[part], last)
        return self._facts[index] if index < last and keys[index] == key else 0

    def phrase(self, phrase: bytes) -> int:
        """As `facts`, for what is hardly ever known."""
        return self.facts(phrase.decode()) if self._seen[zlib.crc32(phrase) >> SEEN] else 0

    def likeness(self, word: str) -> float:
        """How much a word is spelt as names are, not as words are: natural logarithm of odds per trigram."""
        padded = f"^{word}$"
        count = max(len(padded) - 2, 1)
        total = sum(
            self._grams[zlib.crc32(padded[i : i + 3].encode("utf-8", "surrogatepass")) % GRAMS] for i in range(count)
        )
        return total / (8 * count)


def pack(words: dict[str, int], grams: "array[int]") -> bytes:
    """The file's bytes; the same words give the same bytes."""
    merged: dict[int, int] = {}
    for word, facts in sorted(words.items()):
        key = zlib.crc32(word.encode())
        merged[key] = merged.get(key, 0) | facts
    keys = array("I", sorted(merged))
    facts_of = array("H", (merged[key] for key in keys))
    # Differences of neighbours, byte by byte in four planes: what zlib can see.
    gaps = array("I", (b - a for a, b in zip([0, *keys][: len(keys)], keys, strict=True)))
    for column in (gaps, facts_of):
        if sys.byteorder == "big":
            column.byteswap()
    raw = gaps.tobytes()
    planes = b"".join(raw[i::4] for i in range(4))
    size = len(keys).to_bytes(4, "little")
    return size + zlib.compress(planes + facts_of.tobytes() + grams.tobytes(), 9)


def unpack(data: bytes) -> Dictionary:
    """The reverse of `pack`."""
    size = int.from_bytes(data[:4], "little")
    raw = zlib.decompress(data[4:])
    if len(raw) != 6 * size + GRAMS:
        raise GuardFailed("de-identify")
    shuffled = bytearray(4 * size)
    for i in range(4):
        shuffled[i::4] = raw[i * size : (i + 1) * size]
    gaps, facts, grams = array("I"), array("H"), array("b")
    gaps.frombytes(bytes(shuffled))
    facts.frombytes(raw[4 * size : 6 * size])
    grams.frombytes(raw[6 * size :])
    if sys.byteorder == "big":
        gaps.byteswap()
        facts.byteswap()
    return Dictionary(array("I", accumulate(gaps)), facts, grams)


@cache
def load() -> Dictionary:
    """The shipped dictionary. Other bytes than those that were measured are refused."""
    data = DATA.read_bytes()
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise GuardFailed("de-identify")
    return unpack(data)
