"""What is judged beside the rules: the list of exemptions, and how far the rules reach."""

from collections.abc import Iterable

from policies.exempting import IN_ORDER, faults
from policies.review import Finding, StackUnderReview, judge, settle
from policies.rule import Rule
from policies.unjudged import EVERYTHING_JUDGED, unjudged
from policies.verdict import Outcome


def beside(stack: StackUnderReview, rules: Iterable[Rule]) -> list[Finding]:
    """Faults of the list, and what no rule looks at."""
    return [*exemption_faults(stack, rules), *coverage(stack)]


def exemption_faults(stack: StackUnderReview, rules: Iterable[Rule], pack: str | None = None) -> list[Finding]:
    """A refusal for each fault of the list: what nobody checks is not an approval."""
    listed = stack.exemptions
    if not listed.entries and not listed.faults:
        return []
    asked = {entry.rule for entry in listed.entries if entry.stack == stack.plan.stack}
    judged = {rule: list(judge(rule, stack)) for rule in rules if rule.id in asked}
    settled = [settle(rule, *each, stack) for rule, found in judged.items() for each in found]
    heeded = [finding.exemption for finding in settled if finding is not None and finding.exemption is not None]
    verdicts = {rule.id: found for rule, found in judged.items()}
    return [
        Finding(rule=IN_ORDER, state=Outcome.REFUSED.value, message=words, urn=None, resource="the list of exemptions")
        for words in faults(listed, stack.plan, verdicts, heeded, pack)
    ]


def coverage(stack: StackUnderReview) -> list[Finding]:
    """Not evaluated, where there is something that no rule knows."""
    state = Outcome.NOT_EVALUATED.value
    return [
        Finding(rule=EVERYTHING_JUDGED, state=state, message=words, urn=None, resource="the stack")
        for words in unjudged(stack.plan)
    ]
