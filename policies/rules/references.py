"""What the plan names, the plan makes: an id, a parent, a host, a tenant or an identity from elsewhere is a way out.

CrossGuard is not told the ids of what a preview would make; what is unknown there comes from a planned resource by
itself. A text that is known and names something else is refused there as here.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from plan.arm_types import ArmType, arm_types
from plan.model import PlannedResource, Value
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, stack_rule
from policies.types import ASSIGNMENT, AZURE
from policies.verdict import PASSED, refused

EVERYTHING = (AZURE, "kubernetes:*", "azuread:*")
IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
STANDBY = "azure-native:cdn:AFDOrigin"
"""Alone leads to another stack: the one that stands by, whose place `continuity.standby-is-inside` judges."""
MADE_BY_AZURE = re.compile(
    r"/providers/microsoft\.(authorization/roledefinitions|web/connections|web/locations|network/privatelinkservices)/"
)
"""Not resources of a plan: built-in roles, a connection that a template makes, connectors of a region, and the private
link services that AKS makes for a Service."""
CLIENT_ID = re.compile(r"client_?id$|^azure\.workload\.identity/client-id$", re.IGNORECASE)
GUID = re.compile(r"^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$", re.IGNORECASE)
OWN_HOSTS = ("blob", "dfs", "vault", "managedhsm", "registry")
"""Services whose host begins with the name that the plan gave it; attestation has a rule of its own."""


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
    known = _Known(stack)
    for resource in stack.of_type(*EVERYTHING):
        strange = [
            f"{path} leads to {_short(value)}"
            for path, value in _texts(resource.inputs)
            if value[:15].lower() == "/subscriptions/" and not known.id(value, resource)
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
    """A part of what isn't planned changes what nobody judged; and a parent taken away leaves its parts as they were."""
    known = _Known(stack)
    for resource in stack.of_type(AZURE):
        parent = _parent(resource)
        if parent is None or stack.partial or parent in known.names:
            continue
        yield resource, refused(f"is part of {parent[0]} '{'/'.join(parent[1])}', which the plan doesn't hold")


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
    known = _Known(stack)
    for resource in stack.of_type(*EVERYTHING):
        strange = [
            f"{path} names {host}"
            for path, value in _texts(resource.inputs)
            for host in known.hosts.findall(value)
            if not known.host(host)
        ]
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
    for resource in stack.of_type(*EVERYTHING):
        for path, value in _texts(resource.inputs):
            key = path.rpartition(".")[2].lower()
            if key.endswith(("tenantid", "tenant_id")) and GUID.match(value):
                named.setdefault(value.lower(), []).append(resource)
    usual = max(named, key=lambda tenant: len(named[tenant]), default="")
    for tenant, resources in named.items():
        for resource in resources:
            yield resource, PASSED if tenant == usual else refused(f"names tenant {tenant}; all else is in {usual}")


@stack_rule(
    "references.identities-are-planned",
    title="Rights and sign-ins go to identities that this stack makes",
    severity=Severity.CRITICAL,
    applies_to=(ASSIGNMENT, IDENTITY, *EVERYTHING),
    fix="grant to an identity or a group of components/; people come by groups",
    example="a role assignment whose principalId is a literal from another directory",
)
def identities_planned(stack: StackUnderReview) -> Iterable[Judged]:
    """A right of somebody whom the plan doesn't know is a door whose key nobody here holds."""
    known = _Known(stack)
    for resource in stack.of_type(*EVERYTHING):
        paths = ["principalId"] if resource.type == ASSIGNMENT else []
        strange = [
            f"{path} is {value}, which no planned identity or group has"
            for path, value in _texts(resource.inputs)
            if (path in paths or CLIENT_ID.search(path.rpartition(".")[2])) and GUID.match(value)
            if not known.identity(value, resource, path)
        ]
        yield resource, refused("; ".join(strange)) if strange else PASSED


@dataclass(frozen=True)
class _Known:
    """What a stack makes, by the names that others call it."""

    stack: StackUnderReview

    @cached_property
    def subscription(self) -> str:
        """The one that most ids are in."""
        found: Counter[str] = Counter()
        for resource in self.stack.plan.resources:
            texts = (resource.id, resource.inputs.get("scope"))
            found.update(t.split("/")[2].lower() for t in texts if isinstance(t, str) and t[:15] == "/subscriptions/")
        return next((name for name, _ in found.most_common(1)), "")

    @cached_property
    def ids(self) -> frozenset[str]:
        """Ids of everything planned; empty in a preview of the real engine."""
        return frozenset(r.id.lower() for r in self.stack.plan.resources if isinstance(r.id, str) and r.id[:1] == "/")

    @cached_property
    def names(self) -> frozenset[tuple[str, tuple[str, ...]]]:
        """ARM type with the names from the topmost parent down."""
        found = (_named(resource) for resource in self.stack.of_type(AZURE))
        return frozenset(name for name in found if name is not None)

    @cached_property
    def hosts(self) -> re.Pattern[str]:
        """Hosts of the services whose names are the stack's own."""
        suffixes = self.stack.jurisdiction.cloud.suffixes
        ends = "|".join(re.escape(suffixes[service]) for service in OWN_HOSTS if service in suffixes)
        return re.compile(rf"(?<![\w.*-])[a-z0-9-]+\.(?:{ends})(?![\w.-])", re.IGNORECASE)

    @cached_property
    def labels(self) -> frozenset[str]:
        """Last names of everything planned: a host begins with one of them."""
        return frozenset(name[1][-1] for name in self.names)

    @cached_property
    def identities(self) -> frozenset[str]:
        """Object and client ids of planned identities, groups and applications, and of what has one of its own."""
        found: set[str] = set()
        for resource in self.stack.plan.resources:
            for source in (resource.outputs, resource.outputs.get("identity")):
                if isinstance(source, Mapping):
                    keys = ("principalId", "clientId", "objectId", "applicationId")
                    found.update(str(source[key]).lower() for key in keys if isinstance(source.get(key), str))
        return frozenset(found)

    def id(self, value: str, resource: PlannedResource) -> bool:
        """Whether an ARM id is of something planned, a part of it, a scope of the subscription, or Azure's own."""
        text = value.lower().rstrip("/")
        if text.split("/")[2] != self.subscription:
            return not self.subscription or resource.type == STANDBY
        if self.stack.partial or not self.ids or "/providers/" not in text or MADE_BY_AZURE.search(text):
            return True
        while "/providers/" in text:
            if text in self.ids:
                return True
            text = text.rpartition("/")[0].rpartition("/")[0]
        return False

    def host(self, host: str) -> bool:
        """Whether a host is of something planned; `privatelink` begins the name of a zone."""
        label = host.partition(".")[0].lower()
        return label == "privatelink" or self.stack.partial or label in self.labels

    def identity(self, value: str, resource: PlannedResource, path: str) -> bool:
        """Whether an object or client id is of something planned, or comes from it and isn't known yet."""
        if self.stack.partial or value.lower() in self.identities:
            return True
        return not self.identities and bool(resource.property_dependencies.get(path.split(".")[0]))


def _parent(resource: PlannedResource) -> tuple[str, tuple[str, ...]] | None:
    """ARM type and names of what a resource is a part of; None where it is no part, or the names aren't known yet."""
    kind = arm_types().get(resource.type)
    if kind is None:
        return None
    if kind.scope == "workspace":
        name = resource.inputs.get("workspaceName")
        return ("microsoft.operationalinsights/workspaces", (name.lower(),)) if isinstance(name, str) else None
    if kind.scope == "cluster":
        return _cluster(resource)
    if kind.type.count("/") < 2:  # noqa: PLR2004 provider/type is a whole, provider/type/type a part
        return None
    own = _named(resource)
    return (own[0].rpartition("/")[0], own[1][:-1]) if own is not None else None


def _cluster(resource: PlannedResource) -> tuple[str, tuple[str, ...]] | None:
    provider, kind, name = (resource.inputs.get(key) for key in ("clusterRp", "clusterResourceName", "clusterName"))
    if not isinstance(name, str):
        return None
    return f"{provider}/{kind}".lower(), (name.lower(),)


def _named(resource: PlannedResource) -> tuple[str, tuple[str, ...]] | None:
    kind: ArmType | None = arm_types().get(resource.type)
    values = kind.name_values(resource.inputs) if kind is not None else None
    return (kind.type.lower(), tuple(value.lower() for value in values)) if kind is not None and values else None


def _texts(value: Value, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a value, with its path; a key that is an id, as of an identity, is a text too."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if key[:15] == "/subscriptions/":
                yield path, key
            yield from _texts(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _texts(inner, f"{path}.{index}")


def _short(value: str) -> str:
    return value if len(value) <= 90 else f"{value[:40]}…{value[-48:]}"

