"""Identities are the plan's own, narrow, and federated with clusters of this stack and one repository alone."""

import re
from collections.abc import Iterable

from plan.model import MISSING, UNKNOWN, PlannedResource
from plan.role_actions import covers
from policies.require import items, texts
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, rule, stack_rule
from policies.rules.workload_objects import ACCOUNT
from policies.settled import SHUT, settled
from policies.types import ASSIGNMENT, AZURE, BACKUP_VAULT, CLUSTER, FEDERATED, ROLE_DEFINITION
from policies.verdict import PASSED, Verdict, all_of, not_evaluated, refused, refused_for

SITE = "azure-native:kubernetes:ConnectedCluster"
OF_ITS_OWN = (BACKUP_VAULT, SITE)
"""Azure gives these no other way to act: learn.microsoft.com/azure/backup/backup-managed-identity-overview,
…/azure/azure-arc/kubernetes/conceptual-agent-overview"""
GITHUB = "https://token.actions.githubusercontent.com"
CLUSTERS = re.compile(r"^https://[a-z0-9.-]+\.(azure\.com|azure\.us|azure\.cn)/[0-9a-f-]{36}/?([0-9a-f-]{36}/?)?$")
SITES_ACCOUNT = re.compile(r"^system:serviceaccount:(edge-[a-z-]+|flux-system):[a-z-]+$")
"""Accounts that a release makes on a site: edge/."""
SITES_ISSUER = re.compile(r"^https://([a-z0-9]+)\.oic\.prod-arc\.azure\.[a-z]+/[0-9a-f-]{36}/[0-9a-f-]{36}/?$")
TOO_MUCH = tuple(
    f"Microsoft.{operation}".lower()
    for operation in (
        "AppConfiguration/configurationStores/listKeys/action",
        "Authorization/locks/delete",
        "Authorization/policyAssignments/delete",
        "Authorization/policyExemptions/write",
        "Authorization/roleAssignments/write",
        "Authorization/roleDefinitions/write",
        "ContainerRegistry/registries/listCredentials/action",
        "ContainerService/managedClusters/listClusterAdminCredential/action",
        "ContainerService/managedClusters/runCommand/action",
        "KeyVault/vaults/accessPolicies/write",
        "KeyVault/vaults/deploy/action",
        "ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",
        "OperationalInsights/workspaces/sharedKeys/action",
        "OperationalInsights/workspaces/sharedKeys/read",
        "Storage/storageAccounts/listAccountSas/action",
        "Storage/storageAccounts/listKeys/action",
    )
)
"""Operations that hand out keys, addresses that are keys, or rights:
learn.microsoft.com/azure/role-based-access-control/resource-provider-operations"""
KEYS_OF_LOGS = "microsoft.operationalinsights/workspaces/sharedkeys/read"
NEEDED = {
    "break-glass": {
        "microsoft.authorization/roleassignments/write",
        "microsoft.authorization/locks/delete",
        KEYS_OF_LOGS,
    },
    # `*/read`, by which a preview compares, holds it; the workspace refuses its keys (detection.workspace-private).
    "runner-preview": {KEYS_OF_LOGS},
    # It makes rights, vaults and credentials; the keys of what holds data are taken out by name.
    "runner-apply": set(TOO_MUCH)
    - {
        "microsoft.authorization/locks/delete",
        "microsoft.authorization/policyassignments/delete",
        "microsoft.containerregistry/registries/listcredentials/action",
        "microsoft.containerservice/managedclusters/listclusteradmincredential/action",
        "microsoft.operationalinsights/workspaces/sharedkeys/action",
        "microsoft.storage/storageaccounts/listkeys/action",
    },
}
"""What some roles can't do without, by what their names hold."""
LOGS_CONTRIBUTOR = "92aaf0da-9dab-42b6-94a3-d43ce8d16293"
"""Remediates diagnostic settings everywhere (guardrails.remediation-rights-are-narrow): the one role of Azure's own
that is held in the whole subscription."""


@rule(
    "identity.nothing-has-an-identity-of-its-own",
    title="What acts, acts as an identity that the plan makes",
    severity=Severity.HIGH,
    applies_to=AZURE,
    fix="give it a user-assigned identity of components/identity.py",
    example="a store of identity type SystemAssigned",
)
def planned_identity(resource: PlannedResource, stack: StackUnderReview) -> Verdict:
    """An identity that comes with a resource goes with it, and comes back another: its rights are then nobody's."""
    kind = resource.get("identity.type")
    if kind is MISSING or kind is UNKNOWN:
        return PASSED
    kinds = {part.strip().lower() for part in str(kind).split(",")}
    if resource.type in OF_ITS_OWN:
        wanted = "systemassigned"
        named = resource.get("identity.userAssignedIdentities")
        both = named in (MISSING, None, [], {}) or "userassigned" in kinds
        return PASSED if wanted in kinds and both else refused(f"identity.type is {kind}")
    shut = settled(resource, {"aksAssignedIdentity": SHUT})
    return all_of((shut, PASSED if kinds == {"userassigned"} else refused(f"identity.type is {kind}")))


@stack_rule(
    "identity.federation-is-with-own-clusters",
    title="An identity trusts a service account of a cluster of this stack, or one environment of one repository",
    severity=Severity.CRITICAL,
    applies_to=(FEDERATED, ACCOUNT, CLUSTER),
    fix="take issuer and subject from the cluster and the account that the plan makes",
    example="a credential for a token issuer elsewhere",
)
def own_clusters(stack: StackUnderReview) -> Iterable[Judged]:
    """Who issues the token is the identity: another issuer is another owner."""
    accounts = {
        f"system:serviceaccount:{a.get('metadata.namespace')}:{a.get('metadata.name')}" for a in stack.of_type(ACCOUNT)
    }
    issuers = {value for c in stack.of_type(CLUSTER, SITE) for value in _issuers(c)}
    for credential in stack.of_type(FEDERATED):
        issuer, subject = (str(credential.get(key)) for key in ("issuer", "subject"))
        if stack.partial:
            yield credential, PASSED
        elif not isinstance(credential.get("issuer"), str):
            yield credential, _by_origin(credential, stack)
        elif issuer == GITHUB:
            fine = re.match(r"^repo:[\w.-]+/[\w.-]+:environment:[\w.-]+$", subject)
            own = fine is not None and stack.plan.stack in subject
            yield credential, PASSED if own else refused(f"trusts {subject}")
        else:
            known = issuer in issuers or (not issuers and CLUSTERS.match(issuer) is not None) or _of_site(issuer, stack)
            named = subject in accounts or (SITES_ACCOUNT.match(subject) is not None and _of_site(issuer, stack))
            told = [] if known else [f"trusts issuer {issuer}"]
            told += [] if named or not accounts else [f"trusts {subject}, which the plan doesn't make"]
            yield credential, refused_for(told)


def _by_origin(credential: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A cluster has no issuer before it is made: the credential then takes it from the cluster itself."""
    origins = credential.property_dependencies.get("issuer", ())
    if any(cluster.urn in origins for cluster in stack.of_type(CLUSTER, SITE)):
        return PASSED
    return not_evaluated("issuer is known only after deployment, and comes from no cluster of the plan")


def _of_site(issuer: str, stack: StackUnderReview) -> bool:
    """Arc says a cluster's issuer only once it is connected: its form, and a region of this law, is what is known."""
    match = SITES_ISSUER.match(issuer)
    return match is not None and bool(stack.of_type(SITE)) and match[1] in stack.jurisdiction.regions


def _issuers(cluster: PlannedResource) -> list[str]:
    profile = cluster.outputs.get("oidcIssuerProfile")
    found = profile.get("issuerURL") if isinstance(profile, dict) else None
    return [found] if isinstance(found, str) else []


@rule(
    "identity.roles-give-no-keys",
    title="A role of our own gives no keys, no rights and no way around, in this subscription alone",
    severity=Severity.CRITICAL,
    applies_to=ROLE_DEFINITION,
    fix="name the read actions that the work needs",
    example="a role with Microsoft.Storage/storageAccounts/listKeys/action",
)
def no_keys(role: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Reading a key is reading everything, without a trace of who."""
    needed = {operation for name, own in NEEDED.items() if name in role.name for operation in own}
    whole = any("*" in texts(permission.get("actions")) for permission in items(role.get("permissions")))
    told = ["allows everything"] if whole else []
    told += [f"allows {operation}" for operation in TOO_MUCH if operation not in needed and _allows(role, operation)]
    scopes = texts(role.get("assignableScopes"))
    wide = [scope for scope in scopes if scope.count("/") < 2]
    told += [f"may be assigned at {scope}" for scope in wide]
    told += (
        ["may be assigned in several subscriptions"]
        if len({s.split("/")[2] for s in scopes if s.count("/") >= 2}) > 1
        else []
    )
    return refused_for(told)


def _allows(role: PlannedResource, operation: str) -> bool:
    for permission in items(role.get("permissions")):
        allowed, denied = (texts(permission.get(key)) for key in ("actions", "notActions"))
        if any(covers(a.lower(), operation) for a in allowed) and not any(covers(d.lower(), operation) for d in denied):
            return True
    return False


@stack_rule(
    "identity.subscription-wide-rights-are-written-for-it",
    title="Who has a right in the whole subscription has a role that was written for it",
    severity=Severity.HIGH,
    applies_to=(ASSIGNMENT, ROLE_DEFINITION),
    fix="grant at the resource or its group, or write a definition with what is needed",
    example="Network Contributor in the whole subscription",
)
def written_for_it(stack: StackUnderReview) -> Iterable[Judged]:
    """A role of Azure's own is wider than its name: it was written for everybody."""
    own = {definition.get("roleDefinitionId") for definition in stack.of_type(ROLE_DEFINITION)} | {LOGS_CONTRIBUTOR}
    for assignment in stack.of_type(ASSIGNMENT):
        scope, role = (str(assignment.get(key)) for key in ("scope", "roleDefinitionId"))
        whole = scope.startswith("/subscriptions/") and scope.count("/") == len(("", "subscriptions"))
        name = role.rpartition("/")[2]
        ours = name in own or any(
            found.type == ROLE_DEFINITION for found in stack.targets(assignment, "roleDefinitionId")
        )
        wide = whole and not ours and not stack.partial
        yield assignment, refused(f"is role {name} in the whole subscription") if wide else PASSED


@stack_rule(
    "identity.principals-are-what-they-say",
    title="A right says what its holder is, and lends nobody else's",
    severity=Severity.HIGH,
    applies_to=(ASSIGNMENT, "azuread:index/group:Group"),
    fix="let grant_* of the component make the assignment",
    example="an identity's right that says Group",
)
def what_they_say(stack: StackUnderReview) -> Iterable[Judged]:
    """Entra is asked for what the type says; a wrong one is refused later, or finds another."""
    groups = {g.outputs.get("objectId") for g in stack.of_type("azuread:index/group:Group")}
    for assignment in stack.of_type(ASSIGNMENT):
        who, kind = assignment.get("principalId"), assignment.get("principalType")
        wrong = isinstance(who, str) and bool(groups) and (kind == "Group") != (who in groups)
        shut = settled(assignment, {"delegatedManagedIdentityResourceId": SHUT})
        yield assignment, all_of((shut, refused(f"says that {who} is a {kind}") if wrong else PASSED))
