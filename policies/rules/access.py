"""People's rights: asked for, approved, short, reviewed; and sign-ins that can't be phished."""

import re
from collections.abc import Iterable
from datetime import timedelta

from plan.model import UNKNOWN, PlannedResource
from policies.require import items, require, texts
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, rule, stack_rule
from policies.types import ASSIGNMENT, ROLE_DEFINITION
from policies.verdict import PASSED, Verdict, all_of, not_evaluated, refused

GROUP = "azuread:index/group:Group"
ACTIVATION = "azuread:index/groupRoleManagementPolicy:GroupRoleManagementPolicy"
ELIGIBLE = "azuread:index/privilegedAccessGroupEligibilitySchedule:PrivilegedAccessGroupEligibilitySchedule"
MEMBER = "azuread:index/groupMember:GroupMember"
CONDITIONAL = "azuread:index/conditionalAccessPolicy:ConditionalAccessPolicy"
LOCATION = "azuread:index/namedLocation:NamedLocation"
REVIEW = "azure-native:authorization:AccessReviewScheduleDefinitionById"
DIRECTORY_LOGS = "azure-native:aadiam:DiagnosticSetting"
ADDS = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action"
"""Puts a blob where none is: it reads nothing and writes over nothing. So the gateway anchors its log."""
LONGEST = timedelta(hours=8)
PHISHING_RESISTANT = "00000000-0000-0000-0000-000000000004"
"""Entra's built-in authentication strength."""
_DURATION = re.compile(r"^PT(?:(\d+)H)?(?:(\d+)M)?$")


@rule(
    "access.activations-are-short",
    title="A right of a person's is activated with reason and second factor, for eight hours at most",
    severity=Severity.HIGH,
    applies_to=ACTIVATION,
    fix="leave activation_rules as components/access.py has them",
    example="a group whose membership is activated for PT24H",
)
def activations_short(policy: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A right that is always on is there for whoever takes the account."""
    rules = "activationRules"
    duration = policy.get(f"{rules}.maximumDuration")
    found = _DURATION.match(duration) if isinstance(duration, str) else None
    if duration is UNKNOWN:
        return not_evaluated("maximumDuration is known only after deployment")
    hours = timedelta(hours=int(found[1] or 0), minutes=int(found[2] or 0)) if found else None
    return all_of(
        [
            PASSED if hours and hours <= LONGEST else refused(f"activated for {duration}; at most PT8H"),
            require(policy, f"{rules}.requireJustification", equals=True),
            require(policy, f"{rules}.requireMultifactorAuthentication", equals=True),
            require(policy, "eligibleAssignmentRules.expirationRequired", equals=True),
            require(policy, "activeAssignmentRules.expirationRequired", equals=True),
        ]
    )


@stack_rule(
    "access.activations-are-approved",
    title="Somebody else approves, but in an emergency",
    severity=Severity.HIGH,
    applies_to=(ACTIVATION, GROUP),
    fix="set require_approval with the approvers' group",
    example="a role group whose members activate without approval",
)
def activations_approved(stack: StackUnderReview) -> Iterable[Judged]:
    """Break-glass has no approver, for there may be none; one group alone may be so."""
    free = []
    for policy in stack.of_type(ACTIVATION):
        required = policy.get("activationRules.requireApproval")
        if required is True:
            yield policy, require(policy, "activationRules.approvalStage.primaryApprovers", present=True)
        else:
            free.append(policy)
    for policy in free:
        groups = stack.targets(policy, "groupId") or _origins(stack, policy, "groupId")
        names = [str(group.get("displayName")) for group in groups]
        emergency = len(free) == 1 and names and all(name.endswith("-break-glass") for name in names)
        yield policy, PASSED if emergency else refused("is activated without approval")


def _origins(stack: StackUnderReview, source: PlannedResource, key: str) -> list[PlannedResource]:
    found = (stack.plan.by_urn(urn) for urn in source.property_dependencies.get(key, ()))
    direct = [group for group in stack.of_type(GROUP) if group.outputs.get("objectId") == source.get(key)]
    return direct or [group for group in found if group is not None]


@stack_rule(
    "access.nobody-is-a-standing-member",
    title="Nobody holds a right all the time",
    severity=Severity.HIGH,
    applies_to=(GROUP, MEMBER, ELIGIBLE, ACTIVATION),
    fix="name people under access.eligible; make no members",
    example="a group with members",
)
def no_standing_members(stack: StackUnderReview) -> Iterable[Judged]:
    """Standing members are what an attacker looks for first."""
    groups = stack.of_type(GROUP)
    if not groups:
        yield from absent(stack, "no groups for people are planned")
    managed = {g.urn for policy in stack.of_type(ACTIVATION) for g in _origins(stack, policy, "groupId")}
    for group in groups:
        guarded = PASSED if group.urn in managed else refused("no policy says how it is activated")
        yield group, all_of([require(group, "members", absent=True), guarded])
    for member in stack.of_type(MEMBER):
        yield member, refused("is a standing membership")


@stack_rule(
    "access.break-glass-has-two-keys",
    title="Two accounts at least can break the glass",
    severity=Severity.MEDIUM,
    applies_to=(GROUP, ELIGIBLE),
    fix="name two object ids under access.eligible.break-glass",
    example="one person eligible for break-glass",
)
def break_glass_twice(stack: StackUnderReview) -> Iterable[Judged]:
    """One person can be ill, and one key can be lost."""
    groups = [group for group in stack.of_type(GROUP) if str(group.get("displayName")).endswith("-break-glass")]
    if not groups:
        yield from absent(stack, "no break-glass group is planned")
    for group in groups:
        count = sum(1 for item in stack.of_type(ELIGIBLE) if group in _origins(stack, item, "groupId"))
        yield group, PASSED if count >= 2 else refused(f"{count} accounts are eligible; two at least")


@stack_rule(
    "access.rights-are-reviewed",
    title="Rights are reviewed each quarter, and silence takes them away",
    severity=Severity.MEDIUM,
    applies_to=REVIEW,
    fix="plan Access, whose review denies by default",
    example="a review that approves whoever nobody answered for",
)
def rights_reviewed(stack: StackUnderReview) -> Iterable[Judged]:
    """People change their work; rights stay unless somebody asks."""
    reviews = stack.of_type(REVIEW)
    if not reviews:
        yield from absent(stack, "no access review is planned")
    for review in reviews:
        months = review.get("interval")
        often = isinstance(months, int) and months <= 3
        yield (
            review,
            all_of(
                [
                    PASSED if often else refused(f"comes every {months} months; every three at least"),
                    require(review, "type", equals="absoluteMonthly"),
                    require(review, "defaultDecision", equals="Deny"),
                    require(review, "autoApplyDecisionsEnabled", equals=True),
                ]
            ),
        )


@stack_rule(
    "access.sign-ins-are-strong",
    title="People sign in with what can't be phished, from a device that is looked after",
    severity=Severity.CRITICAL,
    applies_to=CONDITIONAL,
    fix="plan ConditionalAccess, and leave access.conditionalAccess enforced",
    example="a stack without a policy that asks for a phishing-resistant strength",
)
def sign_ins_strong(stack: StackUnderReview) -> Iterable[Judged]:
    """Passwords and pushes are phished by the thousand; a key bound to the site is not."""
    strong = [
        p for p in _enforced(stack) if PHISHING_RESISTANT in str(p.get("grantControls.authenticationStrengthPolicyId"))
    ]
    if not strong and stack.is_prod:
        yield from absent(stack, "no enforced policy asks for phishing-resistant sign-in")
    for policy in strong:
        controls = texts(policy.get("grantControls.builtInControls"))
        device = PASSED if "compliantDevice" in controls else refused("asks for no compliant device")
        yield policy, all_of([device, require(policy, "grantControls.operator", equals="AND")])


@stack_rule(
    "access.old-and-foreign-sign-ins-are-blocked",
    title="Legacy clients and other countries are blocked",
    severity=Severity.HIGH,
    applies_to=(CONDITIONAL, LOCATION),
    fix="plan ConditionalAccess; its named location is the jurisdiction's list",
    example="a named location that includes a country outside the jurisdiction's list",
)
def old_and_foreign_blocked(stack: StackUnderReview) -> Iterable[Judged]:
    """Legacy clients can't be asked for a second factor; a sign-in from elsewhere is a transfer, or a thief."""
    blocking = [p for p in _enforced(stack) if texts(p.get("grantControls.builtInControls")) == ["block"]]
    if stack.is_prod:
        legacy = any("other" in texts(p.get("conditions.clientAppTypes")) for p in blocking)
        elsewhere = any(p.get("conditions.locations.excludedLocations") for p in blocking)
        if not legacy:
            yield from absent(stack, "no enforced policy blocks legacy clients")
        if not elsewhere:
            yield from absent(stack, "no enforced policy blocks other countries")
    for location in stack.of_type(LOCATION):
        countries = texts(location.get("country.countriesAndRegions"))
        foreign = sorted(set(countries) - set(stack.jurisdiction.portal_countries))
        unknown = require(location, "country.includeUnknownCountriesAndRegions", equals=False, default=False)
        yield location, all_of([refused(f"permits {', '.join(foreign)}") if foreign else PASSED, unknown])


@rule(
    "access.break-glass-is-left-out",
    title="No sign-in policy can lock everybody out",
    severity=Severity.HIGH,
    applies_to=CONDITIONAL,
    fix="exclude the break-glass group",
    example="a conditional access policy that excludes nobody",
)
def break_glass_left_out(policy: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A policy with a mistake in it holds for the people who could mend it, too."""
    return require(policy, "conditions.users.excludedGroups", present=True)


def _enforced(stack: StackUnderReview) -> list[PlannedResource]:
    return [policy for policy in stack.of_type(CONDITIONAL) if policy.get("state") == "enabled"]


@rule(
    "access.people-read-no-data",
    title="No role of a person's reads data or keys, or grants itself more",
    severity=Severity.CRITICAL,
    applies_to=ROLE_DEFINITION,
    fix="leave dataActions empty in components/people_roles.yaml; a workload adds blobs by grant_add of the store",
    example="a role definition with a data action on blobs",
)
def people_read_no_data(definition: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Prompts and documents are for workloads; who must read one, reads it in the clinical system."""
    found = [
        text
        for permission in items(definition.get("permissions"))
        for text in texts(permission.get("dataActions"))
        if text != ADDS
    ]
    actions = [text for permission in items(definition.get("permissions")) for text in texts(permission.get("actions"))]
    keys = [text for text in actions if text.lower().endswith(("listkeys/action", "listaccountsas/action"))]
    # Two grant rights: who breaks the glass, and what deploys, which runner.* holds.
    granting = any(known in str(definition.get("roleName")) for known in ("break-glass", "runner apply"))
    grants = "Microsoft.Authorization/roleAssignments/write" in actions and not granting
    bad = [*found, *keys, *(["Microsoft.Authorization/roleAssignments/write"] if grants else [])]
    return refused(f"allows {', '.join(bad)}") if bad else PASSED


@stack_rule(
    "access.directory-is-watched",
    title="Sign-ins and changes of the directory arrive where they are watched",
    severity=Severity.MEDIUM,
    applies_to=DIRECTORY_LOGS,
    fix="set access.directoryLogs, or record which jurisdiction of the tenant takes them",
    example="a prod stack without the directory's logs",
)
def directory_watched(stack: StackUnderReview) -> Iterable[Judged]:
    """Rules on sign-ins watch an empty table otherwise."""
    settings = stack.of_type(DIRECTORY_LOGS)
    if not settings and stack.is_prod:
        yield from absent(stack, "no setting sends the directory's logs")
    for setting in settings:
        on = {str(item.get("category")) for item in items(setting.get("logs")) if item.get("enabled") is True}
        missing = sorted({"AuditLogs", "SignInLogs"} - on)
        sent = refused(f"leaves out {', '.join(missing)}") if missing else PASSED
        own = all_of([require(setting, "storageAccountId", absent=True), require(setting, "eventHubName", absent=True)])
        yield setting, all_of([sent, own])


@stack_rule(
    "access.groups-hold-narrow-roles",
    title="A group holds a role that was written for it",
    severity=Severity.HIGH,
    applies_to=(ASSIGNMENT, ROLE_DEFINITION),
    fix="give the group its role of components/people_roles.yaml",
    example="a group with the built-in role Reader on the subscription",
)
def groups_narrow(stack: StackUnderReview) -> Iterable[Judged]:
    """Built-in roles grow with Azure; ours grow when somebody writes so."""
    for assignment in stack.of_type(ASSIGNMENT):
        if assignment.get("principalType") == "Group":
            yield assignment, stack.require_target(assignment, "roleDefinitionId", ROLE_DEFINITION)
