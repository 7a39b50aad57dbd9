"""The second wall: Azure Policy in the subscription, and the answer to what it finds."""

from collections.abc import Iterable

from plan.model import UNKNOWN, PlannedResource
from policies.require import items, require, show, texts
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, rule, stack_rule
from policies.types import (
    ASSIGNMENT,
    AUTOMATION,
    POLICY_ASSIGNMENT,
    POLICY_DEFINITION,
    POLICY_DEFINITION_OF_GROUP,
    POLICY_EXEMPTION,
    PRICING,
    REMEDIATION,
    REMEDIATION_OF_GROUP,
    WORKFLOW,
)
from policies.verdict import PASSED, Verdict, all_of, not_evaluated, refused

REQUIRED = {
    "e56962a6-4747-49cd-b67b-bf8b01975c4c": "Allowed locations",
    "e765b5de-1225-4ba3-bd56-1ac6695af988": "Allowed locations for resource groups",
    "b2982f36-99f2-4db5-8eff-283140c09693": "Storage accounts should disable public network access",
    "405c5871-3e91-4644-8a63-58e19d68ff5b": "Azure Key Vault should disable public network access",
    "0fdf0491-d080-4575-b627-ad0e843cba0f": "Public network access should be disabled for Container registries",
    "040732e8-d947-40b8-95d6-854c95024bf8": "Azure Kubernetes Service Private Clusters should be enabled",
    "5b9159ae-1701-4a6f-9a7a-aa9c8ddd0580": "Container registries should be encrypted with a customer-managed key",
    "42b8ef37-b724-4e24-bbc8-7a7708edfe00": "Kubernetes cluster pod security restricted standards",
    "febd0533-8e55-448f-b837-bd0e06f16469": "Kubernetes cluster containers should only use allowed images",
    "0884adba-2312-4468-abeb-5422caed1038": "Enable allLogs category group resource logging to Log Analytics",
}
"""Definitions and initiatives without which the subscription holds nothing: Azure/azure-policy, 2026-04-29."""
IN_GOVERNMENT = frozenset(
    {
        "405c5871-3e91-4644-8a63-58e19d68ff5b",
        "febd0533-8e55-448f-b837-bd0e06f16469",
        "6b2122c1-8120-4ff5-801b-17625a355590",
    }
)
"""Those that Azure Government lists; elsewhere only definitions of our own hold."""
PLANS = ("Arm", "CloudPosture", "Containers", "KeyVaults", "OpenSourceRelationalDatabases", "StorageAccounts")
REMEDIATION_ROLES = {
    "92aaf0da-9dab-42b6-94a3-d43ce8d16293": "Log Analytics Contributor",
    "4d97b98b-1d4f-4787-a291-c67834d212e7": "Network Contributor",
}
REQUIRED_AT_SITES = {
    "12e7176a-4919-47ef-922b-34eda4c7f0ce": "Arc-enabled clusters should be configured with a private link scope",
    "6b2122c1-8120-4ff5-801b-17625a355590": "Arc enabled clusters should have the Azure Policy extension installed",
}
"""And those without which a site is held by nothing, where a plan has sites."""
SITE = "azure-native:kubernetes:ConnectedCluster"
CLUSTERS = frozenset({"microsoft.containerservice/managedclusters", "microsoft.kubernetes/connectedclusters"})
"""Types that assignments may be narrowed to, because each leaves out other namespaces: together they are all."""


@stack_rule(
    "guardrails.policies-assigned",
    title="The subscription denies what a plan may not contain",
    severity=Severity.HIGH,
    applies_to=POLICY_ASSIGNMENT,
    fix="plan Guardrails, and leave every entry of components/guardrails.yaml in",
    example="a stack without the assignment 'Allowed locations'",
)
def policies_assigned(stack: StackUnderReview) -> Iterable[Judged]:
    """A plan is judged once; somebody with the portal open is not, unless the subscription refuses."""
    assigned: dict[str, set[str]] = {}
    for found in stack.of_type(POLICY_ASSIGNMENT):
        assigned.setdefault(str(found.get("policyDefinitionId")).rpartition("/")[2], set()).update(_narrowed(found))
    required = REQUIRED | (REQUIRED_AT_SITES if stack.of_type(SITE) else {})
    offered = {"public": set(required), "usgovernment": IN_GOVERNMENT}.get(stack.jurisdiction.cloud.name, set())
    for definition, name in required.items():
        if definition in offered and not assigned.get(definition, set()) >= CLUSTERS:
            yield from absent(stack, f"'{name}' is not assigned")
    yield None, PASSED


def _narrowed(assignment: PlannedResource) -> frozenset[str]:
    """The cluster types that it looks at: both, where nothing narrows it."""
    kinds = [value for _, value in assignment.each("resourceSelectors[*].selectors[*].in[*]")]
    return frozenset(str(kind).lower() for kind in kinds) if kinds else CLUSTERS


@rule(
    "guardrails.assignments-are-enforced",
    title="Policy is enforced, not watched",
    severity=Severity.HIGH,
    applies_to=POLICY_ASSIGNMENT,
    fix="leave enforcementMode Default and the effect as components/guardrails.yaml has it",
    example="an assignment with enforcementMode DoNotEnforce",
)
def assignments_enforced(assignment: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A third of a well-known reference's assignments ship unenforced: they report, and let pass."""
    return all_of(
        [
            require(assignment, "enforcementMode", equals="Default", default="Default"),
            require(assignment, "parameters.effect.value", none_of=("Disabled",), default="Deny"),
            require(assignment, "notScopes", absent=True),
            require(assignment, "overrides", absent=True),
            PASSED if _narrowed(assignment) <= CLUSTERS else refused("looks at a part of what it is for"),
            require(assignment, "resourceSelectors[*].selectors[*].notIn", absent=True),
        ]
    )


@rule(
    "guardrails.locations-are-the-jurisdictions",
    title="Policy allows this jurisdiction's regions and no others",
    severity=Severity.CRITICAL,
    applies_to=POLICY_ASSIGNMENT,
    fix="fill listOfAllowedLocations from the jurisdiction, as components/guardrails.py does",
    example="an assignment of Allowed locations that lists eastus in the jurisdiction eu",
)
def locations_of_jurisdiction(assignment: PlannedResource, stack: StackUnderReview) -> Verdict:
    """The sovereign landing zone ships this list empty, to be filled by hand."""
    value = assignment.get("parameters.listOfAllowedLocations.value")
    if value is UNKNOWN:
        return not_evaluated("the allowed locations are known only after deployment")
    if not isinstance(value, list | tuple):
        definition = str(assignment.get("policyDefinitionId")).rpartition("/")[2]
        needs = definition in ("e56962a6-4747-49cd-b67b-bf8b01975c4c", "e765b5de-1225-4ba3-bd56-1ac6695af988")
        return refused("lists no location") if needs else PASSED
    foreign = sorted(set(texts(value)) - set(stack.jurisdiction.regions))
    return refused(f"allows {', '.join(foreign)}") if foreign or not value else PASSED


@rule(
    "guardrails.own-definitions-deny",
    title="Definitions of our own deny",
    severity=Severity.HIGH,
    applies_to=(POLICY_DEFINITION, POLICY_DEFINITION_OF_GROUP),
    fix="set the effect to Deny in components/guardrails_own.yaml",
    example="a policy definition whose effect is audit",
)
def own_definitions_deny(definition: PlannedResource, stack: StackUnderReview) -> Verdict:
    """They were written because nothing else stops what they name."""
    return all_of(
        [
            require(definition, "policyRule.then.effect", equals="Deny"),
            require(definition, "policyRule.if", present=True),
        ]
    )


@rule(
    "guardrails.exemptions-are-on-record",
    title="An exemption is the jurisdiction's, and ends with it",
    severity=Severity.CRITICAL,
    applies_to=POLICY_EXEMPTION,
    fix="record the exception in jurisdictions/<id>.yaml with its `policies`",
    example="a policy exemption without an end",
)
def exemptions_on_record(exemption: PlannedResource, stack: StackUnderReview) -> Verdict:
    """An exemption outlives the reason for it, unless somebody has to renew it by name."""
    wanted = exemption.get("metadata.exception")
    exception = next((item for item in stack.jurisdiction.residency_exceptions if item.id == wanted), None)
    if exception is None:
        return refused(f"names no exception of jurisdiction {stack.jurisdiction.id}")
    ends = exemption.get("expiresOn")
    if ends is UNKNOWN:
        return not_evaluated("expiresOn is known only after deployment")
    if not isinstance(ends, str) or ends[:10] > exception.expires.isoformat():
        return refused(f"ends on {show(ends)}; exception '{exception.id}' ends on {exception.expires.isoformat()}")
    if ends[:10] < stack.as_of.isoformat():
        return refused(f"ended on {ends[:10]}")
    return PASSED


@stack_rule(
    "guardrails.remediation-rights-are-narrow",
    title="What remediates may do that and no more",
    severity=Severity.HIGH,
    applies_to=(ASSIGNMENT, POLICY_ASSIGNMENT),
    fix="grant only the roles that components/guardrails.yaml lists",
    example="the remediating identity as Contributor of the subscription",
)
def remediation_rights_narrow(stack: StackUnderReview) -> Iterable[Judged]:
    """It acts by itself, in the whole subscription, whenever somebody makes a resource."""
    identities = {
        target.urn
        for assignment in stack.of_type(POLICY_ASSIGNMENT)
        for target in stack.targets(assignment, "identity.userAssignedIdentities[*]")
    }
    found = [identity for urn in identities if (identity := stack.plan.by_urn(urn)) is not None]
    # Before deployment nobody knows a principal's id: then the origin of the value tells whose it is.
    principals = {value for identity in found if isinstance(value := identity.outputs.get("principalId"), str)}
    for assignment in stack.of_type(ASSIGNMENT):
        origins = set(assignment.property_dependencies.get("principalId", ())) & identities
        if not origins and assignment.get("principalId") not in principals:
            continue
        role = str(assignment.get("roleDefinitionId")).rpartition("/")[2]
        allowed = ", ".join(REMEDIATION_ROLES.values())
        yield assignment, PASSED if role in REMEDIATION_ROLES else refused(f"role {role}; allowed: {allowed}")


@stack_rule(
    "guardrails.remediations-run",
    title="What policy would put right is put right",
    severity=Severity.MEDIUM,
    applies_to=(POLICY_ASSIGNMENT, REMEDIATION, REMEDIATION_OF_GROUP),
    fix="give the assignment an identity and a remediation task",
    example="an assignment that deploys if not exists, without an identity",
)
def remediations_run(stack: StackUnderReview) -> Iterable[Judged]:
    """Without an identity it reports for ever; without a task what stood before stays as it was."""
    tasks = stack.referring(REMEDIATION, "policyAssignmentId")
    tasks |= stack.referring(REMEDIATION_OF_GROUP, "policyAssignmentId")
    for assignment in stack.of_type(POLICY_ASSIGNMENT):
        if assignment.get("parameters.effect.value") not in ("DeployIfNotExists", "Modify"):
            continue
        identity = require(assignment, "identity.userAssignedIdentities", present=True)
        initiative = "policySetDefinitions" in str(assignment.get("policyDefinitionId"))
        has_task = initiative or assignment.urn in tasks
        yield assignment, all_of([identity, PASSED if has_task else refused("has no remediation task")])


@stack_rule(
    "guardrails.defender-watches",
    title="Defender's plans are on, and none reads disks elsewhere",
    severity=Severity.HIGH,
    applies_to=PRICING,
    fix="plan Defender; leave AgentlessVmScanning off",
    example="a subscription whose plan for storage accounts is Free",
)
def defender_watches(stack: StackUnderReview) -> Iterable[Judged]:
    """A free plan sees nothing; agentless scanning carries a copy of a disk out of the operator's hands."""
    plans = {str(found.get("pricingName")): found for found in stack.of_type(PRICING)}
    missing = [name for name in PLANS if name not in plans and stack.jurisdiction.cloud.defender]
    if missing:
        yield from absent(stack, f"no Defender plan for {', '.join(missing)}")
    for found in plans.values():
        on = {str(item.get("name")): str(item.get("isEnabled")) for item in items(found.get("extensions"))}
        scanning = on.get("AgentlessVmScanning", "False") == "True"
        tier = require(found, "pricingTier", equals="Standard")
        yield found, all_of([tier, refused("AgentlessVmScanning is on") if scanning else PASSED])


@stack_rule(
    "guardrails.violations-are-answered",
    title="What policy or Defender finds is quarantined at once",
    severity=Severity.HIGH,
    applies_to=(AUTOMATION, WORKFLOW),
    fix="set `playbook: true` on the rules policy-violation and defender-finding of components/detection_rules.yaml",
    example="automation rules of which none starts a playbook",
)
def violations_answered(stack: StackUnderReview) -> Iterable[Judged]:
    """A public store is found by others within minutes; a person reads the incident within hours."""
    started = {
        target.urn
        for automation in stack.of_type(AUTOMATION)
        for target in stack.targets(automation, "actions[*].actionConfiguration.logicAppResourceId")
    }
    workflows = stack.of_type(WORKFLOW)
    answering = [found for found in workflows if found.urn in started]
    if not answering:
        yield from absent(stack, "no automation rule starts a playbook of this stack")
    for found in answering:
        yield found, require(found, "state", equals="Enabled", default="Enabled")
