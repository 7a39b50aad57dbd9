"""What detectors are given, and what they say. Everything between detectors and the guard `deidentify` is in here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from model_images.gateway.guard.identifiers import Kind


class Span(msgspec.Struct, frozen=True, gc=False):
    """A stretch of text that identifies somebody: `start` to `end` (exclusive), in code points."""

    start: int
    end: int
    kind: Kind
    source: str
    """Which detector found it: `record`, `pattern`, `tagger`, `dictionary`, or a plug-in's name."""
    scheme: str = ""
    """Name of the national or industrial scheme, as `uk-nhs`, `de-steuer-id`; empty where there is none."""
    score: float = 1.0
    """1 for what was proved (record, check digits); less for what was judged."""


class Findings(msgspec.Struct, frozen=True):
    """What one detector found in one text."""

    spans: Sequence[Span]
    read: int
    """How many code points it has read. Fewer than it was given is a failure of the detector, not an absence."""


class Text(msgspec.Struct, frozen=True):
    """A text as sent, and in the form that detectors read, with a way back."""

    original: str
    normal: str
    """Compatibility forms, homoglyphs, zero-width and bidirectional characters undone: what a reader sees."""
    offsets: Sequence[int]
    """Of each code point of `normal`, where it begins in `original`; one more entry for the end."""

    def back(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of `original` from which `normal[start:end]` came, whole: no invisible remnant is left over."""
        return self.offsets[start], self.offsets[end]


@dataclass(frozen=True, slots=True)
class Context:
    """What is known beside the text. Nothing of it is a default that a caller could widen."""

    record: Mapping[str, object] = field(default_factory=dict)
    """The structured record that the caller sent: whose text this is. Form: detectors/record.py."""
    locale: str = ""
    """The jurisdiction's: `eu`, `uk`, `de`, `us`, …; only ranks what is ambiguous, never switches a detector off."""
    patterns: Sequence[tuple[str, str]] = ()
    """The tenant's own patterns: name and expression, checked when the settings were read."""


class Detector(Protocol):
    """Finds identifiers in a text. Pure, safe to call from several threads, and bounded in time by its text's length.

    Raises whatever it likes: the guard refuses then, and drops the words.
    """

    @property
    def name(self) -> str:
        """By which its spans say where they come from."""

    def find(self, text: Text, context: Context) -> Findings:
        """Spans over `text.normal`; they may overlap."""
