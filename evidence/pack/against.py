"""What a change makes of a stack: its plan and verdict beside those of an earlier state."""

from dataclasses import dataclass

from evidence.diff_verdict import VerdictChange
from plan.diff.model import Difference


@dataclass(frozen=True, kw_only=True)
class Against:
    """An earlier state, and what differs."""

    base: str
    """As it was named: a revision with its commit, or a file."""
    difference: Difference | None = None
    verdict: VerdictChange | None = None
    why_not: str = ""
    """Where the earlier state could not be planned, such as a stack that is new."""
