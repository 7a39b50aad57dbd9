"""What is lost can be brought back, and nobody can take the backups away."""

from collections.abc import Iterable

from plan.model import PlannedResource
from policies.require import require
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, judged, rule, stack_rule
from policies.types import BACKUP_INSTANCE, BACKUP_VAULT, CLUSTER, STORAGE
from policies.verdict import PASSED, Verdict, refused

COPYING = "azure-native:storage:ObjectReplicationPolicy"
POLICY = "azure-native:dataprotection:BackupPolicy"


@rule(
    "backup.vault-immutable",
    title="Backups can't be changed or shortened",
    severity=Severity.CRITICAL,
    applies_to=BACKUP_VAULT,
    fix="set securitySettings.immutabilitySettings.state to Locked in prod, Unlocked in dev",
    example="a prod backup vault whose immutability is Disabled",
)
def vault_immutable(vault: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Ransomware looks for backups first. Locked can't be undone, which is the point in prod and a burden in dev."""
    allowed = ("Locked",) if stack.is_prod else ("Locked", "Unlocked")
    return require(vault, "properties.securitySettings.immutabilitySettings.state", one_of=allowed)


@rule(
    "backup.vault-keeps-deleted",
    title="Deleted backups are kept for 14 days or more",
    severity=Severity.HIGH,
    applies_to=BACKUP_VAULT,
    fix="set softDeleteSettings.state to AlwaysOn and retentionDurationInDays to 14 or more",
    example="a backup vault with softDeleteSettings.state Off",
)
def vault_keeps(vault: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Who got an administrator's rights deletes at night; somebody must be able to undelete by day."""
    path = "properties.securitySettings.softDeleteSettings"
    state = require(vault, f"{path}.state", one_of=("AlwaysOn", "On"))
    return state if state is not PASSED else require(vault, f"{path}.retentionDurationInDays", at_least=14)


@rule(
    "backup.failures-are-told",
    title="Failed backups raise an alert",
    severity=Severity.MEDIUM,
    applies_to=BACKUP_VAULT,
    fix="set monitoringSettings.azureMonitorAlertSettings.alertsForAllJobFailures to Enabled",
    example="a backup vault without monitoringSettings",
    remediate=True,
)
def failures_told(vault: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A backup that failed a month ago is found out on the day that it is needed."""
    return require(
        vault, "properties.monitoringSettings.azureMonitorAlertSettings.alertsForAllJobFailures", equals="Enabled"
    )


@stack_rule(
    "backup.patient-data-covered",
    title="Every account with health data, and the cluster, is backed up",
    severity=Severity.CRITICAL,
    applies_to=(STORAGE, CLUSTER, BACKUP_VAULT, BACKUP_INSTANCE),
    fix="add the store to the backup component's sources in components/platform.py",
    example="an account of class phi without a backup instance",
)
def patient_data_covered(stack: StackUnderReview) -> Iterable[Judged]:
    """GDPR Art. 32(1)(c) asks for restoration in time; versions in the same account are no backup."""
    if not stack.of_type(BACKUP_VAULT):
        return absent(stack, "the plan has no backup vault")
    copies = stack.referring(COPYING, "destinationAccount")
    classes = ("phi", "personal")
    # A copy in the second region is backed up where it is copied from.
    sources = [
        a for a in stack.of_type(STORAGE) if a.get("tags.data-classification") in classes and a.urn not in copies
    ]
    sources += stack.of_type(CLUSTER)
    covered = stack.referring(BACKUP_INSTANCE, "properties.dataSourceInfo.resourceID")
    return judged(sources, lambda source: PASSED if source.urn in covered else refused("has no backup instance"))


@stack_rule(
    "backup.instances-follow-a-policy",
    title="Every backup follows a policy of this stack",
    severity=Severity.MEDIUM,
    applies_to=(BACKUP_INSTANCE, POLICY),
    fix="pass the policy's id, not a text",
    example="a backup instance whose policyId is of another vault",
)
def instances_follow(stack: StackUnderReview) -> Iterable[Judged]:
    """A policy in another vault is kept by other people, for other reasons."""
    instances = stack.of_type(BACKUP_INSTANCE)
    if not instances:
        return absent(stack, "the plan has no backup instance")
    return judged(instances, lambda instance: stack.require_target(instance, "properties.policyInfo.policyId", POLICY))
