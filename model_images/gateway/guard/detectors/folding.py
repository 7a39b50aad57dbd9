"""A text's shadow for matching: one byte for each code point, so that offsets agree; letters without their marks.

Patterns and records are folded the same way, so that `Müller` finds `Muller` and `n°` finds `no`.
"""

import unicodedata

_SPECIAL = {
    "ß": "s", "æ": "a", "ø": "o", "œ": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "t", "ħ": "h", "ı": "i", "ŋ": "n",
    "ſ": "s", "°": "o", "ẞ": "S", "Æ": "A", "Ø": "O", "Œ": "O", "Ł": "L", "Đ": "D", "Ð": "D", "Þ": "T", "Ħ": "H",
    "Ŋ": "N",
}  # fmt: skip
LETTER, SIGN = "\xaa", "\xb7"
"""Stand for what has no ASCII double: no pattern names them, and neither is a letter of a word to it."""


class _Fold(dict[int, str]):
    """Filled for the letters that texts of Latin script have; the rest is worked out each time, so nothing grows."""

    def __missing__(self, code: int) -> str:
        return _fold(chr(code))


def _fold(character: str) -> str:
    if character in _SPECIAL:
        return _SPECIAL[character]
    base = unicodedata.normalize("NFD", character)[0]
    if base.isascii():
        return base
    return LETTER if character.isalpha() else SIGN


_FOLD = _Fold(
    {code: _fold(chr(code)) for code in (*range(0xA0, 0x250), *range(0x1E00, 0x1F00))} | {c: chr(c) for c in range(128)}
)


_LATIN = "".join(_FOLD[code] for code in range(256)).encode("latin-1")
_BARE = {code: double for code, double in _FOLD.items() if double not in (LETTER, SIGN)}


def folded(normal: str) -> str:
    """`normal` with every letter bare, as long as it was."""
    return normal if normal.isascii() else shadow(normal).decode("latin-1")


def shadow(normal: str) -> bytes:
    """`folded(normal)`, a byte for each code point."""
    try:
        return normal.encode("latin-1").translate(_LATIN)
    except UnicodeEncodeError:
        return normal.translate(_FOLD).encode("latin-1")


def small(normal: str) -> str:
    """`normal` bare and in small letters, as long as it was; letters of other scripts stay what they are."""
    bare = normal.translate(_BARE) if not normal.isascii() else normal
    lower = bare.lower()
    return lower if len(lower) == len(bare) else "".join(letter.lower()[:1] for letter in bare)
