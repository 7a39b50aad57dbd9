"""Restore one blob from the backup vault, and compare its checksum with what was put there.

The vault holds a vaulted backup, which is restored only into another account: learn.microsoft.com/azure/backup,
"Restore Azure Blobs using Azure CLI" (MicrosoftDocs/azure-docs, articles/backup/restore-blobs-storage-account-cli.md),
with `--vaulted-blob-prefix-pattern` so that no patient's document is restored along. Verbs and options: extension
`dataprotection` of Azure/azure-cli-extensions, manual/_params.py and tests/latest/…_backup_instance_restore.py, and
`az` 2.91 for the rest. Not verified, for want of Azure: that `trusted services` let the vault write into an account
whose public access is disabled.
"""

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from drill.az import AzFailed, dig, minutes_since, moment
from drill.canary import CONTAINER, PREFIX, Canary
from drill.ground import Ground, Result

OLDEST_MINUTES = 2 * 24 * 60
"""The policy of components/backup.py copies each day: two days are a run that was missed."""
RESTORE_MINUTES = 6 * 60
RIGHTS_MINUTES = 10
BACKUP_CONTRIBUTOR = "e5e2a7ff-d759-4cd2-bb51-3152d37e2eb1"
BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
"""Storage Account Backup Contributor and Storage Blob Data Reader, as in components/roles.py."""


def restore_blob(ground: Ground, there: Sequence[Canary]) -> Result:
    """Bring a canary back from the newest recovery point that can hold one."""
    place, az = ground.place, ground.az
    point, taken = _newest_point(ground)
    age = minutes_since(taken)
    facts = {"recoveryPoint": taken.isoformat(), "recoveryPointAgeMinutes": round(age)}
    # What was put while a backup ran may or may not be in it; put before it began, it must be.
    older = [canary for canary in there if canary.put < taken]
    if not older and not az.dry:
        return Result(
            outcome="not measured",
            says=f"no canary is older than the newest recovery point ({taken:%Y-%m-%d %H:%M} UTC): one lies there now",
            line=f"bailiwick drill {place.config.stack} --only documents   # after the next nightly backup",
            facts=facts,
        )
    canary = older[-1] if older else there[-1]
    ground.make_group()
    target = _make_account(ground)
    _grant(ground, target)
    ground.make_endpoint("blob", target, "blob")
    _restore(ground, point, target)
    content = az.download(
        *("storage", "blob", "download", "--account-name", place.drill_store, "--container-name", CONTAINER),
        *("--name", canary.name, "--auth-mode", "login", "--no-progress", *place.subscription),
        minutes=RIGHTS_MINUTES,
        sample=canary.content,
    )
    found = hashlib.sha256(content).hexdigest()
    facts |= {"blob": canary.name, "sha256": canary.sha256, "sha256Restored": found}
    if found != canary.sha256:
        return Result(
            outcome="failed",
            says=f"{canary.name} came back changed: {found[:12]}…, not {canary.sha256[:12]}…",
            facts=facts,
        )
    if age > OLDEST_MINUTES:
        return Result(
            outcome="failed",
            says=f"checksum agrees, but the newest recovery point is {age / 60:.0f} hours old: backups stopped",
            facts=facts,
        )
    return Result(outcome="done", says=f"{canary.name}, from {taken:%Y-%m-%d %H:%M} UTC; checksum agrees", facts=facts)


def _newest_point(ground: Ground) -> tuple[str, datetime]:
    place = ground.place
    words = ("dataprotection", "recovery-point", "list", "--backup-instance-name", place.instance(place.patient))
    sample = [{"name": "<recovery point>", "properties": {"recoveryPointTime": "2026-01-02T02:00:00Z"}}]
    found = ground.az.ask(*words, *place.vault, sample=sample)
    points = [
        (moment(dig(item, "properties", "recoveryPointTime")), str(dig(item, "name")))
        for item in found or ()
        if isinstance(item, dict)
    ]
    if not points:
        raise AzFailed("the vault has no recovery point: nothing can be restored", words)
    taken, name = max(points)
    return name, taken


def _make_account(ground: Ground) -> str:
    """An account as closed as the patient's own, under the same key."""
    place, source = ground.place, ground.store(ground.place.patient)
    identity = str(dig(source, "encryption", "encryptionIdentity", "encryptionUserAssignedIdentity"))
    ground.az.text(
        *("storage", "account", "create", "--name", place.drill_store, "--resource-group", place.drill_group),
        *("--location", place.config.region, "--kind", "StorageV2", "--sku", "Standard_LRS"),
        *("--allow-shared-key-access", "false", "--allow-blob-public-access", "false"),
        *("--public-network-access", "Disabled", "--default-action", "Deny", "--bypass", "AzureServices"),
        *("--min-tls-version", "TLS1_2", "--https-only", "true", "--require-infrastructure-encryption", "true"),
        *("--allow-cross-tenant-replication", "false", "--identity-type", "UserAssigned"),
        *("--user-identity-id", identity, "--key-vault-user-identity-id", identity),
        *("--encryption-key-source", "Microsoft.Keyvault"),
        *("--encryption-key-vault", str(dig(source, "encryption", "keyVaultProperties", "keyVaultUri"))),
        *("--encryption-key-name", str(dig(source, "encryption", "keyVaultProperties", "keyName"))),
        *place.tag_words,
        *place.subscription,
    )
    return place.id_of(place.drill_group, "Microsoft.Storage/storageAccounts", place.drill_store)


def _grant(ground: Ground, target: str) -> None:
    """The vault may write there, and whoever drills may read. Both rights go with the account."""
    place, az = ground.place, ground.az
    vault = az.ask(
        "dataprotection", "backup-vault", "show", *place.vault, sample={"identity": {"principalId": "<vault>"}}
    )
    create = ("role", "assignment", "create", "--scope", target, *place.subscription)
    principal = str(dig(vault, "identity", "principalId"))
    az.text(
        *(*create, "--role", BACKUP_CONTRIBUTOR, "--assignee-object-id", principal),
        *("--assignee-principal-type", "ServicePrincipal"),
    )
    # Whoever may not look people up in the directory may have the right already: the download tells.
    with suppress(AzFailed):
        az.text(*create, "--role", BLOB_READER, "--assignee", ground.who)


def _restore(ground: Ground, point: str, target: str) -> None:
    place, az = ground.place, ground.az
    request = az.ask(
        *("dataprotection", "backup-instance", "restore", "initialize-for-item-recovery"),
        *("--datasource-type", "AzureBlob", "--restore-location", place.config.region),
        *("--source-datastore", "VaultStore", "--recovery-point-id", point, "--target-resource-id", target),
        *(
            "--vaulted-blob-prefix-pattern",
            json.dumps({"containers": [{"name": CONTAINER, "prefixmatch": [PREFIX]}]}),
        ),
        sample={"what": "the request that the command before printed"},
    )
    about = (*place.vault, "--backup-instance-name", place.instance(place.patient))
    about = (*about, "--restore-request-object", json.dumps(request))
    az.insist("dataprotection", "backup-instance", "validate-for-restore", *about, minutes=RIGHTS_MINUTES)
    started = az.ask("dataprotection", "backup-instance", "restore", "trigger", *about, sample={"jobId": "<job>"})
    ended = az.until(
        lambda job: dig(job, "properties", "status") != "InProgress",
        *("dataprotection", "job", "show", "--ids", str(dig(started, "jobId"))),
        minutes=RESTORE_MINUTES,
        sample={"properties": {"status": "Completed"}},
    )
    # `CompletedWithWarnings` is no restore that anybody may count on.
    if dig(ended, "properties", "status") != "Completed":
        raise AzFailed(f"the restore ended as {dig(ended, 'properties', 'status')}: look at the vault's job")
