"""Services that answer on the internet: said so, or left to Azure's default, which counts as open for all of these."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from plan.model import MISSING, UNKNOWN, PlannedResource, Value
from plan.reachability.clusters import CLUSTER
from plan.reachability.model import Edge
from plan.reachability.outside import INTERNET, UNKNOWN_TENANT, host, is_own, tenant
from plan.reachability.purposes import accounts_of
from plan.reachability.reading import given, mapping, parents, rows, targets, text, texts
from plan.reachability.sites import Sites, edge

CLOSED = frozenset({"disabled", "securedbyperimeter"})
ANY = "0.0.0.0"  # noqa: S104 an address in a rule, and nothing that listens
ACCOUNT = "azure-native:storage:StorageAccount"


@dataclass(frozen=True)
class Door:
    """Where a type says whether it answers publicly, and whom."""

    switches: tuple[str, ...] = ("publicNetworkAccess",)
    rules: str | None = None
    """Its own firewall: `defaultAction`, `ipRules`."""


DOORS: Mapping[str, Door] = {
    # "By default, storage accounts accept connections from clients on any network":
    # learn.microsoft.com/azure/storage/common/storage-network-security-set-default-access
    ACCOUNT: Door(rules="networkRuleSet"),
    # "By default it is enabled": the provider's own words on both.
    "azure-native:eventhub:Namespace": Door(),
    "azure-native:servicebus:Namespace": Door(),
    # Only `Disabled` is closed to Azure's own policy, Azure/azure-policy PrivateLink_PublicNetworkAccess_Audit.json.
    "azure-native:appconfiguration:ConfigurationStore": Door(),
    # Of the rest it was not verified that what is absent is open: it is taken to be.
    "azure-native:keyvault:Vault": Door(("properties.publicNetworkAccess",), "properties.networkAcls"),
    "azure-native:keyvault:ManagedHsm": Door(("properties.publicNetworkAccess",), "properties.networkAcls"),
    "azure-native:containerregistry:Registry": Door(rules="networkRuleSet"),
    "azure-native:dbforpostgresql:Server": Door(("network.publicNetworkAccess",)),
    "azure-native:operationalinsights:Workspace": Door(
        ("publicNetworkAccessForIngestion", "publicNetworkAccessForQuery")
    ),
    "azure-native:monitor:AzureMonitorWorkspace": Door(),
    "azure-native:monitor:DataCollectionEndpoint": Door(("networkAcls.publicNetworkAccess",)),
    "azure-native:dashboard:Grafana": Door(("properties.publicNetworkAccess",)),
    "azure-native:machinelearningservices:Workspace": Door(),
    "azure-native:attestation:AttestationProvider": Door(("properties.publicNetworkAccess",)),
    "azure-native:recoveryservices:Vault": Door(("properties.publicNetworkAccess",)),
    "azure-native:cosmosdb:DatabaseAccount": Door(),
    "azure-native:sql:Server": Door(),
    "azure-native:redis:Redis": Door(),
    "azure-native:search:Service": Door(rules="networkRuleSet"),
    "azure-native:cognitiveservices:Account": Door(("properties.publicNetworkAccess",), "properties.networkAcls"),
    # Disks can be exported by a signed address.
    "azure-native:compute:Disk": Door(),
    "azure-native:compute:Snapshot": Door(),
}


def public_edges(sites: Sites) -> Iterator[Edge]:
    """Who may come in from outside, to each service with a public door."""
    for token, door in DOORS.items():
        for resource in sites.plan.of_type(token):
            yield from _through(sites, resource, door)
    yield from _api_servers(sites)
    yield from _apps(sites)
    yield from _perimeters(sites)


def _through(sites: Sites, resource: PlannedResource, door: Door) -> Iterator[Edge]:
    here = sites.of(resource)
    if here is None or _injected(resource) or _disk_closed(resource):
        return
    switch = next((path for path in door.switches if not _closed(resource.get(path))), None)
    if switch is not None:
        why = f"{resource.label}: {switch} is {_shown(resource.get(switch))}"
        for source, allowed in _callers(resource, door):
            yield edge(source, here, "enters", f"{why}{allowed}", resource, _kind_of_entry(sites, resource))
    for rule in rows(mapping(resource.get(door.rules) if door.rules else None).get("resourceAccessRules")):
        # Instances of another tenant's resources, which come in past the firewall.
        other = text(rule.get("tenantId"))
        target = text(rule.get("resourceId")) or ""
        if switch is not None and not is_own(sites.plan, target):
            yield edge(tenant(target or other or "unknown"), here, "enters", f"{resource.label}: access rule", resource)


def _closed(value: Value) -> bool:
    return isinstance(value, str) and value.lower() in CLOSED


def _shown(value: Value) -> str:
    if value is MISSING:
        return "not set, which is open"
    return "known only after deployment" if value is UNKNOWN else str(value)


def _injected(resource: PlannedResource) -> bool:
    """A server inside a network has no public door: the provider's words on `network.publicNetworkAccess`."""
    return given(mapping(resource.get("network")).get("delegatedSubnetResourceId"))


def _disk_closed(resource: PlannedResource) -> bool:
    return resource.type.startswith("azure-native:compute:") and resource.get("networkAccessPolicy") in (
        "DenyAll",
        "AllowPrivate",
    )


def _callers(resource: PlannedResource, door: Door) -> Iterator[tuple[str, str]]:
    """The internet, or the ranges that the service's own firewall names."""
    rules = resource.get(door.rules) if door.rules else MISSING
    known = mapping(rules)
    if str(known.get("defaultAction")).lower() != "deny":
        default = f", {door.rules}.defaultAction is {_shown(known.get('defaultAction', MISSING))}"
        yield INTERNET, default if door.rules else ""
        return
    listed = known.get("ipRules")
    if listed is UNKNOWN:
        yield INTERNET, ", its address rules are known only after deployment"
    for row in rows(listed):
        written = next((row[key] for key in ("iPAddressOrRange", "ipAddressOrRange", "value") if key in row), UNKNOWN)
        everywhere = not isinstance(written, str) or written.partition("/")[0] == ANY
        yield INTERNET if everywhere else f"network:{written}", ", by an address rule"


def _kind_of_entry(sites: Sites, resource: PlannedResource) -> str:
    """What makes an open door worse: blobs without a name, SFTP, a web site."""
    if resource.type == "azure-native:containerregistry:Registry" and given(resource.get("anonymousPullEnabled")):
        return "anonymous pull"
    if resource.type != ACCOUNT:
        return ""
    plan = sites.plan
    found = []
    # Absent is false: the provider's words on the property.
    if given(resource.get("allowBlobPublicAccess")):
        blobs = plan.of_type("azure-native:storage:BlobContainer")
        mine = [item for item in blobs if resource in accounts_of(plan, item)]
        if any(str(item.get("publicAccess")) not in ("None", repr(MISSING)) for item in mine):
            found.append("anonymous blobs")
    sites_of = plan.of_type("azure-native:storage:StorageAccountStaticWebsite")
    if any(resource in accounts_of(plan, item) for item in sites_of):
        found.append("static web site")
    if given(resource.get("isSftpEnabled")):
        found.append("SFTP")
    return ", ".join(found)


def _api_servers(sites: Sites) -> Iterator[Edge]:
    """Public unless the cluster is private: learn.microsoft.com/azure/aks/private-clusters (not looked up again)."""
    for cluster in sites.plan.of_type(CLUSTER):
        here = sites.of(cluster)
        private = cluster.get("apiServerAccessProfile.enablePrivateCluster") is True
        if here is None or private or _closed(cluster.get("publicNetworkAccess")):
            continue
        ranges = texts(cluster.get("apiServerAccessProfile.authorizedIPRanges"))
        for source in [f"network:{item}" for item in ranges if item != f"{ANY}/0"] or [INTERNET]:
            yield edge(source, here, "enters", f"{cluster.label}: its API server is public", cluster)


def _apps(sites: Sites) -> Iterator[Edge]:
    """Container apps: learn.microsoft.com/azure/container-apps/ingress-overview, …/networking."""
    token = "azure-native:app:ManagedEnvironment"
    for environment in sites.plan.of_type(token):
        here = sites.of(environment)
        if here is None:
            continue
        if not given(environment.get("vnetConfiguration.infrastructureSubnetId")):
            why = f"{environment.label} stands in a network of Microsoft's"
            yield edge(here, INTERNET, "connects", why, environment)
        inside = environment.get("vnetConfiguration.internal") is True
        public = not inside and not _closed(environment.get("publicNetworkAccess"))
        for app in sites.plan.of_type("azure-native:app:ContainerApp", "azure-native:app:Job"):
            mine = sites.of(app)
            if mine is None or environment not in (
                *targets(sites.plan, app, "environmentId", token),
                *targets(sites.plan, app, "managedEnvironmentId", token),
            ):
                continue
            yield edge(mine, here, "hosts", f"{app.label} runs in {environment.label}", app)
            if public and given(app.get("configuration.ingress.external")):
                yield edge(INTERNET, mine, "enters", f"{app.label}: its ingress is external", app)


def _perimeters(sites: Sites) -> Iterator[Edge]:
    """Rules of a perimeter let in and out what its members' own doors would not.

    learn.microsoft.com/azure/private-link/network-security-perimeter-concepts
    """
    plan = sites.plan
    profiles = "azure-native:network:NetworkSecurityPerimeterProfile"
    for rule in plan.of_type("azure-native:network:NetworkSecurityPerimeterAccessRule"):
        home = {item.urn for item in parents(plan, rule, "profileName", profiles)}
        members = [
            member
            for item in plan.of_type("azure-native:network:NetworkSecurityPerimeterAssociation")
            if any(profile.urn in home for profile in targets(plan, item, "profile.id", profiles))
            for member in sites.known(item, "privateLinkResource.id")
        ]
        outbound = str(rule.get("direction")).lower() == "outbound"
        for member in members:
            for other in _others(sites, rule, outbound=outbound):
                ends = (member, other) if outbound else (other, member)
                yield edge(*ends, "connects" if outbound else "enters", f"{rule.label} of the perimeter", rule)


def _others(sites: Sites, rule: PlannedResource, *, outbound: bool) -> Iterator[str]:
    if outbound:
        names = rule.get("fullyQualifiedDomainNames")
        yield from [INTERNET] if names is UNKNOWN else (host(name) for name in texts(names))
        return
    prefixes = rule.get("addressPrefixes")
    yield from [INTERNET] if prefixes is UNKNOWN else (f"network:{item}" for item in texts(prefixes))
    for row in rows(rule.get("subscriptions")):
        identifier = text(row.get("id"))
        if identifier is None:
            yield UNKNOWN_TENANT
        elif not is_own(sites.plan, identifier):
            yield tenant(identifier)
    for tag in texts(rule.get("serviceTags")):
        yield f"tag:{tag}"
