"""Every place of a plan where classified data lives or passes, and every one that it could go to or come from."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from plan.model import UNKNOWN, Plan, PlannedResource, Value
from plan.reachability import clusters
from plan.reachability.interfaces import INTERFACE, owners
from plan.reachability.model import Place, PlaceKind
from plan.reachability.network_policies import named_pods, unplanned_pods
from plan.reachability.purposes import (
    containers_of,
    entry_purpose,
    group_tags,
    made_by,
    pool_purpose,
    purpose_of,
)
from plan.reachability.reading import (
    chain,
    mapping,
    name_of,
    nearest,
    origins,
    place_id,
    region,
    subscription_of,
    targets,
    text,
)

TAG = "data-classification"
LABEL = "bailiwick/data-classification"

TYPES: Mapping[PlaceKind, str] = {
    "store": """
    storage:StorageAccount dbforpostgresql:Server keyvault:Vault keyvault:ManagedHsm containerregistry:Registry
    appconfiguration:ConfigurationStore operationalinsights:Workspace monitor:AzureMonitorWorkspace
    machinelearningservices:Workspace dataprotection:BackupVault recoveryservices:Vault cosmosdb:DatabaseAccount
    sql:Server sql:Database redis:Redis eventhub:Namespace servicebus:Namespace search:Service
    cognitiveservices:Account compute:Disk compute:Snapshot
    """,
    "compute": """
    compute:VirtualMachine compute:VirtualMachineScaleSet app:ManagedEnvironment app:Job app:ContainerApp
    logic:Workflow dashboard:Grafana kubernetes:ConnectedCluster
    """,
    "entry": """
    cdn:Profile network:ApplicationGateway network:AzureFirewall network:PrivateLinkService network:LoadBalancer
    network:BastionHost
    """,
    "service": """
    containerservice:ManagedCluster attestation:AttestationProvider monitor:PrivateLinkScope monitor:ActionGroup
    monitor:DataCollectionEndpoint monitor:DataCollectionRule hybridcompute:PrivateLinkScope web:Connection
    eventgrid:SystemTopic
    """,
    "endpoint": "network:PrivateEndpoint dashboard:ManagedPrivateEndpoint",
}
SETTINGS = ("azure-native:monitor:DiagnosticSetting", "azure-native:monitor:SubscriptionDiagnosticSetting")
CONNECTED = "privateLinkServiceConnections[*].privateLinkServiceId"
DIRECTORY = "directory"
"""The organisation's Entra directory, where its own logs are sent somewhere."""


def places(plan: Plan) -> dict[str, Place]:
    """By id. What lies outside is named by the edges that lead there."""
    found: dict[str, Place] = {}
    containers = containers_of(plan)
    for kind, tokens in TYPES.items():
        for resource in plan.of_type(*(f"azure-native:{token}" for token in tokens.split())):
            _add(found, _place(plan, resource, kind, containers))
    for item in (*_interfaces(plan), *_pools(plan), *_pods(plan), *_entries(plan), *_told(plan, found)):
        _add(found, item)
    return found


def _add(found: dict[str, Place], place: Place) -> None:
    found.setdefault(place.id, place)


def _place(plan: Plan, resource: PlannedResource, kind: PlaceKind, containers: Mapping[str, tuple[str, ...]]) -> Place:
    # A door is for what is behind it.
    behind = targets(plan, resource, CONNECTED) if kind == "endpoint" else ()
    return Place(
        id=place_id(resource),
        name=name_of(resource),
        kind=kind,
        classification=classification_of(plan, resource),
        purpose=purpose_of(plan, behind[0] if behind else resource, containers),
        region=region(resource.get("location")),
        urn=resource.urn,
    )


def classification_of(plan: Plan, resource: PlannedResource) -> str | None:
    """By its tag, else by that of its resource group."""
    return text(mapping(resource.get("tags")).get(TAG)) or text(group_tags(plan, resource).get(TAG))


def _interfaces(plan: Plan) -> Iterator[Place]:
    """Interfaces that no machine of the plan has."""
    taken = owners(plan)
    for interface in plan.of_type(INTERFACE):
        if interface.urn not in taken:
            yield _place(plan, interface, "compute", {})


def _pools(plan: Plan) -> Iterator[Place]:
    for pool in clusters.pools(plan):
        cluster = pool.cluster
        tagged = text(mapping(pool.raw.get("tags")).get(TAG))
        yield Place(
            id=pool.id,
            name=pool.name,
            kind="compute",
            classification=tagged or (classification_of(plan, cluster) if cluster is not None else None),
            purpose=pool_purpose(pool.raw, pool.name),
            region=region(cluster.get("location")) if cluster is not None else None,
            urn=pool.holder.urn,
        )


def _pods(plan: Plan) -> Iterator[Place]:
    """Workloads; and pods that only a policy names, as those of Azure in the cluster's own namespace."""
    known = clusters.namespaces(plan)
    for workload in clusters.workloads(plan):
        resource = workload.resource
        of_namespace = known.get((resource.provider, workload.namespace or ""))
        layers = [mapping(item) for item in (workload.labels, clusters.labels_of(resource), of_namespace)]
        cluster = clusters.cluster_of(plan, resource)
        yield Place(
            id=workload.id,
            name=f"{workload.namespace or '?'}/{workload.name}",
            kind="pods",
            classification=_first(layers, LABEL),
            purpose=_first(layers, "app.kubernetes.io/component") or made_by(resource),
            region=region(cluster.get("location")) if cluster is not None else None,
            urn=resource.urn,
        )
    for pods in named_pods(plan):
        is_system = pods.namespace.startswith("kube-") or pods.namespace == "gatekeeper-system"
        name = pods.id.removeprefix("pods:")
        yield Place(id=pods.id, name=name, kind="pods", purpose="system" if is_system else None)
    for pods in unplanned_pods(plan):
        yield Place(id=pods.id, name="any other pod", kind="pods")


def _first(layers: list[Mapping[str, Value]], key: str) -> str | None:
    return next((found for layer in layers if (found := text(layer.get(key)))), None)


def _entries(plan: Plan) -> Iterator[Place]:
    """Addresses of load balancers that a cluster makes, and the private link services before them."""
    known = clusters.namespaces(plan)
    for service in clusters.services(plan):
        if not clusters.is_balancer(service):
            continue
        of_namespace = known.get((service.provider, clusters.namespace_of(plan, service) or ""))
        layers = [mapping(clusters.labels_of(service)), mapping(of_namespace)]
        cluster = clusters.cluster_of(plan, service)
        identifier = clusters.service_id(plan, service)
        place = Place(
            id=identifier,
            name=identifier.removeprefix("service:"),
            kind="entry",
            classification=_first(layers, LABEL),
            purpose=entry_purpose(plan, service),
            region=region(cluster.get("location")) if cluster is not None else None,
            urn=service.urn,
        )
        yield place
        if clusters.makes_link(service):
            link = clusters.link_id(plan, service)
            yield replace(place, id=link, name=link.rpartition("/")[2])


def _told(plan: Plan, found: Mapping[str, Place]) -> Iterator[Place]:
    """Whatever else sends its logs somewhere: groups, networks, a subscription, the directory."""
    known = {identifier.lower() for identifier in found}
    about = [(item, "resourceUri") for item in plan.of_type(*SETTINGS)]
    about += [(item, "targetResourceId") for item in plan.of_type("azure-native:network:FlowLog")]
    for source, key in about:
        value = source.get(key)
        if value is UNKNOWN:
            for origin in origins(plan, source, key):
                if not any(above in known for above in chain(place_id(origin).lower())):
                    yield _place(plan, origin, "service", {})
            continue
        identifier = _rooted(value) if isinstance(value, str) else None
        if identifier is None or any(above in known for above in chain(identifier.lower())):
            continue
        resource = nearest(plan, identifier)
        if resource is not None:
            yield _place(plan, resource, "service", {})
        elif subscription_of(identifier):
            yield Place(id=identifier, name=identifier.rpartition("/")[2], kind="service", urn=source.urn)
    if plan.of_type("azure-native:aadiam:DiagnosticSetting"):
        yield Place(id=DIRECTORY, name="the organisation's directory", kind="service")


def _rooted(identifier: str) -> str:
    return "/" + identifier.strip("/")
