"""Where a component builds and under which law: handed to every component of a stack."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from pulumi import Resource, ResourceOptions

from components.naming import Names
from config import StackConfig
from config.tenants import SHARED
from jurisdictions import Jurisdiction, Region

Classification = Literal["public", "internal", "confidential", "personal", "phi"]
"""Data classes, from open to protected health information (HIPAA 45 CFR § 160.103; GDPR Art. 9)."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Everything a component must know of its stack. Frozen: no component changes another's ground."""

    config: StackConfig
    jurisdiction: Jurisdiction
    names: Names

    @property
    def region(self) -> str:
        """Azure region, in ARM's short form (`westeurope`)."""
        return self.config.region

    @cached_property
    def region_facts(self) -> Region:
        """What the jurisdiction's file records of the region."""
        return self.config.region_facts

    @property
    def zones(self) -> tuple[str, ...]:
        """Availability zones to spread over; empty where the region has none."""
        return self.region_facts.zones

    @property
    def environment(self) -> str:
        """`prod` or `dev`."""
        return self.config.environment

    @property
    def is_prod(self) -> bool:
        """Production holds regulated data: protection, locks and HSM custody follow from it."""
        return self.config.environment == "prod"

    def tags(self, classification: Classification, tenant: str = SHARED) -> dict[str, str]:
        """The mandatory tags, and whose it is where it is one tenant's.

        They are metadata that ARM may replicate worldwide: never put personal data in them.
        """
        return {
            "jurisdiction": self.jurisdiction.id,
            "environment": self.config.environment,
            "data-classification": classification,
            "owner": self.config.owner,
            "cost-centre": self.config.cost_centre,
            "managed-by": "bailiwick",
            **({} if tenant == SHARED else {"tenant": tenant}),
        }

    def options(
        self,
        parent: Resource,
        *,
        holds_data: bool = False,
        depends_on: Sequence[Resource] = (),
        delete_before_replace: bool | None = None,
        ignore_changes: Sequence[str] | None = None,
    ) -> ResourceOptions:
        """Options of a child: owned by `parent`, and protected in prod where it holds data or keys."""
        return ResourceOptions(
            parent=parent,
            protect=True if holds_data and self.is_prod else None,
            depends_on=list(depends_on) or None,
            delete_before_replace=delete_before_replace,
            ignore_changes=list(ignore_changes) if ignore_changes else None,
        )
