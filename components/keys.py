"""The stack's keys: one for each purpose, each used by one identity, and who keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi import ComponentResource, Input, ResourceOptions
from pulumi_azure_native import compute, managedidentity

from components.customer_key import CustomerKey
from components.diagnostics import Diagnosed
from components.identity import Identities
from components.key_release import authorities, key_release_policy
from components.key_vault import KeyVault, KeyVaultArgs
from components.managed_hsm import ManagedHsm, ManagedHsmArgs
from components.private_endpoint import EndpointPlace
from components.roles import Role
from components.scope import Scope
from config.tenants import patient_stores

PURPOSES = ("disks", "weights", "training", "audit", "registry", "logs", "database", "backup")
"""What the custodian's keys are for, beside `patient`, or `patient-<tenant>` for each tenant. `cluster` is not among
them: AKS takes etcd's key from a Key Vault alone; nor is that of Pulumi's state, which `bailiwick bootstrap` makes.
"""


@dataclass(frozen=True, kw_only=True)
class KeysArgs:
    """What the keys need."""

    scope: Scope
    resource_group: Input[str]
    place: EndpointPlace
    identities: Identities
    """Cluster and register of models use their keys as themselves."""


class Keys(ComponentResource):
    """A managed HSM, or a Key Vault Premium, with a key per purpose; and always a vault for the cluster's secrets."""

    of: Mapping[str, CustomerKey]
    """By purpose: `PURPOSES`, those of patients' stores, `cluster`, and `confidential-disks` where the stack has
    confidential machines.
    """
    custodian: ManagedHsm | KeyVault
    cluster_vault: KeyVault
    learning_vault: KeyVault
    """Holds what the register of models keeps for itself."""
    certificates: KeyVault
    """Holds certificates of gateway and portal, put there by the hospital's own authority."""
    disks: compute.DiskEncryptionSet
    confidential_disks: compute.DiskEncryptionSet | None
    diagnosed: list[Diagnosed]

    def __init__(self, name: str, args: KeysArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:keys:Keys", name, None, opts)
        self._name, self._args = name, args
        child = ResourceOptions(parent=self)
        self.cluster_vault = KeyVault(f"{name}-cluster", self._vault("etcd"), child)
        self.certificates = KeyVault(f"{name}-certificates", self._vault("certs"), child)
        self.learning_vault = KeyVault(f"{name}-learning", self._vault("ml"), child)
        purposes = (*PURPOSES, *patient_stores(args.scope.config.tenants))
        if args.scope.config.keys.custody == "managed-hsm":
            hsm = ManagedHsm(
                f"{name}-hsm",
                ManagedHsmArgs(scope=args.scope, resource_group=args.resource_group, place=args.place),
                child,
            )
            self.custodian = hsm
            keys = {purpose: hsm.key(purpose, self._identity(purpose)) for purpose in purposes}
        else:
            vault = KeyVault(f"{name}-keys", self._vault("keys"), child)
            self.custodian = vault
            keys = {purpose: vault.key(purpose, self._identity(purpose)) for purpose in purposes}
        own = args.identities.of
        keys["cluster"] = self.cluster_vault.key("cluster", own["cluster"], role=Role.KEY_CRYPTO_USER)
        # Their documentation names Key Vault alone.
        keys["learning"] = self.cluster_vault.key("learning", own["learning"])
        keys["configuration"] = self.cluster_vault.key("configuration", self._identity("configuration"))
        self.disks = self._disk_set("disks", keys["disks"], "EncryptionAtRestWithPlatformAndCustomerKeys")
        self.confidential_disks = None
        if args.scope.config.confidential_vms is not None:
            # The release policy is part of the key, and only a vault's keys are made by a plan.
            keys["confidential-disks"] = self.cluster_vault.key(
                "confidential-disks",
                self._identity("confidential"),
                release_policy=key_release_policy(authorities(args.scope)),
            )
            self.confidential_disks = self._disk_set(
                "confidential", keys["confidential-disks"], "ConfidentialVmEncryptedWithCustomerKey"
            )
        self.of = keys
        self.diagnosed = [
            *self.custodian.diagnosed,
            *self.cluster_vault.diagnosed,
            *self.certificates.diagnosed,
            *self.learning_vault.diagnosed,
        ]
        self.register_outputs({"keyUris": {purpose: key.uri for purpose, key in keys.items()}})

    def _vault(self, role: str) -> KeyVaultArgs:
        args = self._args
        return KeyVaultArgs(scope=args.scope, resource_group=args.resource_group, place=args.place, role=role)

    def _identity(self, purpose: str) -> managedidentity.UserAssignedIdentity:
        """An identity that can use one key and nothing else: who breaks one store can't read another."""
        scope = self._args.scope
        return managedidentity.UserAssignedIdentity(
            f"{self._name}-id-{purpose}",
            resource_name_=scope.names.of("id", f"key-{purpose}"),
            resource_group_name=self._args.resource_group,
            location=scope.region,
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )

    def _disk_set(self, role: str, key: CustomerKey, kind: str) -> compute.DiskEncryptionSet:
        scope = self._args.scope
        return compute.DiskEncryptionSet(
            f"{self._name}-des-{role}",
            disk_encryption_set_name=scope.names.of("des", role),
            resource_group_name=self._args.resource_group,
            location=scope.region,
            encryption_type=kind,
            identity=compute.EncryptionSetIdentityArgs(type="UserAssigned", user_assigned_identities=[key.identity.id]),
            active_key=compute.KeyForDiskEncryptionSetArgs(key_url=key.uri),
            # A rotated key is taken up by itself, within an hour.
            rotation_to_latest_key_version_enabled=True,
            tags=scope.tags("confidential"),
            opts=scope.options(self, holds_data=True, depends_on=key.ready),
        )
