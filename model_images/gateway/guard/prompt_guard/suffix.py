"""Adversarial suffixes: what an optimiser finds is no language. Words broken by brackets, scripts and case, in a row.

Zou et al., Universal and Transferable Adversarial Attacks on Aligned Language Models, arXiv:2307.15043.
"""

import threading
from collections.abc import Iterator

import hyperscan

# Joints that prose, tables, code, HL7 and FHIR do not make, or rarely: a bracket or quote glued between letters of two
# words, capitals in mid-word twice over, a backslash before punctuation.
_JOINTS = (
    rb"[a-z][\])}][({\[]+[A-Za-z]",
    rb"[A-Za-z][\])}][A-Za-z]",
    rb"\\[-+!]",
    rb"[a-z]\.\][(A-Za-z]",
    rb"[a-z]\*\*[A-Z]",
    rb"[a-z][A-Z][a-z]{2,12}[A-Z][a-z]{1,12}[\])({]",
    rb"[=+]{2}[a-z]",
    rb"\"\\",
    rb"[\]})]=[a-z]",
    rb"\{\^|\$,|`\||\?\[|_\)|-\\|\]\];|\.\[@",
)
_RUN = 120
"""Bytes within which joints belong to one run; the suffixes of the paper are 20 tokens."""
_WEIGHTS = ((4, 0.85), (7, 1.1))
_DATABASE = hyperscan.Database()
_DATABASE.compile(expressions=list(_JOINTS), ids=[0] * len(_JOINTS), flags=[0] * len(_JOINTS))
_LOCAL = threading.local()


def runs(text: str) -> Iterator[tuple[int, float]]:
    """Ends of stretches that look optimised, with a weight each."""
    ends: list[int] = []

    def on_match(_id: int, _start: int, end: int, _flags: int, _context: object) -> None:
        ends.append(end)

    if not hasattr(_LOCAL, "scratch"):
        _LOCAL.scratch = hyperscan.Scratch(_DATABASE)
    _DATABASE.scan(text.encode("utf-8", "replace"), match_event_handler=on_match, scratch=_LOCAL.scratch)
    for many, weight in _WEIGHTS:
        for first, last in zip(ends, ends[many - 1 :], strict=False):
            if last - first <= _RUN:
                yield last, weight
                break
