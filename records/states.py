"""The states of a version, the steps between them, and what each step must bring: a machine that is data.

A version is weights and template together. What is not in `STEPS` is no step, and evidence that a step does not ask
for is refused as what is missing is: a record says neither less nor more than happened.
"""

from collections.abc import Mapping
from typing import Literal

State = Literal["candidate", "evaluated", "approved", "canary", "active", "retired"]
STATES: tuple[State, ...] = ("candidate", "evaluated", "approved", "canary", "active", "retired")

EVALUATION, APPROVAL = frozenset({"evaluation"}), frozenset({"change", "approvals", "expires"})
CHANGE, WHY, RECORD = frozenset({"change"}), frozenset({"why"}), frozenset({"record_sha256"})
ANEW = EVALUATION | APPROVAL
"""Held for another year: measured and approved once more."""
EVIDENCE = EVALUATION | APPROVAL | RECORD
"""What a step may bring beside `why`, which may always be said."""

STEPS: Mapping[tuple[State | None, State], frozenset[str]] = {
    (None, "candidate"): WHY,
    ("candidate", "evaluated"): EVALUATION,
    ("evaluated", "evaluated"): EVALUATION,
    ("evaluated", "approved"): APPROVAL,
    ("approved", "approved"): ANEW,
    # A trial is a change of its own: changes/<id>.yaml, which holds for 90 days.
    ("approved", "canary"): CHANGE,
    ("canary", "approved"): WHY,
    # The hash of the last line of the trial's own record: `bailiwick canary verify`.
    ("canary", "active"): RECORD,
    # The first of its use case, which has nothing to be tried against; or the way back.
    ("approved", "active"): WHY,
    ("active", "active"): ANEW,
    # Superseded or taken back: it stays approved, and so the way back, until it expires.
    ("active", "approved"): WHY,
    ("candidate", "retired"): WHY,
    ("evaluated", "retired"): WHY,
    ("approved", "retired"): WHY,
    ("canary", "retired"): WHY,
    ("active", "retired"): WHY,
}
"""From and to, and the evidence that the step is made on. Nothing leads out of `retired`."""


def after(state: State | None) -> tuple[State, ...]:
    """Where a version may go from there."""
    return tuple(to for of, to in STEPS if of == state)
