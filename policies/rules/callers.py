"""Callers: applications without secrets, whose tokens name a use case and a purpose, and are for this gateway alone."""

import re
from collections.abc import Iterable, Iterator, Mapping

from plan.model import UNKNOWN, PlannedResource, Value
from policies.require import items, require, same, texts
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, rule, stack_rule
from policies.tenants import use_cases
from policies.types import DEPLOYMENT, GROUP, NAMESPACE
from policies.verdict import PASSED, Verdict, all_of, not_evaluated, refused

APPLICATION = "azuread:index/application:Application"
REGISTRATION = "azuread:index/applicationRegistration:ApplicationRegistration"
PRINCIPAL = "azuread:index/servicePrincipal:ServicePrincipal"
ROLE = "azuread:index/applicationAppRole:ApplicationAppRole"
ROLE_ASSIGNMENT = "azuread:index/appRoleAssignment:AppRoleAssignment"
FEDERATED = "azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential"
FLEXIBLE = "azuread:index/applicationFlexibleFederatedIdentityCredential:ApplicationFlexibleFederatedIdentityCredential"
REDIRECTS = "azuread:index/applicationRedirectUris:ApplicationRedirectUris"
PUBLIC_CLIENT = "azuread:index/applicationFallbackPublicClient:ApplicationFallbackPublicClient"
SECRETS = (
    "azuread:index/applicationPassword:ApplicationPassword",
    "azuread:index/applicationCertificate:ApplicationCertificate",
    "azuread:index/servicePrincipalPassword:ServicePrincipalPassword",
    "azuread:index/servicePrincipalCertificate:ServicePrincipalCertificate",
)
OWNER = "azuread:index/applicationOwner:ApplicationOwner"
PURPOSES = ("treatment", "payment", "operations")
"""45 CFR § 164.501; GDPR Art. 9(2)(h). The dial's list is the same: tests/config/test_callers.py."""
LONGEST = 900
"""Seconds from `iat` to `exp`."""
EXCHANGES = ("api://AzureADTokenExchange", "api://AzureADTokenExchangeUSGov", "api://AzureADTokenExchangeChina")
_USE_CASE = re.compile(rf"^use-case\.([a-z0-9-]+)\.({'|'.join(PURPOSES)})$")
_DATA_CLASS = re.compile(r"^data-class\.(public|internal|confidential|personal|phi|payment)$")
_OF_TOKENS = re.compile(r"^(?:re-identify|erase)\.([a-z0-9-]+)$")
_TENANT = re.compile(r"^tenant\.[a-z][a-z0-9]{1,11}$")
_GUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@rule(
    "callers.no-secrets",
    title="No application has a password or a certificate, nor an owner who could add one",
    severity=Severity.CRITICAL,
    applies_to=(APPLICATION, *SECRETS, OWNER),
    fix="let the caller prove itself by a federated credential: bailiwick:callers, federated or managedIdentity",
    example="an application with a password",
)
def no_secrets(found: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Who copies a caller's secret is that caller, from anywhere, until somebody notices."""
    if found.type == OWNER:
        return refused("makes somebody an owner, who adds a secret unseen by this plan")
    if found.type != APPLICATION:
        return refused("is a secret of an application's, which can be copied")
    return all_of([require(found, "password", absent=True), require(found, "owners", absent=True)])


@rule(
    "callers.single-tenant",
    title="Applications are of this tenant alone, and take the tokens that name them",
    severity=Severity.CRITICAL,
    applies_to=(APPLICATION, REGISTRATION),
    fix="leave sign_in_audience, identifier_uris and the token's version as components/callers.py has them",
    example="an application that takes accounts of any tenant",
)
def single_tenant(application: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A stranger's directory vouches for a stranger; and a URI without the tenant's id can be somebody else's too."""
    version = "requestedAccessTokenVersion" if application.type == REGISTRATION else "api.requestedAccessTokenVersion"
    uris = [path for path, _ in application.each("identifierUris[*]")]
    return all_of(
        [
            require(application, "signInAudience", equals="AzureADMyOrg"),
            require(application, version, equals=2),
            *(require(application, path, matches=rf"^api://{_GUID}/") for path in uris),
        ]
    )


@rule(
    "callers.must-be-assigned",
    title="Nobody gets a token that nobody gave him a role for",
    severity=Severity.HIGH,
    applies_to=PRINCIPAL,
    fix="set app_role_assignment_required, as components/callers.py does",
    example="a service principal without appRoleAssignmentRequired",
)
def must_be_assigned(principal: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Otherwise every application of the tenant gets a token for the gateway, and one forgotten check lets it in."""
    return require(principal, "appRoleAssignmentRequired", equals=True)


@rule(
    "callers.federation-is-exact",
    title="A caller's application trusts one workload of one issuer",
    severity=Severity.CRITICAL,
    applies_to=(FEDERATED, FLEXIBLE),
    fix="write issuer and subject out under bailiwick:callers",
    example="a federated credential of an application with subject repo:hospital/*",
)
def federation_exact(credential: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A pattern takes in workloads that somebody will make tomorrow, in the same repository or in another's."""
    if credential.type == FLEXIBLE:
        return refused("matches subjects by an expression; a caller is one subject")
    audiences = texts(credential.get("audiences"))
    for_us = len(audiences) == 1 and audiences[0] in EXCHANGES
    return all_of(
        [
            require(credential, "issuer", matches=r"^https://[^\s*?]+$"),
            require(credential, "subject", matches=r"^[^\s*?]+$"),
            PASSED if for_us else refused(f"audiences are {', '.join(audiences) or 'not set'}"),
        ]
    )


@rule(
    "callers.no-browser-flows",
    title="No application takes a redirect, an implicit grant or a public client",
    severity=Severity.HIGH,
    applies_to=(APPLICATION, REDIRECTS, PUBLIC_CLIENT),
    fix="leave web, single_page_application and public_client out: callers are workloads",
    example="an application with a redirect URI",
)
def no_browser_flows(found: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Tokens that pass through a browser's address bar lie in its history, and in the logs on the way."""
    if found.type != APPLICATION:
        return refused("opens an application to browsers or public clients")
    doors = ("web.redirectUris", "singlePageApplication.redirectUris", "publicClient.redirectUris")
    grants = ("web.implicitGrant.accessTokenIssuanceEnabled", "web.implicitGrant.idTokenIssuanceEnabled")
    return all_of(
        [
            *(require(found, path, absent=True) for path in doors),
            *(require(found, path, equals=False, default=False) for path in grants),
            require(found, "fallbackPublicClientEnabled", equals=False, default=False),
            require(found, "api.oauth2PermissionScopes", absent=True),
        ]
    )


@stack_rule(
    "callers.roles-name-a-use-case",
    title="A role names a use case that is served and a lawful purpose; nobody has any other",
    severity=Severity.CRITICAL,
    applies_to=(APPLICATION, ROLE, ROLE_ASSIGNMENT, PRINCIPAL, NAMESPACE),
    fix="name use cases and purposes under bailiwick:callers; components/callers.py makes the roles of them",
    example="a role use-case.marketing.treatment, where no such use case is served",
)
def roles_name_a_use_case(stack: StackUnderReview) -> Iterable[Judged]:
    """A token says what for (GDPR Art. 5(1)(b)); a role that says nothing permits everything."""
    served = use_cases(stack)
    known: set[str] = set()
    for application in stack.of_type(APPLICATION):
        roles = items(application.get("appRoles"))
        known |= {str(role.get("id")) for role in roles}
        if roles:
            yield (
                application,
                all_of(_role(role.get("value"), role.get("allowedMemberTypes"), served) for role in roles),
            )
    for role in stack.of_type(ROLE):
        known.add(str(role.get("roleId")))
        yield role, _role(role.get("value"), role.get("allowedMemberTypes"), served)
    for given in stack.of_type(ROLE_ASSIGNMENT):
        ours = given.get("appRoleId") in known
        yield (
            given,
            all_of(
                [
                    PASSED if ours else refused(f"gives role {given.get('appRoleId')}, which no application here has"),
                    _planned(given, "resourceObjectId", stack),
                    _planned(given, "principalObjectId", stack),
                ]
            ),
        )


def _role(value: Value, members: Value, served: set[str]) -> Verdict:
    found = _USE_CASE.match(str(value)) or _OF_TOKENS.match(str(value))
    # Whom identifiers come back to is callers.identifiers-come-back-to-their-sender; whether a tenant is one, and a
    # caller has one alone, is tenancy.callers-speak-for-one.
    if found is None and not _DATA_CLASS.match(str(value)) and not _TENANT.match(str(value)):
        ours = f"use-case.<name>.<{' or '.join(PURPOSES)}>"
        forms = f"{ours}, no re-identify.<name>, no erase.<name>, no data-class.<class> and no tenant.<name>"
        return refused(f"role '{value}' is no {forms}")
    if found is not None and found[1] not in served:
        return refused(f"role '{value}' is for a use case that nobody serves")
    return PASSED if texts(members) == ["Application"] else refused(f"role '{value}' can be given to people")


def held_roles(stack: StackUnderReview) -> Iterator[tuple[PlannedResource, set[str]]]:
    """Every service principal with the roles that its tokens carry; of one that nobody here makes, an empty text."""
    values = {
        str(role.get("id")): str(role.get("value"))
        for application in stack.of_type(APPLICATION)
        for role in items(application.get("appRoles"))
    } | {str(role.get("roleId")): str(role.get("value")) for role in stack.of_type(ROLE)}
    given = stack.of_type(ROLE_ASSIGNMENT)
    for principal in stack.of_type(PRINCIPAL):
        own = [one for one in given if names_principal(one, "principalObjectId", principal)]
        yield principal, {values.get(str(one.get("appRoleId")), "") for one in own}


def names_principal(given: PlannedResource, key: str, principal: PlannedResource) -> bool:
    """Whether the object id that an assignment has at `key` is this service principal's."""
    return _is_output(given.get(key), given.property_dependencies.get(key, ()), principal, "objectId")


def _is_output(value: Value, origins: Iterable[str], target: PlannedResource, output: str) -> bool:
    """By value; where there is none yet, or CrossGuard is not told it, by where the value comes from."""
    known = target.outputs.get(output)
    return value == known if isinstance(known, str) and isinstance(value, str) else target.urn in origins


def _planned(given: PlannedResource, key: str, stack: StackUnderReview) -> Verdict:
    """The object id is that of a service principal of this plan, by value or, before it exists, by where it is from."""
    if any(names_principal(given, key, principal) for principal in stack.of_type(PRINCIPAL)):
        return PASSED
    if given.get(key) is UNKNOWN:
        return not_evaluated(f"{key} is known only after deployment, and its origin is not in the plan")
    return refused(f"{key} is of no service principal in this stack")


@stack_rule(
    "callers.tokens-are-short",
    title="The gateway takes tokens of this tenant, for itself, of fifteen minutes at most",
    severity=Severity.HIGH,
    applies_to=(DEPLOYMENT, APPLICATION),
    fix="let components/callers.py say TOKEN_ISSUER, TOKEN_AUDIENCE and TOKEN_MAX_AGE_SECONDS",
    example="a gateway with TOKEN_MAX_AGE_SECONDS=86400",
)
def tokens_short(stack: StackUnderReview) -> Iterable[Judged]:
    """A token can't be taken back: a stolen one works until it ends. Entra's own last an hour, unless told."""
    gateways = [d for d in stack.of_type(DEPLOYMENT) if same(d.get("metadata.namespace"), "gateway")]
    if not gateways:
        yield from absent(stack, "no gateway is planned")
    for gateway in gateways:
        containers = gateway.get("spec.template.spec.containers")
        if containers is UNKNOWN:
            yield gateway, not_evaluated("the containers are known only after deployment")
            continue
        own = [container for container in items(containers) if container.get("name") == "gateway"]
        told = {str(each.get("name")): each.get("value", "") for it in own for each in items(it.get("env"))}
        yield gateway, all_of([_age(told), _issuer(told, stack), _audience(gateway, told, stack)])


def _age(told: Mapping[str, Value]) -> Verdict:
    age = str(told.get("TOKEN_MAX_AGE_SECONDS", ""))
    short = age.isdigit() and 0 < int(age) <= LONGEST
    return PASSED if short else refused(f"TOKEN_MAX_AGE_SECONDS is '{age}'; at most {LONGEST}")


def _issuer(told: Mapping[str, Value], stack: StackUnderReview) -> Verdict:
    host = re.escape(stack.jurisdiction.cloud.active_directory)
    found = str(told.get("TOKEN_ISSUER", ""))
    return PASSED if re.match(rf"^https://{host}/{_GUID}/v2\.0$", found) else refused(f"TOKEN_ISSUER is '{found}'")


def _audience(gateway: PlannedResource, told: Mapping[str, Value], stack: StackUnderReview) -> Verdict:
    """An application of this plan, or, of a standby, one of the first stack's, which only its file names."""
    value, origins = told.get("TOKEN_AUDIENCE", ""), gateway.property_dependencies.get("spec", ())
    for application in stack.of_type(APPLICATION):
        if _is_output(value, origins, application, "clientId"):
            return PASSED
    if any(same(group.get("tags.continuity"), "standby") for group in stack.of_type(GROUP)):
        return PASSED if re.match(rf"^{_GUID}$", str(value)) else refused(f"TOKEN_AUDIENCE is '{value}'")
    if value is UNKNOWN:
        return not_evaluated("TOKEN_AUDIENCE is known only after deployment, and its origin is not in the plan")
    return refused(f"TOKEN_AUDIENCE is '{value}', which is no application of this stack")
