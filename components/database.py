"""What is kept in rows: PostgreSQL with pgvector, reached privately, entered with a token, never a password.

Two databases: retrieval's passages (`retrieval/migrations`, row security for each tenant), and the gateway's sealed
tokens (`token_vault/migrations`, docs/adr/0043). Who enters one has no right in the other.
"""

from dataclasses import dataclass
from typing import TypedDict

from pulumi import ComponentResource, Input, Resource, ResourceOptions
from pulumi_azure_native import dbforpostgresql, managedidentity

from components.customer_key import CustomerKey
from components.diagnostics import Diagnosed
from components.private_endpoint import EndpointPlace, private_endpoint
from components.scope import Scope

NAME, VAULT, PORT = "retrieval", "token-vault", 5432
"""The two databases, and where the server answers."""
RESOURCE = {
    "public": "ossrdbms-aad.database.windows.net",
    "usgovernment": "ossrdbms-aad.database.usgovcloudapi.net",
    "china": "ossrdbms-aad.database.chinacloudapi.cn",
}
"""Host that a token for PostgreSQL is for, by cloud: Azure/azure-cli, azure-cli-core, cloud.py, ossrdbms_resource_id"""
PARAMETERS = {
    # What may be created in a database; the list is the whole of it.
    "azure.extensions": "VECTOR,PGAUDIT",
    "shared_preload_libraries": "pgaudit,pg_stat_statements",
    "pgaudit.log": "ddl,role,write",
    # Parameters of statements would put what patients said into the log.
    "pgaudit.log_parameter": "off",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_min_error_statement": "panic",
    "log_connections": "on",
    "log_disconnections": "on",
    "require_secure_transport": "on",
    "ssl_min_protocol_version": "TLSv1.3",
    "password_encryption": "scram-sha-256",
}
"""Server parameters, set one after the other: the server takes one change at a time.
learn.microsoft.com/azure/postgresql/flexible-server/concepts-server-parameters"""


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """What the database needs."""

    scope: Scope
    resource_group: Input[str]
    place: EndpointPlace
    key: CustomerKey
    administrator: managedidentity.UserAssignedIdentity
    """Runs the migrations."""


class Database(ComponentResource):
    """A flexible server in two zones, its databases, its parameters and its administrator."""

    server: dbforpostgresql.Server
    diagnosed: list[Diagnosed]

    def __init__(self, name: str, args: DatabaseArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:database:Database", name, None, opts)
        self._name, self._args = name, args
        scope, zones = args.scope, args.scope.zones
        self.server = dbforpostgresql.Server(
            f"{name}-server",
            server_name=server_name(scope),
            resource_group_name=args.resource_group,
            location=scope.region,
            version=dbforpostgresql.PostgresMajorVersion.POSTGRES_MAJOR_VERSION_17,
            create_mode="Default",
            **shared_settings(scope, args.key),
            availability_zone=zones[0] if zones else None,
            high_availability=dbforpostgresql.HighAvailabilityArgs(
                mode="ZoneRedundant" if scope.is_prod and len(zones) > 1 else "Disabled",
                standby_availability_zone=zones[1] if scope.is_prod and len(zones) > 1 else None,
            ),
            backup=dbforpostgresql.BackupArgs(
                backup_retention_days=35 if scope.is_prod else 7,
                # A copy in the pair takes a key there as well; copies that outlive the region are the backup's and
                # continuity's, which know whether the pair lies inside.
                geo_redundant_backup="Disabled",
            ),
            maintenance_window=dbforpostgresql.MaintenanceWindowArgs(
                custom_window="Enabled", day_of_week=0, start_hour=2, start_minute=0
            ),
            tags=scope.tags("phi"),
            opts=scope.options(self, holds_data=True, depends_on=args.key.ready),
        )
        private_endpoint(
            name,
            scope=scope,
            place=args.place,
            target_id=self.server.id,
            group_id="postgresqlServer",
            zones=("postgres",),
            parent=self,
        )
        last: Resource = self.server
        for parameter, value in PARAMETERS.items():
            last = dbforpostgresql.Configuration(
                f"{name}-{parameter.replace('.', '-').replace('_', '-')}",
                configuration_name=parameter,
                server_name=self.server.name,
                resource_group_name=args.resource_group,
                value=value,
                source="user-override",
                opts=scope.options(self, depends_on=[last]),
            )
        for database in (NAME, VAULT):
            last = dbforpostgresql.Database(
                f"{name}-{database}",
                database_name=database,
                server_name=self.server.name,
                resource_group_name=args.resource_group,
                charset="UTF8",
                collation="en_US.utf8",
                opts=scope.options(self, holds_data=True, depends_on=[last]),
            )
        dbforpostgresql.AdministratorsMicrosoftEntra(
            f"{name}-administrator",
            object_id=args.administrator.principal_id,
            principal_name=args.administrator.name,
            principal_type="ServicePrincipal",
            server_name=self.server.name,
            resource_group_name=args.resource_group,
            tenant_id=scope.config.tenant_id,
            opts=scope.options(self, depends_on=[last]),
        )
        self.diagnosed = [Diagnosed(name="database", resource_id=self.server.id)]
        self.register_outputs({"serverId": self.server.id})


class SharedSettings(TypedDict):
    """Arguments that a server and its replica have in common."""

    sku: dbforpostgresql.SkuArgs
    storage: dbforpostgresql.StorageArgs
    network: dbforpostgresql.NetworkArgs
    auth_config: dbforpostgresql.AuthConfigArgs
    identity: dbforpostgresql.UserAssignedIdentityArgs
    data_encryption: dbforpostgresql.DataEncryptionArgs


def shared_settings(scope: Scope, key: CustomerKey) -> SharedSettings:
    """Size, and what guards it: no public address, no passwords, the operator's key. A replica is guarded no less."""
    settings = scope.config.database
    return SharedSettings(
        sku=dbforpostgresql.SkuArgs(name=settings.size, tier=_tier(settings.size)),
        storage=dbforpostgresql.StorageArgs(storage_size_gb=settings.storage_gb, auto_grow="Enabled"),
        network=dbforpostgresql.NetworkArgs(public_network_access="Disabled"),
        auth_config=dbforpostgresql.AuthConfigArgs(
            active_directory_auth="Enabled",
            password_auth="Disabled",  # noqa: S106 none is taken
            tenant_id=scope.config.tenant_id,
        ),
        identity=dbforpostgresql.UserAssignedIdentityArgs(
            type="UserAssigned",
            # This API takes an object by id, not a list.
            user_assigned_identities=key.identity.id.apply(
                lambda identity: {identity: dbforpostgresql.UserIdentityArgs()}
            ),
        ),
        data_encryption=dbforpostgresql.DataEncryptionArgs(
            type="AzureKeyVault",
            primary_key_uri=key.uri,
            primary_user_assigned_identity_id=key.identity.id,
        ),
    )


def server_name(scope: Scope) -> str:
    """Computed, so that whoever connects can be told before it exists."""
    return scope.names.of("psql")


def host(scope: Scope) -> str:
    """Its host, which leads to its private endpoint."""
    zone = scope.jurisdiction.cloud.zone("postgres", scope.region)
    return f"{server_name(scope)}.{zone.removeprefix('privatelink.')}"


def _tier(size: str) -> str:
    """The tier that a size belongs to: Standard_E… is for memory, Standard_B… bursts."""
    family = size.removeprefix("Standard_")[:1]
    return {"E": "MemoryOptimized", "B": "Burstable"}.get(family, "GeneralPurpose")
