"""What the tagger finds in a text that needs no normalising."""

from model_images.gateway.guard.detectors.tagger import Tagger
from model_images.gateway.guard.spans import Context, Findings, Text

TAGGER = Tagger()


def findings(text: str, tagger: Tagger = TAGGER) -> Findings:
    """Spans, and how far it read."""
    return tagger.find(Text(text, text, range(len(text) + 1)), Context())


def stretches(text: str) -> list[str]:
    """The words of each span."""
    return [text[span.start : span.end] for span in findings(text).spans]


def left(text: str) -> str:
    """The text without what was found."""
    spans = findings(text).spans
    return "".join(c for i, c in enumerate(text) if not any(s.start <= i < s.end for s in spans))
