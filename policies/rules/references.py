"""What the plan names, the plan makes: an id, a parent, a host, a tenant or an identity from elsewhere is a way out.

CrossGuard is not told the ids of what a preview would make; what is unknown there comes from a planned resource by
itself. A text that is known and names something else is refused there as here.
"""

import re
from collections.abc import Iterable

from plan.model import PlannedResource
from policies.known import GUID, GUID_LENGTH, OF_GROUP, SUBSCRIPTIONS, known_to, parent_of
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, rule, stack_rule
from policies.types import ASSIGNMENT, AZURE, GROUP
from policies.verdict import PASSED, Verdict, refused, refused_for

EVERYTHING = (AZURE, "kubernetes:*", "azuread:*")
CLIENT_ID = re.compile(
    r"(?:client_?id|azure\.workload\.identity/client-id|keyVaultProperties\.identity)$", re.IGNORECASE
)


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
            if value.lower().startswith((SUBSCRIPTIONS, OF_GROUP)) and not known.id(value, resource)
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
    "references.groups-are-planned",
    title="Everything is in a resource group that this stack makes",
    severity=Severity.HIGH,
    applies_to=AZURE,
    fix="take the group from components/landing_zone.py",
    example="a store in a group that somebody else made, without lock and tags",
)
def groups_planned(stack: StackUnderReview) -> Iterable[Judged]:
    """Rights, locks and tags are the group's: in another's group they are another's."""
    groups = {str(group.get("resourceGroupName")).lower() for group in stack.of_type(GROUP)}
    for resource in stack.of_type(AZURE):
        name = resource.inputs.get("resourceGroupName")
        strange = isinstance(name, str) and bool(groups) and name.lower() not in groups and not stack.partial
        yield resource, refused(f"is in group '{name}', which the plan doesn't make") if strange else PASSED


@rule(
    "references.no-other-stack",
    title="No stack reads another's outputs",
    severity=Severity.HIGH,
    applies_to="pulumi:pulumi:StackReference",
    fix="write what is needed into Pulumi.<stack>.yaml, where it is reviewed",
    example="a StackReference to somebody else's project",
)
def no_other_stack(reference: PlannedResource, stack: StackUnderReview) -> Verdict:
    """What another stack puts out is decided where nobody here looks, and changes without a line of this one."""
    return refused("reads another stack's outputs")


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
        yield resource, refused_for(dict.fromkeys(strange))


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
    known = known_to(stack)
    for tenant, resources in known.tenants.items():
        own = tenant == known.tenant
        for resource in resources:
            yield resource, PASSED if own else refused(f"names tenant {tenant}; all else is in {known.tenant}")


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
        yield resource, refused_for(strange)


def _is_identity(resource: PlannedResource, path: str) -> bool:
    return (resource.type == ASSIGNMENT and path == "principalId") or CLIENT_ID.search(path) is not None


def _short(value: str) -> str:
    return value if len(value) <= 90 else f"{value[:40]}…{value[-48:]}"
