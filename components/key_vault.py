"""A Key Vault Premium whose keys never leave its HSMs. A vault holds keys or certificates, never both."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_azure_native import keyvault, managedidentity

from components.customer_key import CustomerKey
from components.diagnostics import Diagnosed
from components.private_endpoint import EndpointPlace, private_endpoint
from components.roles import Role, grant
from components.scope import Scope

KEY_SIZE = 3072
"""Bits; what BSI TR-02102-1 and NIST SP 800-57 ask for use beyond 2030."""


@dataclass(frozen=True, kw_only=True)
class KeyVaultArgs:
    """What a vault needs."""

    scope: Scope
    resource_group: Input[str]
    place: EndpointPlace
    role: str
    """Part of the vault's name: `keys`, `cluster`, `certs`."""


class KeyVault(ComponentResource):
    """Premium, roles only, no public address, and nothing in it can be purged for 90 days."""

    vault: keyvault.Vault
    diagnosed: list[Diagnosed]

    def __init__(self, name: str, args: KeyVaultArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:keys:KeyVault", name, None, opts)
        self._name, self._args = name, args
        scope = args.scope
        self.vault = keyvault.Vault(
            f"{name}-vault",
            vault_name=scope.names.globally_unique("kv", args.role, limit=24, dashes=True),
            resource_group_name=args.resource_group,
            location=scope.region,
            properties=keyvault.VaultPropertiesArgs(
                tenant_id=scope.config.tenant_id,
                sku=keyvault.SkuArgs(family="A", name=keyvault.SkuName.PREMIUM),
                enable_rbac_authorization=True,
                enable_soft_delete=True,
                soft_delete_retention_in_days=90,
                enable_purge_protection=True,
                enabled_for_deployment=False,
                enabled_for_disk_encryption=False,
                enabled_for_template_deployment=False,
                public_network_access="Disabled",
                # Disk encryption sets, storage and the API server's key plugin reach the vault as trusted services;
                # they prove who they are by their identity's role. Nobody else passes.
                network_acls=keyvault.NetworkRuleSetArgs(
                    default_action="Deny", bypass="AzureServices", ip_rules=[], virtual_network_rules=[]
                ),
            ),
            tags=scope.tags("confidential"),
            opts=scope.options(self, holds_data=True),
        )
        private_endpoint(
            name,
            scope=scope,
            place=args.place,
            target_id=self.vault.id,
            group_id="vault",
            zones=("vault",),
            parent=self,
        )
        self.diagnosed = [Diagnosed(name=name, resource_id=self.vault.id)]
        self.register_outputs({"vaultId": self.vault.id})

    def grant_certificates(self, name: str, identity: managedidentity.UserAssignedIdentity) -> None:
        """Let a workload read certificates with their private halves, which Key Vault serves as secrets."""
        grant(
            f"{self._name}-{name}",
            scope=self._args.scope,
            on=self.vault.id,
            to=identity.principal_id,
            role=Role.SECRETS_USER,
            parent=self,
        )

    def grant_secret(self, name: str, identity: managedidentity.UserAssignedIdentity, secret: str) -> None:
        """Let a workload read one secret, which need not be there yet, and none beside it."""
        grant(
            f"{self._name}-{name}",
            scope=self._args.scope,
            on=Output.concat(self.vault.id, "/secrets/", secret),
            to=identity.principal_id,
            role=Role.SECRETS_USER,
            parent=self,
        )

    def key(
        self,
        purpose: str,
        identity: managedidentity.UserAssignedIdentity,
        *,
        release_policy: str | None = None,
        role: Role = Role.KEY_ENCRYPTION_USER,
    ) -> CustomerKey:
        """Make a key in the vault's HSM for one purpose, and let one identity use it.

        With a `release_policy` the key can be released to an attested confidential machine, and to nothing else.
        """
        scope = self._args.scope
        key = keyvault.Key(
            f"{self._name}-{purpose}",
            key_name=purpose,
            vault_name=self.vault.name,
            resource_group_name=self._args.resource_group,
            properties=keyvault.KeyPropertiesArgs(
                kty="RSA-HSM",
                key_size=KEY_SIZE,
                key_ops=_operations(role, exportable=release_policy is not None),
                attributes=keyvault.KeyAttributesArgs(enabled=True, exportable=release_policy is not None),
                release_policy=keyvault.KeyReleasePolicyArgs(
                    content_type="application/json; charset=utf-8", data=release_policy
                )
                if release_policy
                else None,
                rotation_policy=_rotation(),
            ),
            opts=scope.options(self, holds_data=True),
        )
        right = grant(
            f"{self._name}-{purpose}", scope=scope, on=key.id, to=identity.principal_id, role=role, parent=self
        )
        return CustomerKey(
            purpose=purpose,
            name=purpose,
            uri=key.key_uri,
            versioned_uri=key.key_uri_with_version,
            custodian_uri=self.vault.properties.apply(lambda properties: str(properties.vault_uri)),
            custodian_id=self.vault.id,
            identity=identity,
            ready=(key, right),
        )


def _operations(role: Role, *, exportable: bool) -> Sequence[str]:
    operations = ["wrapKey", "unwrapKey"]
    if role is Role.KEY_CRYPTO_USER or exportable:
        operations += ["encrypt", "decrypt"]
    return operations


def _rotation() -> keyvault.RotationPolicyArgs:
    """A new version each year; the old ones stay, because data is still wrapped with them."""
    return keyvault.RotationPolicyArgs(
        attributes=keyvault.KeyRotationPolicyAttributesArgs(expiry_time="P2Y"),
        lifetime_actions=[
            keyvault.LifetimeActionArgs(
                action=keyvault.ActionArgs(type=keyvault.KeyRotationPolicyActionType.ROTATE),
                trigger=keyvault.TriggerArgs(time_after_create="P1Y"),
            ),
            keyvault.LifetimeActionArgs(
                action=keyvault.ActionArgs(type=keyvault.KeyRotationPolicyActionType.NOTIFY),
                trigger=keyvault.TriggerArgs(time_before_expiry="P30D"),
            ),
        ],
    )
