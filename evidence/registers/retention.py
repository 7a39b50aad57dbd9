"""How long a store keeps what is in it, as the plan sets it."""

import re
from collections.abc import Iterator
from typing import Final

from plan.model import Plan, PlannedResource, Value
from plan.reachability.reading import rows, text

_DAYS: Final = re.compile(r"^P(\d+)D$")
NONE: Final = "no period in the plan: kept until somebody deletes it"


def retention_of(plan: Plan, store: PlannedResource) -> tuple[str, ...]:
    """In words, one for each period; `NONE` alone where the plan sets none."""
    kinds = {
        "azure-native:storage:StorageAccount": _account,
        "azure-native:dbforpostgresql:Server": _server,
        "azure-native:keyvault:Vault": _deleted,
        "azure-native:keyvault:ManagedHsm": _deleted,
        "azure-native:operationalinsights:Workspace": _workspace,
        "azure-native:containerregistry:Registry": _registry,
        "azure-native:appconfiguration:ConfigurationStore": _configuration,
        "azure-native:dataprotection:BackupVault": _backups,
    }
    kind = kinds.get(store.type)
    return (tuple(kind(plan, store)) if kind is not None else ()) or (NONE,)


def days(value: Value) -> str | None:
    """`2,556 days`; None for what is no number."""
    return f"{value:,.0f} days" if isinstance(value, int | float) and not isinstance(value, bool) else None


def _account(plan: Plan, account: PlannedResource) -> Iterator[str]:
    name = account.get("accountName")
    kept = set()
    for policy in plan.of_type("azure-native:storage:BlobContainerImmutabilityPolicy"):
        period = days(policy.get("immutabilityPeriodSinceCreationInDays"))
        if policy.get("accountName") == name and period is not None:
            kept.add(policy.get("containerName"))
            yield f"container '{policy.get('containerName')}': write-once for {period}"
    containers = plan.of_type("azure-native:storage:BlobContainer")
    if any(item.get("accountName") == name and item.get("containerName") not in kept for item in containers):
        yield f"{NONE}{', in the other containers' if kept else ''}"
    for service in plan.of_type("azure-native:storage:BlobServiceProperties"):
        period = days(service.get("deleteRetentionPolicy.days"))
        if service.get("accountName") == name and period is not None:
            yield f"deleted blobs come back for {period}"


def _server(_: Plan, server: PlannedResource) -> Iterator[str]:
    period = days(server.get("backup.backupRetentionDays"))
    if period is not None:
        yield f"backups to any point of {period}; rows until they are deleted"


def _deleted(_: Plan, vault: PlannedResource) -> Iterator[str]:
    period = days(vault.get("properties.softDeleteRetentionInDays"))
    if period is not None:
        purge = "" if vault.get("properties.enablePurgeProtection") is True else ", or until they are purged"
        yield f"deleted objects come back for {period}{purge}"


def _workspace(plan: Plan, workspace: PlannedResource) -> Iterator[str]:
    period = days(workspace.get("retentionInDays"))
    if period is not None:
        yield f"{period}, unless a table says otherwise"
    by_period: dict[str, list[str]] = {}
    for table in plan.of_type("azure-native:operationalinsights:Table"):
        whole = days(table.get("totalRetentionInDays"))
        if table.get("workspaceName") == workspace.get("workspaceName") and whole is not None:
            by_period.setdefault(whole, []).append(str(table.get("tableName")))
    for whole, tables in sorted(by_period.items()):
        yield f"{whole}, archive included: {', '.join(sorted(tables))}"


def _registry(_: Plan, registry: PlannedResource) -> Iterator[str]:
    period = days(registry.get("policies.retentionPolicy.days"))
    if period is not None and registry.get("policies.retentionPolicy.status") == "enabled":
        yield f"images without a tag for {period}"


def _configuration(_: Plan, store: PlannedResource) -> Iterator[str]:
    period = days(store.get("softDeleteRetentionInDays"))
    if period is not None:
        yield f"the store comes back for {period} after its deletion"


def _backups(plan: Plan, vault: PlannedResource) -> Iterator[str]:
    for policy in plan.of_type("azure-native:dataprotection:BackupPolicy"):
        if policy.get("vaultName") != vault.get("backupVaultName") and policy.get("vaultName") != vault.get(
            "vaultName"
        ):
            continue
        for rule in rows(policy.get("properties.policyRules")):
            for cycle in rows(rule.get("lifecycles")):
                after = cycle.get("deleteAfter")
                found = _DAYS.match(text(after.get("duration")) or "") if isinstance(after, dict) else None
                if found is not None:
                    yield f"policy '{policy.get('backupPolicyName')}': {int(found[1]):,} days"
    period = days(vault.get("properties.securitySettings.softDeleteSettings.retentionDurationInDays"))
    if period is not None:
        yield f"deleted backups come back for {period}"
