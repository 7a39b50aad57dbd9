"""Database, backups, prompts and register of models: the settings beside their big switches."""

import json
from collections.abc import Iterable

from plan.model import MISSING, UNKNOWN, PlannedResource
from policies.known import known_to
from policies.require import items, texts
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, rule, stack_rule
from policies.rules.prompts import STAYS_INSIDE
from policies.rules.secrets import days
from policies.settled import SHUT, Among, AtLeast, settled
from policies.types import (
    BACKUP_INSTANCE,
    BACKUP_VAULT,
    CLUSTER,
    CONFIGURATION_STORE,
    DATABASE_ADMINISTRATOR,
    DATABASE_PARAMETER,
    DATABASE_SERVER,
    KEY_VALUE,
    LEARNING_WORKSPACE,
)
from policies.verdict import PASSED, Verdict, all_of, not_evaluated, refused, refused_for

POLICY = "azure-native:dataprotection:BackupPolicy"
BINDING = "azure-native:containerservice:TrustedAccessRoleBinding"
EXTENSION = "azure-native:kubernetesconfiguration:Extension"
PARAMETERS = {
    "azure.extensions": ("VECTOR,PGAUDIT",),
    "log_connections": ("on",),
    "log_disconnections": ("on",),
    "log_min_error_statement": ("panic",),
    "log_parameter_max_length": ("0",),
    "log_parameter_max_length_on_error": ("0",),
    "password_encryption": ("scram-sha-256",),
    "pgaudit.log": ("ddl,role,write",),
    "pgaudit.log_parameter": ("off",),
    "require_secure_transport": ("on",),
    "shared_preload_libraries": ("pgaudit,pg_stat_statements",),
    "ssl_min_protocol_version": ("TLSv1.3",),
}
"""Who came and what was changed is written down, and never what was asked: patients' words.
postgresql.org/docs/17/runtime-config-logging.html, github.com/pgaudit/pgaudit"""
LEAST_VERSION = 16
LEAST_KEPT_DAYS = {"VaultStore": 90, "OperationalStore": 7}
MOST_BETWEEN_DAYS = 1
OWN_NAMESPACES = ("gateway", "inference")


@stack_rule(
    "database.parameters-are-as-reviewed",
    title="Every parameter of the database that was reviewed is set as it was, and no other is",
    severity=Severity.HIGH,
    applies_to=(DATABASE_PARAMETER, DATABASE_SERVER),
    fix="leave parameters to components/database.py, and write a new one to policies/rules/data_settings.py",
    example="log_statement set to all, which writes what was asked to the log",
)
def parameters(stack: StackUnderReview) -> Iterable[Judged]:
    """One parameter decides whether the audit log holds deeds or diagnoses."""
    found = {str(p.get("configurationName")): p for p in stack.of_type(DATABASE_PARAMETER)}
    for name, parameter in found.items():
        allowed = PARAMETERS.get(name)
        value = str(parameter.get("value"))
        if allowed is None:
            yield parameter, refused(f"sets {name}, which nobody reviewed")
        else:
            fine = value.lower() in {one.lower() for one in allowed}
            yield parameter, PASSED if fine else refused(f"{name} is {value}; reviewed: {' or '.join(allowed)}")
    missing = sorted(set(PARAMETERS) - set(found)) if stack.of_type(DATABASE_SERVER) else []
    if missing:
        yield from absent(stack, f"the database's {', '.join(missing)} is left to Azure's default")


@rule(
    "database.stands-as-made",
    title="The database is new enough, grows by itself, survives a zone in prod, and has no login of its own",
    severity=Severity.HIGH,
    applies_to=DATABASE_SERVER,
    fix="leave the server to components/database.py",
    example="a prod server of tier Burstable, or with an administratorLogin",
    remediate=("storage.autoGrow",),
)
def as_made(server: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A full disk stops writing; a login of its own is a password, whatever the switch says."""
    copy = server.get("createMode") == "Replica"
    wanted: dict[str, object] = {
        "createMode": Among(("Default", "Create", "Replica"), unset=True),
        "administratorLogin": SHUT,
        "administratorLoginPassword": SHUT,
        "storage.autoGrow": "Enabled",
        "replicationRole": SHUT,
        "network.delegatedSubnetResourceId": SHUT,
        "dataEncryption.geoBackupKeyURI": SHUT,
    }
    if not copy:
        wanted["version"] = Among(tuple(str(v) for v in range(LEAST_VERSION, LEAST_VERSION + 10)))
    if stack.is_prod:
        wanted["sku.tier"] = Among(("GeneralPurpose", "MemoryOptimized"))
        region = stack.jurisdiction.regions.get(str(server.get("location")).lower())
        if not copy and region is not None and region.zones:
            wanted["highAvailability.mode"] = "ZoneRedundant"
    return settled(server, wanted)


@stack_rule(
    "database.administered-by-an-own-identity",
    title="The database is administered by one identity of this stack, and by no person",
    severity=Severity.CRITICAL,
    applies_to=(DATABASE_ADMINISTRATOR, DATABASE_SERVER),
    fix="leave the administrator to components/database.py; people read by a role of the database",
    example="a person as administrator of the database",
)
def administered(stack: StackUnderReview) -> Iterable[Judged]:
    """An administrator reads every row, and can say that nobody did."""
    found = stack.of_type(DATABASE_ADMINISTRATOR)
    known = known_to(stack)
    for administrator in found:
        who = administrator.get("objectId")
        own = not isinstance(who, str) or known.identity(who, administrator, "objectId")
        yield (
            administrator,
            all_of(
                (
                    settled(administrator, {"principalType": "ServicePrincipal"}),
                    PASSED if own else refused(f"is {who}, whom the plan doesn't make"),
                    refused("is one of several") if len(found) > 1 else PASSED,
                )
            ),
        )


@rule(
    "backup.vault-keeps-to-itself",
    title="The backup vault copies to no other region or subscription, keeps deleted backups, and stands in zones",
    severity=Severity.HIGH,
    applies_to=BACKUP_VAULT,
    fix="leave the vault to components/backup.py",
    example="a vault whose backups may be restored in another subscription",
)
def keeps_to_itself(vault: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A restore into another subscription is a copy that its own rules never saw."""
    base = "properties.securitySettings.softDeleteSettings.state"
    region = stack.jurisdiction.regions.get(str(vault.get("location")).lower())
    zonal = region is not None and bool(region.zones)
    return settled(
        vault,
        {
            "properties.featureSettings.crossSubscriptionRestoreSettings.state": Among(
                ("Disabled", "PermanentlyDisabled")
            ),
            "properties.replicatedRegions": SHUT,
            base: "AlwaysOn" if stack.is_prod else Among(("On", "AlwaysOn")),
            **({"properties.storageSettings[*].type": "ZoneRedundant"} if zonal else {}),
        },
    )


@rule(
    "backup.policies-copy-every-day",
    title="A backup policy copies every day at least, and keeps copies for months in the vault",
    severity=Severity.HIGH,
    applies_to=POLICY,
    fix="leave policies to components/backup.py",
    example="a policy that keeps copies for a day",
)
def every_day(policy: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Ransomware waits until the last good copy is gone."""
    told: list[str] = []
    rules = items(policy.get("properties.policyRules"))
    kinds = {r.get("objectType") for r in rules}
    if not {"AzureBackupRule", "AzureRetentionRule"} <= kinds:
        told.append("has no schedule, or no time that copies are kept for")
    blobs = any("Storage" in kind for kind in texts(policy.get("properties.datasourceTypes")))
    for part in rules:
        told += _kept(part)
        store = part.get("dataStore")
        inside = isinstance(store, dict) and store.get("dataStoreType") == "VaultStore"
        if part.get("objectType") == "AzureBackupRule" and blobs and not inside:
            told.append("copies blobs into their own account")
    for path, value in policy.each("properties.policyRules[*].trigger.schedule.repeatingTimeIntervals[*]"):
        between = str(value).rpartition("/")[2]
        gap = days(between)
        if value is not MISSING and gap is not None and gap > MOST_BETWEEN_DAYS:
            told.append(f"{path} copies every {between}")
    return refused_for(told)


def _kept(part: dict[str, object]) -> list[str]:
    told = []
    for life in items(part.get("lifecycles")):
        ends, source = life.get("deleteAfter"), life.get("sourceDataStore")
        duration = ends.get("duration") if isinstance(ends, dict) else None
        kind = str(source.get("dataStoreType")) if isinstance(source, dict) else "VaultStore"
        kept = days(duration if isinstance(duration, str) else None)
        if kept is None or kept < LEAST_KEPT_DAYS.get(kind, 90):
            told.append(f"keeps copies for {duration}")
    return told


@stack_rule(
    "backup.cluster-is-reached",
    title="The cluster's backup leaves out no namespace of ours, and has the agent and the access that it needs",
    severity=Severity.HIGH,
    applies_to=(BACKUP_INSTANCE, CLUSTER, BINDING, EXTENSION),
    fix="leave the cluster's backup to components/backup.py",
    example="a cluster with a backup and no trusted access for the vault",
)
def cluster_reached(stack: StackUnderReview) -> Iterable[Judged]:
    """A backup that can't reach what it copies says so in a log, and every day again."""
    instances = [i for i in stack.of_type(BACKUP_INSTANCE) if _of_cluster(i)]
    for instance in stack.of_type(BACKUP_INSTANCE):
        base = "properties.policyInfo.policyParameters.backupDatasourceParametersList[*].excludedNamespaces[*]"
        left = [str(v) for _, v in instance.each(base) if str(v).startswith(OWN_NAMESPACES)]
        place = instance.get("properties.dataSourceInfo.resourceLocation")
        inside = place in (MISSING, UNKNOWN) or str(place).lower() in stack.jurisdiction.regions
        told = [f"leaves out {name}" for name in left] + ([] if inside else [f"is in {place}"])
        shut = settled(instance, {"properties.datasourceAuthCredentials": SHUT, "properties.identityDetails": SHUT})
        yield instance, all_of((shut, refused_for(told)))
    if instances and not stack.of_type(BINDING):
        yield from absent(stack, "the backup vault has no trusted access to the cluster")
    if instances and not any(
        e.get("extensionType") == "microsoft.dataprotection.kubernetes" for e in stack.of_type(EXTENSION)
    ):
        yield from absent(stack, "the cluster has no backup extension")


def _of_cluster(instance: PlannedResource) -> bool:
    kind = instance.get("properties.dataSourceInfo.datasourceType")
    return kind == "Microsoft.ContainerService/managedClusters"


@rule(
    "prompts.store-is-as-made",
    title="The prompt store is private to Azure's proxy too, of a tier with a key of ours, and keeps what was deleted",
    severity=Severity.HIGH,
    applies_to=(CONFIGURATION_STORE, KEY_VALUE),
    fix="leave the store to components/prompt_store.py",
    example="a prompt store of tier Free, which takes no key of ours",
    # Not the tier: it costs.
    remediate=("dataPlaneProxy.privateLinkDelegation", "dataPlaneProxy.authenticationMode"),
)
def store_as_made(item: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A prompt decides what a model says to a clinician."""
    if item.type == KEY_VALUE:
        return all_of((settled(item, {"contentType": Among(("application/json",), unset=True)}), _accurate(item)))
    return settled(
        item,
        {
            "sku.name": Among(("Standard", "Premium") if not stack.is_prod else ("Premium",)),
            "softDeleteRetentionInDays": AtLeast(7),
            "dataPlaneProxy.privateLinkDelegation": Among(("Enabled",), unset=True),
            "dataPlaneProxy.authenticationMode": "Pass-through",
        },
    )


def _accurate(item: PlannedResource) -> Verdict:
    value = item.get("value")
    if not isinstance(value, str):
        return not_evaluated("value is known only after deployment")
    try:
        told = json.loads(value)
        floor, kinds, outside = (
            told.get("accuracyFloor", 1),
            told.get("dataClasses", ["phi"]),
            told.get("externalAllowed"),
        )
    except (ValueError, AttributeError):
        return PASSED
    right = isinstance(floor, int | float) and not isinstance(floor, bool) and floor >= 0.5
    bad = [] if right else ["asks for less than half of the answers to be right, or for no number"]
    bad += ["names no class of data"] if not kinds else []
    bad += ["lets health or card data go to a model outside"] if outside and set(kinds) & STAYS_INSIDE else []
    return refused_for(bad)


@rule(
    "learning.builds-and-shares-nothing",
    title="The register of models builds no image on a machine of its own, and shares nothing with another workspace",
    severity=Severity.HIGH,
    applies_to=LEARNING_WORKSPACE,
    fix="leave the workspace to components/learning.py",
    example="a workspace with imageBuildCompute, or a link to a hub",
)
def shares_nothing(workspace: PlannedResource, stack: StackUnderReview) -> Verdict:
    """What builds images decides what runs; a hub is another workspace's owner."""
    shut = ("imageBuildCompute", "hubResourceId", "associatedWorkspaces", "sharedPrivateLinkResources")
    return settled(workspace, dict.fromkeys((*shut, "managedNetwork.outboundRules"), SHUT))
