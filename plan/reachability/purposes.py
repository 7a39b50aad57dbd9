"""What a place is to the platform, judged by what the plan itself shows, and only then by who made it."""

from collections.abc import Mapping

from plan.model import Plan, PlannedResource, Value
from plan.reachability import clusters
from plan.reachability.reading import components_of, mapping, nearest, parents, rows, targets, text

ACCOUNT = "azure-native:storage:StorageAccount"
CONTAINERS: Mapping[str, str] = {
    "weights": "weights",
    "models": "weights",
    "datasets": "training",
    "training": "training",
    "documents": "patient",
    "patients": "patient",
    "audit": "audit",
}
"""Container to what its account is for; the first that is named decides, in this order."""
MADE_BY: Mapping[str, str] = {
    "Runner": "runner",
    "FrontDoor": "portal",
    "Regional": "portal",
    "Portal": "portal",
    "Confidential": "confidential",
    "Gateway": "gateway",
    "Inference": "inference",
    "Retrieval": "retrieval",
    "GpuOperators": "gpu-operators",
    "Learning": "training",
    "ModelStore": "models",
    "PromptStore": "prompts",
    "Database": "retrieval",
    "Continuity": "continuity",
    "Backup": "backup",
    "Registry": "images",
    "Keys": "keys",
    "KeyVault": "keys",
    "ManagedHsm": "keys",
    "Workspace": "logs",
    "Detection": "logs",
    "ContainerLogs": "logs",
    "Metrics": "metrics",
    "Dashboards": "dashboards",
    "ServiceLevels": "alerts",
    "Quarantine": "quarantine",
    "EdgeSite": "edge",
    "EdgeBoundary": "edge",
    "Egress": "egress",
}
"""Own components, innermost first: `bailiwick:runner:Runner` made it, so it is the runner's."""
_FIXED: Mapping[str, str] = {
    "azure-native:containerservice:ManagedCluster": "api-server",
    "azure-native:cdn:Profile": "portal",
    "azure-native:network:ApplicationGateway": "portal",
    "azure-native:network:AzureFirewall": "egress",
    "azure-native:network:BastionHost": "administration",
    "azure-native:app:Job": "runner",
    "azure-native:machinelearningservices:Workspace": "training",
    "azure-native:dataprotection:BackupVault": "backup",
    "azure-native:recoveryservices:Vault": "backup",
    "azure-native:operationalinsights:Workspace": "logs",
    "azure-native:monitor:AzureMonitorWorkspace": "metrics",
    "azure-native:dashboard:Grafana": "dashboards",
    "azure-native:containerregistry:Registry": "images",
    "azure-native:keyvault:ManagedHsm": "keys",
}
"""Types that are for one thing."""


def purpose_of(plan: Plan, resource: PlannedResource, containers: Mapping[str, tuple[str, ...]]) -> str | None:
    """By tag, by what is inside or refers to it, by its type, by the component that made it."""
    tags = mapping(resource.get("tags"))
    told = text(tags.get("purpose")) or text(tags.get("role"))
    if told:
        return told
    if resource.type == ACCOUNT:
        inside = containers.get(resource.urn, ())
        # Copies of a container are called after it.
        found = (use for name, use in CONTAINERS.items() if any(name == one.removesuffix("-copy") for one in inside))
        return next(found, None) or _referred(plan, resource) or made_by(resource)
    own = made_by(resource)
    fixed = _FIXED.get(resource.type)
    if resource.type == "azure-native:app:Job":
        return own or fixed
    return fixed or own


def _referred(plan: Plan, account: PlannedResource) -> str | None:
    """A store that something else in the plan has chosen for its data."""
    for token, path, use in (
        ("azure-native:machinelearningservices:Workspace", "storageAccount", "training"),
        ("azure-native:network:FlowLog", "storageId", "flows"),
    ):
        if any(account in targets(plan, item, path) for item in plan.of_type(token)):
            return use
    return None


def made_by(resource: PlannedResource) -> str | None:
    """After the innermost component whose name says what it is for."""
    for token in reversed(components_of(resource)):
        found = MADE_BY.get(token.rpartition(":")[2])
        if found:
            return found
    return None


def containers_of(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Names of the containers of each storage account, by URN."""
    found: dict[str, tuple[str, ...]] = {}
    for container in plan.of_type("azure-native:storage:BlobContainer"):
        name = text(container.get("containerName"))
        for account in accounts_of(plan, container):
            found[account.urn] = (*found.get(account.urn, ()), *((name.lower(),) if name else ()))
    return found


def accounts_of(plan: Plan, part: PlannedResource) -> tuple[PlannedResource, ...]:
    """The storage account that a container, a web site or a user is a part of."""
    above = nearest(plan, "/".join(part.id.split("/")[:9])) if isinstance(part.id, str) else None
    if above is not None and above.type == ACCOUNT:
        return (above,)
    return parents(plan, part, "accountName", ACCOUNT)


def pool_purpose(raw: Mapping[str, Value], name: str) -> str:
    """`system` for the cluster's own nodes, else what the pool is called."""
    return "system" if str(raw.get("mode")).lower() == "system" else name


def entry_purpose(plan: Plan, service: PlannedResource) -> str:
    """Of a Service with an address of its own: the portal's where Front Door or an application gateway leads to it."""
    link = clusters.link_id(plan, service).lower()
    for origin in plan.of_type("azure-native:cdn:AFDOrigin"):
        if str(origin.get("sharedPrivateLinkResource.privateLink.id")).lower() == link:
            return "portal"
    address = text(clusters.annotation(service, "load-balancer-ipv4"))
    for gateway in plan.of_type("azure-native:network:ApplicationGateway"):
        for pool in rows(gateway.get("backendAddressPools")):
            if address and any(item.get("ipAddress") == address for item in rows(pool.get("backendAddresses"))):
                return "portal"
    return clusters.object_name(service)


def group_tags(plan: Plan, resource: PlannedResource) -> Mapping[str, Value]:
    """Tags of the resource group, which speak for what has none."""
    if not isinstance(resource.id, str) or "/resourceGroups/" not in resource.id:
        return {}
    group = nearest(plan, "/".join(resource.id.split("/")[:5]))
    return mapping(group.get("tags")) if group is not None else {}
