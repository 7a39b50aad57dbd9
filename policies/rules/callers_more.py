"""Applications of callers ask for nothing, belong to nobody, trust their tenant, and get back what is theirs."""

import re
from collections.abc import Iterable

from plan.model import PlannedResource
from policies.known import known_to
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, rule, stack_rule
from policies.rules.callers import APPLICATION, PRINCIPAL, ROLE, ROLE_ASSIGNMENT, held_roles
from policies.settled import SHUT, settled
from policies.verdict import PASSED, Verdict, all_of, refused, refused_for

PROOF = "azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential"
GITHUB = "https://token.actions.githubusercontent.com"
SENT = frozenset({"data-class.personal", "data-class.phi"})
"""Whoever sends neither has no identifiers to get back."""
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


@stack_rule(
    "callers.identifiers-come-back-to-their-sender",
    title="Identifiers come back to a caller that asks the use case and sends such data, and to no other",
    severity=Severity.CRITICAL,
    applies_to=(PRINCIPAL, APPLICATION, ROLE, ROLE_ASSIGNMENT),
    fix="set reidentifies of the caller under bailiwick:callers; it is given the role for its own use cases",
    example="a storefront with the role re-identify.clinical-notes, which may not ask clinical-notes",
)
def back_to_sender(stack: StackUnderReview) -> Iterable[Judged]:
    """A token is worth nothing to who copies it; with this role it is a patient's name again (GDPR Art. 4(5))."""
    for principal, held in held_roles(stack):
        back = {role.removeprefix("re-identify.") for role in held if role.startswith("re-identify.")}
        asked = {role.split(".")[1] for role in held if role.startswith("use-case.")}
        told = [f"gets identifiers of {name} back, and may not ask it" for name in sorted(back - asked)]
        told += ["gets identifiers back, and may send none"] if back and not held & SENT else []
        yield principal, refused_for(told)
