"""Rights: narrow, named, and held by workloads that need no secret."""

import json
from collections.abc import Iterable, Mapping

from plan.model import UNKNOWN, PlannedResource, Value
from policies.config_maps import CONFIG, GATEWAY_FILE
from policies.require import items, require, texts
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, rule, stack_rule
from policies.types import ASSIGNMENT, FEDERATED, JOB, POLICY_ASSIGNMENT, WORKFLOW
from policies.verdict import PASSED, Verdict, not_evaluated, refused

SENTINEL_AUTOMATION = "f4c81013-99ee-4d62-a7ee-b3f1f648599a"
"""Microsoft Sentinel Automation Contributor: starts playbooks, and is given on their group, as Sentinel asks."""
START_JOB = "Microsoft.App/jobs/start/action"
"""Whoever may start a job may say what it runs, as its identity: people too have that right on one job."""
GROUP = "azure-native:resources:ResourceGroup"
DEFINITION = "azure-native:authorization:RoleDefinition"
_EXACT = (
    r"^(system:serviceaccount:[a-z0-9-]+:[a-z0-9-]+"
    r"|repo:[\w.-]+/[\w.-]+:environment:[\w-]+"
    r"|sc://[\w. -]+/[\w. -]+/[\w. -]+)$"
)
"""A workload of the cluster, an environment of a GitHub repository, a service connection of Azure DevOps."""

BROAD = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    "f58310d9-a9f6-439a-9e8d-f62e7b41a168": "Role Based Access Control Administrator",
    "b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b": "Azure Kubernetes Service RBAC Cluster Admin",
}
"""Built-in roles that can do, or grant, everything: Azure/bicep-registry-modules, 2026-08-07."""


@stack_rule(
    "identity.no-broad-roles",
    title="No workload is owner, contributor or access administrator",
    severity=Severity.CRITICAL,
    applies_to=ASSIGNMENT,
    fix="choose the narrowest role of components/roles.py",
    example="a role assignment of Contributor to a workload",
)
def no_broad_roles(stack: StackUnderReview) -> Iterable[Judged]:
    """A workload with such a role, once broken into, is the whole subscription broken into."""
    for assignment in stack.of_type(ASSIGNMENT):
        yield assignment, _narrow(assignment, stack)


def _narrow(assignment: PlannedResource, stack: StackUnderReview) -> Verdict:
    role = assignment.get("roleDefinitionId")
    if role is UNKNOWN:
        # A role of the stack's own has its id with its deployment; what it allows is judged by other rules here.
        own = any(found.type == DEFINITION for found in stack.targets(assignment, "roleDefinitionId"))
        return PASSED if own else not_evaluated("roleDefinitionId is known only after deployment")
    if not isinstance(role, str):
        return refused("roleDefinitionId is not set")
    name = BROAD.get(role.rpartition("/")[2].lower())
    return refused(f"grants {name}") if name else PASSED


@stack_rule(
    "identity.rights-on-one-thing",
    title="Rights are given on one resource, not on a subscription or a resource group",
    severity=Severity.HIGH,
    applies_to=ASSIGNMENT,
    fix="grant on the resource's id, by the grant_* method of what owns it",
    example="a role assignment whose scope is /subscriptions/…",
)
def rights_on_one_thing(stack: StackUnderReview) -> Iterable[Judged]:
    """A right on a group holds for everything that somebody will put into it."""
    wide = _acting_widely(stack)
    for assignment in stack.of_type(ASSIGNMENT):
        origins = set(assignment.property_dependencies.get("principalId", ()))
        if origins & set(wide.values()) or assignment.get("principalId") in wide:
            # What remediates, quarantines or deploys acts where something appears, which nobody knows beforehand:
            # their roles are held narrow instead, by guardrails.remediation-rights-are-narrow and runner.*.
            continue
        if str(assignment.get("roleDefinitionId")).rpartition("/")[2] == SENTINEL_AUTOMATION:
            continue
        own = stack.targets(assignment, "roleDefinitionId") if assignment.get("principalType") == "Group" else []
        if own and not _starts_jobs(own):
            # People act on the stack as a whole, by roles of our own: access.* holds what those may do, how long.
            continue
        yield assignment, _on_one_thing(assignment)


def _acting_widely(stack: StackUnderReview) -> dict[object, str]:
    """Principal ids, where known, and URNs of the identities of policy assignments, playbooks and jobs."""
    found = [
        target
        for kind in (POLICY_ASSIGNMENT, WORKFLOW, JOB)
        for user in stack.of_type(kind)
        for target in stack.targets(user, "identity.userAssignedIdentities[*]")
    ]
    known = ((identity.outputs.get("principalId"), identity.urn) for identity in found)
    return {value if isinstance(value, str) else urn: urn for value, urn in known}


def _starts_jobs(roles: Iterable[PlannedResource]) -> bool:
    return any(START_JOB in texts(item.get("actions")) for role in roles for item in items(role.get("permissions")))


def _on_one_thing(assignment: PlannedResource) -> Verdict:
    scope = assignment.get("scope")
    if scope is UNKNOWN:
        # Before deployment the resource that the scope is computed from stands for it.
        origins = assignment.property_dependencies.get("scope", ())
        kinds = {urn.split("::")[2].rpartition("$")[2] for urn in origins}
        if not kinds:
            return not_evaluated("scope is known only after deployment")
        return refused("is on a whole resource group") if kinds == {GROUP} else PASSED
    if not isinstance(scope, str):
        return refused("scope is not set")
    if "/providers/" not in scope:
        return refused(f"is on {'a whole resource group' if '/resourcegroups/' in scope.lower() else 'a subscription'}")
    return PASSED


@rule(
    "identity.federation-names-one-account",
    title="A federated identity trusts one service account, or one environment of one repository",
    severity=Severity.CRITICAL,
    applies_to=FEDERATED,
    fix="write the subject as system:serviceaccount:<namespace>:<name> or repo:<owner>/<name>:environment:<name>",
    example="a federated credential with subject system:serviceaccount:*:*",
)
def federation_exact(credential: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A looser subject lets any pod, or any repository in the world, be this workload."""
    audiences = texts(credential.get("audiences"))
    if audiences != ["api://AzureADTokenExchange"]:
        return refused(f"audiences are {', '.join(audiences) or 'not set'}")
    return require(credential, "subject", matches=_EXACT)


@rule(
    "identity.no-wildcard-definitions",
    title="Own roles name their actions",
    severity=Severity.HIGH,
    applies_to=DEFINITION,
    fix="list the actions that the role needs",
    example="a role definition with actions ['*']",
)
def no_wildcards(definition: PlannedResource, stack: StackUnderReview) -> Verdict:
    """`*` includes what Azure will invent next year."""
    bad = [
        value
        for key in ("actions", "dataActions")
        for _, value in definition.each(f"permissions[*].{key}[*]")
        if isinstance(value, str) and (value == "*" or value.endswith("/*"))
    ]
    return refused(f"allows {', '.join(bad)}") if bad else PASSED


@rule(
    "identity.principals-are-typed",
    title="A right says what kind of principal it is for",
    severity=Severity.LOW,
    applies_to=ASSIGNMENT,
    fix="set principalType to ServicePrincipal",
    example="a role assignment without principalType",
)
def principals_typed(assignment: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Rights for persons are given by groups and for hours, never by a plan to one user."""
    return require(assignment, "principalType", one_of=("ServicePrincipal", "Group"))


@stack_rule(
    "identity.callers-prove-themselves",
    title="Every listener of the gateway asks its callers who they are",
    severity=Severity.CRITICAL,
    applies_to=CONFIG,
    fix="ask for a token on every listener, and for a client certificate on the partners'",
    example="gateway settings whose listener 'partners' takes callers without a certificate",
)
def callers_prove_themselves(stack: StackUnderReview) -> Iterable[Judged]:
    """An open listener answers whoever stands in the network, in any patient's name."""
    found = [
        (settings, data.get(GATEWAY_FILE, UNKNOWN) if isinstance(data, Mapping) else data)
        for settings in stack.of_type(CONFIG)
        if (data := settings.get("data")) is UNKNOWN or (isinstance(data, Mapping) and GATEWAY_FILE in data)
    ]
    if not found:
        yield None, refused("no settings of the gateway are planned")
    for settings, text in found:
        yield settings, _authenticating(text)


def _authenticating(text: Value) -> Verdict:
    if text is UNKNOWN:
        return not_evaluated("the settings are known only after deployment")
    try:
        document = json.loads(str(text))
        listeners = dict(document["listeners"])
        asked = {name: (item["client_certificate"], item["token"]) for name, item in listeners.items()}
    except (ValueError, KeyError, TypeError):
        return refused("gateway.json names no listeners with client_certificate and token")
    if "partners" not in asked:
        return refused("no listener for partners, which show a client certificate")
    bad = [name for name, (_, token) in asked.items() if token != "required"]
    bad += [name for name, (certificate, _) in asked.items() if name != "portal" and certificate != "required"]
    return refused(f"listener {', '.join(sorted(set(bad)))} takes callers who prove nothing") if bad else PASSED
