"""What a drill is about, by name: the stack's own resources, and the one resource group that the drill may delete.

Only the program imports components, so names are written here a second time; tests/cli/test_drill.py holds them
against the stack's plan.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from config import StackConfig
from config.tenants import patient_stores

SECOND = "-2"
"""What continuity adds to the stack's name in the second region's names."""


@dataclass(frozen=True)
class Place:
    """Names, ids and tags of one stack."""

    config: StackConfig

    def of(self, kind: str, role: str = "", *, second: bool = False) -> str:
        """`psql-bw-eu-prod`, as components/naming.py writes it."""
        stack = self.config.stack + (SECOND if second else "")
        return "-".join(part for part in (kind, self.config.organisation, stack, role) if part)

    def group(self, concern: str) -> str:
        """Resource group of the stack's own."""
        return self.of("rg", concern)

    @property
    def drill_group(self) -> str:
        """Holds all that the drill makes, so that one deletion removes it: the stack's own groups are locked."""
        return self.group("drill")

    @property
    def second_group(self) -> str:
        """Where copies and the replica stand."""
        return self.of("rg", "continuity", second=True)

    @property
    def has_second_region(self) -> bool:
        """Whether there are copies to look at."""
        return self.config.continuity.copies and self.config.region_facts.pair is not None

    @property
    def vault(self) -> tuple[str, ...]:
        """The backup vault, as arguments."""
        return ("--vault-name", self.of("bvault"), "--resource-group", self.group("backup"), *self.subscription)

    def instance(self, role: str) -> str:
        """What the vault calls a source."""
        return f"{self.config.stack}-{role}"

    def store_stem(self, role: str) -> str:
        """How the name of a store begins; four random characters follow, which only Azure knows."""
        named, _ = patient_stores(self.config.tenants).get(role, (role, ""))
        return ("st" + self.config.organisation + self.config.stack.replace("-", "") + named)[:20]

    @property
    def patient(self) -> str:
        """The role of the store that is drilled: of several tenants' the first one's, as all are made alike."""
        return next(iter(patient_stores(self.config.tenants)))

    @property
    def drill_store(self) -> str:
        """The account that a blob is restored to. Drawn from the subscription: the next run finds it again."""
        seed = f"{self.config.subscription_id}/{self.config.stack}/drill"
        return self.store_stem("drill")[:18] + hashlib.sha256(seed.encode()).hexdigest()[:6]

    @property
    def subscription(self) -> tuple[str, str]:
        """Said with every command: the one that is logged in may be another stack's."""
        return ("--subscription", self.config.subscription_id)

    def id_of(self, group: str, kind: str, name: str) -> str:
        """A resource's id; `kind` is such as `Microsoft.Storage/storageAccounts`."""
        return f"/subscriptions/{self.config.subscription_id}/resourceGroups/{group}/providers/{kind}/{name}"

    @property
    def endpoint_subnet(self) -> str:
        """Where private endpoints stand."""
        network = self.id_of(self.group("network"), "Microsoft.Network/virtualNetworks", self.of("vnet"))
        return f"{network}/subnets/endpoints"

    def zone(self, service: str) -> str:
        """Id of the private DNS zone of a service."""
        name = self.config.jurisdiction.cloud.zone(service, self.config.region)
        return self.id_of(self.group("network"), "Microsoft.Network/privateDnsZones", name)

    @property
    def tags(self) -> Mapping[str, str]:
        """The mandatory ones, as the subscription's policy demands them: what is restored is health data."""
        return {
            "jurisdiction": self.config.jurisdiction.id,
            "environment": self.config.environment,
            "data-classification": "phi",
            "owner": self.config.owner,
            "cost-centre": self.config.cost_centre,
            "managed-by": "bailiwick",
        }

    @property
    def tag_words(self) -> tuple[str, ...]:
        """The same, as arguments."""
        return ("--tags", *(f"{key}={value}" for key, value in self.tags.items()))
