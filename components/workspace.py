"""Where all logs go: a Log Analytics workspace that is reached privately and keeps what the law asks for."""

from dataclasses import dataclass

from pulumi import ComponentResource, Input, Resource, ResourceOptions
from pulumi_azure_native import monitor, operationalinsights

from components.customer_key import CustomerKey
from components.diagnostics import Diagnosed
from components.private_endpoint import EndpointPlace, private_endpoint
from components.scope import Scope

CLUSTER_CAPACITY_GB = 100
"""GB a day, the least that a dedicated cluster takes: learn.microsoft.com, "Azure Monitor Logs dedicated clusters"."""

AUDIT_TABLES = (
    "AzureActivity",
    "AKSAudit",
    "AKSAuditAdmin",
    # Who signed in to the cluster, and with which right: the category guard.
    "AKSControlPlane",
    "AZKVAuditLogs",
    "SigninLogs",
    "AuditLogs",
    "AACAudit",
    # What was read or written past the gateway, by whom.
    "StorageBlobLogs",
    # Where a managed HSM tells who used, rotated or destroyed a key.
    "AzureDiagnostics",
    "PGSQLServerLogs",
)
"""Tables that evidence who did what; kept in the archive for as long as the jurisdiction asks."""


@dataclass(frozen=True, kw_only=True)
class WorkspaceArgs:
    """What a workspace needs."""

    scope: Scope
    resource_group: Input[str]
    place: EndpointPlace
    key: CustomerKey


class Workspace(ComponentResource):
    """No public ingestion or query. In prod on a cluster of its own, under a key of the operator's."""

    workspace: operationalinsights.Workspace
    private_link: monitor.PrivateLinkScope
    diagnosed: list[Diagnosed]

    def __init__(self, name: str, args: WorkspaceArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:detection:Workspace", name, None, opts)
        self._name, self._args = name, args
        scope = args.scope
        self.workspace = operationalinsights.Workspace(
            f"{name}-workspace",
            workspace_name=scope.names.of("log"),
            resource_group_name=args.resource_group,
            location=scope.region,
            sku=operationalinsights.WorkspaceSkuArgs(name="PerGB2018"),
            retention_in_days=scope.config.retention.interactive_days,
            public_network_access_for_ingestion="Disabled",
            public_network_access_for_query="Disabled",
            force_cmk_for_query=scope.is_prod,
            features=operationalinsights.WorkspaceFeaturesArgs(
                disable_local_auth=True,
                enable_log_access_using_only_resource_permissions=True,
                enable_data_export=False,
                immediate_purge_data_on30_days=False,
            ),
            tags=scope.tags("confidential"),
            opts=scope.options(self, holds_data=True),
        )
        self.ready = [self._on_own_cluster()] if scope.is_prod else [self.workspace]
        self.private_link = self._private_link()
        self.join_private_link(f"{name}-scoped", "log", self.workspace.id, parent=self)
        for table in AUDIT_TABLES:
            self._archive(table)
        self.diagnosed = [Diagnosed(name="workspace", resource_id=self.workspace.id)]
        self.register_outputs({"workspaceId": self.workspace.id})

    def _on_own_cluster(self) -> operationalinsights.LinkedService:
        """A customer's key is for dedicated clusters only, and holds for what arrives after the link."""
        args, scope = self._args, self._args.scope
        cluster = operationalinsights.Cluster(
            f"{self._name}-cluster",
            cluster_name=scope.names.of("logc"),
            resource_group_name=args.resource_group,
            location=scope.region,
            sku=operationalinsights.ClusterSkuArgs(name="CapacityReservation", capacity=CLUSTER_CAPACITY_GB),
            billing_type="Cluster",
            is_availability_zones_enabled=bool(scope.zones),
            is_double_encryption_enabled=True,
            identity=operationalinsights.ManagedServiceIdentityArgs(
                type="UserAssigned", user_assigned_identities=[args.key.identity.id]
            ),
            key_vault_properties=operationalinsights.KeyVaultPropertiesArgs(
                key_vault_uri=args.key.custodian_uri,
                key_name=args.key.name,
                # Empty follows rotations: learn.microsoft.com/azure/azure-monitor/logs/customer-managed-keys
                key_version="",
            ),
            tags=scope.tags("confidential"),
            opts=scope.options(self, holds_data=True, depends_on=args.key.ready),
        )
        return operationalinsights.LinkedService(
            f"{self._name}-link",
            linked_service_name="cluster",
            workspace_name=self.workspace.name,
            resource_group_name=args.resource_group,
            write_access_resource_id=cluster.id,
            opts=scope.options(self),
        )

    def collection_endpoint(self, name: str, role: str | None, *, parent: Resource) -> monitor.DataCollectionEndpoint:
        """Where an agent sends what it collects: private, and inside the private link scope."""
        scope = self._args.scope
        endpoint = monitor.DataCollectionEndpoint(
            f"{name}-endpoint",
            data_collection_endpoint_name=scope.names.of("dce", role, limit=44),
            resource_group_name=self._args.resource_group,
            location=scope.region,
            kind="Linux",
            network_acls=monitor.DataCollectionEndpointNetworkAclsArgs(public_network_access="Disabled"),
            tags=scope.tags("internal"),
            opts=scope.options(parent),
        )
        short = f"dce-{role}" if role else "dce"
        self.join_private_link(f"{name}-scoped", short, endpoint.id, parent=parent)
        return endpoint

    def join_private_link(self, name: str, short: str, resource_id: Input[str], *, parent: Resource) -> None:
        """Let something be reached by the private link scope, in which all that monitors must lie."""
        scope = self._args.scope
        monitor.PrivateLinkScopedResource(
            name,
            name=scope.names.of("ampls", short),
            scope_name=self.private_link.name,
            resource_group_name=self._args.resource_group,
            linked_resource_id=resource_id,
            opts=scope.options(parent),
        )

    def _private_link(self) -> monitor.PrivateLinkScope:
        args, scope = self._args, self._args.scope
        link = monitor.PrivateLinkScope(
            f"{self._name}-scope",
            scope_name=scope.names.of("ampls"),
            resource_group_name=args.resource_group,
            location="global",
            # Open would let this network's machines write to any workspace in the world: a way out.
            access_mode_settings=monitor.AccessModeSettingsArgs(
                ingestion_access_mode="PrivateOnly", query_access_mode="PrivateOnly", exclusions=[]
            ),
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )
        private_endpoint(
            self._name,
            scope=scope,
            place=args.place,
            target_id=link.id,
            group_id="azuremonitor",
            zones=("monitor", "oms", "ods", "agentsvc", "blob"),
            parent=self,
        )
        return link

    def _archive(self, table: str) -> None:
        scope = self._args.scope
        operationalinsights.Table(
            f"{self._name}-table-{table.lower()}",
            table_name=table,
            workspace_name=self.workspace.name,
            resource_group_name=self._args.resource_group,
            plan="Analytics",
            retention_in_days=scope.config.retention.interactive_days,
            total_retention_in_days=scope.config.retention.audit_days,
            opts=scope.options(self, depends_on=self.ready),
        )
