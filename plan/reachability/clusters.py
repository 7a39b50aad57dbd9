"""Kubernetes as a plan has it: clusters, pools of nodes, namespaces, workloads and services."""

from collections.abc import Mapping
from dataclasses import dataclass

from plan.model import UNKNOWN, Plan, PlannedResource, Value
from plan.reachability.reading import given, mapping, name_of, origins, parents, place_id, rows, text

CLUSTER = "azure-native:containerservice:ManagedCluster"
POOL = "azure-native:containerservice:AgentPool"
PROVIDER = "pulumi:providers:kubernetes"

WORKLOADS = frozenset(
    {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job", "CronJob", "Pod"}
)
NAME_LABEL = "kubernetes.io/metadata.name"
"""Every namespace has it: kubernetes.io/docs/reference/labels-annotations-taints."""
ANNOTATION = "service.beta.kubernetes.io/azure-"
"""Of the cloud provider: kubernetes-sigs.github.io/cloud-provider-azure/topics/loadbalancer, …/pls-integration."""


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Nodes of one kind, of a cluster's own profiles or as a resource of their own."""

    id: str
    name: str
    cluster: PlannedResource | None
    holder: PlannedResource
    path: str
    """Where it lies in the holder's inputs, with a dot at its end; empty for a resource of its own."""
    raw: Mapping[str, Value]


@dataclass(frozen=True, kw_only=True)
class Workload:
    """Pods of one controller, or one pod."""

    id: str
    name: str
    kind: str
    namespace: str | None
    """None where it is known only after deployment."""
    resource: PlannedResource
    labels: Value
    """Of its pods; may be unknown, in part or in whole."""
    spec: Mapping[str, Value]

    @property
    def host_network(self) -> bool:
        """Whether its pods are the node, as far as the network goes."""
        return self.spec.get("hostNetwork") is True or self.spec.get("hostNetwork") is UNKNOWN


def pools(plan: Plan) -> tuple[Pool, ...]:
    """Every pool of nodes."""
    found: dict[str, Pool] = {}
    for cluster in plan.of_type(CLUSTER):
        for index, row in enumerate(rows(cluster.get("agentPoolProfiles"))):
            name = text(row.get("name")) or f"pool{index}"
            identifier = f"{place_id(cluster)}/agentPools/{name}"
            path = f"agentPoolProfiles.{index}."
            found[identifier.lower()] = Pool(
                id=identifier, name=name, cluster=cluster, holder=cluster, path=path, raw=row
            )
    for resource in plan.of_type(POOL):
        above = parents(plan, resource, "resourceName", CLUSTER)
        identifier = place_id(resource)
        found[identifier.lower()] = Pool(
            id=identifier,
            name=name_of(resource),
            cluster=above[0] if above else None,
            holder=resource,
            path="",
            raw=resource.inputs,
        )
    return tuple(found.values())


def namespace_of(plan: Plan, resource: PlannedResource) -> str | None:
    """The namespace of an object; None where it is known only after deployment and comes from no planned one."""
    found = mapping(resource.inputs.get("metadata")).get("namespace", "default")
    if isinstance(found, str):
        return found or "default"
    for origin in origins(plan, resource, "metadata"):
        if origin.type == "kubernetes:core/v1:Namespace":
            return object_name(origin)
    return None


def object_name(resource: PlannedResource) -> str:
    """Name of a Kubernetes object."""
    return text(mapping(resource.inputs.get("metadata")).get("name")) or resource.name


def labels_of(resource: PlannedResource) -> Value:
    """Labels of a Kubernetes object."""
    metadata = resource.inputs.get("metadata")
    return UNKNOWN if metadata is UNKNOWN else mapping(metadata).get("labels", {}) or {}


def namespaces(plan: Plan) -> dict[tuple[str | None, str], Value]:
    """Labels of the planned namespaces, by provider and name."""
    found: dict[tuple[str | None, str], Value] = {}
    for resource in plan.of_type("kubernetes:core/v1:Namespace"):
        labels, name = labels_of(resource), object_name(resource)
        if isinstance(labels, Mapping):
            labels = {**labels, NAME_LABEL: name}
        found[resource.provider, name] = labels
    return found


def workloads(plan: Plan) -> tuple[Workload, ...]:
    """Everything that runs pods."""
    resources = [item for item in plan.of_type("kubernetes:*") if item.type.rpartition(":")[2] in WORKLOADS]
    several = len({item.provider for item in resources}) > 1
    return tuple(_workload(plan, item, several=several) for item in resources)


def _workload(plan: Plan, resource: PlannedResource, *, several: bool) -> Workload:
    kind, name, namespace = resource.type.rpartition(":")[2], object_name(resource), namespace_of(plan, resource)
    spec = resource.get("spec.jobTemplate.spec.template" if kind == "CronJob" else "spec.template")
    template = mapping(resource.inputs if kind == "Pod" else spec)
    metadata = UNKNOWN if spec is UNKNOWN else template.get("metadata", {})
    at = f"@{(resource.provider or '').split('::')[-2:][0]}" if several else ""
    return Workload(
        id=f"pods:{namespace or '?'}/{kind}/{name}{at}",
        name=name,
        kind=kind,
        namespace=namespace,
        resource=resource,
        labels=UNKNOWN if metadata is UNKNOWN else mapping(metadata).get("labels", {}) or {},
        spec=mapping(template.get("spec")),
    )


def cluster_of(plan: Plan, resource: PlannedResource) -> PlannedResource | None:
    """The planned cluster that an object goes to: the only one, or the one that its provider's access comes from."""
    clusters = plan.of_type(CLUSTER)
    if len(clusters) == 1:
        return clusters[0]
    provider = plan.by_urn((resource.provider or "").rpartition("::")[0]) or plan.by_urn(resource.provider or "")
    return next((item for item in clusters if provider is not None and item.urn in provider.dependencies), None)


def services(plan: Plan) -> tuple[PlannedResource, ...]:
    """Kubernetes Services."""
    return plan.of_type("kubernetes:core/v1:Service")


def annotation(resource: PlannedResource, name: str) -> Value:
    """An annotation of the cloud provider, by its name after the common prefix."""
    metadata = resource.inputs.get("metadata")
    found = UNKNOWN if metadata is UNKNOWN else mapping(metadata).get("annotations")
    return UNKNOWN if found is UNKNOWN else mapping(found).get(f"{ANNOTATION}{name}")


def is_balancer(service: PlannedResource) -> bool:
    """Whether the cloud makes a load balancer for it; what is not known yet may be one."""
    kind = service.get("spec.type")
    return kind is UNKNOWN or kind == "LoadBalancer"


def is_internal(service: PlannedResource) -> bool:
    """Whether its load balancer has an internal address: it is public unless the annotation says otherwise."""
    return annotation(service, "load-balancer-internal") in ("true", True)


def makes_link(service: PlannedResource) -> bool:
    """Whether the cloud makes a private link service before it."""
    return given(annotation(service, "pls-create")) and annotation(service, "pls-create") != "false"


def service_id(plan: Plan, service: PlannedResource) -> str:
    """The place of a Service's address."""
    several = len({item.provider for item in services(plan)}) > 1
    at = f"@{(service.provider or '').split('::')[-2:][0]}" if several else ""
    return f"service:{namespace_of(plan, service) or '?'}/{object_name(service)}{at}"


def link_id(plan: Plan, service: PlannedResource) -> str:
    """Id of the private link service that the cloud makes before a Service, as others refer to it."""
    # Without a name the provider makes one up, which is not known here.
    name = text(annotation(service, "pls-name")) or f"pls-{object_name(service)}"
    cluster = cluster_of(plan, service)
    root = text(cluster.id) if cluster is not None else None
    if cluster is None or root is None:
        return f"private-link-service:{name}"
    parts = root.split("/")
    made = text(cluster.get("nodeResourceGroup")) or f"MC_{parts[4]}_{parts[-1]}_{text(cluster.get('location')) or ''}"
    group = text(annotation(service, "pls-resource-group")) or made
    return f"/{parts[1]}/{parts[2]}/resourceGroups/{group}/providers/Microsoft.Network/privateLinkServices/{name}"
