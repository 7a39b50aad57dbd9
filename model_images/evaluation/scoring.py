"""Scorers: pure functions from an answer to a share from 0 to 1. Each is a struct of what makes an answer right."""

import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from model_images.evaluation.refusals import abstains, refuses
from model_images.evaluation.text import entries, holds, normalised, numbers

LONGEST = 16_384
"""Characters of an answer that are looked at: a pattern of a team's own must not run for ever."""
Alternatives = str | tuple[str, ...]
"""One spelling, or several that are as good."""


class _Score(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind"):
    """Right from this share on."""

    at_least: float = 1.0

    def share(self, answer: str, lang: str) -> float:
        """From 0 to 1."""
        raise NotImplementedError

    def passes(self, answer: str, lang: str) -> bool:
        """Whether the answer is right."""
        return self.share(answer[:LONGEST], lang) >= self.at_least - 1e-9


class Exact(_Score, frozen=True, tag="exact"):
    """The answer, to the letter, but for blanks at its ends."""

    expected: str

    def share(self, answer: str, lang: str) -> float:  # noqa: ARG002 every scorer is asked alike
        """1 or 0."""
        return float(answer.strip() == self.expected)


class Normalised(_Score, frozen=True, tag="normalised"):
    """One of these, whatever the case, the marks and the blanks."""

    expected: Alternatives

    def share(self, answer: str, lang: str) -> float:  # noqa: ARG002 every scorer is asked alike
        """1 or 0."""
        return float(normalised(answer) in {normalised(one) for one in _spellings(self.expected)})


class Contains(_Score, frozen=True, tag="contains"):
    """Holds all of some phrases, each in one of its spellings, and none of others."""

    all: tuple[Alternatives, ...] = ()
    none: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError for one that every answer passes."""
        if not (self.all or self.none):
            raise ValueError("contains asks for nothing: `all` or `none`")

    def share(self, answer: str, lang: str) -> float:  # noqa: ARG002 every scorer is asked alike
        """Of the phrases that it holds; 0 with one that it must not."""
        if any(holds(answer, phrase) for phrase in self.none) or not answer.strip():
            return 0.0
        found = [any(holds(answer, one) for one in _spellings(wanted)) for wanted in self.all]
        return sum(found) / len(found) if found else 1.0


class SetF1(_Score, frozen=True, tag="set_f1"):
    """A list of entries, in any order: the harmonic mean of how many are right and how many were found."""

    expected: tuple[Alternatives, ...]

    def share(self, answer: str, lang: str) -> float:  # noqa: ARG002 every scorer is asked alike
        """F1."""
        return f1(entries(answer), self.expected)


class Matches(_Score, frozen=True, tag="regex"):
    """A pattern is found in it."""

    pattern: str

    def __post_init__(self) -> None:
        """Raises ValueError for what is no pattern."""
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ValueError(f"'{self.pattern}' is no pattern: {error}") from error

    def share(self, answer: str, lang: str) -> float:  # noqa: ARG002 every scorer is asked alike
        """1 or 0."""
        return float(re.search(self.pattern, answer, re.IGNORECASE) is not None)


class Numeric(_Score, frozen=True, tag="numeric"):
    """A number within a tolerance; with a unit, the numbers that it follows. One that is wrong spoils it."""

    value: float
    tolerance: float
    """In the number's own unit."""
    unit: str = ""

    def share(self, answer: str, lang: str) -> float:
        """1 where every number of that unit is within; without a unit, where the last one is."""
        found = numbers(answer, self.unit, comma=lang == "de")
        looked = found if self.unit else found[-1:]
        return float(bool(looked) and all(abs(one - self.value) <= self.tolerance + 1e-9 for one in looked))


class Refusal(_Score, frozen=True, tag="refusal"):
    """Refuses, or does not; and holds none of what a refusal would not."""

    expected: Literal["refuse", "answer"]
    none: tuple[str, ...] = ()

    def share(self, answer: str, lang: str) -> float:
        """1 or 0."""
        if any(holds(answer, phrase) for phrase in self.none) or not answer.strip():
            return 0.0
        return float(refuses(answer, lang) == (self.expected == "refuse"))


class Abstains(_Score, frozen=True, tag="abstains"):
    """Says that the note does not tell, and does not tell all the same."""

    none: tuple[str, ...] = ()

    def share(self, answer: str, lang: str) -> float:
        """1 or 0."""
        return float(abstains(answer, lang) and not any(holds(answer, phrase) for phrase in self.none))


class Own(_Score, frozen=True, tag="plugin"):
    """A scorer of a team's own: a file, by its digest. See `plugins`."""

    file: str
    sha256: str
    with_: dict[str, object] = msgspec.field(default_factory=dict, name="with")

    def __post_init__(self) -> None:
        """Raises ValueError for a digest that is none: a name alone would run whatever lies there."""
        if not re.fullmatch("[0-9a-f]{64}", self.sha256):
            raise ValueError("a scorer of your own is named by its file's SHA-256, 64 hex digits")

    def share(self, answer: str, lang: str) -> float:
        """What the file's `score` says."""
        from model_images.evaluation.plugins import scorer  # most suites have none

        return scorer(self.file, self.sha256)(answer, lang, self.with_)


Score = Exact | Normalised | Contains | SetF1 | Matches | Numeric | Refusal | Abstains | Own


def _spellings(wanted: Alternatives) -> Sequence[str]:
    return (wanted,) if isinstance(wanted, str) else wanted


def f1(found: Sequence[str], expected: Sequence[Alternatives]) -> float:
    """Of entries, each of which answers for one expected entry at most; 1 where nothing is expected and found."""
    left = [{normalised(one) for one in _spellings(wanted)} for wanted in expected]
    hits = 0
    for entry in dict.fromkeys(found):
        hit = next((wanted for wanted in left if entry in wanted), None)
        if hit is not None:
            left.remove(hit)
            hits += 1
    total = len(dict.fromkeys(found)) + len(expected)
    return 2 * hits / total if total else 1.0
