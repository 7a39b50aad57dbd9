"""What is lost when a resource goes: types that hold data, and what else goes with some of them."""

from collections.abc import Mapping

from plan.model import PlannedResource
from plan.reachability.places import TYPES

_DATA = "the data in it"
_SPECIAL: Mapping[str, str] = {
    "azure-native:resources:ResourceGroup": "everything in it, also what no plan has",
    "azure-native:keyvault:Key": "the key: what is encrypted under it can't be read again",
    "azure-native:keyvault:Vault": "the keys in it: what is encrypted under them can't be read again",
    "azure-native:keyvault:ManagedHsm": "the keys in it: what is encrypted under them can't be read again",
    "azure-native:keyvault:Secret": "the secret",
    "azure-native:dataprotection:BackupVault": "the backups in it",
    "azure-native:dataprotection:BackupInstance": "the backups of what it protects",
    "azure-native:recoveryservices:Vault": "the backups in it",
    "azure-native:recoveryservices:ProtectedItem": "the backups of what it protects",
    "azure-native:compute:VirtualMachine": "what is on its own disks",
    "azure-native:operationalinsights:Workspace": "the logs in it",
    "azure-native:operationalinsights:Cluster": "the logs of its workspaces",
    "azure-native:operationalinsights:Table": "the logs in it",
    "azure-native:containerregistry:Registry": "the images in it, signatures and provenances included",
    "kubernetes:core/v1:Namespace": "everything in it, claims of volumes included",
    "kubernetes:core/v1:PersistentVolume": "the volume, unless its reclaim policy retains it",
    "kubernetes:core/v1:PersistentVolumeClaim": "the volume, unless its reclaim policy retains it",
}
_PARTS = """
storage:BlobContainer storage:FileShare storage:Queue storage:Table
dbforpostgresql:Database sql:Database cosmosdb:SqlResourceSqlDatabase cosmosdb:SqlResourceSqlContainer
appconfiguration:KeyValue eventhub:EventHub servicebus:Queue servicebus:Topic
machinelearningservices:ModelVersion machinelearningservices:DataVersion
"""
_HOLDERS = {
    **{f"azure-native:{token}": _DATA for token in (*TYPES["store"].split(), *_PARTS.split())},
    **_SPECIAL,
}


def held_by(resource: PlannedResource) -> str:
    """What goes with it, in words; empty where no data does, as far as its type tells."""
    return _HOLDERS.get(resource.type, "")
