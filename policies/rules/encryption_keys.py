"""Keys do their work and no other; vaults answer their holders and nobody by default."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from plan.model import MISSING, PlannedResource, Value
from policies.known import known_to
from policies.require import given, require, texts
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, rule, stack_rule
from policies.settled import SHUT, Among, AtLeast, settled
from policies.types import (
    ATTESTATION,
    BACKUP_VAULT,
    CLUSTER,
    DISK_SET,
    HSM,
    KEY,
    LOG_CLUSTER,
    STORAGE,
    VAULT,
    WORKSPACE,
)
from policies.verdict import PASSED, Verdict, all_of, not_evaluated, refused

USES = frozenset({"wrapkey", "unwrapkey", "encrypt", "decrypt", "sign", "verify"})
PROOF = "x-ms-attestation-type"
KEY_VERSION = "encryption.keyVaultProperties.keyVersion"


@rule(
    "encryption.keys-do-what-they-must",
    title="Keys are on, and wrap, encrypt or sign: none is made to be taken out",
    severity=Severity.CRITICAL,
    applies_to=KEY,
    fix="leave keyOps to wrapKey and unwrapKey, and attributes.enabled to true",
    example="a key with keyOps export",
)
def keys_work(key: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A key that is off makes every store under it unreadable; one that may be exported is a copy to be made."""
    more = sorted({use for use in texts(key.get("properties.keyOps")) if use.lower() not in USES})
    return all_of(
        (
            settled(key, {"properties.attributes.enabled": Among((True,), unset=True)}),
            refused(f"may also {', '.join(more)}") if more else PASSED,
        )
    )


@rule(
    "encryption.released-keys-ask-for-proof",
    title="A key is released to a machine that proves what it is, in every clause of its policy",
    severity=Severity.CRITICAL,
    applies_to=KEY,
    fix="make the policy with components/key_release.py",
    example="a release policy with an authority, and no claim that it must attest",
)
def released_to_proof(key: PlannedResource, stack: StackUnderReview) -> Verdict:
    """An authority's token without a claim says that somebody asked, not that it was a confidential machine."""
    data = key.get("properties.releasePolicy.data")
    if data is MISSING:
        return PASSED
    if not isinstance(data, str):
        return not_evaluated("the release policy is known only after deployment")
    try:
        clauses = json.loads(data)["anyOf"]
        bare = [c.get("authority") for c in clauses if not any(p.get("claim") == PROOF for p in _claims(c))]
    except (ValueError, KeyError, TypeError, AttributeError):
        return refused("the release policy is not of the form that Azure documents")
    return refused(f"releases on the bare word of {', '.join(map(str, bare))}") if bare or not clauses else PASSED


def _claims(clause: dict[str, object]) -> list[dict[str, object]]:
    found = clause.get("allOf")
    own = [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
    return own + [deeper for item in own for deeper in _claims(item)]


@rule(
    "encryption.vaults-serve-holders-only",
    title="Vaults and modules admit no network, and hand nothing to Azure's own deployments",
    severity=Severity.HIGH,
    applies_to=(VAULT, HSM),
    fix="leave enabledFor… false and the rule lists empty; who needs a key has a role and a private endpoint",
    example="a vault with enabledForTemplateDeployment, whose secrets a template reads",
)
def serve_holders(vault: PlannedResource, stack: StackUnderReview) -> Verdict:
    """`enabledForTemplateDeployment` gives secrets to whoever may deploy; a network rule stands beside every role."""
    return settled(
        vault,
        {
            "properties.enabledForDeployment": SHUT,
            "properties.enabledForDiskEncryption": SHUT,
            "properties.enabledForTemplateDeployment": SHUT,
            "properties.networkAcls.ipRules": SHUT,
            "properties.networkAcls.virtualNetworkRules": SHUT,
            "properties.accessPolicies": SHUT,
        },
    )


@rule(
    "encryption.modules-have-administrators",
    title="A managed HSM begins with two administrators or more",
    severity=Severity.HIGH,
    applies_to=HSM,
    fix="name two people or more in bailiwick:people.hsmAdministrators",
    example="a managed HSM with one initial administrator",
)
def modules_administered(module: PlannedResource, stack: StackUnderReview) -> Verdict:
    """The security domain is opened by a quorum; one person alone can neither open it nor be checked."""
    return settled(module, {"properties.initialAdminObjectIds": AtLeast(2)})


@rule(
    "encryption.stores-encrypt-twice",
    title="Backups, logs, training data and the cluster's secrets have both keys that they are meant to have",
    severity=Severity.HIGH,
    applies_to=(BACKUP_VAULT, LOG_CLUSTER, CLUSTER, "azure-native:machinelearningservices:Workspace"),
    fix="set infrastructureEncryption, isDoubleEncryptionEnabled or hbiWorkspace, and name the key",
    example="a log cluster without isDoubleEncryptionEnabled",
)
def encrypt_twice(store: PlannedResource, stack: StackUnderReview) -> Verdict:
    """The second layer is Microsoft's, the first is ours: whoever gets one of the keys has nothing."""
    if store.type == BACKUP_VAULT:
        return settled(store, {"properties.securitySettings.encryptionSettings.infrastructureEncryption": "Enabled"})
    if store.type == LOG_CLUSTER:
        return settled(store, {"isDoubleEncryptionEnabled": True})
    if store.type == CLUSTER:
        base = "securityProfile.azureKeyVaultKms"
        return all_of(given(store, f"{base}.{part}") for part in ("keyId", "keyVaultResourceId"))
    return settled(store, {"enableServiceSideCMKEncryption": True, "hbiWorkspace": True})


@rule(
    "encryption.disks-name-their-key",
    title="A disk encryption set names its key",
    severity=Severity.HIGH,
    applies_to=DISK_SET,
    fix="pass activeKey as components/keys.py does",
    example="a disk encryption set without activeKey",
)
def disks_key(disk_set: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A set without a key encrypts with none of ours."""
    return all_of((given(disk_set, "activeKey.keyUrl"), settled(disk_set, {"federatedClientId": SHUT})))


def _unversioned(_account: PlannedResource, _stack: StackUnderReview) -> Mapping[str, Value]:
    # Empty, Azure follows the key: learn.microsoft.com/azure/storage/common/customer-managed-keys-overview
    return {KEY_VERSION: ""}


@rule(
    "encryption.storage-key-follows-rotation",
    title="A store follows its key's rotation, under an identity of this stack, for every service",
    severity=Severity.HIGH,
    applies_to=STORAGE,
    fix="name the key without a version, and the identity that may use it",
    example="an account that names one version of its key",
    remediate=_unversioned,
)
def key_follows(account: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A version that is named stays when the key rotates: the old key then opens everything, for good."""
    on = Among((True,), unset=True)
    return all_of(
        (
            settled(
                account,
                {
                    KEY_VERSION: SHUT,
                    "encryption.encryptionIdentity.encryptionFederatedIdentityClientId": SHUT,
                    "encryption.services.blob.enabled": on,
                    "encryption.services.file.enabled": on,
                },
            ),
            given(account, "encryption.encryptionIdentity.encryptionUserAssignedIdentity"),
        )
    )


@rule(
    "encryption.queries-stay-encrypted",
    title="In prod, saved queries and the workspace's features are under the operator's key",
    severity=Severity.MEDIUM,
    applies_to=WORKSPACE,
    fix="set forceCmkForQuery to true",
    example="a prod workspace without forceCmkForQuery",
)
def queries_encrypted(workspace: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A saved query holds what it searched for: a name, a number, a diagnosis."""
    return require(workspace, "forceCmkForQuery", equals=True) if stack.is_prod else PASSED


@rule(
    "encryption.attestation-has-one-policy",
    title="An attestation provider takes no policy that somebody else signed, and attests by TPM",
    severity=Severity.HIGH,
    applies_to=ATTESTATION,
    fix="remove policySigningCertificates, and set tpmAttestationAuthentication to Enabled",
    example="an attestation provider with a policy-signing certificate",
    remediate=True,
)
def one_policy(provider: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Who signs the policy decides which machine is a confidential one."""
    return settled(
        provider,
        {"properties.policySigningCertificates": SHUT, "properties.tpmAttestationAuthentication": "Enabled"},
    )


@stack_rule(
    "encryption.named-keys-are-planned",
    title="A key that something names in a vault of this stack is made in that vault",
    severity=Severity.HIGH,
    applies_to=(VAULT, KEY, "azure-native:*"),
    fix="make the key in components/keys.py, or name the one that is made",
    example="a cluster whose secrets are under a key that no vault holds",
)
def keys_planned(stack: StackUnderReview) -> Iterable[Judged]:
    """A key taken out of the plan is deleted; what it encrypted is gone with it."""
    if stack.partial:
        return
    vaults = {str(vault.get("vaultName")).lower() for vault in stack.of_type(VAULT)}
    keys = {(str(k.get("vaultName")).lower(), str(k.get("keyName")).lower()) for k in stack.of_type(KEY)}
    named = re.compile(r"https://([a-z0-9-]+)\.[a-z.]+/keys/([A-Za-z0-9-]+)")
    for resource, found in known_to(stack).texts:
        strange = [f"names key '{k}' of '{v}'" for v, k in _pairs(resource) if v in vaults and (v, k) not in keys]
        strange += [
            f"{path} names key '{match[2]}' of '{match[1]}'"
            for path, value in found
            if value.startswith("https://") and (match := named.match(value)) is not None
            if match[1].lower() in vaults and (match[1].lower(), match[2].lower()) not in keys
        ]
        if strange:
            yield resource, refused(f"{'; '.join(strange)}, which the plan doesn't make")
    yield None, PASSED


def _pairs(resource: PlannedResource) -> Iterator[tuple[str, str]]:
    """Vault and key, where a type names them apart."""
    for base in ("encryption.keyVaultProperties", "keyVaultProperties"):
        uri, name = resource.get(f"{base}.keyVaultUri"), resource.get(f"{base}.keyName")
        if isinstance(uri, str) and isinstance(name, str):
            yield uri.removeprefix("https://").partition(".")[0].lower(), name.lower()
