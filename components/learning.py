"""The register of models and their evaluations: an Azure Machine Learning workspace that reaches nothing by itself.

A workspace and not a registry: a registry's own stores are made by Azure under Azure's keys (docs/adr/0020). Outbound
rules name private endpoints alone; a rule by host name would make Azure run a firewall of its own for it.
"""

from dataclasses import dataclass

from pulumi import ComponentResource, Input, ResourceOptions
from pulumi_azure_native import containerregistry, machinelearningservices, managedidentity

from components.customer_key import CustomerKey
from components.diagnostics import Diagnosed
from components.key_vault import KeyVault
from components.private_endpoint import EndpointPlace, private_endpoint
from components.roles import Role, grant
from components.scope import Scope
from components.storage_account import StorageAccount


@dataclass(frozen=True, kw_only=True)
class LearningArgs:
    """What the workspace needs."""

    scope: Scope
    resource_group: Input[str]
    place: EndpointPlace
    key: CustomerKey
    store: StorageAccount
    """Where datasets of evaluations lie."""
    vault: KeyVault
    registry: containerregistry.Registry
    identity: managedidentity.UserAssignedIdentity


class Learning(ComponentResource):
    """Private, under the operator's key, identity-based, with a managed network that allows approved outbound only."""

    diagnosed: list[Diagnosed]

    def __init__(self, name: str, args: LearningArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:learning:Learning", name, None, opts)
        scope, identity = args.scope, args.identity
        args.store.grant_write("learning", identity, "datasets")
        rights = [
            grant(
                f"{name}-{label}",
                scope=scope,
                on=on,
                to=identity.principal_id,
                role=role,
                parent=self,
            )
            for label, on, role in (
                ("secrets", args.vault.vault.id, Role.SECRETS_OFFICER),
                ("images", args.registry.id, Role.ACR_PULL),
            )
        ]
        self.workspace = machinelearningservices.Workspace(
            f"{name}-workspace",
            workspace_name=scope.names.of("mlw", limit=33),
            resource_group_name=args.resource_group,
            location=scope.region,
            kind="Default",
            sku=machinelearningservices.SkuArgs(name="Basic", tier=machinelearningservices.SkuTier.BASIC),
            identity=machinelearningservices.ManagedServiceIdentityArgs(
                type="UserAssigned", user_assigned_identities=[identity.id]
            ),
            primary_user_assigned_identity=identity.id,
            storage_account=args.store.account.id,
            key_vault=args.vault.vault.id,
            container_registry=args.registry.id,
            public_network_access="Disabled",
            allow_public_access_when_behind_vnet=False,
            # High business impact: Azure keeps less of its own telemetry of it.
            hbi_workspace=True,
            v1_legacy_mode=False,
            system_datastores_auth_mode="Identity",
            managed_network=machinelearningservices.ManagedNetworkSettingsArgs(
                isolation_mode="AllowOnlyApprovedOutbound", firewall_sku="Standard", outbound_rules={}
            ),
            serverless_compute_settings=machinelearningservices.ServerlessComputeSettingsArgs(
                serverless_compute_no_public_ip=True
            ),
            encryption=machinelearningservices.EncryptionPropertyArgs(
                status="Enabled",
                identity=machinelearningservices.IdentityForCmkArgs(user_assigned_identity=identity.id),
                key_vault_properties=machinelearningservices.KeyVaultPropertiesArgs(
                    key_identifier=args.key.versioned_uri or args.key.uri,
                    key_vault_arm_id=args.key.custodian_id,
                    identity_client_id=identity.client_id,
                ),
            ),
            enable_service_side_cmk_encryption=True,
            tags=scope.tags("confidential"),
            opts=scope.options(self, holds_data=True, depends_on=[*args.key.ready, *rights]),
        )
        private_endpoint(
            name,
            scope=scope,
            place=args.place,
            target_id=self.workspace.id,
            group_id="amlworkspace",
            zones=("learning", "notebooks"),
            parent=self,
        )
        self.diagnosed = [Diagnosed(name="learning", resource_id=self.workspace.id)]
        self.register_outputs({"workspaceId": self.workspace.id})
