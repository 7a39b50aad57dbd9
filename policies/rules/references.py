"""What the plan names, the plan makes: an id, a parent, a host, a tenant or an identity from elsewhere is a way out.

CrossGuard is not told the ids of what a preview would make; what is unknown there comes from a planned resource by
itself. A text that is known and names something else is refused there as here.
"""

import re
from collections.abc import Iterable

from plan.model import PlannedResource
from policies.known import SUBSCRIPTIONS, known_to, parent_of
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, stack_rule
from policies.types import ASSIGNMENT, AZURE
from policies.verdict import PASSED, refused

EVERYTHING = (AZURE, "kubernetes:*", "azuread:*")
CLIENT_ID = re.compile(
    r"(?:client_?id|azure\.workload\.identity/client-id|keyVaultProperties\.identity)$", re.IGNORECASE
)
TENANT_ID = re.compile(r"tenant_?id$", re.IGNORECASE)
GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\Z", re.IGNORECASE)
GUID_LENGTH = 36


@stack_rule(
    "references.ids-resolve",
    title="What a resource refers to by id, this stack makes",
    severity=Severity.CRITICAL,
    applies_to=EVERYTHING,
    fix="take the id from the component that makes the thing; a copy elsewhere is a stack of its own",
    example="a flow log that writes to a storage account of another subscription",
)
def ids_resolve(stack: StackUnderReview) -> Iterable[Judged]:
    """A peering, a log's store, a key or a security group of somebody else's is somebody else's to open or to read."""
    known = known_to(stack)
    for resource, texts in known.texts:
        strange = [
            f"{path} leads to {_short(value)}"
            for path, value in texts
            if value[:15].lower() == SUBSCRIPTIONS and not known.id(value, resource)
        ]
        yield resource, refused("; ".join(strange[:3])) if strange else PASSED


@stack_rule(
    "references.parents-are-planned",
    title="A part belongs to something that this stack makes",
    severity=Severity.HIGH,
    applies_to=AZURE,
    fix="name the parent by the component that makes it, or plan the parent",
    example="a key of a vault that the plan doesn't hold, or a firewall rule of a database that it doesn't",
)
def parents_planned(stack: StackUnderReview) -> Iterable[Judged]:
    """A part of what isn't planned changes what nobody judged; a parent taken away leaves its parts behind."""
    known = known_to(stack)
    for resource in stack.of_type(AZURE):
        parent = parent_of(resource)
        held = parent is None or stack.partial or parent in known.names
        told = "" if parent is None else f"is part of {parent[0]} '{'/'.join(parent[1])}', which the plan doesn't hold"
        yield resource, PASSED if held else refused(told)


@stack_rule(
    "references.hosts-are-own",
    title="Stores, vaults and registries that are named are this stack's",
    severity=Severity.CRITICAL,
    applies_to=EVERYTHING,
    fix="name the host by the output of the component that makes it",
    example="a disk encryption set whose key is in https://elsewhere.vault.azure.net/",
)
def hosts_own(stack: StackUnderReview) -> Iterable[Judged]:
    """Whoever holds the key, the image or the store holds what is made with it."""
    known = known_to(stack)
    for resource, texts in known.texts:
        strange = [f"{path} names {host}" for path, value in texts for host in known.strange_hosts(value)]
        yield resource, refused("; ".join(dict.fromkeys(strange))) if strange else PASSED


@stack_rule(
    "references.one-tenant",
    title="Every tenant that is named is the same",
    severity=Severity.CRITICAL,
    applies_to=EVERYTHING,
    fix="take the tenant from bailiwick:tenantId; another tenant's people and services have no part here",
    example="a vault with another tenantId than the cluster's",
)
def one_tenant(stack: StackUnderReview) -> Iterable[Judged]:
    """A vault, a database or a cluster under another tenant lets that tenant's directory say who comes in."""
    named: dict[str, list[PlannedResource]] = {}
    for resource, texts in known_to(stack).texts:
        for path, value in texts:
            if len(value) == GUID_LENGTH and TENANT_ID.search(path) and GUID.match(value):
                named.setdefault(value.lower(), []).append(resource)
    usual = max(named, key=lambda tenant: len(named[tenant]), default="")
    for tenant, resources in named.items():
        for resource in resources:
            yield resource, PASSED if tenant == usual else refused(f"names tenant {tenant}; all else is in {usual}")


@stack_rule(
    "references.identities-are-planned",
    title="Rights and sign-ins go to identities that this stack makes",
    severity=Severity.CRITICAL,
    applies_to=EVERYTHING,
    fix="grant to an identity or a group of components/; people come by groups",
    example="a role assignment whose principalId is a literal from another directory",
)
def identities_planned(stack: StackUnderReview) -> Iterable[Judged]:
    """A right of somebody whom the plan doesn't know is a door whose key nobody here holds."""
    known = known_to(stack)
    for resource, texts in known.texts:
        strange = [
            f"{path} is {value}, which no planned identity or group has"
            for path, value in texts
            if len(value) == GUID_LENGTH and _is_identity(resource, path) and GUID.match(value)
            if not known.identity(value, resource, path)
        ]
        yield resource, refused("; ".join(strange)) if strange else PASSED


def _is_identity(resource: PlannedResource, path: str) -> bool:
    return (resource.type == ASSIGNMENT and path == "principalId") or CLIENT_ID.search(path) is not None


def _short(value: str) -> str:
    return value if len(value) <= 90 else f"{value[:40]}…{value[-48:]}"
