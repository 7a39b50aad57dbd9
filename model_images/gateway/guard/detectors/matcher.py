"""Vectorscan over a text's shadow, for many expressions in one pass; time is linear in the text.

Expressions are matched as bytes, so the matcher's offsets are those of the text.
"""

import threading
from collections.abc import Sequence

import hyperscan

from model_images.gateway.guard import compiled

MOST_MATCHES = 200_000
"""A text that brings more is no prose; it is refused rather than read for minutes."""


class TooManyMatches(RuntimeError):
    """The text matches at more places than will be weighed."""


class Matcher:
    """Expressions compiled once; safe to share between threads, each of which gets a scratch of its own.

    With `starts`, a match has the leftmost start of each end; without, which compiles and runs faster, only ends count.
    """

    def __init__(self, expressions: Sequence[tuple[str, bool]], *, starts: bool = True) -> None:
        base = hyperscan.HS_FLAG_SOM_LEFTMOST if starts else 0
        self._database = compiled.database(
            [expression.encode("latin-1") for expression, _ in expressions],
            [base | (0 if cased else hyperscan.HS_FLAG_CASELESS) for _, cased in expressions],
        )
        self._of_thread = threading.local()

    def scan(self, shadow: bytes) -> list[tuple[int, int, int]]:
        """Expression, start and end of every match: one for each end that an expression can have."""
        found: list[tuple[int, int, int]] = []

        def matched(expression: int, start: int, end: int, _flags: int, _context: object) -> bool | None:
            found.append((expression, start, end))
            return len(found) > MOST_MATCHES or None

        scratch = getattr(self._of_thread, "scratch", None)
        if scratch is None:
            scratch = self._of_thread.scratch = hyperscan.Scratch(self._database)
        try:
            self._database.scan(shadow, match_event_handler=matched, scratch=scratch)
        except hyperscan.ScanTerminated as stopped:
            raise TooManyMatches from stopped
        return found
