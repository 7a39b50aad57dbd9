"""The three outcomes of a rule. There is no fourth: a rule that can't tell has not passed."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What a rule found."""

    PASSED = "passed"
    REFUSED = "refused"
    NOT_EVALUATED = "not-evaluated"


@dataclass(frozen=True)
class Verdict:
    """An outcome with what a person is told of it; a passing verdict needs no words."""

    outcome: Outcome
    message: str = ""


PASSED = Verdict(Outcome.PASSED)


def refused(message: str) -> Verdict:
    """The wanted state does not hold; `message` says what is there instead and what is allowed."""
    return Verdict(Outcome.REFUSED, message)


def not_evaluated(message: str) -> Verdict:
    """Nobody can tell yet: a value is known only after deployment."""
    return Verdict(Outcome.NOT_EVALUATED, message)


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Passed if all passed; else refused, with every reason; else not evaluated."""
    found = [verdict for verdict in verdicts if verdict.outcome is not Outcome.PASSED]
    if not found:
        return PASSED
    worst = Outcome.REFUSED if any(v.outcome is Outcome.REFUSED for v in found) else Outcome.NOT_EVALUATED
    return Verdict(worst, "; ".join(dict.fromkeys(v.message for v in found if v.outcome is worst)))
