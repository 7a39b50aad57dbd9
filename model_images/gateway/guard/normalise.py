"""What a reader sees, for detectors to read, and the way back to what was sent.

Undone: compatibility forms (NFKC, by grapheme), characters that show nothing (zero width, bidirectional controls, soft
hyphens, variation selectors, tags, C0 controls), look-alike letters, digits of other scripts, the many dashes, quotes
and spaces. ASCII passes as it is. Time is linear: a grapheme keeps at most as many marks as UAX #15 allows its streams.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

from model_images.gateway.guard.confusables import ENCLOSED, LATIN, MARKS, OTHER_SCRIPTS
from model_images.gateway.guard.spans import Text

MARKS_OF_A_GRAPHEME = 30
"""Stream-Safe Text Format, unicode.org/reports/tr15/#Stream_Safe_Text_Format. More are dropped: canonical ordering is
quadratic in them."""

_PLAIN = re.compile(r"[\t\n\r\x20-\x7e]*")
_RUN = re.compile(r"[\t\n\r\x20-\x7e]+|.", re.DOTALL)
_WORD = re.compile(r"(?:[^\W\d_]|[\u0300-\u036f])+")
_INVISIBLE = {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, 0x2800}
"""Fillers and joiners that are letters or marks by category and still show nothing."""
_COMPAT = LATIN | ENCLOSED | MARKS
_LATIN_LETTER = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")


def text(original: str) -> Text:
    """`original` with its normal form. Of a normal form, the normal form is itself."""
    if _PLAIN.fullmatch(original):
        return Text(original, original, range(len(original) + 1))
    simple = _one_to_one()
    if simple.same.fullmatch(original):
        return Text(original, original, range(len(original) + 1))
    if simple.alone.fullmatch(original):
        return Text(original, original.translate(simple.forms), range(len(original) + 1))
    shown, begins = _shown(original)
    normal, offsets = _composed(_folded(shown), begins)
    for index in range(bisect_right(offsets, offsets[0]) if offsets else 0):
        offsets[index] = 0  # what shows nothing at the very start belongs to the first grapheme
    offsets.append(len(original))
    return Text(original, normal, offsets)


class _Simple(NamedTuple):
    """Characters of European texts that each become one character, whatever stands around them: accented letters,
    quotes, dashes, spaces.
    """

    forms: dict[int, str]
    """What they become, where that is another."""
    same: re.Pattern[str]
    """Texts that stay as they are."""
    alone: re.Pattern[str]
    """Texts of no other characters than these."""


@cache
def _one_to_one() -> _Simple:
    codes = (*range(0xA0, 0x250), *range(0x1E00, 0x1F00), *range(0x2000, 0x2300))
    forms = {code: _compatible(chr(code)) for code in codes if chr(code) not in OTHER_SCRIPTS}
    simple = {
        code: form
        for code, form in forms.items()
        if len(form) == 1 and form not in OTHER_SCRIPTS and not _extends(form)
    }
    same = "".join(chr(code) for code, form in simple.items() if form == chr(code))
    alone = "".join(map(chr, simple))
    return _Simple(
        {code: form for code, form in simple.items() if form != chr(code)},
        re.compile(rf"[\t\n\r\x20-\x7e{re.escape(same)}]*+"),
        re.compile(rf"[\t\n\r\x20-\x7e{re.escape(alone)}]*+"),
    )


def _shown(original: str) -> tuple[str, list[int]]:
    """Every character by itself in its compatibility form, the invisible left out; and where each began."""
    pieces: list[str] = []
    begins: list[int] = []
    for run in _RUN.finditer(original):
        stretch, at = run[0], run.start()
        if len(stretch) > 1 or _PLAIN.fullmatch(stretch):
            pieces.append(stretch)
            begins.extend(range(at, at + len(stretch)))
        elif form := _compatible(stretch):
            pieces.append(form)
            begins.extend([at] * len(form))
    return "".join(pieces), begins


@lru_cache(maxsize=4096)
def _compatible(character: str) -> str:
    if character in _COMPAT:
        return _COMPAT[character]
    return "".join(map(_plain, unicodedata.normalize("NFKC", character)))


def _plain(character: str) -> str:
    if character in _COMPAT:
        return _COMPAT[character]
    category = unicodedata.category(character)
    code = ord(character)
    if category in ("Cf", "Cs") or (category == "Cc" and character not in "\t\n\r") or code in _INVISIBLE:
        return ""
    if 0xFE00 <= code <= 0xFE0F or 0xE0000 <= code <= 0xE0FFF:
        return ""
    if category == "Zs":
        return " "
    if category == "Nd":
        return str(unicodedata.decimal(character))
    return character


def _folded(shown: str) -> str:
    """Look-alikes of other scripts made Latin, in words that mix scripts, or that nothing but look-alikes spell.

    A word of look-alikes alone is left where the text has true words of that script: it is likely one of them.
    """
    if shown.isascii():
        return shown
    words = [(word.start(), word[0]) for word in _WORD.finditer(shown) if not word[0].isascii()]
    others = [(at, word, _otherness(word)) for at, word in words]
    truly_other = any(latin == 0 and foreign > 0 for _, _, (latin, _, foreign) in others)
    out = list(shown)
    for at, word, (latin, double, _) in others:
        if double and (latin or (not truly_other and double == len(word))):
            for index, letter in enumerate(word, at):
                out[index] = OTHER_SCRIPTS.get(letter, letter)
    return "".join(out)


def _otherness(word: str) -> tuple[int, int, int]:
    """How many letters are Latin, have a Latin double, or neither; marks count for nothing, as one or the other."""
    latin = len(_LATIN_LETTER.findall(word))
    double = sum(letter in OTHER_SCRIPTS for letter in word)
    marks = sum("\u0300" <= letter <= "\u036f" for letter in word)
    return latin, double + (marks if not latin else 0) * bool(double), len(word) - latin - double - marks


def _composed(folded: str, begins: list[int]) -> tuple[str, list[int]]:
    """Graphemes composed. All of what a grapheme came from belongs to each of its characters."""
    if folded.isascii():
        return folded, begins
    out: list[str] = []
    offsets: list[int] = []
    for start, end in _graphemes(folded):
        cluster = folded[start:end]
        if end - start > 1 and not cluster.isascii():
            cluster = unicodedata.normalize("NFKC", cluster)
            offsets.extend([begins[start]] * len(cluster))
        else:
            offsets.extend(begins[start:end])
        out.append(cluster)
    return "".join(out), offsets


def _graphemes(shown: str) -> Iterator[tuple[int, int]]:
    """Base characters with the marks that follow, the marks past the limit left out; runs of ASCII as one."""
    at, size = 0, len(shown)
    while at < size:
        run = _PLAIN.match(shown, at)
        if run and run.end() > at:
            last = run.end()
            if last < size and _extends(shown[last]):
                last -= 1  # its last character is the base of what follows
            if last > at:
                yield at, last
                at = last
        end = at + 1
        while end < size and _extends(shown[end]):
            end += 1
        if end > at and at < size:
            yield at, min(end, at + 1 + MARKS_OF_A_GRAPHEME)
        at = end


@lru_cache(maxsize=4096)
def _extends(character: str) -> bool:
    code = ord(character)
    return (
        (code > 0x02FF and unicodedata.category(character)[0] == "M")
        or 0x1160 <= code <= 0x11FF
        or 0xD7B0 <= code <= 0xD7FB
    )
