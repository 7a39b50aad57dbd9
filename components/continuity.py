"""A second region inside the same border: copies and a replica that stand there before they are needed.

Data is there, compute is not: where it is wanted beforehand (`warm`), it is a stack of its own, which this one does not
make (ADR 23). What is left to do when the first region is lost is docs/runbooks/second-region.md, with its commands; a
drill goes through it each year. Which region is the second one says the jurisdiction: no other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pulumi import ComponentResource, Input, ResourceOptions
from pulumi_azure_native import authorization, containerregistry, dbforpostgresql, resources, storage

from components.customer_key import CustomerKey
from components.database import Database, shared_settings
from components.diagnostics import Diagnosed
from components.naming import Names
from components.private_endpoint import EndpointPlace, private_endpoint
from components.registry import Registry
from components.scope import Classification, Scope
from components.storage_account import Container, StorageAccount, StorageAccountArgs
from config.tenants import SHARED


@dataclass(frozen=True, kw_only=True)
class Copied:
    """A store of the first region, and which of its containers are copied."""

    store: StorageAccount
    resource_group: Input[str]
    containers: tuple[str, ...]
    named: str
    """In the copy's name."""
    classification: Classification
    tenant: str = SHARED


@dataclass(frozen=True, kw_only=True)
class ContinuityArgs:
    """What the second region needs."""

    scope: Scope
    place: EndpointPlace
    """In the first region's network: an endpoint may lead to a service of another region."""
    registry: Registry
    registry_group: Input[str]
    database: Database
    copied: dict[str, Copied]
    keys: Mapping[str, CustomerKey]
    """By purpose. The managed HSM stands in both regions, so that copies open when the first one is lost."""


class NoSecondRegion(ValueError):
    """The jurisdiction records no pair for the region: nothing may be copied from there."""


class Continuity(ComponentResource):
    """Resource group, copies of stores, a replica of the registry and of the database."""

    diagnosed: list[Diagnosed]

    def __init__(self, name: str, args: ContinuityArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:continuity:Continuity", name, None, opts)
        self._name, self._args = name, args
        pair = args.scope.region_facts.pair
        if pair is None:
            raise NoSecondRegion(f"{args.scope.region} has no pair inside {args.scope.jurisdiction.id}")
        config = args.scope.config
        self._scope = replace(
            args.scope,
            config=config.model_copy(update={"region": pair}),
            # Not `-b`, which a standby stack has, and as short: names of stores have little room.
            names=Names(config.organisation, f"{config.stack}-2", parent=self),
        )
        objectives = {
            f"{kind}-minutes-{item.data_class}": str(minutes)
            for item in config.continuity.objectives
            for kind, minutes in (("rpo", item.rpo_minutes), ("rto", item.rto_minutes))
        }
        self.group = resources.ResourceGroup(
            f"{name}-group",
            resource_group_name=self._scope.names.resource_group("continuity"),
            location=pair,
            # What is promised, and by what it is to be kept: rules hold one against the other.
            tags={**args.scope.tags("phi"), "continuity": config.continuity.mode, **objectives},
            opts=args.scope.options(self, holds_data=True),
        )
        authorization.ManagementLockByScope(
            f"{name}-lock",
            lock_name=self._scope.names.of("lock", "continuity"),
            scope=self.group.id,
            level="CanNotDelete",
            notes="Holds the copies. Lifting this lock is an audited change.",
            opts=args.scope.options(self),
        )
        stores = [self._copy(role, item) for role, item in args.copied.items()]
        containerregistry.Replication(
            f"{name}-registry",
            replication_name=pair,
            registry_name=args.registry.registry.name,
            resource_group_name=args.registry_group,
            location=pair,
            # Served only once somebody says so: until then pulls stay in the first region.
            region_endpoint_enabled=False,
            zone_redundancy="Enabled" if self._scope.zones else "Disabled",
            tags=args.scope.tags("confidential"),
            opts=args.scope.options(self),
        )
        database = self._replica(args.keys["database"])
        self.accounts = {role: store.account for role, store in zip(args.copied, stores, strict=True)}
        self.diagnosed = [
            *(item for store in stores for item in store.diagnosed),
            Diagnosed(name="database-replica", resource_id=database.id),
        ]
        self.register_outputs({"region": pair})

    def _copy(self, role: str, item: Copied) -> StorageAccount:
        """Objects are copied within minutes, each version of them."""
        copies = {container: f"{container}-copy" for container in item.containers}
        copy = StorageAccount(
            f"{self._name}-{role}",
            StorageAccountArgs(
                scope=self._scope,
                resource_group=self.group.name,
                place=self._args.place,
                key=self._args.keys[role],
                role=item.named,
                classification=item.classification,
                tenant=item.tenant,
                # Written by the copying alone; a lock on writing would stop that as well.
                containers=tuple(Container(name=copied) for copied in copies.values()),
            ),
            ResourceOptions(parent=self),
        )
        source = item.store.account
        rules = [
            storage.ObjectReplicationPolicyRuleArgs(source_container=one, destination_container=other)
            for one, other in copies.items()
        ]
        received = storage.ObjectReplicationPolicy(
            f"{self._name}-{role}-received",
            object_replication_policy_id="default",
            account_name=copy.name,
            resource_group_name=self.group.name,
            source_account=source.id,
            destination_account=copy.account.id,
            rules=rules,
            opts=self._scope.options(self),
        )
        storage.ObjectReplicationPolicy(
            f"{self._name}-{role}-sent",
            # The receiving side gives the ids, and the sending side must name the same.
            object_replication_policy_id=received.policy_id,
            account_name=item.store.name,
            resource_group_name=item.resource_group,
            source_account=source.id,
            destination_account=copy.account.id,
            rules=received.rules.apply(_same_rules),
            opts=self._scope.options(self),
        )
        return copy

    def _replica(self, key: CustomerKey) -> dbforpostgresql.Server:
        scope, args = self._scope, self._args
        server = dbforpostgresql.Server(
            f"{self._name}-database",
            server_name=scope.names.of("psql"),
            resource_group_name=self.group.name,
            location=scope.region,
            create_mode="Replica",
            source_server_resource_id=args.database.server.id,
            **shared_settings(scope, key),
            tags=scope.tags("phi"),
            opts=scope.options(self, holds_data=True, depends_on=key.ready),
        )
        private_endpoint(
            f"{self._name}-database",
            scope=scope,
            place=args.place,
            target_id=server.id,
            group_id="postgresqlServer",
            zones=("postgres",),
            parent=self,
        )
        return server


def _same_rules(rules: object) -> list[storage.ObjectReplicationPolicyRuleArgs]:
    found = rules if isinstance(rules, list) else []
    return [
        storage.ObjectReplicationPolicyRuleArgs(
            rule_id=rule.rule_id,
            source_container=rule.source_container,
            destination_container=rule.destination_container,
        )
        for rule in found
    ]
