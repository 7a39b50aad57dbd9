"""The rules as CrossGuard policies, so that the real engine reaches the verdict that the offline plan reached.

CrossGuard downgrades a mandatory policy that touches an unknown to an advisory; our rules are pure and see UNKNOWN
instead, and what they can't evaluate is reported as a violation like any other: it fails the preview.

Rules with a safe fix offer it. It is off: every level is mandatory, until CrossGuard's own configuration says
`remediate`. What a fix doesn't cure stays a mandatory violation.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyPack,
    ReportViolation,
    ResourceRemediation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.deserialize import serialize_properties

from policies import crossguard_levels, crossguard_list
from policies.catalogue import controls_of
from policies.crossguard_reading import remembered, resource, stack_resource, under_review
from policies.exempting import IN_ORDER
from policies.packs import PACKS, holds_always, rules_of
from policies.remedy import applied, remedied
from policies.review import StackUnderReview, judge, settle
from policies.rule import Rule, applies
from policies.unjudged import EVERYTHING_JUDGED


def start(pack_id: str) -> None:
    """Serve a pack to the engine; does not return."""
    from policies.rules import ALL

    pack = PACKS[pack_id]
    rules = rules_of(pack_id, ALL)
    always = {rule.id for rule in rules if holds_always(rule)} | {IN_ORDER.id, EVERYTHING_JUDGED.id}
    crossguard_levels.hold(mandatory=always, advisory={crossguard_list.IN_FORCE})
    PolicyPack(
        name=f"bailiwick-{pack_id.replace('_', '-')}",
        policies=[*(policy(rule) for rule in rules), *crossguard_list.policies(pack_id, rules)],
        enforcement_level=EnforcementLevel.MANDATORY,
        display_name=pack.title,
        description=f"{pack.title}. Owner: {pack.owner}.",
    )


def policy(rule: Rule) -> Policy:
    """A rule as a mandatory policy of its kind."""
    described: dict[str, Any] = {
        "name": rule.id,
        "description": f"{rule.title}. {' · '.join(controls_of(rule.id))}".strip(),
        "enforcement_level": EnforcementLevel.MANDATORY,
        "severity": Severity(rule.severity.value),
        "display_name": rule.title,
        "tags": [rule.concern],
        "remediation_steps": rule.fix,
        "config_schema": _schema(rule),
    }
    if rule.resource_check is not None:

        def validate_resource(args: ResourceValidationArgs, report: ReportViolation) -> None:
            known = remembered(args)
            if applies(rule, args.resource_type):
                _report(rule, under_review((known,), partial=True), report, args.get_config())

        remediate = _remediation(rule) if rule.remediate is not None else None
        return ResourceValidationPolicy(validate=validate_resource, remediate=remediate, **described)

    def validate_stack(args: StackValidationArgs, report: ReportViolation) -> None:
        whole = under_review(tuple(stack_resource(item) for item in args.resources))
        _report(rule, whole, report, args.get_config())

    return StackValidationPolicy(validate=validate_stack, **described)


def _remediation(rule: Rule) -> ResourceRemediation:
    """The rule's safe fix, which the engine asks for where its configuration says `remediate`, and reports as made."""

    def remediate(args: ResourceValidationArgs) -> Any:  # noqa: ANN401 typed as awaitable alone; a mapping is taken too
        found = resource(args)
        stack = under_review((found,), partial=True)
        changes = None if isinstance(stack, str) else remedied(rule, found, stack)
        # As they came: secrets stay secret, and unknowns unknown.
        return applied(dict(serialize_properties(args.props)), changes) if changes else None

    return remediate


def _schema(rule: Rule) -> PolicyConfigSchema | None:
    """What the configuration may raise, and no further down than what the rule asks by itself."""
    properties = {
        each.name: {"type": "integer", "minimum": each.number, "default": each.number, "description": each.what}
        for each in rule.least
    }
    return PolicyConfigSchema(properties) if properties else None


def _report(rule: Rule, stack: StackUnderReview | str, report: ReportViolation, configured: Mapping[str, Any]) -> None:
    if isinstance(stack, str):
        report(f"not evaluated: {stack}", None)
        return
    numbers = {each.name: configured.get(each.name) for each in rule.least}
    # The wire knows floating numbers only. What is no number was refused by the engine, by the schema.
    stack = replace(stack, configured={k: int(v) for k, v in numbers.items() if isinstance(v, int | float)})
    for judged, verdict in judge(rule, stack):
        finding = settle(rule, judged, verdict, stack)
        if finding is None:
            continue
        if finding.state == "exempt":
            crossguard_list.exempted(finding, stack)
            continue
        prefix = "not evaluated: " if finding.state == "not-evaluated" else ""
        law = " · ".join(controls_of(rule.id, stack.frameworks))
        report(f"{prefix}{finding.resource}: {finding.message}\n{law}\nhint: {rule.fix}", finding.urn)
