"""Data that is stored: nobody takes it with a copied key, overwrites it unseen, or mixes it."""

from collections.abc import Iterable

from plan.model import MISSING, UNKNOWN, PlannedResource
from policies.require import require
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Least, Severity, judged, rule, stack_rule
from policies.types import BLOB_SERVICE, CONTAINER, HSM, KEY, STORAGE, VAULT
from policies.verdict import PASSED, Verdict, all_of, refused

WORM = "azure-native:storage:BlobContainerImmutabilityPolicy"
LOCK = "azure-native:authorization:ManagementLockByScope"
GROUP = "azure-native:resources:ResourceGroup"
EVIDENCE = {"audit", "templates", "weights"}
"""What answered, what it was told, and who asked."""
EVIDENCE_DAYS = Least("days", 90, "days that a write-once container keeps what it holds")
"""The audit's own minimum is judged by detection rules."""
DELETED_DAYS = Least("days", 30, "days for which a deleted blob can be had back")


@rule(
    "storage.no-shared-keys",
    title="Storage takes identities, never shared keys",
    severity=Severity.CRITICAL,
    applies_to=STORAGE,
    fix="set allowSharedKeyAccess to false",
    example="a storage account without allowSharedKeyAccess, which Azure takes as true",
    # Not SFTP: somebody hands files in by it, and has to be told.
    remediate=("allowSharedKeyAccess", "isLocalUserEnabled"),
)
def no_shared_keys(account: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A copied key opens everything, from anywhere that can reach it, and nobody can say who used it."""
    return all_of(
        (
            require(account, "allowSharedKeyAccess", equals=False),
            require(account, "isLocalUserEnabled", equals=False),
            require(account, "isSftpEnabled", equals=False, default=False),
        )
    )


@rule(
    "storage.no-public-blobs",
    title="No blob is public",
    severity=Severity.CRITICAL,
    applies_to=(STORAGE, CONTAINER),
    fix="set allowBlobPublicAccess to false on the account and publicAccess to None on the container",
    example="a container with publicAccess Blob",
    remediate=True,
)
def no_public_blobs(resource: PlannedResource, stack: StackUnderReview) -> Verdict:
    """The classic leak: a container that was public for a day."""
    if resource.type == CONTAINER:
        return require(resource, "publicAccess", equals="None")
    return require(resource, "allowBlobPublicAccess", equals=False)


@stack_rule(
    "storage.deletions-can-be-undone",
    title="Every account keeps versions, and what is deleted for 30 days",
    severity=Severity.HIGH,
    applies_to=(STORAGE, BLOB_SERVICE),
    fix="let components/storage_account.py make the blob service's properties",
    example="a storage account without isVersioningEnabled",
    least=(DELETED_DAYS,),
)
def deletions_undone(stack: StackUnderReview) -> Iterable[Judged]:
    """Ransomware with a workload's identity overwrites; versions are what is left."""
    accounts = stack.of_type(STORAGE)
    if not accounts:
        return absent(stack, "the plan has no storage account")
    services = stack.parts(BLOB_SERVICE, "accountName", STORAGE, "accountName")

    def check(account: PlannedResource) -> Verdict:
        own = services.get(account.urn, [])
        if not own:
            return refused("its blob service has no properties in the plan")
        return all_of(
            verdict
            for service in own
            for verdict in (
                require(service, "isVersioningEnabled", equals=True),
                require(service, "deleteRetentionPolicy.enabled", equals=True),
                require(service, "deleteRetentionPolicy.days", at_least=stack.least(DELETED_DAYS)),
                require(service, "containerDeleteRetentionPolicy.enabled", equals=True),
                require(service, "deleteRetentionPolicy.allowPermanentDelete", equals=False, default=False),
            )
        )

    return judged(accounts, check)


@stack_rule(
    "storage.evidence-is-written-once",
    title="Weights, templates and audit logs are written once, and kept",
    severity=Severity.CRITICAL,
    applies_to=(CONTAINER, WORM),
    fix="give the container worm_days in components/model_store.py",
    example="a container named audit without an immutability policy",
    least=(EVIDENCE_DAYS,),
)
def evidence_written_once(stack: StackUnderReview) -> Iterable[Judged]:
    """An audit log that its writer can change evidences nothing; a model that can change, or what it is told, answers
    as nobody approved.
    """
    wanted = [c for c in stack.of_type(CONTAINER) if c.get("containerName") in EVIDENCE]
    if {str(c.get("containerName")) for c in wanted} != EVIDENCE:
        return absent(stack, "the plan has no containers named audit, templates and weights")
    policies = stack.parts(WORM, "containerName", CONTAINER, "containerName")

    def check(container: PlannedResource) -> Verdict:
        own = policies.get(container.urn, [])
        if not own:
            return refused("has no immutability policy")
        return all_of(
            require(policy, "immutabilityPeriodSinceCreationInDays", at_least=stack.least(EVIDENCE_DAYS))
            for policy in own
        )

    return judged(wanted, check)


@stack_rule(
    "storage.training-and-patient-data-apart",
    title="Training and patient data lie in separate accounts, under separate keys, for separate identities",
    severity=Severity.CRITICAL,
    applies_to=STORAGE,
    fix="keep the roles of components/model_store.py apart",
    example="two accounts of class phi with one key and one identity",
)
def training_apart(stack: StackUnderReview) -> Iterable[Judged]:
    """Who trains a model must not be able to read the patients of today, by mistake or otherwise."""
    # A copy in the second region is under the key of what it is a copy of.
    copies = stack.referring("azure-native:storage:ObjectReplicationPolicy", "destinationAccount")
    accounts = [a for a in stack.of_type(STORAGE) if a.get("tags.data-classification") == "phi" and a.urn not in copies]
    if len(accounts) < 2:
        return absent(stack, "fewer than two accounts hold health data, so training and treatment share one")
    keys: dict[str, PlannedResource] = {}
    judged_: list[Judged] = []
    for account in accounts:
        key = str(account.get("encryption.keyVaultProperties.keyName"))
        twin = keys.get(key)
        shared = twin is not None and account.get("encryption.keyVaultProperties.keyName") is not UNKNOWN
        judged_.append((account, refused(f"shares key '{key}' with {twin.label}") if shared and twin else PASSED))
        keys[key] = account
    return judged_


@rule(
    "storage.data-is-protected",
    title="In prod, what holds data or keys is protected from deletion",
    severity=Severity.HIGH,
    applies_to=(STORAGE, VAULT, HSM, KEY, "azure-native:dataprotection:BackupVault"),
    fix="make it with opts=scope.options(self, holds_data=True)",
    example="a prod storage account without protect",
)
def data_protected(resource: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A renamed resource is a deletion and a creation: `protect` stops the first half."""
    return refused("is not protected") if stack.is_prod and not resource.protect else PASSED


@stack_rule(
    "storage.groups-locked",
    title="Resource groups with data, keys or evidence are locked against deletion",
    severity=Severity.HIGH,
    applies_to=(GROUP, LOCK),
    fix="add the concern to LOCKED in components/landing_zone.py",
    example="a resource group of class phi without a lock",
)
def groups_locked(stack: StackUnderReview) -> Iterable[Judged]:
    """Deleting the group deletes everything in it, with one click and no second question."""
    groups = [g for g in stack.of_type(GROUP) if g.get("tags.data-classification") in ("phi", "personal")]
    if not groups:
        return absent(stack, "no resource group is tagged as holding health data")
    locks = stack.referring(LOCK, "scope")
    return judged(
        groups,
        lambda group: (
            all_of(require(lock, "level", one_of=("CanNotDelete", "ReadOnly")) for lock in locks[group.urn])
            if group.urn in locks
            else refused("has no lock")
        ),
    )


@rule(
    "storage.no-open-service-exception",
    title="Only flow logs are let past an account's network rules",
    severity=Severity.MEDIUM,
    applies_to=STORAGE,
    fix="set networkRuleSet.bypass to None, or move what needs it to the flow-log account",
    example="an account of class phi with networkRuleSet.bypass AzureServices",
)
def no_open_exception(account: PlannedResource, stack: StackUnderReview) -> Verdict:
    """`AzureServices` admits services of every tenant that bring an identity; only flow logs know no other way."""
    if account.get("tags.data-classification") == "internal":
        return PASSED
    value = account.get("networkRuleSet.bypass")
    return (
        refused("networkRuleSet.bypass is not set")
        if value is MISSING
        else require(account, "networkRuleSet.bypass", equals="None")
    )
