"""The three outcomes of a rule. There is no fourth: a rule that can't tell has not passed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
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
    cure: Mapping[str, object] = field(default_factory=dict, compare=False)
    """Of a refusal: paths of inputs, and what to write there, where what was asked has one value."""


PASSED = Verdict(Outcome.PASSED)


def refused(message: str, cure: Mapping[str, object] | None = None) -> Verdict:
    """The wanted state does not hold; `message` says what is there instead and what is allowed."""
    return Verdict(Outcome.REFUSED, message, cure or {})


def refused_for(told: Iterable[str]) -> Verdict:
    """Refused for each of these; passed where there is none."""
    found = list(told)
    return refused("; ".join(found)) if found else PASSED


def not_evaluated(message: str) -> Verdict:
    """Nobody can tell yet: a value is known only after deployment."""
    return Verdict(Outcome.NOT_EVALUATED, message)


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Passed if all passed; else refused, with every reason; else not evaluated."""
    found = [verdict for verdict in verdicts if verdict.outcome is not Outcome.PASSED]
    if not found:
        return PASSED
    worst = Outcome.REFUSED if any(v.outcome is Outcome.REFUSED for v in found) else Outcome.NOT_EVALUATED
    told = [verdict for verdict in found if verdict.outcome is worst]
    cure = {path: value for verdict in told for path, value in verdict.cure.items()}
    return Verdict(worst, "; ".join(dict.fromkeys(verdict.message for verdict in told)), cure)
