"""Doors of a store beside the ones that everybody thinks of, and that what is kept is kept as it was said."""

from collections.abc import Iterable

from plan.model import PlannedResource
from policies.require import texts
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, rule, stack_rule
from policies.settled import SHUT, Among, AtLeast, settled
from policies.types import BACKUP_INSTANCE, BLOB_SERVICE, CONTAINER, STORAGE
from policies.verdict import PASSED, Verdict, refused

WORM = "azure-native:storage:BlobContainerImmutabilityPolicy"
LIFE = "azure-native:storage:ManagementPolicy"
REPLICATION_OF_BLOBS = "azure-native:storage:ObjectReplicationPolicy"
LEAST_WORM_DAYS = 90
LEAST_DAYS = 30


@rule(
    "storage.opens-no-side-door",
    title="A store is reached over HTTPS by identities, and in no other way",
    severity=Severity.CRITICAL,
    applies_to=STORAGE,
    fix="remove the setting; components/storage_account.py makes none of them",
    example="an account with enableNfsV3, which knows no identities",
)
def no_side_door(account: PlannedResource, stack: StackUnderReview) -> Verdict:
    """NFS knows no identity, a resource access rule admits another tenant's service, a domain serves strangers."""
    return settled(
        account,
        {
            "enableNfsV3": SHUT,
            "customDomain": SHUT,
            "networkRuleSet.resourceAccessRules": SHUT,
            "networkRuleSet.bypass": Among(("None", "AzureServices")),
            "routingPreference.publishInternetEndpoints": SHUT,
            "azureFilesIdentityBasedAuthentication": SHUT,
        },
    )


@rule(
    "storage.answers-no-browser",
    title="No page of another origin reads blobs, and no old version of the protocol is spoken",
    severity=Severity.HIGH,
    applies_to=BLOB_SERVICE,
    fix="remove cors and defaultServiceVersion",
    example="a blob service with a CORS rule for every origin",
)
def answers_no_browser(service: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A clinician's browser is signed in: a page that it visits would read with its rights."""
    return settled(service, {"cors.corsRules": SHUT, "defaultServiceVersion": SHUT})


@rule(
    "storage.changes-are-recorded",
    title="Every store writes down what changes in it, and keeps deleted containers for 30 days",
    severity=Severity.MEDIUM,
    applies_to=BLOB_SERVICE,
    fix="let components/storage_account.py make the blob service's properties",
    example="a blob service without a change feed",
    remediate=True,
)
def changes_recorded(service: PlannedResource, stack: StackUnderReview) -> Verdict:
    """After ransomware the first question is what was touched, and since when; replication reads the same feed."""
    return settled(service, {"changeFeed.enabled": True, "containerDeleteRetentionPolicy.days": AtLeast(LEAST_DAYS)})


@rule(
    "storage.copied-by-private-links-only",
    title="Blobs are copied within the stack's private links, not within the whole tenant",
    severity=Severity.HIGH,
    applies_to=STORAGE,
    fix="set allowedCopyScope to PrivateLink",
    example="an account with allowedCopyScope AAD",
    remediate=True,
)
def copied_privately(account: PlannedResource, stack: StackUnderReview) -> Verdict:
    """The tenant is larger than the jurisdiction: the hospital's other stacks are in it too."""
    return settled(account, {"allowedCopyScope": "PrivateLink"})


@rule(
    "storage.survives-a-zone",
    title="In prod, data stands in three zones where the region has them",
    severity=Severity.HIGH,
    applies_to=STORAGE,
    fix="use Standard_ZRS",
    example="a prod account with sku Premium_LRS in a region with zones",
)
def survives_a_zone(account: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A fire in one building must not be the end of the only copy."""
    region = stack.jurisdiction.regions.get(str(account.get("location")).lower())
    if not stack.is_prod or region is None or not region.zones:
        return PASSED
    return settled(account, {"sku.name": Among(("Standard_ZRS", "Premium_ZRS"))})


@rule(
    "storage.containers-keep-the-accounts-key",
    title="No container has an encryption scope of its own",
    severity=Severity.HIGH,
    applies_to=CONTAINER,
    fix="set denyEncryptionScopeOverride to true and leave the account's key",
    example="a container whose defaultEncryptionScope is not $account-encryption-key",
)
def accounts_key(container: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A scope brings a key of its own, and one under Microsoft's key is made with one click."""
    return settled(
        container, {"denyEncryptionScopeOverride": True, "defaultEncryptionScope": "$account-encryption-key"}
    )


@stack_rule(
    "storage.write-once-where-it-says-so",
    title="A container that says it is written once has a policy that holds for 90 days or more",
    severity=Severity.HIGH,
    applies_to=(CONTAINER, WORM),
    fix="give the container worm_days in the component that makes it",
    example="a container with metadata worm=required and no immutability policy",
)
def write_once(stack: StackUnderReview) -> Iterable[Judged]:
    """Releases, prompts and sites' audit logs count as evidence because nobody can change them."""
    held = {(_account(p), p.get("containerName")) for p in stack.of_type(WORM)}
    for container in stack.of_type(CONTAINER):
        if container.get("metadata.worm") == "required" and not stack.partial:
            there = (_account(container), container.get("containerName")) in held
            yield container, PASSED if there else refused("says worm=required and has no immutability policy")
    for policy in stack.of_type(WORM):
        wanted = {
            "immutabilityPeriodSinceCreationInDays": AtLeast(LEAST_WORM_DAYS),
            "allowProtectedAppendWritesAll": SHUT,
        }
        yield policy, settled(policy, wanted)


@rule(
    "storage.nothing-deletes-by-the-clock",
    title="No lifecycle policy deletes what a store holds",
    severity=Severity.HIGH,
    applies_to=LIFE,
    fix="delete by the retention of each container; a lifecycle may move to a colder tier only",
    example="a management policy that deletes versions after a day",
)
def nothing_deletes(policy: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Versions and copies are what is left after ransomware; a policy that deletes them works for the thief."""
    base = "policy.rules[*].definition.actions"
    return settled(policy, {f"{base}.{part}.delete": SHUT for part in ("baseBlob", "snapshot", "version")})


@stack_rule(
    "storage.copies-and-backups-name-whole-stores",
    title="Backups and copies name every container of what they cover, and containers that exist",
    severity=Severity.HIGH,
    applies_to=(BACKUP_INSTANCE, REPLICATION_OF_BLOBS, CONTAINER),
    fix="list the containers from the store's component, as components/backup.py does",
    example="a backup of the patients' account that leaves out its documents",
)
def whole_stores(stack: StackUnderReview) -> Iterable[Judged]:
    """A container that the list forgot is found missing on the day that it is needed."""
    if stack.partial:
        return
    held: dict[object, set[object]] = {}
    for container in stack.of_type(CONTAINER):
        held.setdefault(_account(container), set()).add(container.get("containerName"))
    for instance in stack.of_type(BACKUP_INSTANCE):
        for account in stack.targets(instance, "properties.dataSourceInfo.resourceID"):
            if account.type != STORAGE:
                continue
            base = "properties.policyInfo.policyParameters.backupDatasourceParametersList[*].containersList"
            listed = {name for _, value in instance.each(base) for name in texts(value)}
            missing = held.get(_account(account), set()) ^ listed
            yield instance, refused(f"differs from its store in {_names(missing)}") if missing else PASSED
    yield from _copies(stack, held)


def _account(found: PlannedResource) -> object:
    """The name of the account that something is, or is in; its URN while the name is still to be drawn."""
    name = found.get("accountName")
    if isinstance(name, str):
        return name
    return (found.urn,) if found.type == STORAGE else found.property_dependencies.get("accountName", ())


def _copies(stack: StackUnderReview, held: dict[object, set[object]]) -> Iterable[Judged]:
    policies = stack.of_type(REPLICATION_OF_BLOBS)
    pairs = {policy.urn: _pairs(policy) for policy in policies}
    for policy in policies:
        # The same policy stands at both ends: learn.microsoft.com/azure/storage/blobs/object-replication-overview
        twins = [p for p in policies if p.urn != policy.urn and _ends(p) == _ends(policy)]
        names = {name for pair in pairs[policy.urn] for name in pair}
        unknown = names - {name for containers in held.values() for name in containers}
        if unknown or not names:
            yield policy, refused(f"copies {_names(unknown) or 'nothing'}")
        elif not any(pairs[twin.urn] == pairs[policy.urn] for twin in twins):
            yield policy, refused("has no policy at the other end that copies the same")
        else:
            yield policy, settled(policy, {"rules[*].filters": SHUT})


def _ends(policy: PlannedResource) -> tuple[object, object]:
    return policy.get("sourceAccount"), policy.get("destinationAccount")


def _pairs(policy: PlannedResource) -> set[tuple[object, object]]:
    rules = policy.get("rules")
    found = rules if isinstance(rules, list | tuple) else []
    return {(r.get("sourceContainer"), r.get("destinationContainer")) for r in found if isinstance(r, dict)}


def _names(found: set[object]) -> str:
    return ", ".join(sorted(map(str, found)))
