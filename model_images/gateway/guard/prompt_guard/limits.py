"""Limits on length and repetition: what no clinical text needs, and what floods, hides and divergence attacks do."""

import functools
import itertools
import re
import unicodedata
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from model_images.gateway.guard.prompt_guard.decoders import GUARD
from model_images.gateway.guard.refusal import Refused

_READABLE = re.compile(r"[^\W_\s]+|[ \n\t]+")
_USUAL = " etaonisr"
"""Letters of which nearly every text has enough: then the rest need not be counted."""
_EUROPEAN = re.compile(r"[\x00-\u024f\u1e00-\u1eff\u2000-\u206f\u20a0-\u20cf\u2100-\u22ff]*+")
"""Texts without marks of their own and without other scripts: of Latin letters none carries more than two."""
_MIXED = re.compile(r"[^\W\d_]*[^\W\d_\x00-\x7f][^\W\d_]*")
_MARKS = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{5,}")

# Scripts whose letters pass for Latin ones. Greek is not among them: amyloid, TNF and units are written with it.
_IMPOSTORS = ("CYRILLIC", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Bounds, with the reason for each number; a deployment may lower them."""

    text: int = 400_000
    """Characters in one text: the schema's own bound (spec.MAX_TEXT)."""
    request: int = 1_000_000
    """Characters in all texts of a request: over the longest context window served."""
    texts: int = 5_000
    """Texts in a request: each message, part, key and value of JSON is one."""
    word: int = 2_000
    """Letters and digits without a gap: the longest sequences of proteins that reports quote are shorter."""
    letter: int = 500
    """One character repeated: ruled lines are 80 to 250 long."""
    echo: int = 100
    """One word repeated in a row: longer than any table's column of `negative`."""
    compression: int = 60
    """How many times smaller zlib makes a text of over 4,000 characters: laboratory tables reach 10 to 20."""
    noise: float = 0.7
    """Share of characters that are neither letters, digits nor spaces, in a text of over 400."""

    def check(self, texts: Sequence[str]) -> None:
        """Raises Refused with the bound that is exceeded."""
        if len(texts) > self.texts:
            raise _over("too-many-texts", f"A request holds at most {self.texts} texts.")
        if sum(len(text) for text in texts) > self.request:
            raise _over("too-long", f"A request holds at most {self.request} characters.")
        for text in texts:
            self._length(text)
            self._repetition(text)
            self._letters(text)

    def _length(self, text: str) -> None:
        if len(text) > self.text:
            raise _over("too-long", f"A text holds at most {self.text} characters.")
        if _may_run(text, self.word, str.isalnum) and _longer(self.word).search(text):
            raise _over("long-word", f"A word holds at most {self.word} letters.")

    def _repetition(self, text: str) -> None:
        if len(text) <= self.echo:
            return
        if _may_run(text, self.letter, _alike) and _again(self.letter).search(text):
            raise _over("repetition", f"A character is repeated at most {self.letter} times.")
        if len(text) > 4_000:
            data = text.encode("utf-8", "replace")
            if len(zlib.compress(data, 1)) * self.compression < len(data):
                raise _over("repetition", "A text repeats itself over and over.")
        words, echo = text.lower().split(), 1
        if not _may_echo(words, self.echo):
            return
        for before, word in itertools.pairwise(words):
            echo = echo + 1 if word == before else 1
            if echo > self.echo:
                raise _over("repetition", f"A word is repeated at most {self.echo} times in a row.")

    def _letters(self, text: str) -> None:
        if len(text) > 400 and len(text) - sum(map(text.count, _USUAL)) > self.noise * len(text):
            noise = len(_READABLE.sub("", text))
            if noise > self.noise * len(text):
                raise _over("noise", "A text is mostly neither letters nor digits.")
        if _EUROPEAN.fullmatch(text):
            return
        if _MARKS.search(unicodedata.normalize("NFD", text)):
            raise _over("stacked-marks", "Letters carry at most four marks.")
        for word in set(_MIXED.findall(text)):
            if any("a" <= letter.lower() <= "z" for letter in word) and any(
                unicodedata.name(letter, "").startswith(_IMPOSTORS) for letter in word if not letter.isascii()
            ):
                raise _over("mixed-scripts", "A word mixes Latin letters with those of another script.")


def _may_run(text: str, most: int, alike: Callable[[str], bool]) -> bool:
    """Whether more than so many characters in a row may be of one kind: a piece of a half that lies at a fixed place
    would be, too, and pieces are sooner looked at than runs."""
    half = max(1, most // 2)
    return len(text) > most and any(alike(text[at : at + half]) for at in range(0, len(text) - half + 1, half))


def _alike(piece: str) -> bool:
    return piece == piece[0] * len(piece)


def _may_echo(words: Sequence[str], most: int) -> bool:
    """Whether one word may stand more than so many times in a row: two that lie half as far apart are the same then."""
    half = max(1, most // 2)
    return any(words[at] == words[at + half] for at in range(0, len(words) - half, half))


@functools.cache
def _again(letters: int) -> re.Pattern[str]:
    """A character repeated more often."""
    return re.compile(rf"(.)\1{{{letters},}}", re.DOTALL)


@functools.cache
def _longer(letters: int) -> re.Pattern[str]:
    """A word of more letters, looked for from its beginning alone: in linear time."""
    return re.compile(rf"(?<![^\W_])[^\W_]{{{letters + 1}}}")


def _over(what: str, words: str) -> Refused:
    return Refused(GUARD, what, words, status=400)
