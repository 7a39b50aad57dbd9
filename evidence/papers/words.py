"""How a state is written everywhere in the papers, and what every page is marked with."""

from collections.abc import Mapping
from typing import Final

from evidence.document.blocks import Span, Tone
from evidence.pack.subject import Subject
from evidence.regulations import State

TONES: Final[Mapping[State, Tone]] = {
    State.REFUSED: "bad",
    State.NOT_EVALUATED: "open",
    State.EXEMPT: "exempt",
    State.NOTHING: "plain",
    State.PASS: "good",
    State.MANUAL: "plain",
}
OF_FINDING: Final[Mapping[str, State]] = {
    "refused": State.REFUSED,
    "not-evaluated": State.NOT_EVALUATED,
    "exempt": State.EXEMPT,
}
VERDICTS: Final[Mapping[str, tuple[str, Tone]]] = {
    "compliant": ("COMPLIANT", "good"),
    "refused": ("REFUSED", "bad"),
    "not-evaluated": ("NOT EVALUATED", "open"),
}


def state(of: State | None) -> Span:
    """A state as a marked word; None is a rule that had nothing to judge."""
    known = State.NOTHING if of is None else of
    return Span(known.value, tone=TONES[known])


def verdict(subject: Subject) -> Span:
    """The verdict as a marked word."""
    words, tone = VERDICTS[subject.report.verdict]
    return Span(words, tone=tone)


def footer(subject: Subject) -> str:
    """Of what a page is evidence."""
    return (
        f"bailiwick {subject.provenance.tools['bailiwick']}: {subject.name}, commit {subject.provenance.reference}, "
        f"judged as of {subject.judged.isoformat()}. The manifest beside this file says whether it was changed since."
    )


def slug(text: str) -> str:
    """An anchor of a title."""
    return "".join(sign if sign.isalnum() else "-" for sign in text.lower()).strip("-")
