"""What reaches further than its plan: a management group, an exemption, a template."""

from collections.abc import Iterable, Iterator, Mapping

from plan.model import UNKNOWN, PlannedResource, Value
from policies.require import require
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, judged, stack_rule
from policies.types import (
    ASSIGNMENT,
    DEPLOYMENT_OF_TEMPLATE,
    POLICY_ASSIGNMENT,
    POLICY_DEFINITION_OF_GROUP,
    POLICY_EXEMPTION,
    REGISTRY,
    REMEDIATION_OF_GROUP,
)
from policies.verdict import PASSED, Verdict, all_of, not_evaluated, refused

GROUPS = "/providers/microsoft.management/managementgroups/"
NAME_AT_GROUP = 24
"""Most characters of an assignment's name there: learn.microsoft.com/azure/azure-resource-manager/management/
resource-name-rules."""
IN_TEMPLATES = frozenset({"microsoft.appconfiguration/configurationstores/snapshots", "microsoft.web/connections"})
"""Types that a template may make: the provider has none of the first, and drops a property of the second."""
PARTS_OF_TEMPLATE = frozenset({"$schema", "contentversion", "resources"})
BESIDE_TEMPLATE = ("templateLink", "parameters", "parametersLink", "onErrorDeployment", "debugSetting")
"""Each brings in, or tells outside, what is not in the template that a rule reads."""
RESOURCES = "azure-native:resources*"
PLAIN = frozenset({"ResourceGroup", "TagAtScope"})
"""Types of that module that make nothing but themselves."""


@stack_rule(
    "guardrails.groups-hold-what-all-share",
    title="A management group holds only what is the same for every stack under it",
    severity=Severity.HIGH,
    applies_to=(POLICY_ASSIGNMENT, POLICY_DEFINITION_OF_GROUP, REMEDIATION_OF_GROUP, ASSIGNMENT),
    fix="assign it at the stack's subscription, as components/guardrails.py does with what is told of the stack",
    example="an assignment at a management group that allows images of this stack's registry alone",
)
def groups_hold_shared(stack: StackUnderReview) -> Iterable[Judged]:
    """One stack's registry, workspace or rights, written there, refuse or watch the subscriptions of all others."""
    exempted = stack.referring(POLICY_EXEMPTION, "policyAssignmentId")
    for assignment in stack.of_type(POLICY_ASSIGNMENT):
        if not _at_group(assignment):
            yield assignment, PASSED
            continue
        name = str(assignment.get("policyAssignmentName"))
        yield (
            assignment,
            all_of(
                [
                    _shared(assignment, "parameters", stack),
                    require(assignment, "identity", absent=True),
                    refused("is lifted by an exemption here, and goes on refusing by another stack's assignment")
                    if assignment.urn in exempted
                    else PASSED,
                    refused(f"is named '{name}'; a management group takes {NAME_AT_GROUP} characters")
                    if len(name) > NAME_AT_GROUP
                    else PASSED,
                    refused("is of a definition in one subscription")
                    if str(assignment.get("policyDefinitionId")).lower().startswith("/subscriptions/")
                    else PASSED,
                ]
            ),
        )
    yield from judged(stack.of_type(POLICY_DEFINITION_OF_GROUP), lambda found: _shared(found, "policyRule", stack))
    for task in stack.of_type(REMEDIATION_OF_GROUP):
        yield task, refused("acts in every subscription of the group")
    for right in stack.of_type(ASSIGNMENT):
        yield right, refused("gives rights in every subscription of the group") if _at_group(right) else PASSED


def _at_group(resource: PlannedResource) -> bool:
    scope = resource.get("scope")
    # Not known yet is the id of something that this plan makes: no plan makes a group.
    return isinstance(scope, str) and (scope.lower().startswith(GROUPS) or scope.strip("/") == "")


def _shared(resource: PlannedResource, path: str, stack: StackUnderReview) -> Verdict:
    registries = tuple(str(found.get("registryName")) for found in stack.of_type(REGISTRY))
    for value in _leaves(resource.get(path)):
        if value is UNKNOWN:
            return not_evaluated(f"{path} holds a value that is known only after deployment")
        text = str(value)
        if "/subscriptions/" in text.lower() or text in (stack.environment, stack.plan.stack):
            return refused(f"{path} holds '{text}', which is this stack's alone")
        if any(name in text for name in registries):
            return refused(f"{path} names this stack's registry")
    return PASSED


def _leaves(value: Value) -> Iterator[Value]:
    if isinstance(value, Mapping | list | tuple):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _leaves(inner)
    else:
        yield value


@stack_rule(
    "guardrails.exemptions-are-needed",
    title="Nothing is exempted that the stack does not make",
    severity=Severity.HIGH,
    applies_to=POLICY_EXEMPTION,
    fix="say in components/guardrails_data.py, NEEDED_WHERE, which dial makes the type that the exception covers",
    example="an exemption for Front Door in a stack with a regional portal",
)
def exemptions_needed(stack: StackUnderReview) -> Iterable[Judged]:
    """An exemption that nothing needs is a hole that nobody sees."""
    covered: dict[str, tuple[str, ...]] = {
        item.id: item.resource_types for item in stack.jurisdiction.residency_exceptions
    }
    for exemption in stack.of_type(POLICY_EXEMPTION):
        types = covered.get(str(exemption.get("metadata.exception")), ())
        # One that is not on record is refused by guardrails.exemptions-are-on-record.
        idle = types and not stack.of_type(*types)
        yield exemption, refused(f"the plan holds no {', '.join(types)}") if idle else PASSED


@stack_rule(
    "guardrails.nothing-hides-in-templates",
    title="Templates make nothing that a rule would have judged",
    severity=Severity.CRITICAL,
    applies_to=RESOURCES,
    fix="make the resource with its own type",
    example="a template deployment that holds a storage account",
)
def nothing_hides(stack: StackUnderReview) -> Iterable[Judged]:
    """Rules judge resources; what lies within a template is text, and could be any resource at all."""
    found = (item for item in stack.of_type(RESOURCES) if item.type.rpartition(":")[2] not in PLAIN)
    return judged(found, _visible)


def _visible(deployment: PlannedResource) -> Verdict:
    if deployment.type != DEPLOYMENT_OF_TEMPLATE:
        return refused(f"a {deployment.type.rpartition(':')[2]} makes what no rule sees")
    return all_of(
        [
            # Complete deletes whatever of the group the template does not name.
            require(deployment, "properties.mode", equals="Incremental"),
            *(require(deployment, f"properties.{key}", absent=True) for key in BESIDE_TEMPLATE),
            _template(deployment.get("properties.template")),
        ]
    )


def _template(template: Value) -> Verdict:
    if template is UNKNOWN:
        return not_evaluated("the template is known only after deployment")
    if not isinstance(template, Mapping):
        return refused("has no template of its own, so nobody sees what it makes")
    # The resource manager reads names without case.
    odd = sorted(str(key) for key in template if str(key).lower() not in PARTS_OF_TEMPLATE)
    if odd:
        return refused(f"its template has {', '.join(odd)}")
    return all_of(_made(held) for key, held in template.items() if key.lower() == "resources")


def _made(held: Value) -> Verdict:
    if isinstance(held, Mapping):
        # By symbolic name, as Bicep writes them.
        held = list(held.values())
    if not isinstance(held, list | tuple):
        return not_evaluated("its resources are known only after deployment")
    return all_of(_allowed(item) for item in held)


def _allowed(item: Value) -> Verdict:
    if not isinstance(item, Mapping):
        return not_evaluated("a resource of it is known only after deployment")
    own = {str(key).lower(): value for key, value in item.items()}
    if own.get("type") is UNKNOWN:
        return not_evaluated("a type in it is known only after deployment")
    if "resources" in own:
        return refused(f"makes parts of {own.get('type')}")
    kind = str(own.get("type")).lower()
    return PASSED if kind in IN_TEMPLATES else refused(f"makes {kind}")
