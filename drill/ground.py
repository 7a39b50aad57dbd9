"""What the steps of a drill share: the stack, the command, what was found, and how a step ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from drill.az import Az, AzFailed
from drill.names import Place

Outcome = Literal["done", "failed", "not measured", "by hand", "not here"]
"""`not measured`: nothing went wrong, and nothing was proved. `not here`: the stack has no second region."""
HEALTH = ("phi", "personal")
"""Classes of what lies in the patient account and in the database."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """How a step ended."""

    outcome: Outcome
    says: str
    line: str = ""
    """What to type next, where there is something to type."""
    lag: Mapping[str, float] = field(default_factory=dict)
    """Minutes of work that would be lost now, by class of data."""
    facts: Mapping[str, object] = field(default_factory=dict)
    """What the record keeps beside it."""


@dataclass(frozen=True)
class Ground:
    """One drill of one stack."""

    place: Place
    az: Az
    who: str
    """Whoever is logged in, as Azure names them."""

    @cached_property
    def stores(self) -> Sequence[Mapping[str, Any]]:
        """The stack's storage accounts, asked for once."""
        place = self.place
        sample = [
            {
                "name": place.store_stem(role) + "<random>",
                "id": f"<id of the {role} account>",
                "encryption": {
                    "keyVaultProperties": {"keyVaultUri": "<its vault>", "keyName": "<its key>"},
                    "encryptionIdentity": {"encryptionUserAssignedIdentity": "<its key's identity>"},
                },
            }
            for role in (place.patient, "weights")
        ]
        group = place.group("data")
        found = self.az.ask("storage", "account", "list", "--resource-group", group, *place.subscription, sample=sample)
        return [item for item in found or () if isinstance(item, dict)]

    def store(self, role: str) -> Mapping[str, Any]:
        """One of them. Raises AzFailed where it is not there."""
        stem = self.place.store_stem(role)
        for item in self.stores:
            if str(item.get("name", "")).startswith(stem):
                return item
        raise AzFailed(f"no storage account {stem}… in {self.place.group('data')}")

    def make_group(self) -> None:
        """The drill's own resource group; making it twice changes nothing."""
        place = self.place
        self.az.text(
            *("group", "create", "--name", place.drill_group, "--location", place.config.region),
            *place.tag_words,
            *place.subscription,
        )

    def make_endpoint(self, service: str, target: str, group_id: str) -> None:
        """A private endpoint in the stack's own subnet, and its name in the stack's own zone."""
        place = self.place
        endpoint = place.of("pe", f"drill-{service}")
        here = ("--resource-group", place.drill_group, *place.subscription)
        self.az.text(
            *("network", "private-endpoint", "create", "--name", endpoint, "--location", place.config.region, *here),
            *("--subnet", place.endpoint_subnet, "--private-connection-resource-id", target, "--group-id", group_id),
            *("--connection-name", f"drill-{service}", *place.tag_words),
        )
        self.az.text(
            *("network", "private-endpoint", "dns-zone-group", "create", "--name", "default"),
            *("--endpoint-name", endpoint, *here, "--zone-name", service, "--private-dns-zone", place.zone(service)),
        )
