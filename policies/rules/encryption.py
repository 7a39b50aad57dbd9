"""At rest under a key that the operator holds, in transit under TLS, and keys that outlive a mistake."""

from collections.abc import Iterable, Mapping

from plan.model import MISSING, PlannedResource, Value
from policies.require import require, when
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, judged, rule, stack_rule
from policies.types import (
    BACKUP_VAULT,
    CLUSTER,
    DISK_SET,
    HSM,
    KEY,
    LOG_CLUSTER,
    POOL,
    REGISTRY,
    STORAGE,
    VAULT,
    WORKSPACE,
)
from policies.verdict import PASSED, Verdict, all_of, refused

LINK = "azure-native:operationalinsights:LinkedService"


@rule(
    "encryption.storage-uses-customer-key",
    title="Storage is encrypted with a key the operator holds",
    severity=Severity.CRITICAL,
    applies_to=STORAGE,
    fix="pass key=keys.of[...] to the store",
    example="a storage account with encryption.keySource Microsoft.Storage",
)
def storage_customer_key(account: PlannedResource, stack: StackUnderReview) -> Verdict:
    """With the cloud's key, the cloud's operator can read the data, and can be made to."""
    return all_of(
        (
            require(account, "encryption.keySource", equals="Microsoft.Keyvault"),
            require(account, "encryption.keyVaultProperties.keyName", present=True),
            require(account, "identity.type", matches="UserAssigned"),
        )
    )


@rule(
    "encryption.storage-all-services",
    title="Queues and tables are under the same key as blobs",
    severity=Severity.HIGH,
    applies_to=STORAGE,
    fix="set keyType Account for all four services; it can't be changed later",
    example="a storage account whose tables keep keyType Service",
)
def storage_all_services(account: PlannedResource, stack: StackUnderReview) -> Verdict:
    """By default queues and tables stay under Microsoft's key, whatever the account says."""
    return all_of(
        require(account, f"encryption.services.{service}.keyType", equals="Account")
        for service in ("blob", "file", "queue", "table")
    )


@rule(
    "encryption.storage-encrypted-twice",
    title="Storage is encrypted a second time beneath",
    severity=Severity.MEDIUM,
    applies_to=STORAGE,
    fix="set encryption.requireInfrastructureEncryption to true; it can't be changed later",
    example="a storage account without infrastructure encryption",
)
def storage_twice(account: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A flaw in one layer, or one leaked key, does not open the other."""
    return require(account, "encryption.requireInfrastructureEncryption", equals=True)


@rule(
    "encryption.storage-in-transit",
    title="Storage speaks TLS 1.2 or newer, and nothing else",
    severity=Severity.HIGH,
    applies_to=STORAGE,
    fix="set enableHttpsTrafficOnly to true and minimumTlsVersion to TLS1_2",
    example="a storage account with minimumTlsVersion TLS1_0",
    remediate=True,
)
def storage_in_transit(account: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Old protocols are broken, and plain HTTP is for everybody on the way to read."""
    return all_of(
        (
            require(account, "enableHttpsTrafficOnly", equals=True),
            require(account, "minimumTlsVersion", one_of=("TLS1_2", "TLS1_3"), cure="TLS1_2"),
        )
    )


@rule(
    "encryption.registry-uses-customer-key",
    title="The registry is encrypted with a key the operator holds",
    severity=Severity.HIGH,
    applies_to=REGISTRY,
    fix="pass key=keys.of['registry'] to the registry",
    example="a container registry with encryption.status disabled",
)
def registry_customer_key(registry: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Images hold the guard's code and, in layers, sometimes more than anyone meant."""
    return require(registry, "encryption.status", equals="enabled")


@rule(
    "encryption.disks-use-customer-key",
    title="Disks are encrypted with a key the operator holds, beside the platform's",
    severity=Severity.CRITICAL,
    applies_to=DISK_SET,
    fix="use EncryptionAtRestWithPlatformAndCustomerKeys, or ConfidentialVmEncryptedWithCustomerKey",
    example="a disk encryption set with encryptionType EncryptionAtRestWithPlatformKey",
)
def disks_customer_key(disks: PlannedResource, stack: StackUnderReview) -> Verdict:
    """What a node swaps and caches is patient data too."""
    allowed = ("EncryptionAtRestWithPlatformAndCustomerKeys", "ConfidentialVmEncryptedWithCustomerKey")
    return require(disks, "encryptionType", one_of=allowed)


@rule(
    "encryption.disks-follow-rotation",
    title="Disks take up a rotated key by themselves",
    severity=Severity.MEDIUM,
    applies_to=DISK_SET,
    fix="set rotationToLatestKeyVersionEnabled to true",
    example="a disk encryption set that names one version of a key",
    remediate=True,
)
def disks_follow(disks: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A key that is rotated in the vault, and not on the disk, has not been rotated."""
    return require(disks, "rotationToLatestKeyVersionEnabled", equals=True)


KEPT = {"properties.enablePurgeProtection": True, "properties.enableSoftDelete": True}


def _kept(vault: PlannedResource, _stack: StackUnderReview) -> Mapping[str, Value]:
    # Not the days: a vault that stands can't be given others. Not a module: its days are paid for, and can't be ended.
    return {} if vault.type == HSM else KEPT


@rule(
    "encryption.vaults-keep-deleted-keys",
    title="Vaults and HSMs keep what is deleted for 90 days, and nobody can purge it",
    severity=Severity.CRITICAL,
    applies_to=(VAULT, HSM),
    fix="set enablePurgeProtection to true and softDeleteRetentionInDays to 90",
    example="a key vault without purge protection",
    remediate=_kept,
)
def vaults_keep(vault: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Who purges the key destroys all data at once: the cheapest ransom there is."""
    return all_of(
        (
            *(require(vault, path, equals=value) for path, value in KEPT.items()),
            require(vault, "properties.softDeleteRetentionInDays", at_least=90),
        )
    )


@rule(
    "encryption.vaults-use-roles",
    title="Rights on vaults are roles, not access policies",
    severity=Severity.HIGH,
    applies_to=VAULT,
    fix="set enableRbacAuthorization to true and remove accessPolicies",
    example="a key vault with an access policy",
)
def vaults_roles(vault: PlannedResource, stack: StackUnderReview) -> Verdict:
    """An access policy holds for every key in the vault, and whoever may write the vault may grant himself one."""
    return all_of(
        (
            require(vault, "properties.enableRbacAuthorization", equals=True),
            require(vault, "properties.accessPolicies", absent=True),
        )
    )


@rule(
    "encryption.vaults-are-hsm-backed",
    title="Vaults are Premium: their keys never leave hardware",
    severity=Severity.HIGH,
    applies_to=VAULT,
    fix="set properties.sku.name to premium",
    example="a key vault of sku standard, which keeps keys in software",
)
def vaults_premium(vault: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A standard vault takes HSM keys for an error, and software keys without a word."""
    return require(vault, "properties.sku.name", equals="premium")


@rule(
    "encryption.keys-in-hardware",
    title="Keys are made in hardware, and long enough",
    severity=Severity.HIGH,
    applies_to=KEY,
    fix="set kty to RSA-HSM and keySize to 3072 or more",
    example="a key of kty RSA",
)
def keys_in_hardware(key: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A software key has been in somebody's memory."""
    hardware = require(key, "properties.kty", one_of=("RSA-HSM", "EC-HSM"))
    return all_of(
        (hardware, when(key.get("properties.kty") == "RSA-HSM", require(key, "properties.keySize", at_least=3072)))
    )


@rule(
    "encryption.keys-rotate",
    title="Keys rotate by themselves, and somebody is told before one ends",
    severity=Severity.MEDIUM,
    applies_to=KEY,
    fix="give the key a rotationPolicy with actions rotate and notify",
    example="a key without rotationPolicy",
)
def keys_rotate(key: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A key that nobody rotates is rotated after the breach."""
    actions = {str(value).lower() for _, value in key.each("properties.rotationPolicy.lifetimeActions[*].action.type")}
    missing = {"rotate", "notify"} - actions
    if missing:
        return refused(f"has no {' and no '.join(sorted(missing))} action")
    return require(key, "properties.rotationPolicy.attributes.expiryTime", present=True)


@rule(
    "encryption.released-keys-need-proof",
    title="An exportable key has a release policy",
    severity=Severity.CRITICAL,
    applies_to=KEY,
    fix="pass release_policy to KeyVault.key, or leave the key where it is",
    example="a key with attributes.exportable true and no releasePolicy",
)
def released_keys(key: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Exportable without a policy is exportable to anybody with a role."""
    if key.get("properties.attributes.exportable") is not True:
        return PASSED
    return require(key, "properties.releasePolicy.data", present=True)


@stack_rule(
    "encryption.logs-use-customer-key",
    title="In prod, logs lie in a cluster under a key of the operator's",
    severity=Severity.HIGH,
    applies_to=(WORKSPACE, LOG_CLUSTER, LINK),
    fix="let components/workspace.py make cluster and link",
    example="a prod workspace that is linked to no cluster",
)
def logs_customer_key(stack: StackUnderReview) -> Iterable[Judged]:
    """Logs say who was treated when, even where they don't say for what."""
    workspaces = stack.of_type(WORKSPACE)
    if not workspaces:
        return absent(stack, "the plan has no workspace")
    if not stack.is_prod:
        return [(None, PASSED)]
    clusters = stack.of_type(LOG_CLUSTER)
    if not clusters or not stack.of_type(LINK):
        return absent(stack, "no workspace is linked to a cluster of its own")
    return [
        *judged(clusters, lambda cluster: require(cluster, "keyVaultProperties.keyName", present=True)),
        *judged(stack.of_type(LINK), lambda link: stack.require_target(link, "writeAccessResourceId", LOG_CLUSTER)),
    ]


@rule(
    "encryption.cluster-secrets-encrypted",
    title="The cluster's secrets are encrypted with a key the operator holds",
    severity=Severity.CRITICAL,
    applies_to=CLUSTER,
    fix="keep securityProfile.azureKeyVaultKms as components/cluster.py writes it",
    example="a cluster with azureKeyVaultKms disabled, the default",
)
def cluster_secrets(cluster: PlannedResource, stack: StackUnderReview) -> Verdict:
    """etcd holds every secret of every workload in clear, unless a key management plugin stands before it."""
    return all_of(
        (
            require(cluster, "securityProfile.azureKeyVaultKms.enabled", equals=True),
            require(cluster, "securityProfile.azureKeyVaultKms.keyVaultNetworkAccess", equals="Private"),
        )
    )


@rule(
    "encryption.node-disks-use-customer-key",
    title="Nodes' disks are under the disk encryption set",
    severity=Severity.HIGH,
    applies_to=CLUSTER,
    fix="pass disk_encryption_set_id; it can be set only when the cluster is made",
    example="a cluster without diskEncryptionSetID",
)
def node_disks(cluster: PlannedResource, stack: StackUnderReview) -> Verdict:
    """It can't be added later: a cluster without it is made anew."""
    value = cluster.get("diskEncryptionSetID")
    return refused("diskEncryptionSetID is not set") if value is MISSING or value == "" else PASSED


@rule(
    "encryption.nodes-encrypt-caches",
    title="Nodes encrypt caches and temporary disks on their host",
    severity=Severity.HIGH,
    applies_to=(CLUSTER, POOL),
    fix="set enableEncryptionAtHost to true on the pool",
    example="a node pool without enableEncryptionAtHost",
)
def nodes_encrypt(resource: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A disk's key does not reach the host's cache, where the same bytes lie."""
    path = "enableEncryptionAtHost" if resource.type == POOL else "agentPoolProfiles[*].enableEncryptionAtHost"
    return require(resource, path, equals=True)


@rule(
    "encryption.backups-use-customer-key",
    title="Backups are encrypted with a key the operator holds",
    severity=Severity.HIGH,
    applies_to=BACKUP_VAULT,
    fix="pass key=keys.of['backup'] to the vault",
    example="a backup vault without encryptionSettings",
)
def backups_customer_key(vault: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A backup under the cloud's key undoes the key of what it backs up."""
    return all_of(
        (
            require(vault, "properties.securitySettings.encryptionSettings.state", equals="Enabled"),
            require(vault, "properties.securitySettings.encryptionSettings.keyVaultProperties", present=True),
        )
    )
