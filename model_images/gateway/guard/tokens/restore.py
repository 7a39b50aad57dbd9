"""The way back: minted tokens become what they stand for, foreign ones stop the answer, in one text or in a stream.

What a stream holds back is exactly: the longest stretch at its end that begins one of this conversation's tokens, in a
spelling that is understood; or begins the reserved form `[[KIND_…]]`, which has to be seen whole to be judged; or,
after a kind's name, an underscore and up to seven characters. Never more than `LONGEST_FORM`, or the longest token.
"""

import re
from collections.abc import Callable
from functools import partial

from model_images.gateway.guard.refusal import GuardFailed, Refused
from model_images.gateway.guard.tokens import markers
from model_images.gateway.guard.tokens.failing_closed import GUARD, fails_closed
from model_images.gateway.guard.tokens.lexicon import Lexicon
from model_images.gateway.guard.tokens.markers import ForeignToken

_FAILED = partial(GuardFailed, GUARD)
_SIGN = re.compile(r"[\[_]")
BEHIND = 12
"""Characters already let go that still decide what the next ones are: the longest kind's name, and a boundary."""


class Restorer:
    """Restores one stream of text. After it has raised, it lets nothing more through."""

    def __init__(
        self, lexicon: Lexicon, *, reidentify: bool = True, counted: Callable[[int], None] = lambda _: None
    ) -> None:
        self._lexicon = lexicon
        self._reidentify = reidentify
        self._counted = counted
        self._behind = ""
        self._held = ""
        self._ended: Callable[[], Refused] | None = None

    @property
    def held(self) -> int:
        """Characters held back."""
        return len(self._held)

    @fails_closed
    def feed(self, chunk: str) -> str:
        """What can be said after this chunk."""
        return self._out(chunk, last=False)

    @fails_closed
    def close(self) -> str:
        """What was held back: there is no more to come."""
        return self._out("", last=True)

    def pieces(self, chunk: str, *, last: bool) -> list[tuple[str, str | None]]:
        """Stretches as they came, each with what it stands for; None for plain text."""
        if self._ended:
            raise self._ended()
        self._ended = _FAILED  # until it is known that it went well
        text = self._behind + self._held + chunk
        try:
            pieces = self._read(text, len(self._behind), last=last)
        except ForeignToken:
            self._ended, self._held = ForeignToken, ""
            raise
        self._ended = None
        return pieces

    def _out(self, chunk: str, *, last: bool) -> str:
        said: list[str] = []
        restored = 0
        for raw, value in self.pieces(chunk, last=last):
            if value is not None and self._reidentify:
                said.append(value)
                restored += 1
            else:
                said.append(raw)
        if restored:
            self._counted(restored)
        return "".join(said)

    def _read(self, text: str, said: int, *, last: bool) -> list[tuple[str, str | None]]:
        pieces: list[tuple[str, str | None]] = []
        limit = len(text) if last else self._unfinished(text, said)
        looked = said
        for start in self._places(text, said):
            if start < looked:
                continue
            if start >= limit:
                break
            token = self._token(text, start, last=last)
            if token is None:
                looked = start + 1
                continue
            end, value = token
            if start > said:
                pieces.append((text[said:start], None))
            pieces.append((text[start:end], value))
            said = looked = end
            if end > limit:
                limit = self._unfinished(text, end)
        if limit > said:
            pieces.append((text[said:limit], None))
        self._held = text[limit:]
        self._behind = text[max(0, limit - BEHIND) : limit]
        return pieces

    def _places(self, text: str, begin: int) -> list[int]:
        """Where a token may begin, in order: at brackets and underscores, and where a spelling without them does."""
        places = self._lexicon.places(text, begin)
        for found in _SIGN.finditer(text, begin):
            place = found.start()
            if place > begin and text[place - 1] == "\\":
                places.append(place - 1)
            places.append(place)
        places.sort()
        return places

    def _token(self, text: str, start: int, *, last: bool) -> tuple[int, str] | None:
        first = text[start + 1] if text[start] == "\\" else text[start]
        if first not in "[_":
            return self._lexicon.standing(text, start)
        form = markers.bracketed(text, start) if first == "[" else markers.bare(text, start)
        if form is None:
            return None
        value = self._lexicon.value(form.marker)
        if value is not None:
            return form.end, value
        if last and form.end == len(text) and self._lexicon.begins(form.marker):
            return (
                None  # an answer that was cut short in the middle of a marker: nothing is restored, nothing is foreign
            )
        if form.reserved:
            raise ForeignToken
        return None

    def _unfinished(self, text: str, start: int) -> int:
        return min(markers.unfinished(text, start), self._lexicon.unfinished(text, start))
