"""Azure's built-in roles that reach data, and the operations by which any role reaches it.

learn.microsoft.com/azure/role-based-access-control/built-in-roles. GUIDs that components/roles.py has too are those of
Azure/bicep-registry-modules; the others, and the operations, were not verified against a second source.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Effect = Literal["read", "write", "both"]


@dataclass(frozen=True)
class Operation:
    """One way to the data of a type."""

    token: str
    """The type, without `azure-native:`."""
    name: str
    """In lower case, as roles' patterns are compared."""
    effect: Effect
    data: bool = True
    """A data action; else one of the control plane."""
    by_key: bool = False
    """Gives a key, which opens the store only where that takes keys."""


@dataclass(frozen=True)
class RoleActions:
    """What a role lets do: patterns, less those that it takes away."""

    name: str
    actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()


ACCOUNT, STORE = "microsoft.storage/storageaccounts", "storage:StorageAccount"
BLOBS = f"{ACCOUNT}/blobservices/containers/blobs"
FILES = f"{ACCOUNT}/fileservices/fileshares/files"
QUEUES = f"{ACCOUNT}/queueservices/queues/messages"
TABLES = f"{ACCOUNT}/tableservices/tables/entities"
KEYS = f"{ACCOUNT}/listkeys/action"
SECRETS = "microsoft.keyvault/vaults/secrets"
IMAGES = "microsoft.containerregistry/registries"
SETTINGS = "microsoft.appconfiguration/configurationstores"
LOGS = "microsoft.operationalinsights/workspaces"
METRICS = "microsoft.monitor/accounts/data/metrics"

OPERATIONS = (
    Operation(STORE, f"{BLOBS}/read", "read"),
    Operation(STORE, f"{BLOBS}/write", "write"),
    Operation(STORE, f"{BLOBS}/add/action", "write"),
    Operation(STORE, f"{FILES}/read", "read"),
    Operation(STORE, f"{FILES}/write", "write"),
    Operation(STORE, f"{QUEUES}/read", "read"),
    Operation(STORE, f"{QUEUES}/write", "write"),
    Operation(STORE, f"{TABLES}/read", "read"),
    Operation(STORE, f"{TABLES}/write", "write"),
    Operation(STORE, KEYS, "both", data=False, by_key=True),
    Operation(STORE, f"{ACCOUNT}/listaccountsas/action", "both", data=False, by_key=True),
    Operation("keyvault:Vault", f"{SECRETS}/getsecret/action", "read"),
    Operation("keyvault:Vault", f"{SECRETS}/setsecret/action", "write"),
    Operation("containerregistry:Registry", f"{IMAGES}/pull/read", "read", data=False),
    Operation("containerregistry:Registry", f"{IMAGES}/push/write", "write", data=False),
    Operation("containerregistry:Registry", f"{IMAGES}/repositories/content/read", "read"),
    Operation("containerregistry:Registry", f"{IMAGES}/repositories/content/write", "write"),
    Operation("containerregistry:Registry", f"{IMAGES}/listcredentials/action", "both", data=False, by_key=True),
    Operation("appconfiguration:ConfigurationStore", f"{SETTINGS}/keyvalues/read", "read"),
    Operation("appconfiguration:ConfigurationStore", f"{SETTINGS}/keyvalues/write", "write"),
    Operation("appconfiguration:ConfigurationStore", f"{SETTINGS}/listkeys/action", "both", data=False, by_key=True),
    Operation("operationalinsights:Workspace", f"{LOGS}/query/read", "read", data=False),
    Operation("operationalinsights:Workspace", f"{LOGS}/sharedkeys/action", "write", data=False, by_key=True),
    Operation("monitor:AzureMonitorWorkspace", f"{METRICS}/read", "read"),
    Operation("monitor:DataCollectionRule", "microsoft.insights/metrics/write", "write"),
    Operation(
        "cosmosdb:DatabaseAccount",
        "microsoft.documentdb/databaseaccounts/listkeys/action",
        "both",
        data=False,
        by_key=True,
    ),
    Operation("eventhub:Namespace", "microsoft.eventhub/namespaces/messages/receive/action", "read"),
    Operation("eventhub:Namespace", "microsoft.eventhub/namespaces/messages/send/action", "write"),
    Operation("servicebus:Namespace", "microsoft.servicebus/namespaces/messages/receive/action", "read"),
    Operation("servicebus:Namespace", "microsoft.servicebus/namespaces/messages/send/action", "write"),
    Operation("search:Service", "microsoft.search/searchservices/indexes/documents/read", "read"),
    Operation("search:Service", "microsoft.search/searchservices/indexes/documents/write", "write"),
    Operation("compute:Disk", "microsoft.compute/disks/begingetaccess/action", "read", data=False),
    Operation("compute:Snapshot", "microsoft.compute/snapshots/begingetaccess/action", "read", data=False),
)
"""Operations on keys are not here: they wrap other keys, and give no data. Nor are those of backups: what is copied
into a vault, and back, says the backup's instance."""

BUILT_IN: Mapping[str, RoleActions] = {
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": RoleActions("Owner", ("*",)),
    "b24988ac-6180-42a0-ab88-20f7382dd24c": RoleActions("Contributor", ("*",)),
    # Reading the control plane includes queries of logs and pulling of images, which are no data actions.
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": RoleActions("Reader", ("*/read",)),
    "7f951dda-4ed3-4680-a7ca-43fe172d538d": RoleActions("AcrPull", (f"{IMAGES}/pull/read",)),
    "8311e382-0749-4cb8-b61a-304f252e45ec": RoleActions("AcrPush", (f"{IMAGES}/pull/read", f"{IMAGES}/push/write")),
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": RoleActions("Storage Blob Data Reader", (), (f"{BLOBS}/read",)),
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": RoleActions("Storage Blob Data Contributor", (), (f"{BLOBS}/*",)),
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": RoleActions("Storage Blob Data Owner", (), (f"{BLOBS}/*",)),
    "19e7f393-937e-4f77-808e-94535e297925": RoleActions("Storage Queue Data Reader", (), (f"{QUEUES}/read",)),
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": RoleActions("Storage Queue Data Contributor", (), (f"{QUEUES}/*",)),
    "76199698-9eea-4c19-bc75-cec21354c6b6": RoleActions("Storage Table Data Reader", (), (f"{TABLES}/read",)),
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": RoleActions("Storage Table Data Contributor", (), (f"{TABLES}/*",)),
    "aba4ae5f-2193-4029-9191-0cb91df5e314": RoleActions("Storage File Data SMB Share Reader", (), (f"{FILES}/read",)),
    "0c867c2a-1d8c-454a-a3db-ab2ea1bdc8bb": RoleActions("Storage File Data SMB Share Contributor", (), (f"{FILES}/*",)),
    "81a9662b-bebf-436f-a333-f67b29880f12": RoleActions("Storage Account Key Operator", (KEYS,)),
    "17d1049b-9a84-46fb-8f53-869881c3d3ab": RoleActions("Storage Account Contributor", (f"{ACCOUNT}/*",)),
    "c12c1c16-33a1-487b-954d-41c89c60f349": RoleActions("Reader and Data Access", (KEYS,)),
    "4633458b-17de-408a-b874-0445c86b69e6": RoleActions("Key Vault Secrets User", (), (f"{SECRETS}/getsecret/action",)),
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": RoleActions("Key Vault Secrets Officer", (), (f"{SECRETS}/*",)),
    "00482a5a-887f-4fb3-b363-3b7fe8e74483": RoleActions(
        "Key Vault Administrator", (), ("microsoft.keyvault/vaults/*",)
    ),
    "516239f1-63e1-4d78-a4de-a74fb236a071": RoleActions("App Configuration Data Reader", (), (f"{SETTINGS}/*/read",)),
    "5ae67dd6-50cb-40e7-96dc-dc2bfa4b606b": RoleActions("App Configuration Data Owner", (), (f"{SETTINGS}/*",)),
    "b0d8363b-8ddd-447d-831f-62ca05bff136": RoleActions("Monitoring Data Reader", (), (f"{METRICS}/read",)),
    "43d0d8ad-25c7-4714-9337-8ba259a9fe05": RoleActions("Monitoring Reader", ("*/read",)),
    "73c42c96-874c-492b-b04d-ab87d138a893": RoleActions("Log Analytics Reader", ("*/read",)),
    "92aaf0da-9dab-42b6-94a3-d43ce8d16293": RoleActions("Log Analytics Contributor", ("*/read", f"{LOGS}/*")),
    "3913510d-42f4-4e42-8a64-420c390055eb": RoleActions(
        "Monitoring Metrics Publisher", (), ("microsoft.insights/metrics/write",)
    ),
    "8d289c81-5878-46d4-8554-54e1e3d8b5cb": RoleActions("Microsoft Sentinel Reader", (f"{LOGS}/query/read",)),
    "3e150937-b8fe-4cfb-8069-0eaf05ecd056": RoleActions("Microsoft Sentinel Responder", (f"{LOGS}/query/read",)),
    "ab8e14d6-4a74-4a29-9ba8-549422addade": RoleActions("Microsoft Sentinel Contributor", (f"{LOGS}/query/read",)),
    "a638d3c7-ab3a-418d-83e6-5f17a39d4fde": RoleActions(
        "Azure Event Hubs Data Receiver", (), ("microsoft.eventhub/namespaces/messages/receive/action",)
    ),
    "2b629674-e913-4c01-ae53-ef4638d8f975": RoleActions(
        "Azure Event Hubs Data Sender", (), ("microsoft.eventhub/namespaces/messages/send/action",)
    ),
}
"""By GUID, as far as they reach data; patterns in lower case."""
ANYTHING = RoleActions("a role that is known only after deployment", ("*",), ("*",))
