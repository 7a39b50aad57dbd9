"""Guard 6 on the way in: limits, injection, and what is written so that neither people nor patterns see it."""

from collections.abc import Callable, Sequence

from model_images.gateway.guard.prompt_guard.decoders import GUARD
from model_images.gateway.guard.prompt_guard.encodings import Layer, layers
from model_images.gateway.guard.prompt_guard.injection import Injection, Origin
from model_images.gateway.guard.prompt_guard.limits import Limits
from model_images.gateway.guard.refusal import GuardFailed, Refused
from model_images.gateway.guard.spans import Span

Find = Callable[[str], Sequence[Span]]

OPAQUE = ("base64", "base32", "hex", "codes", "morse")
"""Encodings that no detector reads through. What others hide stands beside words that were taken out as they should."""
WORDS = {
    "caller": "A text tries to change how the model is told to work.",
    "passage": "A retrieved passage speaks to the model; it is not passed on.",
    "tool": "A tool's result speaks to the model; it is not passed on.",
}


class PromptGuard:
    """Checks a request's texts, after identifiers have been taken out of them: what is found now was hidden."""

    def __init__(self, find: Find, injection: Injection, limits: Limits | None = None) -> None:
        self._find, self._injection = find, injection
        self._limits = limits or Limits()

    def check(self, texts: Sequence[tuple[str, Origin]], sent: Sequence[str | None] = ()) -> None:
        """Raises Refused: with the family of the attack, or what is wrong; GuardFailed where a part of it errs.

        `sent`: each text as it came, where identifiers were taken out of it. An instruction is judged as it was
        written: a word of it that was taken for a name leaves a sentence that a model still understands.
        """
        try:
            self._limits.check([text for text, _ in texts])
            for (text, origin), original in zip(texts, sent or [None] * len(texts), strict=True):
                self._judge(text if original is None else original, origin)
                for layer in layers(text):
                    self._beneath(layer, origin)
                for layer in layers(original) if original is not None else ():
                    if layer.how.partition(">")[0] in OPAQUE:
                        # A part of it that looked like a name was taken out, and the rest would still be read.
                        self._beneath(layer, origin)
                    else:
                        self._judge(layer.text, "passage" if layer.sure else origin)
        except Refused:
            raise
        except Exception:  # noqa: BLE001 — whatever it is, nobody knows what the guard would have found
            raise GuardFailed(GUARD) from None

    def _beneath(self, layer: Layer, origin: Origin) -> None:
        # An instruction that somebody took the pains to encode weighs like one in data.
        self._judge(layer.text, "passage" if layer.sure else origin)
        if any(layer.sure or span.score >= 1 for span in self._find(layer.text)):
            raise Refused(GUARD, "encoded-identifier", "A text holds an identifier in encoded form.")

    def _judge(self, text: str, origin: Origin) -> None:
        judgement = self._injection.judge(text, origin)
        if judgement.refused:
            raise Refused(GUARD, judgement.families[0], WORDS[origin])
