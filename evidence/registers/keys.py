"""With which key a store is encrypted, as its own properties say it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from plan.model import UNKNOWN, Plan, PlannedResource, Value

SERVICE_KEY: Final = "the service's own key"
_BACKUP: Final = "properties.securitySettings.encryptionSettings"
_PATHS: Final[Mapping[str, str]] = {
    "azure-native:dbforpostgresql:Server": "dataEncryption.primaryKeyURI",
    "azure-native:containerregistry:Registry": "encryption.keyVaultProperties.keyIdentifier",
    "azure-native:appconfiguration:ConfigurationStore": "encryption.keyVaultProperties.keyIdentifier",
    "azure-native:machinelearningservices:Workspace": "encryption.keyVaultProperties.keyIdentifier",
    "azure-native:dataprotection:BackupVault": f"{_BACKUP}.keyVaultProperties.keyUri",
    "azure-native:recoveryservices:Vault": "properties.encryption.keyVaultProperties.keyUri",
    "azure-native:compute:DiskEncryptionSet": "activeKey.keyUrl",
}
"""Where the address of a customer's key stands, by type: the SDK's own inputs."""
_NAMED: Final[Mapping[str, str]] = {
    "azure-native:storage:StorageAccount": "encryption.keyVaultProperties",
    "azure-native:operationalinsights:Cluster": "keyVaultProperties",
}
"""Where it stands as a vault's address and a name."""
HOLDERS: Final = ("azure-native:keyvault:Vault", "azure-native:keyvault:ManagedHsm")
_CLUSTER: Final = "azure-native:operationalinsights:Cluster"
_LINKED: Final = "azure-native:operationalinsights:LinkedService"
_DISKS: Final = "azure-native:compute:DiskEncryptionSet"


@dataclass(frozen=True, kw_only=True)
class Key:
    """A key, and whose."""

    words: str
    customer: bool
    """Whether the operator holds it; false where the plan names none."""


def key_of(plan: Plan, store: PlannedResource) -> Key:
    """The key of a store; where the plan names none, the service's own, which the operator does not hold."""
    if store.type in HOLDERS:
        return Key(words=_held(store), customer=True)
    if store.type == "azure-native:operationalinsights:Workspace":
        linked = _cluster(plan, store)
        return _named(plan, linked) if linked is not None else _none()
    if store.type in ("azure-native:compute:VirtualMachine", "azure-native:compute:VirtualMachineScaleSet"):
        found = _disk_set(plan, store)
        return key_of(plan, found) if found is not None else _none()
    if store.type in _NAMED:
        return _named(plan, store)
    path = _PATHS.get(store.type)
    return _told(plan, store.get(path)) if path is not None else _none()


def _held(store: PlannedResource) -> str:
    if store.type.endswith("ManagedHsm"):
        return "a managed HSM of its own (FIPS 140-3 level 3 by Azure's word): keys do not leave it"
    premium = str(store.get("properties.sku.name")).lower() == "premium"
    return "holds keys itself, in HSMs" if premium else "holds keys itself, in software"


def _named(plan: Plan, store: PlannedResource) -> Key:
    path = _NAMED[store.type]
    vault, name = store.get(f"{path}.keyVaultUri"), store.get(f"{path}.keyName")
    source = store.get("encryption.keySource")
    if isinstance(source, str) and source.lower() != "microsoft.keyvault":
        return _none()
    if vault is UNKNOWN or name is UNKNOWN:
        return Key(words="a customer's key, known after deployment", customer=True)
    if not isinstance(vault, str) or not isinstance(name, str):
        return _none()
    return _told(plan, f"{vault.rstrip('/')}/keys/{name}")


def _told(plan: Plan, value: Value) -> Key:
    if value is UNKNOWN:
        return Key(words="a customer's key, known after deployment", customer=True)
    if not isinstance(value, str) or not value:
        return _none()
    parts = urlsplit(value)
    name = parts.path.strip("/").split("/")[1:2]
    host = (parts.hostname or "").partition(".")[0]
    holder = next((item for item in plan.of_type(*HOLDERS) if item.display_name.lower() == host), None)
    where = f"{'managed HSM' if '.managedhsm.' in (parts.hostname or '') else 'vault'} {host}"
    foreign = "" if holder is not None else ", which is not in this plan"
    return Key(words=f"key '{''.join(name)}' of {where}{foreign}", customer=True)


def _cluster(plan: Plan, workspace: PlannedResource) -> PlannedResource | None:
    """The dedicated cluster that a workspace is linked to: its key encrypts the logs."""
    for link in plan.of_type(_LINKED):
        if link.get("workspaceName") == workspace.get("workspaceName"):
            target = link.get("writeAccessResourceId")
            return plan.by_id(target) if isinstance(target, str) else next(iter(plan.of_type(_CLUSTER)), None)
    return None


def _disk_set(plan: Plan, machine: PlannedResource) -> PlannedResource | None:
    disk = machine.get("storageProfile.osDisk.managedDisk")
    if not isinstance(disk, Mapping):
        return None
    for path in ("securityProfile.diskEncryptionSet.id", "diskEncryptionSet.id"):
        value = machine.get(f"storageProfile.osDisk.managedDisk.{path}")
        if isinstance(value, str):
            return plan.by_id(value)
    return None


def _none() -> Key:
    return Key(words=f"{SERVICE_KEY}: the plan names no customer's key", customer=False)
