"""The one way in which this platform makes a storage account."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_azure_native import managedidentity, storage

from components.customer_key import CustomerKey
from components.diagnostics import Diagnosed
from components.known_id import after
from components.own_role import OwnRole, give
from components.private_endpoint import EndpointPlace, private_endpoint
from components.roles import Role, grant
from components.scope import Classification, Scope
from config.tenants import SHARED

ADD = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action"
"""Makes a blob where none is, and adds to an append blob; writes over none and deletes none:
learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory (Put Blob, Append Block)."""
SOFT_DELETE_DAYS = 35
"""Longer than a month's holiday of whoever notices."""


@dataclass(frozen=True, kw_only=True)
class Container:
    """A container of an account."""

    name: str
    worm_days: int | None = None
    """Written once, kept this many days, whoever asks; None: can be overwritten (versions remain)."""
    appendable: bool = False
    """Blocks may still be added to a WORM blob, as an audit log needs."""


@dataclass(frozen=True, kw_only=True)
class StorageAccountArgs:
    """What an account needs."""

    scope: Scope
    resource_group: Input[str]
    place: EndpointPlace
    key: CustomerKey
    role: str
    """Part of its name, and what it is for."""
    classification: Classification
    containers: Sequence[Container]
    tenant: str = SHARED
    """Whose data it holds, where it holds one tenant's."""
    trusted_services: bool = False
    """Let Azure's own services in (flow logs, which know no private endpoint); they prove themselves by identity."""


class StorageAccount(ComponentResource):
    """No shared key, no public blob, no public address; a customer's key beneath a second layer of encryption."""

    account: storage.StorageAccount
    name: Output[str]
    """Known before it exists; what takes it waits for the account all the same."""
    host: str
    """Of its blobs."""
    diagnosed: list[Diagnosed]

    def __init__(self, name: str, args: StorageAccountArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:storage:StorageAccount", name, None, opts)
        self._name, self._args = name, args
        scope = args.scope
        self._account_name = scope.names.known_unique(
            "st", args.role, subscription=scope.config.subscription_id, limit=24
        )
        self.host = f"{self._account_name}.{scope.jurisdiction.cloud.suffixes['blob']}"
        self.account = self._account()
        self.name = after(self._account_name, self.account)
        self._service()
        for container in args.containers:
            self._container(container)
        private_endpoint(
            name,
            scope=args.scope,
            place=args.place,
            target_id=self.account.id,
            group_id="blob",
            zones=("blob",),
            parent=self,
        )
        self.diagnosed = [
            Diagnosed(name=name, resource_id=self.account.id, logs="none"),
            Diagnosed(name=f"{name}-blob", resource_id=Output.concat(self.account.id, "/blobServices/default")),
        ]
        self.register_outputs({"accountId": self.account.id})

    def grant_read(self, name: str, identity: managedidentity.UserAssignedIdentity, container: str) -> None:
        """Let a workload read one container."""
        self._grant(name, identity, container, Role.BLOB_DATA_READER)

    def grant_write(self, name: str, identity: managedidentity.UserAssignedIdentity, container: str) -> None:
        """Let a workload read and write one container; WORM still holds."""
        self._grant(name, identity, container, Role.BLOB_DATA_CONTRIBUTOR)

    def grant_add(self, name: str, identity: managedidentity.UserAssignedIdentity, container: str) -> None:
        """Let a workload put new blobs into one container; it changes none, and reads none by this."""
        give(
            f"{self._name}-{name}-add-role",
            f"{self._name}-{name}-add-assignment",
            scope=self._args.scope,
            role=OwnRole(
                title=f"{name} adds to {container}",
                description=f"Puts new blobs into {container}, and nothing else.",
                actions=(),
                data_actions=(ADD,),
            ),
            to=identity.principal_id,
            kind="ServicePrincipal",
            parent=self,
            on=self._container_id(container),
        )

    def _container_id(self, container: str) -> Output[str]:
        return Output.concat(self.account.id, "/blobServices/default/containers/", container)

    def _grant(self, name: str, identity: managedidentity.UserAssignedIdentity, container: str, role: Role) -> None:
        on = self._container_id(container)
        grant(f"{self._name}-{name}", scope=self._args.scope, on=on, to=identity.principal_id, role=role, parent=self)

    def _account(self) -> storage.StorageAccount:
        args, scope = self._args, self._args.scope
        return storage.StorageAccount(
            f"{self._name}-account",
            account_name=self._account_name,
            resource_group_name=args.resource_group,
            location=scope.region,
            kind="StorageV2",
            # Copies stay in the region: a geo-redundant account replicates to a pair that may lie elsewhere.
            sku=storage.SkuArgs(name="Standard_ZRS" if scope.zones else "Standard_LRS"),
            access_tier=storage.AccessTier.HOT,
            allow_blob_public_access=False,
            allow_shared_key_access=False,
            default_to_o_auth_authentication=True,
            allow_cross_tenant_replication=False,
            allowed_copy_scope="PrivateLink",
            is_local_user_enabled=False,
            is_sftp_enabled=False,
            enable_https_traffic_only=True,
            minimum_tls_version="TLS1_2",
            public_network_access="Disabled",
            network_rule_set=storage.NetworkRuleSetArgs(
                default_action=storage.DefaultAction.DENY,
                bypass="AzureServices" if args.trusted_services else "None",
                ip_rules=[],
                virtual_network_rules=[],
            ),
            routing_preference=storage.RoutingPreferenceArgs(
                routing_choice="MicrosoftRouting", publish_internet_endpoints=False, publish_microsoft_endpoints=False
            ),
            # Signatures can't be made without shared keys; should keys ever be allowed, they are blocked, not logged.
            sas_policy=storage.SasPolicyArgs(expiration_action="Block", sas_expiration_period="0.01:00:00"),
            key_policy=storage.KeyPolicyArgs(key_expiration_period_in_days=30),
            identity=storage.IdentityArgs(type="UserAssigned", user_assigned_identities=[args.key.identity.id]),
            encryption=storage.EncryptionArgs(
                key_source="Microsoft.Keyvault",
                require_infrastructure_encryption=True,
                key_vault_properties=storage.KeyVaultPropertiesArgs(
                    key_name=args.key.name, key_vault_uri=args.key.custodian_uri
                ),
                encryption_identity=storage.EncryptionIdentityArgs(
                    encryption_user_assigned_identity=args.key.identity.id
                ),
                services=storage.EncryptionServicesArgs(
                    blob=storage.EncryptionServiceArgs(enabled=True, key_type="Account"),
                    file=storage.EncryptionServiceArgs(enabled=True, key_type="Account"),
                    # Else queues and tables keep Microsoft's key.
                    queue=storage.EncryptionServiceArgs(enabled=True, key_type="Account"),
                    table=storage.EncryptionServiceArgs(enabled=True, key_type="Account"),
                ),
            ),
            tags=scope.tags(args.classification, args.tenant),
            opts=scope.options(self, holds_data=True, depends_on=args.key.ready),
        )

    def _service(self) -> None:
        storage.BlobServiceProperties(
            f"{self._name}-blobs",
            blob_services_name="default",
            account_name=self.name,
            resource_group_name=self._args.resource_group,
            is_versioning_enabled=True,
            change_feed=storage.ChangeFeedArgs(enabled=True),
            delete_retention_policy=storage.DeleteRetentionPolicyArgs(
                enabled=True, days=SOFT_DELETE_DAYS, allow_permanent_delete=False
            ),
            container_delete_retention_policy=storage.DeleteRetentionPolicyArgs(enabled=True, days=SOFT_DELETE_DAYS),
            opts=self._args.scope.options(self),
        )

    def _container(self, container: Container) -> None:
        scope = self._args.scope
        made = storage.BlobContainer(
            f"{self._name}-{container.name}",
            container_name=container.name,
            account_name=self.name,
            resource_group_name=self._args.resource_group,
            public_access=storage.PublicAccess.NONE,
            default_encryption_scope="$account-encryption-key",
            deny_encryption_scope_override=True,
            metadata={"worm": "required"} if container.worm_days is not None else None,
            opts=scope.options(self, holds_data=True),
        )
        if container.worm_days is not None:
            storage.BlobContainerImmutabilityPolicy(
                f"{self._name}-{container.name}-worm",
                immutability_policy_name="default",
                account_name=self.name,
                container_name=made.name,
                resource_group_name=self._args.resource_group,
                immutability_period_since_creation_in_days=container.worm_days,
                allow_protected_append_writes=container.appendable,
                opts=scope.options(self, holds_data=True),
            )
