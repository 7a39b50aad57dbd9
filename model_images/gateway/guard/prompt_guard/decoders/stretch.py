"""A stretch of a text that some decoder reads, and how bytes are taken for a text or not."""

import re
from collections.abc import Iterator
from typing import NamedTuple

GUARD = "prompt-guard"


class Stretch(NamedTuple):
    """One decoded stretch of a text."""

    start: int
    end: int
    text: str
    sure: bool = True


def readable(data: bytes, *, chance: bool = False) -> str | None:
    """The text that these bytes are, if they are one: UTF-8, UTF-16 or Latin-1, with next to nothing but words.

    Sixteen printable bytes are a text whatever they say, but where they were numbers (`chance`) that may well be such.
    """
    if not data:
        return None
    if not chance and len(data) >= 16 and data.isascii() and data.decode().isprintable():
        return data.decode()
    wide = len(data) >= 8 and data[1::2].count(0) > len(data) // 3
    for encoding in ("utf-16-le",) if wide else ("utf-8", "latin-1"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        plain = sum(letter.isascii() and (letter.isalnum() or letter in " ,.:'-\n") for letter in text)
        letters = (
            plain if encoding == "latin-1" else plain + sum(not each.isascii() and each.isalpha() for each in text)
        )
        if letters >= 0.85 * len(text) and all(letter.isprintable() or letter in "\t\r\n" for letter in text):
            return text
    return None


_ABOUT = 40
"""Characters about an encoded stretch that are read with it."""


def cluster(text: str, pattern: re.Pattern[str], least: int) -> Iterator[tuple[int, int]]:
    """Stretches of at least `least` matches close together, with some words about them: a name may be half encoded."""
    start = end = many = 0
    for match in pattern.finditer(text):
        if many and match.start() - end > 40:
            if many >= least:
                yield _to_spaces(text, start, end)
            many = 0
        if not many:
            start = match.start()
        end, many = match.end(), many + 1
    if many >= least:
        yield _to_spaces(text, start, end)


def _to_spaces(text: str, start: int, end: int) -> tuple[int, int]:
    begin = max(0, start - _ABOUT, text.rfind("\n", 0, start) + 1)
    while begin and not text[begin - 1].isspace():
        begin -= 1
    line = text.find("\n", end)
    stop = min(len(text), end + _ABOUT, line if line >= 0 else len(text))
    while stop < len(text) and not text[stop].isspace():
        stop += 1
    return begin, stop
