"""Verbatim leakage of the system text: so many words of it in a row in an answer."""

import re
import unicodedata
from collections import deque
from collections.abc import Sequence

WORDS = 12
"""In a row. Eight is common between two texts on one subject; a sentence of a template is longer."""
_WORD = re.compile(r"[^\W_]+")


class Template:
    """A system text, known by its runs of words; what an answer may well quote is excepted by whoever wrote it."""

    def __init__(self, text: str, *, words: int = WORDS, quotable: Sequence[str] = ()) -> None:
        self._many = many = max(1, min(words, len(_WORD.findall(text))))
        self._runs = _runs(text, many) - frozenset(run for quoted in quotable for run in _runs(quoted, many))
        self._last: deque[str] = deque(maxlen=many)

    def __repr__(self) -> str:
        """Nothing of it."""
        return "Template(…)"

    def watching(self) -> "Template":
        """The same template, with no word of an answer seen yet."""
        fresh = object.__new__(Template)
        fresh._many, fresh._runs, fresh._last = self._many, self._runs, deque(maxlen=self._many)
        return fresh

    def feed(self, token: str) -> bool:
        """True once the words so far end with a run of the template; `token` is a whole one, as between spaces."""
        for word in _words(token):
            self._last.append(word)
            if len(self._last) == self._many and hash(tuple(self._last)) in self._runs:
                return True
        return False


def _words(text: str) -> list[str]:
    """As a reader sees them: wide letters are letters, and what has no width is not there."""
    if not text.isascii():
        text = "".join(letter for letter in unicodedata.normalize("NFKC", text) if unicodedata.category(letter) != "Cf")
    return _WORD.findall(text.lower())


def _runs(text: str, many: int) -> frozenset[int]:
    words = _words(text)
    return frozenset(hash(tuple(words[at : at + many])) for at in range(len(words) - many + 1))
