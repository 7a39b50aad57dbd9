"""What a stack makes, by every name that another may call it: ids, parents, hosts, identities."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from plan.arm_types import arm_types
from plan.model import PlannedResource, Value
from policies.review import StackUnderReview
from policies.types import ASSIGNMENT, AZURE

SUBSCRIPTIONS: Final = "/subscriptions/"
OF_GROUP: Final = "/providers/microsoft.management/managementgroups/"
"""What all stacks of a jurisdiction share: definitions that one of them plans, and scopes."""
TENANT_ID: Final = re.compile(r"tenant_?id$", re.IGNORECASE)
GUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\Z", re.IGNORECASE)
GUID_LENGTH: Final = 36
STANDBY: Final = "azure-native:cdn:AFDOrigin"
"""Alone leads to another stack: the one that stands by, whose place `continuity.standby-is-inside` judges."""
IDENTITIES: Final = (
    "azure-native:managedidentity:UserAssignedIdentity",
    "azuread:index/group:Group",
    "azuread:index/application:Application",
    "azuread:index/servicePrincipal:ServicePrincipal",
)
IDS_OF_ONE: Final = ("principalId", "clientId", "objectId")
RUNS_PLAYBOOKS: Final = "f4c81013-99ee-4d62-a7ee-b3f1f648599a"
"""Microsoft Sentinel Automation Contributor, which Sentinel's own service holds: its object id differs from tenant to
tenant, and is a dial. learn.microsoft.com/azure/sentinel/automation/run-playbooks"""
MADE_BY_AZURE: Final = re.compile(
    r"/providers/microsoft\.(authorization/roledefinitions|web/connections|web/locations|network/privatelinkservices)/"
)
"""Not resources of a plan: built-in roles, a connection that a template makes, connectors of a region, and the private
link services that AKS makes for a Service."""
OF_OTHER_CLOUDS: Final = tuple(
    f"{service}.{end}"
    for service in ("vault", "managedhsm", "blob.core", "dfs.core")
    for end in ("azure.net", "azure.cn", "usgovcloudapi.net", "windows.net", "chinacloudapi.cn")
)
"""A host of another cloud is somebody else's by that alone."""
OWN_HOSTS: Final = ("blob", "dfs", "vault", "managedhsm", "registry")
"""Services whose host begins with the name that the plan gave it; attestation has a rule of its own."""

_LABEL: Final = re.compile(r"(?:^|[^\w.*-])([A-Za-z0-9-]+)$")

Name = tuple[str, tuple[str, ...]]
"""ARM type with the names from the topmost parent down, in small letters."""


@dataclass(frozen=True)
class Known:
    """What a stack makes, by the names that others call it."""

    stack: StackUnderReview

    @cached_property
    def texts(self) -> tuple[tuple[PlannedResource, tuple[tuple[str, str], ...]], ...]:
        """Every resource with the texts of its inputs: read once for all rules."""
        return tuple((r, _texts_of(r)) for r in self.stack.plan.resources if not r.is_component)

    @cached_property
    def subscription(self) -> str:
        """The one that most ids are in."""
        found: Counter[str] = Counter()
        for resource in self.stack.plan.resources:
            texts = (resource.id, resource.inputs.get("scope"))
            found.update(t.split("/")[2].lower() for t in texts if isinstance(t, str) and t[:15] == SUBSCRIPTIONS)
        return next((name for name, _ in found.most_common(1)), "")

    @cached_property
    def tenants(self) -> Mapping[str, tuple[PlannedResource, ...]]:
        """Tenants that inputs name, with who names them."""
        named: dict[str, list[PlannedResource]] = {}
        for resource, texts in self.texts:
            for path, value in texts:
                if len(value) == GUID_LENGTH and TENANT_ID.search(path) and GUID.match(value):
                    named.setdefault(value.lower(), []).append(resource)
        return {tenant: tuple(resources) for tenant, resources in named.items()}

    @cached_property
    def tenant(self) -> str:
        """The one that most of the plan names."""
        return max(self.tenants, key=lambda tenant: len(self.tenants[tenant]), default="")

    @cached_property
    def management_group(self) -> str:
        """The one that most of the plan names; none where it names none."""
        found: Counter[str] = Counter()
        for _, texts in self.texts:
            found.update(value.lower().split("/")[4] for _, value in texts if value.lower().startswith(OF_GROUP))
        return next((name for name, _ in found.most_common(1)), "")

    @cached_property
    def ids(self) -> frozenset[str]:
        """Ids of everything planned; empty in a preview of the real engine."""
        return frozenset(r.id.lower() for r in self.stack.plan.resources if isinstance(r.id, str) and r.id[:1] == "/")

    @cached_property
    def names(self) -> frozenset[Name]:
        """ARM type with the names from the topmost parent down."""
        found = (_named(resource) for resource in self.stack.of_type(AZURE))
        return frozenset(name for name in found if name is not None)

    @cached_property
    def suffixes(self) -> tuple[str, ...]:
        """How the hosts end whose names are the stack's own."""
        found = self.stack.jurisdiction.cloud.suffixes
        own = (found[service] for service in OWN_HOSTS if service in found)
        return tuple(dict.fromkeys((*own, *OF_OTHER_CLOUDS)))

    @cached_property
    def labels(self) -> frozenset[str]:
        """Last names of everything planned: a host begins with one of them."""
        return frozenset(name[1][-1] for name in self.names)

    @cached_property
    def identities(self) -> frozenset[str]:
        """Object and client ids of planned identities, groups and applications, and of what has an identity of its own.

        Only of these: an assignment's outputs repeat its inputs.
        """
        found: set[str] = set()
        for resource in self.stack.plan.resources:
            own = resource.outputs if resource.type in IDENTITIES else resource.outputs.get("identity")
            if isinstance(own, Mapping):
                found.update(str(own[key]).lower() for key in IDS_OF_ONE if isinstance(own.get(key), str))
        return frozenset(found)

    def id(self, value: str, resource: PlannedResource) -> bool:
        """Whether an ARM id is of something planned, a part of it, a scope of the subscription, or Azure's own."""
        text = value.lower().rstrip("/")
        if text.startswith(OF_GROUP):
            if "/policydefinitions/" not in text:
                return text.split("/")[4] == self.management_group
            return self.stack.partial or not self.ids or text in self.ids
        if text.split("/")[2] != self.subscription:
            return not self.subscription or resource.type == STANDBY
        if self.stack.partial or not self.ids or "/providers/" not in text or MADE_BY_AZURE.search(text):
            return True
        inside, _, own = text.rpartition("/providers/")
        parts = own.split("/")
        # A part of something planned: `provider/type/name/type/name`, two words less at a time, never its provider.
        return any(f"{inside}/providers/{'/'.join(parts[:end])}" in self.ids for end in range(len(parts), 2, -2))

    def strange_hosts(self, text: str) -> Iterator[str]:
        """Hosts in a text that are of nothing planned; `privatelink` begins the name of a zone."""
        for suffix in self.suffixes:
            if suffix not in text or self.stack.partial:
                continue
            for before in text.split(f".{suffix}")[:-1]:
                label = _LABEL.search(before)
                if label is not None and label[1].lower() not in self.labels and label[1] != "privatelink":
                    yield f"{label[1]}.{suffix}"

    def identity(self, value: str, resource: PlannedResource, path: str) -> bool:
        """Whether an object or client id is of something planned, or comes from it and isn't known yet."""
        if self.stack.partial or value.lower() in self.identities:
            return True
        if resource.type == ASSIGNMENT and str(resource.inputs.get("roleDefinitionId")).endswith(RUNS_PLAYBOOKS):
            return True
        origins = (self.stack.plan.by_urn(urn) for urn in resource.property_dependencies.get(path.split(".")[0], ()))
        return any(origin is not None and not _told_ids(origin) for origin in origins)


def _told_ids(resource: PlannedResource) -> bool:
    """Whether the plan says which ids an identity has; before a deployment the engine does not."""
    return any(isinstance(resource.outputs.get(key), str) for key in ("principalId", "clientId", "objectId"))


_latest: list[Known] = []
_read: dict[int, tuple[PlannedResource, tuple[tuple[str, str], ...]]] = {}
_MOST_READ: Final = 5000
"""Resources whose texts are kept: of a plan that differs in one resource, the others need not be read again."""


def known_to(stack: StackUnderReview) -> Known:
    """What a stack makes; read once for the rules that ask one after another."""
    if not _latest or _latest[0].stack is not stack:
        _latest[:] = [Known(stack)]
    return _latest[0]


def parent_of(resource: PlannedResource) -> Name | None:
    """ARM type and names of what a resource is a part of; None where it is no part, or the names aren't known yet."""
    kind = arm_types().get(resource.type)
    if kind is None:
        return None
    if kind.scope == "workspace":
        name = resource.inputs.get("workspaceName")
        return ("microsoft.operationalinsights/workspaces", (name.lower(),)) if isinstance(name, str) else None
    if kind.scope == "cluster":
        return _cluster(resource)
    if "/" not in kind.type.partition("/")[2]:
        return None
    own = _named(resource)
    return (own[0].rpartition("/")[0], own[1][:-1]) if own is not None else None


def _cluster(resource: PlannedResource) -> Name | None:
    provider, kind, name = (resource.inputs.get(key) for key in ("clusterRp", "clusterResourceName", "clusterName"))
    if not isinstance(name, str):
        return None
    return f"{provider}/{kind}".lower(), (name.lower(),)


def _named(resource: PlannedResource) -> Name | None:
    kind = arm_types().get(resource.type)
    values = kind.name_values(resource.inputs) if kind is not None else None
    return (kind.type.lower(), tuple(value.lower() for value in values)) if kind is not None and values else None


def _texts_of(resource: PlannedResource) -> tuple[tuple[str, str], ...]:
    held = _read.get(id(resource))
    # Held by itself too, so that no other resource can come to have its id.
    if held is not None and held[0] is resource:
        return held[1]
    if len(_read) >= _MOST_READ:
        _read.clear()
    found = tuple(_texts(resource.inputs))
    _read[id(resource)] = resource, found
    return found


def _texts(value: Value, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a value, with its path; a key that is an id, as of an identity, is a text too."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if key[:15] == SUBSCRIPTIONS:
                yield path, key
            yield from _texts(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _texts(inner, f"{path}.{index}")
