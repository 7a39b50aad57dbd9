"""Where an identifier may be in the making: a stream cut into prose, which flows at once, and runs, judged whole.

A run begins at a character that prose seldom holds (a digit, `@`, `/`, …) and goes on over single spaces while the
next word could belong to it: `4111 1111 1111 1111`, `QQ 12 34 56 C`, `GB82 WEST 1234`. Cuts depend on the text alone
and never on how it came in chunks, so that streamed and whole answers meet the same verdict.
"""

import re
from collections.abc import Callable

HELD = 64
"""Characters that are held back at most."""
CONTEXT = 128
"""Characters before a run that are judged with it."""
GROUP = 4
"""Letters that a group of an identifier has at most: GB, WEST, CDE."""

_BEGINS = frozenset("@/\\_=+%#&<[{|~^$0123456789")
_JOINS = frozenset("-–(+/.)")
_PROSE = re.compile(r"\s|[^\W\d_]+[,;:!?]*")
"""What begins no run wherever it stands, but after a full stop."""


class Runs:
    """`judge(window, fresh)` is asked before anything of a run goes out; what is new begins at `fresh`. It raises."""

    def __init__(self, judge: Callable[[str, int], None]) -> None:
        self._judge = judge
        self._context = ""
        self._held = ""
        self._end = 0  # of the last word in `_held` that surely belongs to the run
        self._word = -1  # where the word in the making begins in `_held`; -1 between words
        self._sure = False  # that word, or the last one, holds what begins a run
        self._short = True  # every word of the run is of one or two characters: spelled out

    @property
    def held(self) -> int:
        """How many characters are held back."""
        return len(self._held)

    def feed(self, text: str) -> str:
        """Text in; what may go out."""
        if not self._held and self._context[-1:] != "." and _PROSE.fullmatch(text):
            return self._out(text)
        return "".join(map(self._letter, text))

    def _letter(self, letter: str) -> str:
        if not self._held:
            if self._begins(letter):
                self._held, self._end, self._word, self._sure, self._short = letter, 1, 0, True, True
                return ""
            return self._out(letter)
        if letter.isspace():
            return self._space(letter)
        if self._word < 0:
            return self._first(letter)
        return self._next(letter)

    def close(self) -> str:
        """The end of the text."""
        return self._cut(len(self._held)) if self._held else ""

    def _begins(self, letter: str) -> bool:
        if letter in _BEGINS or letter.isdecimal():
            return True
        # john.smith@…, example.org: a letter after a full stop after a letter
        return letter.isalnum() and self._context[-1:] == "." and self._context[-2:-1].isalnum()

    def _space(self, letter: str) -> str:
        if self._word >= 0:
            self._short = self._short and len(self._held) - self._word <= 2
            if letter in "\r\n" and not self._short:
                return self._cut(len(self._held)) + self._letter(letter)
            if not self._short and self._held[self._word :] in ("-", "–"):
                return self._cut(len(self._held)) + self._letter(letter)  # a dash between clauses, or a bullet
        elif len(self._held) - len(self._held.rstrip()) >= 3:
            return self._cut(len(self._held)) + self._letter(letter)
        self._word = -1
        return self._grow(letter)

    def _first(self, letter: str) -> str:
        """A word begins after a space."""
        begins = letter in _BEGINS or letter.isdecimal()
        if not begins and (not self._sure or not (letter.isalpha() or letter in _JOINS)):
            return self._cut(len(self._held)) + self._letter(letter)
        self._word, self._sure = len(self._held), begins
        return self._grow(letter)

    def _next(self, letter: str) -> str:
        """A word goes on."""
        if not self._sure:
            begins = letter in _BEGINS or letter.isdecimal()
            if not begins and letter not in _JOINS:
                letters = sum(each.isalpha() for each in self._held[self._word :])
                if not letter.isalpha():
                    return self._cut(len(self._held)) + self._letter(letter)
                if letters >= GROUP:
                    return self._cut(self._end) + self._letter(letter)
            self._sure = begins
        return self._grow(letter)

    def _grow(self, letter: str) -> str:
        self._held += letter
        if self._word >= 0 and self._sure:
            self._end = len(self._held)
        if len(self._held) < HELD:
            return ""
        if self._word > 0:  # whole words may go once they are judged
            word, sure = self._held[self._word :], self._sure
            out = self._release(self._word)
            self._held, self._word, self._sure, self._end = word, 0, sure, len(word) if sure else 0
            return out
        return self._release(len(self._held))  # one endless word

    def _cut(self, end: int) -> str:
        """The run ends at `end`: judge it, let it go, and read on with what was held beyond it."""
        rest = self._held[end:]
        out = self._release(end)
        self._word, self._sure = -1, False
        for letter in rest:
            out += self._letter(letter)
        return out

    def _release(self, end: int) -> str:
        run = self._held[:end]
        context = self._context
        if len(context) == CONTEXT:  # no half word in front
            context = context[context.find(" ") + 1 :]
        self._judge(context + run, len(context))
        self._held = ""
        return self._out(run)

    def _out(self, text: str) -> str:
        self._context = (self._context + text)[-CONTEXT:]
        return text
