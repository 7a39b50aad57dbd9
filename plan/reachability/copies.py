"""Copies that Azure makes by itself, or that a store is told to make: to other accounts, vaults and regions."""

from collections.abc import Iterator

from plan.model import UNKNOWN, Plan, PlannedResource, Value
from plan.reachability.model import Edge
from plan.reachability.outside import PAIRED, UNKNOWN_TENANT, region_place, tenant
from plan.reachability.reading import given, mapping, parents, region, rows, text
from plan.reachability.sites import Sites, edge

ACCOUNT = "azure-native:storage:StorageAccount"
SERVER = "azure-native:dbforpostgresql:Server"
BACKUP_VAULT = "azure-native:dataprotection:BackupVault"
RECOVERY_VAULT = "azure-native:recoveryservices:Vault"


def copy_edges(sites: Sites) -> Iterator[Edge]:
    """Every copy, from where the data is to where it goes."""
    yield from _replications(sites)
    yield from _redundancies(sites)
    yield from _vaults(sites)
    yield from _registries(sites)
    yield from _databases(sites)
    yield from _backups(sites)
    yield from _disks(sites)


def pair_of(plan: Plan, where: Value) -> str:
    """The region that Azure copies to from here, where the jurisdiction's file knows it."""
    # Imported here: what copies nothing need not wait for the law to be read.
    from jurisdictions import UnknownJurisdiction, load

    try:
        known = load(plan.jurisdiction).regions.get(region(where) or "")
    except UnknownJurisdiction:
        known = None
    return region_place(known.pair) if known is not None and known.pair else PAIRED


def _replications(sites: Sites) -> Iterator[Edge]:
    """Object replication, as either side has it: accounts stand there as ids or as names."""
    for policy in sites.plan.of_type("azure-native:storage:ObjectReplicationPolicy"):
        sources, receivers = _account(sites, policy, "sourceAccount"), _account(sites, policy, "destinationAccount")
        containers = [text(row.get("sourceContainer")) or "?" for row in rows(policy.get("rules"))]
        for source in sources:
            for receiver in receivers:
                what = ", ".join(sorted(containers))
                yield edge(source, receiver, "copies", "object replication", policy, what)


def _account(sites: Sites, policy: PlannedResource, key: str) -> tuple[str, ...]:
    value = policy.get(key)
    if isinstance(value, str) and "/" not in value:
        return (sites.named(ACCOUNT, value) or UNKNOWN_TENANT,)
    return sites.meant(policy, key)


def _redundancies(sites: Sites) -> Iterator[Edge]:
    """Geo-redundant accounts: learn.microsoft.com/azure/storage/common/storage-redundancy."""
    for account in sites.plan.of_type(ACCOUNT):
        kind = account.get("sku.name")
        if kind is UNKNOWN or "GRS" in str(kind).upper() or "GZRS" in str(kind).upper():
            yield from _to_pair(sites, account, f"{account.label} is {_shown(kind)}")


def _to_pair(sites: Sites, resource: PlannedResource, why: str) -> Iterator[Edge]:
    here = sites.of(resource)
    if here is not None:
        yield edge(here, pair_of(sites.plan, resource.get("location")), "copies", why, resource)


def _shown(value: Value) -> str:
    return "known only after deployment" if value is UNKNOWN else str(value)


def _vaults(sites: Sites) -> Iterator[Edge]:
    """Key vaults are copied to the paired region, where the region has one, whatever the plan says.

    learn.microsoft.com/azure/key-vault/general/disaster-recovery-guidance
    """
    for vault in sites.plan.of_type("azure-native:keyvault:Vault"):
        pair = pair_of(sites.plan, vault.get("location"))
        here = sites.of(vault)
        if here is not None and pair != PAIRED:
            yield edge(here, pair, "copies", f"Azure copies {vault.label} to the paired region", vault)
    for hsm in sites.plan.of_type("azure-native:keyvault:ManagedHsm"):
        home, here = region(hsm.get("location")), sites.of(hsm)
        for row in rows(hsm.get("properties.regions")):
            name = region(row.get("name"))
            if here is not None and name != home:
                target = region_place(name) if name else PAIRED
                yield edge(here, target, "copies", f"{hsm.label} is extended to another region", hsm)


def _registries(sites: Sites) -> Iterator[Edge]:
    for token, key, owner in (
        ("azure-native:containerregistry:Replication", "registryName", "azure-native:containerregistry:Registry"),
        (
            "azure-native:appconfiguration:Replica",
            "configStoreName",
            "azure-native:appconfiguration:ConfigurationStore",
        ),
    ):
        for replica in sites.plan.of_type(token):
            name = region(replica.get("location"))
            for store in parents(sites.plan, replica, key, owner):
                here = sites.of(store)
                if here is not None:
                    target = region_place(name) if name else PAIRED
                    yield edge(here, target, "copies", f"{replica.label} of {store.label}", replica)


def _databases(sites: Sites) -> Iterator[Edge]:
    for server in sites.plan.of_type(SERVER, "azure-native:sql:Server", "azure-native:sql:Database"):
        here = sites.of(server)
        for key in ("sourceServerResourceId", "sourceDatabaseId"):
            for source in sites.meant(server, key):
                if here is not None:
                    mode = _shown(server.get("createMode"))
                    yield edge(source, here, "copies", f"{server.label} is made from it ({mode})", server)
    for server in sites.plan.of_type(SERVER):
        if given(server.get("backup.geoRedundantBackup")) and server.get("backup.geoRedundantBackup") != "Disabled":
            yield from _to_pair(sites, server, f"backups of {server.label} are geo-redundant")
    for database in sites.plan.of_type("azure-native:sql:Database"):
        # Taken to be geo-redundant unless said otherwise; unverified.
        if database.get("requestedBackupStorageRedundancy") not in ("Local", "Zone"):
            yield from _to_pair(sites, database, f"backups of {database.label} are geo-redundant")
    for account in sites.plan.of_type("azure-native:cosmosdb:DatabaseAccount"):
        home, here = region(account.get("location")), sites.of(account)
        for row in rows(account.get("locations")):
            name = region(row.get("locationName"))
            if here is not None and name != home:
                target = region_place(name) if name else PAIRED
                yield edge(here, target, "copies", f"{account.label} has another location", account)


def _backups(sites: Sites) -> Iterator[Edge]:
    """What is backed up where, and vaults that keep a second copy in another region."""
    plan = sites.plan
    for instance in plan.of_type("azure-native:dataprotection:BackupInstance"):
        yield from _into(sites, instance, BACKUP_VAULT, "properties.dataSourceInfo.resourceID")
    for item in plan.of_type("azure-native:recoveryservices:ProtectedItem"):
        yield from _into(sites, item, RECOVERY_VAULT, "properties.sourceResourceId")
    for vault in plan.of_type(BACKUP_VAULT):
        settings = vault.get("properties.storageSettings")
        kinds = [row.get("type") for row in rows(settings)]
        if settings is UNKNOWN or any(kind is UNKNOWN or "geo" in str(kind).lower() for kind in kinds):
            yield from _to_pair(sites, vault, f"{vault.label} is geo-redundant")
        here = sites.of(vault)
        others = vault.get("properties.replicatedRegions")
        for name in others if isinstance(others, list | tuple) and here is not None else ():
            target = region_place(region(name) or "") if isinstance(name, str) else PAIRED
            yield edge(here or "", target, "copies", f"{vault.label} is replicated", vault)
    for vault in plan.of_type(RECOVERY_VAULT):
        # Geo-redundant unless said otherwise: azure.github.io/PSRule.Rules.Azure/en/rules/Azure.RSV.StorageType
        kind = mapping(vault.get("properties.redundancySettings")).get("standardTierStorageRedundancy")
        if kind not in ("LocallyRedundant", "ZoneRedundant"):
            yield from _to_pair(sites, vault, f"{vault.label} is geo-redundant")


def _into(sites: Sites, instance: PlannedResource, token: str, path: str) -> Iterator[Edge]:
    vaults = [sites.of(item) for item in parents(sites.plan, instance, "vaultName", token)]
    for source in sites.meant(instance, path):
        for vault in vaults or [tenant("unknown")]:
            if vault is not None:
                yield edge(source, vault, "copies", f"{instance.label} is kept there", instance)


def _disks(sites: Sites) -> Iterator[Edge]:
    for disk in sites.plan.of_type("azure-native:compute:Disk", "azure-native:compute:Snapshot"):
        here = sites.of(disk)
        for source in sites.meant(disk, "creationData.sourceResourceId"):
            if here is not None:
                yield edge(source, here, "copies", f"{disk.label} is made from it", disk)
