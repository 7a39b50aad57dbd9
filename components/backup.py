"""Backups in the region, that nobody can change: of the stores with health data, and of the cluster's volumes.

Data shapes: learn.microsoft.com/azure/backup, `Microsoft.DataProtection` samples; not run against Azure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Output, Resource, ResourceOptions
from pulumi_azure_native import containerservice, dataprotection, kubernetesconfiguration, resources, storage

from components.cluster import Cluster
from components.customer_key import CustomerKey
from components.diagnostics import Diagnosed
from components.roles import Role, grant
from components.scope import Scope
from components.storage_account import StorageAccount

BLOB, KUBERNETES = "Microsoft.Storage/storageAccounts/blobServices", "Microsoft.ContainerService/managedClusters"
OPERATIONAL_DAYS = 30
VAULT_DAYS = 360
SOFT_DELETE_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class BackupArgs:
    """What backups need."""

    scope: Scope
    resource_group: resources.ResourceGroup
    key: CustomerKey
    stores: Mapping[str, StorageAccount]
    """Accounts with health data, by role."""
    containers: Mapping[str, Sequence[str]]
    """Containers of each account to copy into the vault."""
    cluster: Cluster
    staging: StorageAccount
    """Where the cluster's extension keeps descriptions of what it saves."""


class Backup(ComponentResource):
    """A vault whose immutability is locked in prod: not even its owner can shorten what it keeps."""

    vault: dataprotection.BackupVault
    diagnosed: list[Diagnosed]

    def __init__(self, name: str, args: BackupArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:backup:Backup", name, None, opts)
        self._name, self._args = name, args
        self.vault = self._vault()
        self._principal: Output[str] = self.vault.identity.apply(
            lambda identity: str(identity.principal_id) if identity else ""
        )
        blobs = self._policy("blobs", BLOB, "VaultStore", VAULT_DAYS, "P1D")
        for role, account in args.stores.items():
            self._store(role, account, blobs)
        self._cluster(self._policy("cluster", KUBERNETES, "OperationalStore", OPERATIONAL_DAYS, "PT4H"))
        self.diagnosed = [Diagnosed(name="backup", resource_id=self.vault.id)]
        self.register_outputs({"vaultId": self.vault.id})

    def _vault(self) -> dataprotection.BackupVault:
        args, scope = self._args, self._args.scope
        return dataprotection.BackupVault(
            f"{self._name}-vault",
            vault_name=scope.names.of("bvault", limit=50),
            resource_group_name=args.resource_group.name,
            location=scope.region,
            identity=dataprotection.DppIdentityDetailsArgs(
                type="SystemAssigned,UserAssigned", user_assigned_identities=[args.key.identity.id]
            ),
            properties=dataprotection.BackupVaultArgs(
                storage_settings=[
                    dataprotection.StorageSettingArgs(
                        datastore_type="VaultStore", type="ZoneRedundant" if scope.zones else "LocallyRedundant"
                    )
                ],
                security_settings=dataprotection.SecuritySettingsArgs(
                    # Locked can't be undone; dev keeps a way back.
                    immutability_settings=dataprotection.ImmutabilitySettingsArgs(
                        state="Locked" if scope.is_prod else "Unlocked"
                    ),
                    soft_delete_settings=dataprotection.SoftDeleteSettingsArgs(
                        state="AlwaysOn" if scope.is_prod else "On", retention_duration_in_days=SOFT_DELETE_DAYS
                    ),
                    encryption_settings=dataprotection.EncryptionSettingsArgs(
                        state="Enabled",
                        infrastructure_encryption="Enabled",
                        kek_identity=dataprotection.CmkKekIdentityArgs(
                            identity_type="UserAssigned", identity_id=args.key.identity.id
                        ),
                        key_vault_properties=dataprotection.CmkKeyVaultPropertiesArgs(key_uri=args.key.uri),
                    ),
                ),
                feature_settings=dataprotection.FeatureSettingsArgs(
                    cross_region_restore_settings=dataprotection.CrossRegionRestoreSettingsArgs(state="Disabled"),
                    cross_subscription_restore_settings=dataprotection.CrossSubscriptionRestoreSettingsArgs(
                        state="PermanentlyDisabled" if scope.is_prod else "Disabled"
                    ),
                ),
                monitoring_settings=dataprotection.MonitoringSettingsArgs(
                    azure_monitor_alert_settings=dataprotection.AzureMonitorAlertSettingsArgs(
                        alerts_for_all_job_failures="Enabled"
                    )
                ),
            ),
            tags=scope.tags("phi"),
            opts=scope.options(self, holds_data=True, depends_on=args.key.ready),
        )

    def _policy(self, role: str, source: str, store: str, days: int, every: str) -> dataprotection.BackupPolicy:
        """Full or incremental backups at an interval, kept for some days in the vault or beside the source."""
        scope = self._args.scope
        keep = dataprotection.AzureRetentionRuleArgs(
            name="Default",
            object_type="AzureRetentionRule",
            is_default=True,
            lifecycles=[
                dataprotection.SourceLifeCycleArgs(
                    source_data_store=dataprotection.DataStoreInfoBaseArgs(
                        data_store_type=store, object_type="DataStoreInfoBase"
                    ),
                    delete_after=dataprotection.AbsoluteDeleteOptionArgs(
                        object_type="AbsoluteDeleteOption", duration=f"P{days}D"
                    ),
                    target_data_store_copy_settings=[],
                )
            ],
        )
        run = dataprotection.AzureBackupRuleArgs(
            name="Scheduled",
            object_type="AzureBackupRule",
            backup_parameters=dataprotection.AzureBackupParamsArgs(
                object_type="AzureBackupParams", backup_type="Discrete" if source == BLOB else "Incremental"
            ),
            data_store=dataprotection.DataStoreInfoBaseArgs(data_store_type=store, object_type="DataStoreInfoBase"),
            trigger=dataprotection.ScheduleBasedTriggerContextArgs(
                object_type="ScheduleBasedTriggerContext",
                schedule=dataprotection.BackupScheduleArgs(
                    time_zone="UTC", repeating_time_intervals=[f"R/2026-01-01T02:00:00+00:00/{every}"]
                ),
                tagging_criteria=[
                    dataprotection.TaggingCriteriaArgs(
                        is_default=True,
                        tagging_priority=99,
                        tag_info=dataprotection.RetentionTagArgs(tag_name="Default"),
                    )
                ],
            ),
        )
        return dataprotection.BackupPolicy(
            f"{self._name}-policy-{role}",
            backup_policy_name=role,
            vault_name=self.vault.name,
            resource_group_name=self._args.resource_group.name,
            properties=dataprotection.BackupPolicyArgs(
                object_type="BackupPolicy", datasource_types=[source], policy_rules=[run, keep]
            ),
            opts=scope.options(self),
        )

    def _store(self, role: str, account: StorageAccount, policy: dataprotection.BackupPolicy) -> None:
        scope = self._args.scope
        right = grant(
            f"{self._name}-{role}",
            scope=scope,
            on=account.account.id,
            to=self._principal,
            role=Role.STORAGE_BACKUP_CONTRIBUTOR,
            parent=self,
        )
        self._instance(
            role,
            source=account.account,
            kind="Microsoft.Storage/storageAccounts",
            datasource=BLOB,
            policy=policy,
            parameters=dataprotection.PolicyParametersArgs(
                backup_datasource_parameters_list=[
                    dataprotection.BlobBackupDatasourceParametersArgs(
                        object_type="BlobBackupDatasourceParameters",
                        containers_list=list(self._args.containers[role]),
                    )
                ]
            ),
            after=[right],
        )

    def _cluster(self, policy: dataprotection.BackupPolicy) -> None:
        """The extension inside, the vault's way to it, and the rights that both need."""
        args, scope, cluster = self._args, self._args.scope, self._args.cluster.cluster
        extension = kubernetesconfiguration.Extension(
            f"{self._name}-extension",
            extension_name="azure-aks-backup",
            resource_group_name=scope.names.resource_group("platform"),
            cluster_rp="Microsoft.ContainerService",
            cluster_resource_name="managedClusters",
            cluster_name=cluster.name,
            extension_type="microsoft.dataprotection.kubernetes",
            auto_upgrade_minor_version=True,
            release_train="stable",
            configuration_settings={
                "configuration.backupStorageLocation.config.storageAccount": args.staging.name,
                "configuration.backupStorageLocation.config.resourceGroup": scope.names.resource_group("data"),
                "configuration.backupStorageLocation.config.subscriptionId": scope.config.subscription_id,
                "configuration.backupStorageLocation.bucket": "cluster",
                "credentials.tenantId": scope.config.tenant_id,
            },
            opts=scope.options(self),
        )
        binding = containerservice.TrustedAccessRoleBinding(
            f"{self._name}-access",
            trusted_access_role_binding_name="backup",
            resource_name_=cluster.name,
            resource_group_name=scope.names.resource_group("platform"),
            source_resource_id=self.vault.id,
            roles=["Microsoft.DataProtection/backupVaults/backup-operator"],
            opts=scope.options(self),
        )
        rights = [
            grant(
                f"{self._name}-read-cluster",
                scope=scope,
                on=cluster.id,
                to=self._principal,
                role=Role.READER,
                parent=self,
            )
        ]
        self._instance(
            "cluster",
            source=cluster,
            kind=KUBERNETES,
            datasource=KUBERNETES,
            policy=policy,
            parameters=dataprotection.PolicyParametersArgs(
                data_store_parameters_list=[
                    dataprotection.AzureOperationalStoreParametersArgs(
                        object_type="AzureOperationalStoreParameters",
                        data_store_type="OperationalStore",
                        resource_group_id=args.resource_group.id,
                    )
                ],
                backup_datasource_parameters_list=[
                    dataprotection.KubernetesClusterBackupDatasourceParametersArgs(
                        object_type="KubernetesClusterBackupDatasourceParameters",
                        include_cluster_scope_resources=True,
                        snapshot_volumes=True,
                        excluded_namespaces=["kube-system", "gatekeeper-system"],
                    )
                ],
            ),
            after=[extension, binding, *rights],
        )

    def _instance(
        self,
        role: str,
        *,
        source: storage.StorageAccount | containerservice.ManagedCluster,
        kind: str,
        datasource: str,
        policy: dataprotection.BackupPolicy,
        parameters: dataprotection.PolicyParametersArgs,
        after: Sequence[Resource],
    ) -> None:
        scope = self._args.scope
        dataprotection.BackupInstance(
            f"{self._name}-instance-{role}",
            backup_instance_name=f"{scope.config.stack}-{role}",
            vault_name=self.vault.name,
            resource_group_name=self._args.resource_group.name,
            properties=dataprotection.BackupInstanceArgs(
                object_type="BackupInstance",
                friendly_name=f"{scope.config.stack}-{role}",
                data_source_info=dataprotection.DatasourceArgs(
                    object_type="Datasource",
                    datasource_type=datasource,
                    resource_id=source.id,
                    resource_name=source.name,
                    resource_type=kind,
                    resource_location=scope.region,
                    resource_uri=source.id,
                ),
                data_source_set_info=dataprotection.DatasourceSetArgs(
                    object_type="DatasourceSet",
                    datasource_type=datasource,
                    resource_id=source.id,
                    resource_name=source.name,
                    resource_type=kind,
                    resource_location=scope.region,
                    resource_uri=source.id,
                )
                if datasource == KUBERNETES
                else None,
                policy_info=dataprotection.PolicyInfoArgs(policy_id=policy.id, policy_parameters=parameters),
            ),
            opts=scope.options(self, depends_on=list(after)),
        )
