"""What packs say beside their rules: which exemptions are in force, which are at fault, and what nobody judged.

These are policies of the whole stack and come last in the pack: by then every other rule has been judged.
"""

from collections.abc import Callable, Sequence

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    ReportViolation,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)

from policies.beside import coverage, exemption_faults
from policies.crossguard_reading import stack_resource, under_review
from policies.exempting import IN_ORDER, ground
from policies.packs import pack_of
from policies.review import Finding, StackUnderReview
from policies.rule import Rule
from policies.unjudged import EVERYTHING_JUDGED

IN_FORCE = "exemptions.in-force"
"""Advisory: an exemption is shown by the engine as by every other output, and fails nothing."""

_exempt: dict[tuple[str, str | None], str] = {}
"""Findings that are exempt, by rule and URN, as they came up."""


def exempted(finding: Finding, stack: StackUnderReview) -> None:
    """Keep an exempt finding for the end of the preview."""
    words = f"EXEMPT {finding.rule.id}: {finding.resource}: {finding.message}\n{ground(finding, stack.jurisdiction)}"
    _exempt[finding.rule.id, finding.urn] = words


def policies(pack_id: str, rules: Sequence[Rule]) -> list[Policy]:
    """Those of a pack. What nobody judged is told by the pack that holds where data may be."""

    def hold(stack: StackUnderReview) -> list[Finding]:
        return exemption_faults(stack, rules, pack_id)

    def show(_args: StackValidationArgs, report: ReportViolation) -> None:
        for (_, urn), words in _exempt.items():
            report(words, urn)

    shown = StackValidationPolicy(
        name=IN_FORCE,
        description="What is exempt, on whose word, and until when.",
        validate=show,
        enforcement_level=EnforcementLevel.ADVISORY,
        severity=Severity.LOW,
        display_name="Exemptions in force",
        tags=[IN_ORDER.concern],
        remediation_steps="mend what is exempt before its last day",
    )
    reaching = [_whole(EVERYTHING_JUDGED, coverage)] if pack_of(EVERYTHING_JUDGED).id == pack_id else []
    return [*reaching, _whole(IN_ORDER, hold), shown]


def _whole(rule: Rule, judge: Callable[[StackUnderReview], Sequence[Finding]]) -> Policy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        stack = under_review(tuple(stack_resource(item) for item in args.resources))
        if isinstance(stack, str):
            report(f"not evaluated: {stack}", None)
            return
        for finding in judge(stack):
            prefix = "not evaluated: " if finding.state == "not-evaluated" else ""
            report(f"{prefix}{finding.message}\nhint: {rule.fix}", None)

    return StackValidationPolicy(
        name=rule.id,
        description=f"{rule.title}.",
        validate=validate,
        enforcement_level=EnforcementLevel.MANDATORY,
        severity=Severity(rule.severity.value),
        display_name=rule.title,
        tags=[rule.concern],
        remediation_steps=rule.fix,
    )
