"""Encryption behind encryption, and what it rests on: a layer beneath logs and backups, queries, sound curves."""

from plan.model import PlannedResource
from policies.require import require, same
from policies.review import StackUnderReview
from policies.rule import Severity, rule
from policies.types import BACKUP_VAULT, HSM_KEY, KEY, LOG_CLUSTER, WORKSPACE
from policies.verdict import PASSED, Verdict

CURVES = ("P-256", "P-384", "P-521")
"""NIST SP 800-186; the fourth that a vault makes, P-256K, is for chains of blocks."""


@rule(
    "encryption.logs-encrypted-twice",
    title="Logs are encrypted a second time beneath",
    severity=Severity.MEDIUM,
    applies_to=LOG_CLUSTER,
    fix="set isDoubleEncryptionEnabled to true; it can't be changed later",
    example="a log cluster without isDoubleEncryptionEnabled",
)
def logs_twice(cluster: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Logs name who was treated when; a flaw in one layer, or one leaked key, does not open the other."""
    return require(cluster, "isDoubleEncryptionEnabled", equals=True)


@rule(
    "encryption.backups-encrypted-twice",
    title="Backups are encrypted a second time beneath",
    severity=Severity.MEDIUM,
    applies_to=BACKUP_VAULT,
    fix="set encryptionSettings.infrastructureEncryption to Enabled; it can't be changed later",
    example="a backup vault with infrastructureEncryption Disabled",
)
def backups_twice(vault: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A backup outlives the account that it was made of, and with it the reasons to trust one layer."""
    settings = "properties.securitySettings.encryptionSettings"
    if not isinstance(vault.get(settings), dict):
        return PASSED  # encryption.backups-use-customer-key says so
    return require(vault, f"{settings}.infrastructureEncryption", equals="Enabled")


@rule(
    "encryption.queries-use-customer-key",
    title="In prod, saved queries lie under a key of the operator's",
    severity=Severity.LOW,
    applies_to=WORKSPACE,
    fix="set forceCmkForQuery to true, as components/workspace.py does in prod",
    example="a prod workspace with forceCmkForQuery false",
)
def queries_customer_key(workspace: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A saved query names what it looks for: a patient, a clinician, an incident."""
    return require(workspace, "forceCmkForQuery", equals=True) if stack.is_prod else PASSED


@rule(
    "encryption.keys-on-sound-curves",
    title="A key on a curve is on one that NIST recommends",
    severity=Severity.HIGH,
    applies_to=(KEY, HSM_KEY),
    fix="set curveName to P-256, P-384 or P-521",
    example="a key of kty EC-HSM with curveName P-256K",
)
def keys_on_sound_curves(key: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Being in hardware says where a key is, not how strong."""
    if not any(same(key.get("properties.kty"), kind) for kind in ("EC", "EC-HSM")):
        return PASSED
    # Without a name it is P-256: learn.microsoft.com/azure/templates/microsoft.keyvault/vaults/keys.
    return require(key, "properties.curveName", one_of=CURVES, default="P-256")
