"""What was minted in one conversation, by every spelling under which it may come back."""

import re
from bisect import bisect_left

from model_images.gateway.guard.tokens import markers

JOINTS = "-/.:,"
"""Between two digits, these make one number or date of both: a part of it is not the whole."""


FEW = 24
"""Literals that are sought one by one."""
_SMALL = {code: chr(code).lower() for code in range(128)}


class Lexicon:
    """Minted markers and literals, and the stretches for which they stand.

    A literal is a surrogate that looks like what it replaces: a shifted date, an encrypted number. It is known only
    where it stands alone, in exactly its own characters.
    """

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._literals: dict[str, str] = {}
        self._bare: dict[str, str] = {}
        self._spellings: list[str] = []
        """Of literals as they are and of bare markers in small letters: sorted where prefixes are asked for."""
        self._sorted = True
        self._kinds: set[str] = set()
        """Names of kinds, in small letters, with which spellings of markers begin."""
        self._lengths: list[int] = []
        self.firsts: set[str] = set()
        """With which characters a spelling without brackets begins."""
        self.longest = 0

    def add_marker(self, marker: str, value: str) -> None:
        """A marker; `markers.mint` made it."""
        self._values[marker] = value
        for spelling in markers.unbracketed(marker):
            self._bare[spelling] = marker
            self._enter(spelling)
        self._kinds.add(marker[2 : marker.index("_")].lower())
        self.firsts.update((marker[2].lower(), marker[2].upper()))

    def add_literal(self, literal: str, value: str) -> None:
        """A surrogate in the form of what it replaces."""
        self._literals[literal] = value
        self._enter(literal)
        self.firsts.add(literal[0])

    def __contains__(self, surrogate: str) -> bool:
        """Whether this was minted, in exactly these characters."""
        return surrogate in self._values or surrogate in self._literals

    def value(self, marker: str) -> str | None:
        """What a marker stands for; None if it is not of this conversation."""
        return self._values.get(marker)

    def begins(self, marker: str) -> bool:
        """Whether a marker of this conversation begins like this one, whose end may be missing."""
        return self._prefix(marker[2:-2].lower())

    def places(self, text: str, begin: int) -> list[int]:
        """From `begin` on, where `standing` may find something. A few words are sought by themselves."""
        if len(self._literals) > FEW:
            return [found.start() for found in _beginning(self.firsts).finditer(text, begin)]
        found: list[int] = []
        if self._kinds:
            small = text.lower()
            if len(small) != len(text):
                small = text.translate(_SMALL)
            for kind in self._kinds:
                _seek(kind, small, begin, found)
        for literal in self._literals:
            _seek(literal, text, begin, found)
        return found

    def standing(self, text: str, start: int) -> tuple[int, str] | None:
        """The spelling without brackets that begins at `start`, the longest: where it ends, and what it stands for."""
        ahead = text[start : start + self.longest]
        small = ahead.lower() if ahead.isascii() else ""  # of other letters, lower() may be longer
        for length in self._lengths:
            if length > len(ahead):
                continue
            end = start + length
            value = self._literals.get(ahead[:length])
            if value is not None and _alone(text, start, end):
                return end, value
            stretch = small[:length] if small or not ahead[:length].isascii() else ahead[:length].lower()
            marker = self._bare.get(stretch)
            if marker is not None and not text[end : end + 1].isalnum():
                return end, self._values[marker]
        return None

    def unfinished(self, text: str, start: int) -> int:
        """Where, from `start` on, a stretch begins that more text could make one of these; else the text's length."""
        for begin in range(max(start, len(text) - self.longest - 1), len(text)):
            if text[begin] in self.firsts and not text[begin - 1 : begin].isalnum() and self._may_become(text[begin:]):
                return begin
        return len(text)

    def _may_become(self, stretch: str) -> bool:
        if self._prefix(stretch) or (stretch.isascii() and self._prefix(stretch.lower())):
            return True
        # Whole, but the next character decides whether it stands alone.
        return stretch[-1] in JOINTS and stretch[:-1] in self._literals

    def _prefix(self, stretch: str) -> bool:
        if not self._sorted:
            self._spellings.sort()
            self._sorted = True
        place = bisect_left(self._spellings, stretch)
        return place < len(self._spellings) and self._spellings[place].startswith(stretch)

    def _enter(self, spelling: str) -> None:
        self._spellings.append(spelling)
        self._sorted = False
        self.longest = max(self.longest, len(spelling))
        if len(spelling) not in self._lengths:
            self._lengths.append(len(spelling))
            self._lengths.sort(reverse=True)


def _seek(word: str, text: str, begin: int, found: list[int]) -> None:
    """Adds where a word stands with no letter or digit before it."""
    place = text.find(word, begin)
    while place >= 0:
        if not place or not text[place - 1].isalnum():
            found.append(place)
        place = text.find(word, place + 1)


def _beginning(firsts: set[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_])[{re.escape(''.join(sorted(firsts)))}]")


def _alone(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    if after[:1].isalnum():
        return False
    joined_before = len(before) == 2 and before[1] in JOINTS and before[0].isdigit()
    joined_after = len(after) == 2 and after[0] in JOINTS and after[1].isdigit()
    return not (joined_before or joined_after)
