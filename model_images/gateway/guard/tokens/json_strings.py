"""The way back inside JSON that comes in fragments: a tool call's arguments.

Strings are decoded, restored and encoded again, each by itself: a token does not reach over the end of a string. An
escape may be cut anywhere, also between the halves of a surrogate pair. Numbers are restored whole, since a model may
write a number's surrogate without quotes. What is no JSON is refused: nobody can tell what a tool would read in it.
"""

import json
import re
from collections.abc import Callable

from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.tokens.failing_closed import fails_closed
from model_images.gateway.guard.tokens.restore import Restorer

LONGEST_WORD = 64
ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
STRUCTURE = frozenset("{}[]:, \t\r\n")
WORDS = frozenset({"true", "false", "null"})
_PLAIN = re.compile(r'[^"\\]+')
_WORD = re.compile(r"[A-Za-z0-9+.-]+")
_HEX = re.compile(r"[0-9a-fA-F]+")


class MalformedArguments(Refused):
    """A tool call's arguments are not JSON."""

    def __init__(self) -> None:
        super().__init__("tokens", "arguments", "The model called a tool with arguments that are not JSON.", status=502)


class ArgumentsRestorer:
    """Restores one tool call's arguments. After it has raised, it lets nothing more through."""

    def __init__(self, restorer: Callable[[], Restorer]) -> None:
        self._restorer = restorer
        self._string: Restorer | None = None
        """Of the string that is open."""
        self._escape = ""
        """A backslash and what came of its escape."""
        self._high = ""
        """The first half of a surrogate pair, whose second may follow."""
        self._word = ""
        self._broken = False

    @fails_closed
    def feed(self, chunk: str) -> str:
        """What can be said after this fragment."""
        return self._guarded(lambda: self._read(chunk))

    @fails_closed
    def close(self) -> str:
        """What was held back. Arguments that were cut short stay so: the caller sees why in `finish_reason`."""
        return self._guarded(self._end)

    def _guarded(self, read: Callable[[], str]) -> str:
        if self._broken:
            raise MalformedArguments
        self._broken = True  # until it is known that it went well
        said = read()
        self._broken = False
        return said

    def _end(self) -> str:
        if self._string is None:
            return self._worded()
        said = self._decoded(self._high) if self._high else ""
        self._high = self._escape = ""
        return said + _encoded(self._string.close())

    def _read(self, chunk: str) -> str:
        out: list[str] = []
        place = 0
        while place < len(chunk):
            read = self._inside if self._string is not None else self._outside
            said, place = read(chunk, place)
            out.append(said)
        return "".join(out)

    def _outside(self, chunk: str, place: int) -> tuple[str, int]:
        word = _WORD.match(chunk, place)
        if word:
            self._word += word.group()
            if len(self._word) > LONGEST_WORD:
                raise MalformedArguments
            return "", word.end()
        said = self._worded()
        if chunk[place] == '"':
            self._string = self._restorer()
        elif chunk[place] not in STRUCTURE:
            raise MalformedArguments
        return said + chunk[place], place + 1

    def _worded(self) -> str:
        """The word that is complete now. A restored number that JSON has no number for becomes a string."""
        word, self._word = self._word, ""
        if not word or word in WORDS:
            return word
        restorer = self._restorer()
        restored = restorer.feed(word) + restorer.close()
        if restored == word:
            return word
        return restored if NUMBER.fullmatch(restored) else json.dumps(restored, ensure_ascii=False)

    def _inside(self, chunk: str, place: int) -> tuple[str, int]:
        if self._escape:
            return self._escaped(chunk, place)
        plain = _PLAIN.match(chunk, place)
        if plain:
            return self._decoded(self._paired(plain.group())), plain.end()
        if chunk[place] == "\\":
            self._escape = "\\"
            return "", place + 1
        said = self._end()
        self._string = None
        return said + '"', place + 1

    def _escaped(self, chunk: str, place: int) -> tuple[str, int]:
        if self._escape == "\\":
            letter = chunk[place]
            if letter == "u":
                self._escape += letter
                return "", place + 1
            if letter not in ESCAPES:
                raise MalformedArguments
            self._escape = ""
            return self._decoded(self._paired(ESCAPES[letter])), place + 1
        digits = _HEX.match(chunk, place, min(len(chunk), place + 6 - len(self._escape)))
        if digits is None:
            raise MalformedArguments
        self._escape += digits.group()
        place = digits.end()
        if len(self._escape) < 6:
            return "", place
        unit = chr(int(self._escape[2:], 16))
        self._escape = ""
        return self._decoded(self._paired(unit)), place

    def _paired(self, text: str) -> str:
        """Puts halves of surrogate pairs together, over escapes and fragments; a lone one stays a lone one."""
        text, self._high = self._high + text, ""
        if text[-1:] and "\ud800" <= text[-1] <= "\udbff":
            text, self._high = text[:-1], text[-1]
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")

    def _decoded(self, text: str) -> str:
        return _encoded(self._string.feed(text)) if self._string is not None else ""


def _encoded(text: str) -> str:
    """JSON's way to write this inside a string. Lone halves of pairs are escaped: they are no UTF-8."""
    written = json.dumps(text, ensure_ascii=False)[1:-1]
    if any("\ud800" <= character <= "\udfff" for character in written):
        return "".join(f"\\u{ord(one):04x}" if "\ud800" <= one <= "\udfff" else one for one in written)
    return written
