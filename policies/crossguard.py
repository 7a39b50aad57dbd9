"""The rules as CrossGuard policies, so that the real engine reaches the verdict that the offline plan reached.

CrossGuard downgrades a mandatory policy that touches an unknown to an advisory; our rules are pure and see UNKNOWN
instead, and what they can't evaluate is reported as a violation like any other: it fails the preview.
"""

from collections.abc import Mapping
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyPack,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.deserialize import serialize_properties

from jurisdictions import UnknownJurisdiction
from jurisdictions import load as load_jurisdiction
from plan.file import unmark
from plan.model import Plan, PlannedResource, Value, environment_of, jurisdiction_of
from policies.catalogue import controls_of
from policies.packs import PACKS, rules_of
from policies.review import StackUnderReview, judge, settle
from policies.rule import Rule, applies


def start(pack_id: str) -> None:
    """Serve a pack to the engine; does not return."""
    from policies.rules import ALL

    pack = PACKS[pack_id]
    PolicyPack(
        name=f"bailiwick-{pack_id.replace('_', '-')}",
        policies=[policy(rule) for rule in rules_of(pack_id, ALL)],
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
    }
    if rule.resource_check is not None:

        def validate_resource(args: ResourceValidationArgs, report: ReportViolation) -> None:
            resource = _remembered(args)
            if applies(rule, args.resource_type):
                _report(rule, _review((resource,), partial=True), report)

        return ResourceValidationPolicy(validate=validate_resource, **described)

    def validate_stack(args: StackValidationArgs, report: ReportViolation) -> None:
        _report(rule, _review(tuple(_stack_resource(item) for item in args.resources)), report)

    return StackValidationPolicy(validate=validate_stack, **described)


def _report(rule: Rule, stack: StackUnderReview | str, report: ReportViolation) -> None:
    if isinstance(stack, str):
        report(f"not evaluated: {stack}", None)
        return
    for resource, verdict in judge(rule, stack):
        finding = settle(rule, resource, verdict, stack)
        if finding is None or finding.state == "exempt":
            continue
        prefix = "not evaluated: " if finding.state == "not-evaluated" else ""
        law = " · ".join(controls_of(rule.id))
        report(f"{prefix}{finding.resource}: {finding.message}\n{law}\nhint: {rule.fix}", finding.urn)


def _review(resources: tuple[PlannedResource, ...], *, partial: bool = False) -> StackUnderReview | str:
    """The stack under review, or why there is none: a stack whose law is unknown is never let pass."""
    if not resources:
        return "the engine named no resource"
    stack = resources[0].urn.split("::")[0].rpartition(":")[2]
    try:
        jurisdiction = load_jurisdiction(jurisdiction_of(stack))
    except UnknownJurisdiction as error:
        return f"stack '{stack}' names no known jurisdiction: {error}"
    if environment_of(stack) not in ("prod", "dev"):
        return f"stack '{stack}' names no environment (prod or dev)"
    plan = Plan(
        project=resources[0].urn.split("::")[1],
        stack=stack,
        jurisdiction=jurisdiction.id,
        resources=resources,
    )
    return StackUnderReview(plan=plan, jurisdiction=jurisdiction, partial=partial)


def _properties(properties: Mapping[str, object]) -> dict[str, Value]:
    # serialize_properties takes the raising proxies off; unknowns are then Pulumi's markers, which unmark reads.
    plain = unmark(dict(serialize_properties(properties)))
    return plain if isinstance(plain, dict) else {}


_asked: dict[str, PlannedResource] = {}
"""What the program asked for, by URN. The engine asks of each resource first, then of the whole stack; and there it
tells outputs only, which are empty for every Kubernetes resource while the cluster is still to be made."""


def _remembered(args: ResourceValidationArgs) -> PlannedResource:
    known = _asked.get(args.urn)
    if known is None:
        known = _asked[args.urn] = _resource(args)
    return known


def _resource(args: ResourceValidationArgs) -> PlannedResource:
    return PlannedResource(
        urn=args.urn,
        type=args.resource_type,
        name=args.name,
        inputs=_properties(args.props),
        protect=bool(args.opts.protect),
    )


def _stack_resource(item: PolicyResource) -> PlannedResource:
    properties = _properties(item.props)
    asked = _asked.get(item.urn)
    return PlannedResource(
        urn=item.urn,
        type=item.resource_type,
        name=item.name,
        parent=item.parent.urn if item.parent else None,
        # As offline, rules judge what was asked for; a resource that was never asked for is judged by what it is.
        inputs=asked.inputs if asked is not None else properties,
        outputs=properties,
        dependencies=tuple(dependency.urn for dependency in item.dependencies),
        property_dependencies={
            key: tuple(dependency.urn for dependency in found) for key, found in item.property_dependencies.items()
        },
        protect=bool(item.opts.protect),
    )
