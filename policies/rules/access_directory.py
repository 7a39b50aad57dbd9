"""The directory's side of a right: sign-in policies without holes, groups that can't be widened, rights that end."""

from collections.abc import Iterable

from plan.model import MISSING, UNKNOWN, PlannedResource
from policies.require import given, items, texts
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, rule, stack_rule
from policies.rules.secrets import days
from policies.settled import SHUT, Among, AtLeast, settled
from policies.verdict import PASSED, Verdict, all_of, refused, refused_for

SIGN_IN = "azuread:index/conditionalAccessPolicy:ConditionalAccessPolicy"
PLACES = "azuread:index/namedLocation:NamedLocation"
PEOPLE = "azuread:index/group:Group"
ACTIVATION = "azuread:index/groupRoleManagementPolicy:GroupRoleManagementPolicy"
ELIGIBLE = "azuread:index/privilegedAccessGroupEligibilitySchedule:PrivilegedAccessGroupEligibilitySchedule"
REVIEW = "azure-native:authorization:AccessReviewScheduleDefinitionById"
KNOWN = frozenset(
    {SIGN_IN, PLACES, PEOPLE, ACTIVATION, ELIGIBLE}
    | {
        f"azuread:index/{name[0].lower()}{name[1:]}:{name}"
        for name in (
            "Application",
            "ApplicationFederatedIdentityCredential",
            "ApplicationPassword",
            "ApplicationCertificate",
            "AppRoleAssignment",
            "ServicePrincipal",
            "ServicePrincipalPassword",
        )
    }
)
"""Applications are judged by the rules of `callers`, passwords by those of `secrets`."""
DIRECTORY_LOGS = "azure-native:aadiam:DiagnosticSetting"
TOLD = frozenset(
    {
        "AuditLogs",
        "SignInLogs",
        "NonInteractiveUserSignInLogs",
        "ServicePrincipalSignInLogs",
        "ManagedIdentitySignInLogs",
        "RiskyUsers",
        "UserRiskEvents",
    }
)
"""learn.microsoft.com/entra/identity/monitoring-health/concept-diagnostic-settings-logs-options"""
RESISTS_PHISHING = "/policies/authenticationStrengthPolicies/00000000-0000-0000-0000-000000000004"
"""Entra's built-in strength: learn.microsoft.com/entra/identity/authentication/concept-authentication-strengths"""
LONGEST_SESSION_HOURS = 12
LONGEST_ELIGIBLE_DAYS = 183
LONGEST_ACTIVE_DAYS = 15


@rule(
    "access.directory-objects-are-known",
    title="The plan makes only kinds of directory object that the packs judge",
    severity=Severity.HIGH,
    applies_to="azuread:*",
    fix="give people rights by the groups of components/access.py",
    example="a directory role for a person, or a standing member of a group",
)
def objects_known(item: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A directory role reaches past every subscription; no rule looks at a kind that nobody thought of."""
    return PASSED if item.type in KNOWN else refused(f"is of type {item.type}, which no rule judges")


@stack_rule(
    "access.sign-in-policies-have-no-holes",
    title="Sign-in policies hold for every group, application, client and place, but for the break-glass group",
    severity=Severity.CRITICAL,
    applies_to=(SIGN_IN, PEOPLE, PLACES),
    fix="leave conditions to components/access.py",
    example="a sign-in policy that leaves out one application, or one group of people",
)
def no_holes(stack: StackUnderReview) -> Iterable[Judged]:
    """Who is left out of the policy is who will be phished."""
    groups = {g.outputs.get("objectId"): "break-glass" in g.name for g in stack.of_type(PEOPLE)}
    held = {group for group, last_resort in groups.items() if isinstance(group, str) and not last_resort}
    left_out = {group for group, last_resort in groups.items() if last_resort}
    places = {place.outputs.get("objectId") for place in stack.of_type(PLACES)}
    for policy in stack.of_type(SIGN_IN):
        named = policy.get("conditions.users.includedGroups")
        missing = [] if named is UNKNOWN or stack.partial else sorted(held - set(texts(named)))
        spared = set(texts(policy.get("conditions.users.excludedGroups"))) - left_out if held else set()
        where = set(texts(policy.get("conditions.locations.excludedLocations"))) - places if held else set()
        told = [f"leaves out group {group}" for group in (*missing, *sorted(map(str, spared)))]
        told += [f"leaves out place {place}" for place in sorted(map(str, where))]
        clients = policy.get("conditions.clientAppTypes")
        if clients is not UNKNOWN and sorted(texts(clients)) not in (["all"], ["exchangeActiveSync", "other"]):
            told.append(f"holds for clients {clients} alone")
        yield policy, all_of((_whole(policy), refused_for(told)))


def _whole(policy: PlannedResource) -> Verdict:
    people = ("excludedUsers", "excludedRoles", "excludedGuestsOrExternalUsers")
    narrow = ("platforms", "devices", "signInRiskLevels", "userRiskLevels", "insiderRiskLevels", "clientApplications")
    more = ("servicePrincipalRiskLevels", "authenticationFlowTransferMethods")
    apps = policy.get("conditions.applications.includedApplications")
    included = policy.get("conditions.locations.includedLocations")
    return all_of(
        (
            settled(
                policy,
                {f"conditions.users.{key}": SHUT for key in people}
                | {f"conditions.{key}": SHUT for key in (*narrow, *more)}
                | {"conditions.applications.excludedApplications": SHUT, "conditions.applications.filter": SHUT}
                | {"sessionControls.persistentBrowserMode": Among(("never",), unset=True)}
                | {"grantControls.authenticationStrengthPolicyId": Among((RESISTS_PHISHING,), unset=True)},
            ),
            PASSED if apps == ["All"] else refused(f"holds for applications {apps} alone"),
            PASSED if included in (MISSING, ["All"]) else refused(f"holds in {included} alone"),
        )
    )


@stack_rule(
    "access.sessions-are-short",
    title=f"A session ends after {LONGEST_SESSION_HOURS} hours or less, and no browser keeps it",
    severity=Severity.HIGH,
    applies_to=SIGN_IN,
    fix="leave the policy short-sessions of components/access.py as it is",
    example="a session that lives for a week",
)
def short_sessions(stack: StackUnderReview) -> Iterable[Judged]:
    """A stolen cookie is a signed-in person, for as long as the session lives."""
    policies = stack.of_type(SIGN_IN)
    bound = [p for p in policies if isinstance(p.get("sessionControls.signInFrequency"), int | float)]
    held = [p for p in bound if p.get("state") == "enabled"]
    trial = not stack.is_prod or all(p.get("state") != "enabled" for p in policies)
    if policies and not (held or (bound and trial)):
        yield from absent(stack, "no sign-in policy that is on ends sessions")
    for policy in bound:
        long = policy.get("sessionControls.signInFrequency")
        unit = policy.get("sessionControls.signInFrequencyPeriod")
        short = unit == "hours" and isinstance(long, int | float) and long <= LONGEST_SESSION_HOURS
        never = settled(policy, {"sessionControls.persistentBrowserMode": "never"})
        yield policy, all_of((PASSED if short else refused(f"ends sessions after {long} {unit}"), never))


@rule(
    "access.groups-cannot-be-widened",
    title="Groups that hold rights are closed: no rule, mail or helpdesk changes them, and somebody owns them",
    severity=Severity.HIGH,
    applies_to=(PEOPLE, PLACES),
    fix="leave groups to components/access.py",
    example="a group whose members a rule on departments chooses",
)
def closed(group: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Who may change the group has its rights; a role-assignable group is changed by few."""
    if group.type == PLACES:
        return settled(group, {"ip": SHUT})
    return settled(
        group,
        {
            "assignableToRole": True,
            "securityEnabled": True,
            "mailEnabled": SHUT,
            "dynamicMembership": SHUT,
            "types": SHUT,
            "owners": AtLeast(1),
        },
    )


@rule(
    "access.rights-end",
    title="Who may activate a right may do so for half a year, and asks with a reason, a ticket and a second factor",
    severity=Severity.HIGH,
    applies_to=(ACTIVATION, ELIGIBLE),
    fix="leave durations to components/access.py",
    example="an eligibility that never ends, or makes somebody owner of a group",
)
def rights_end(item: PlannedResource, stack: StackUnderReview) -> Verdict:
    """People change their work more often than anybody looks at lists of groups."""
    if item.type == ELIGIBLE:
        wanted = {"assignmentType": "member", "permanentAssignment": SHUT, "expirationDate": SHUT}
        return all_of((settled(item, wanted), _within(item, "duration", LONGEST_ELIGIBLE_DAYS)))
    base = "activeAssignmentRules"
    return all_of(
        (
            settled(
                item,
                {
                    f"{base}.requireJustification": Among((True,), unset=True),
                    f"{base}.requireMultifactorAuthentication": Among((True,), unset=True),
                    # Who must be approved brings a ticket too; who breaks the glass has no time for one.
                    "activationRules.requireTicketInfo": Among((item.get("activationRules.requireApproval"),)),
                },
            ),
            _within(item, f"{base}.expireAfter", LONGEST_ACTIVE_DAYS),
            _within(item, "eligibleAssignmentRules.expireAfter", LONGEST_ELIGIBLE_DAYS),
        )
    )


def _within(item: PlannedResource, path: str, longest: float) -> Verdict:
    value = item.get(path)
    long = days(value)
    return PASSED if long is not None and long <= longest else refused(f"{path} is {value}; allowed: {longest} days")


@rule(
    "access.reviews-are-done",
    title="Reviews leave nothing out, ask a named reviewer for a reason, and go on for good",
    severity=Severity.MEDIUM,
    applies_to=REVIEW,
    fix="leave the review to components/access.py",
    example="a review without reviewers, or one that ends after a month",
)
def reviews_done(review: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A review that nobody is asked for confirms everything."""
    return settled(
        review,
        {
            "reviewers": AtLeast(1),
            "defaultDecisionEnabled": True,
            "justificationRequiredOnApproval": True,
            "mailNotificationsEnabled": True,
            "range.type": "noEnd",
            "range.endDate": SHUT,
            "excludeResourceId": SHUT,
            "excludeRoleDefinitionId": SHUT,
            "instanceDurationInDays": Among(tuple(range(1, 31))),
        },
    )


@rule(
    "access.directory-logs-are-whole",
    title="Every sign-in, of people, services and identities, and every change of the directory is written down",
    severity=Severity.HIGH,
    applies_to=DIRECTORY_LOGS,
    fix="leave the setting to components/access.py",
    example="a setting that leaves out the sign-ins of managed identities",
)
def directory_logs(setting: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Who steals a token signs in without a person: that is a log of its own."""
    on = {str(log.get("category")) for log in items(setting.get("logs")) if log.get("enabled") is True}
    missing = sorted(TOLD - on)
    told = refused(f"leaves out {', '.join(missing)}") if missing else PASSED
    return all_of((told, given(setting, "workspaceId")))
