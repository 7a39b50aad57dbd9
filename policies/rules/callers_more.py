"""Applications of callers ask for nothing, belong to nobody, and trust issuers of this tenant."""

import re
from collections.abc import Iterable

from plan.model import PlannedResource
from policies.known import known_to
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, rule, stack_rule
from policies.settled import SHUT, settled
from policies.verdict import PASSED, Verdict, all_of, refused

APPLICATION = "azuread:index/application:Application"
PRINCIPAL = "azuread:index/servicePrincipal:ServicePrincipal"
PROOF = "azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential"
GITHUB = "https://token.actions.githubusercontent.com"
GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


@rule(
    "callers.ask-for-nothing",
    title="An application asks for no permission elsewhere, knows no other client, and is nobody's to change",
    severity=Severity.HIGH,
    applies_to=(APPLICATION, PRINCIPAL),
    fix="leave applications to components/callers.py",
    example="an application that asks for Directory.ReadWrite.All",
)
def ask_for_nothing(item: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Who owns an application may add a password to it; a permission on the directory is every group in it."""
    asked = ("requiredResourceAccesses", "api.knownClientApplications", "deviceOnlyAuthEnabled")
    return settled(item, dict.fromkeys((*asked, "owners", "useExisting"), SHUT))


@stack_rule(
    "callers.issuers-are-of-this-tenant",
    title="A caller proves itself by an issuer that names this tenant, for an application that this stack makes",
    severity=Severity.CRITICAL,
    applies_to=(PROOF, APPLICATION),
    fix="name the caller's cluster, or its workload's identity, in Pulumi.<stack>.yaml",
    example="a credential for https://accounts.google.com",
)
def of_this_tenant(stack: StackUnderReview) -> Iterable[Judged]:
    """Whoever can make the issuer say a name is that caller."""
    tenant = known_to(stack).tenant
    for proof in stack.of_type(PROOF):
        issuer = proof.get("issuer")
        own = issuer == GITHUB or not isinstance(issuer, str) or not tenant or tenant in GUID.findall(issuer)
        ours = PASSED if stack.partial else stack.require_target(proof, "applicationId", APPLICATION)
        yield proof, all_of((PASSED if own else refused(f"trusts {issuer}"), ours))
