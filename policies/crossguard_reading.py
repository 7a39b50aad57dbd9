"""What the engine tells a pack of a resource, as the rules know it."""

from collections.abc import Mapping

from pulumi_policy import PolicyResource, ResourceValidationArgs
from pulumi_policy.deserialize import serialize_properties

from jurisdictions import UnknownJurisdiction
from jurisdictions import load as load_jurisdiction
from plan.file import unmark
from plan.model import Plan, PlannedResource, Value, environment_of, jurisdiction_of
from policies.crossguard_ids import with_ids
from policies.exemptions import load as load_exemptions
from policies.review import StackUnderReview


def under_review(resources: tuple[PlannedResource, ...], *, partial: bool = False) -> StackUnderReview | str:
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
        resources=resources if partial else with_ids(resources),
    )
    return StackUnderReview(plan=plan, jurisdiction=jurisdiction, partial=partial, exemptions=load_exemptions())


def properties(given: Mapping[str, object]) -> dict[str, Value]:
    """Values as rules read them: unknowns are UNKNOWN, secrets are masked."""
    # serialize_properties takes the raising proxies off; unknowns are then Pulumi's markers, which unmark reads.
    plain = unmark(dict(serialize_properties(given)))
    return plain if isinstance(plain, dict) else {}


_asked: dict[str, PlannedResource] = {}
"""What the program asked for, by URN. The engine asks of each resource first, then of the whole stack; and there it
tells outputs only, which are empty for every Kubernetes resource while the cluster is still to be made."""


def remembered(args: ResourceValidationArgs) -> PlannedResource:
    """A resource that the engine asks about, kept for the question about the whole stack."""
    known = _asked.get(args.urn)
    if known is None:
        known = _asked[args.urn] = resource(args)
    return known


def resource(args: ResourceValidationArgs) -> PlannedResource:
    """A resource that the engine asks about."""
    return PlannedResource(
        urn=args.urn,
        type=args.resource_type,
        name=args.name,
        inputs=properties(args.props),
        protect=bool(args.opts.protect),
    )


def stack_resource(item: PolicyResource) -> PlannedResource:
    """A resource as the engine describes it among all others."""
    found = properties(item.props)
    asked = _asked.get(item.urn)
    return PlannedResource(
        urn=item.urn,
        type=item.resource_type,
        name=item.name,
        parent=item.parent.urn if item.parent else None,
        # As offline, rules judge what was asked for; a resource that was never asked for is judged by what it is.
        inputs=asked.inputs if asked is not None else found,
        outputs=found,
        dependencies=tuple(dependency.urn for dependency in item.dependencies),
        property_dependencies={
            key: tuple(dependency.urn for dependency in origins) for key, origins in item.property_dependencies.items()
        },
        protect=bool(item.opts.protect),
    )
