"""Guard 6 on the way out: what a model says that it should not know, streamed or whole, before it is said."""

import re
from collections.abc import Callable

from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.prompt_guard.canary import Canary
from model_images.gateway.guard.prompt_guard.decoders import GUARD
from model_images.gateway.guard.prompt_guard.divergence import Divergence, carries_data
from model_images.gateway.guard.prompt_guard.request import Find
from model_images.gateway.guard.prompt_guard.runs import HELD, Runs
from model_images.gateway.guard.prompt_guard.template import Template
from model_images.gateway.guard.refusal import GuardFailed, Refused
from model_images.gateway.guard.spans import Span

# Names, places, dates, ages and postcodes are not here: a model that knows medicine says Parkinson, Lyme, "in March"
# and "over 90" of itself, so one that was not asked about proves nothing. A number with a form does.
STRUCTURED = frozenset(
    {
        *(Kind.SSN, Kind.NATIONAL, Kind.CARD, Kind.RECORD, Kind.PLAN, Kind.ACCOUNT, Kind.PHONE, Kind.FAX, Kind.EMAIL),
        *(Kind.IP, Kind.URL, Kind.DEVICE, Kind.VEHICLE, Kind.LICENCE, Kind.BIOMETRIC),
    }
)
_ADDRESS = re.compile(r"@|//|www|[A-Za-z]\.[A-Za-z]")
_PIECE = re.compile(r"\s|\S+")
_STEP = HELD // 2
_SPELLED = 6
"""Words of one or two characters in a row, from which on they may be one that is spelled out."""


class Output:
    """Checks one answer. What `feed` returns may go out; at most `runs.HELD` characters are held back."""

    def __init__(
        self,
        find: Find,
        known: Callable[[str], bool],
        canary: Canary | None = None,
        template: Template | None = None,
        hosts: frozenset[str] = frozenset(),
        leaked: Callable[[], object] = lambda: None,
    ) -> None:
        """`known` says whether the request held this identifier, or the gateway minted it; `hosts` may be linked to.

        `leaked` is called where the canary is found.
        """
        self._find, self._known = find, known
        self._canary, self._leaked = canary.watch() if canary else None, leaked
        self._template = template.watching() if template else None
        self._divergence = Divergence(known, hosts)
        self._runs = Runs(self._judge)
        self._word = ""
        self._refused: Refused | None = None

    @property
    def held(self) -> int:
        """Characters held back."""
        return self._runs.held

    def feed(self, chunk: str) -> str:
        """What may go out now. Raises Refused, and again whenever it is asked after that."""
        return self._guarded(lambda: self._chunk(chunk))

    def close(self) -> str:
        """The rest, at the end of the answer. Raises Refused."""
        return self._guarded(self._rest)

    def check(self, answer: str) -> str:
        """A whole answer. Raises Refused."""
        return self.feed(answer) + self.close()

    def _guarded(self, work: Callable[[], str]) -> str:
        if self._refused:
            raise self._refused
        try:
            return work()
        except Refused as refused:
            self._refused = refused
        except Exception:  # noqa: BLE001 — whatever it is, nobody knows what the guard would have found
            self._refused = GuardFailed(GUARD)
        raise self._refused from None

    def _chunk(self, chunk: str) -> str:
        if self._canary and self._canary.feed(chunk):
            self._leaked()
            raise _no("canary", "An answer tells what the model was told; it is not passed on.")
        out = []
        for piece in _PIECE.findall(chunk):
            if piece.isspace():
                self._whole_word()
            else:
                before, self._word = len(self._word), self._word + piece
                # At fixed lengths, so that it does not matter how the word came in chunks.
                for length in range((before // _STEP + 1) * _STEP, len(self._word) + 1, _STEP):
                    self._divergence.part(self._word[:length])
            out.append(self._runs.feed(piece))
        return "".join(out)

    def _rest(self) -> str:
        self._whole_word()
        return self._runs.close()

    def _whole_word(self) -> None:
        word, self._word = self._word, ""
        if not word:
            return
        if self._template and self._template.feed(word):
            raise _no("template", "An answer recites what the model was told; it is not passed on.")
        self._divergence.word(word)

    def _judge(self, window: str, fresh: int) -> None:
        """Called with each run before it goes out."""
        run = window[fresh:]
        if not _worth(run):
            return
        spans = [span for span in self._find(window) if span.end > fresh and self._foreign(span, window)]
        words = run.split()
        if not spans and len(words) >= _SPELLED and sum(len(word) <= 2 for word in words) >= _SPELLED:
            joined = "".join(words)
            spans = [span for span in self._find(joined) if self._foreign(span, joined)]
        if spans:
            raise _no(
                "foreign-identifier", "An answer holds an identifier that the request did not; it is not passed on."
            )

    def _foreign(self, span: Span, text: str) -> bool:
        said = text[span.start : span.end]
        if span.kind not in STRUCTURED or (span.kind is Kind.URL and not carries_data(said)):
            return False
        return not self._known(said) and not self._known("".join(filter(str.isalnum, said)))


def _worth(run: str) -> bool:
    """Doses and readings are too short to identify anybody; most runs are of those, and are not searched."""
    digits = sum(letter.isdigit() for letter in run)
    letters = sum(letter.isalnum() for letter in run)
    return digits >= 4 or (digits > 0 and letters >= 6) or run.count(":") > 1 or bool(_ADDRESS.search(run))


def _no(what: str, words: str) -> Refused:
    return Refused(GUARD, what, words, status=502)
