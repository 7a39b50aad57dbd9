"""What pods mount: containers and shares of storage accounts, and secrets of key vaults.

Forms: kubernetes-sigs/blob-csi-driver and azurefile-csi-driver, docs/driver-parameters.md; the secrets store's
provider for Azure, github.com/Azure/secrets-store-csi-driver-provider-azure.
"""

from collections.abc import Iterator, Mapping

from plan.model import UNKNOWN, Plan, PlannedResource, Value
from plan.reachability import clusters
from plan.reachability.model import Edge, Hop
from plan.reachability.outside import UNKNOWN_TENANT
from plan.reachability.reading import mapping, origins, rows, text
from plan.reachability.sites import Sites, edge

ACCOUNT = "azure-native:storage:StorageAccount"
VAULT = "azure-native:keyvault:Vault"
DRIVERS = ("blob.csi.azure.com", "file.csi.azure.com")
DISKS = "disk.csi.azure.com"
INNER = frozenset({"emptyDir", "configMap", "secret", "projected", "downwardAPI", "hostPath", "ephemeral", "image"})
"""Volumes that lead nowhere else."""


def mount_edges(sites: Sites) -> Iterator[Edge]:
    """From the store to the pods that mount it, and back where they may write."""
    volumes = {clusters.object_name(item): item for item in sites.plan.of_type("kubernetes:core/v1:PersistentVolume")}
    for workload in clusters.workloads(sites.plan):
        for volume in rows(workload.spec.get("volumes")):
            for store, holder, writes in _leads(sites, workload, volume, volumes):
                why = f"{workload.id.removeprefix('pods:')} mounts it as '{volume.get('name')}'"
                yield edge(store, workload.id, "reads", why, holder, "mount")
                if writes:
                    yield edge(workload.id, store, "reads", why, holder, "mount, writes")


def strange_volumes(plan: Plan) -> Iterator[Hop]:
    """Volumes of kinds that are not read, such as NFS shares: they lead somewhere."""
    for workload in clusters.workloads(plan):
        if workload.spec.get("volumes") is UNKNOWN:
            yield Hop(
                what=f"unjudged: volumes of {workload.resource.label} are not known yet", urn=workload.resource.urn
            )
        for volume in rows(workload.spec.get("volumes")):
            kinds = set(volume) - {"name"} - INNER - {"csi", "persistentVolumeClaim", "azureFile", "azureDisk"}
            for kind in sorted(kinds):
                what = f"unjudged: {workload.resource.label} mounts a volume of kind {kind}"
                yield Hop(what=what, urn=workload.resource.urn)
    for volume_resource in plan.of_type("kubernetes:core/v1:PersistentVolume"):
        driver = volume_resource.get("spec.csi.driver")
        if driver not in (*DRIVERS, DISKS) and not mapping(volume_resource.get("spec.azureFile")):
            what = f"unjudged: {volume_resource.label} leads to a store that is not understood"
            yield Hop(what=what, urn=volume_resource.urn)


def _leads(
    sites: Sites,
    workload: clusters.Workload,
    volume: Mapping[str, Value],
    volumes: Mapping[str, PlannedResource],
) -> Iterator[tuple[str, PlannedResource, bool]]:
    """Stores that a volume leads to, and whether pods may write."""
    claim = mapping(volume.get("persistentVolumeClaim"))
    if claim:
        found = _bound(sites, workload, text(claim.get("claimName")), volumes)
        spec = mapping(found.get("spec")) if found is not None else {}
        csi = mapping(spec.get("csi"))
        if found is not None and csi.get("driver") in DRIVERS:
            writes = claim.get("readOnly") is not True and csi.get("readOnly") is not True
            yield _account(sites, csi, found), found, writes
    csi = mapping(volume.get("csi"))
    attributes = mapping(csi.get("volumeAttributes"))
    if csi.get("driver") in DRIVERS:
        yield _account(sites, csi, workload.resource), workload.resource, csi.get("readOnly") is not True
    elif csi.get("driver") == "secrets-store.csi.k8s.io":
        yield from _secrets(sites, workload, text(attributes.get("secretProviderClass")))


def _bound(
    sites: Sites, workload: clusters.Workload, name: str | None, volumes: Mapping[str, PlannedResource]
) -> PlannedResource | None:
    for claim in sites.plan.of_type("kubernetes:core/v1:PersistentVolumeClaim"):
        same_space = clusters.namespace_of(sites.plan, claim) in (None, workload.namespace)
        if clusters.object_name(claim) == name and same_space and claim.provider == workload.resource.provider:
            return volumes.get(str(claim.get("spec.volumeName")))
    return None


def _account(sites: Sites, csi: Mapping[str, Value], holder: PlannedResource) -> str:
    """By its name among the attributes, or as the driver writes it: `group#account#container`."""
    attribute = mapping(csi.get("volumeAttributes")).get("storageAccount")
    if UNKNOWN in (attribute, csi.get("volumeHandle")) and (made_from := _origin(sites, holder, ACCOUNT)):
        return made_from
    named = text(attribute)
    handle = (text(csi.get("volumeHandle")) or "").split("#")
    return sites.named(ACCOUNT, named or (handle[1] if len(handle) > 2 else None)) or UNKNOWN_TENANT


def _secrets(
    sites: Sites, workload: clusters.Workload, name: str | None
) -> Iterator[tuple[str, PlannedResource, bool]]:
    for provider in sites.plan.of_type("kubernetes:*"):
        if not provider.type.endswith(":SecretProviderClass") or clusters.object_name(provider) != name:
            continue
        if clusters.namespace_of(sites.plan, provider) in (None, workload.namespace):
            vault = provider.get("spec.parameters.keyvaultName")
            made_from = _origin(sites, provider, VAULT) if vault is UNKNOWN else None
            yield sites.named(VAULT, vault) or made_from or UNKNOWN_TENANT, provider, False


def _origin(sites: Sites, holder: PlannedResource, token: str) -> str | None:
    """Before a deployment: the one resource of a type that the object is computed from."""
    found = [item for item in origins(sites.plan, holder, "spec") if item.type == token]
    return sites.of(found[0]) if len(found) == 1 else None
