"""The types of a jurisdiction: frozen, and strict about what they do not know.

attrs rather than pydantic: `bailiwick check` reads a jurisdiction on every run and should not wait for more.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Literal, NewType, TypeVar

from attrs import field, frozen

from jurisdictions.countries import ISO_3166

CountryCode = NewType("CountryCode", str)
"""ISO 3166-1 alpha-2. In YAML quote "NO": unquoted, it is the truth value false."""
Slug = NewType("Slug", str)
"""Lower-case letters, digits and hyphens."""
Framework = Literal[
    "gdpr",
    "uk-gdpr",
    "hipaa",
    "iso27001",
    "nis2",
    "uk-nis",
    "nist-ai-rmf",
    "eu-ai-act",
    "dspt",
    "c5",
    "hds",
    "fedramp-high",
    "pci-dss",
]
Environment = Literal["prod", "dev"]
Custody = Literal["managed-hsm", "key-vault-premium"]

CHECK = "check"
"""Metadata key of a field: a function from its value to the faults found in it."""
_ZONE = re.compile(r"[A-Z][A-Za-z_]+(/[A-Z][A-Za-z_-]+)+")
_T = TypeVar("_T")


def _held(check: Callable[[_T], Iterable[str]]) -> dict[str, object]:
    """Metadata: the value is held against `check` when a file is read; a fault in one field hides no other's."""
    return {CHECK: check}


def _some(values: Sequence[object] | Mapping[str, object]) -> list[str]:
    return [] if values else ["names nothing"]


def _repeated(names: Sequence[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


@frozen(kw_only=True)
class Law:
    """A law that makes the jurisdiction what it is."""

    id: Slug
    title: str
    why: str
    """What it asks of this platform, in our words."""


def _assigned(code: str) -> list[str]:
    return [] if code in ISO_3166 else [f"'{code}' is no country of ISO 3166-1"]


def _named_zone(name: str) -> list[str]:
    # By form alone: not every machine that reads a jurisdiction has the tables of zones.
    return [] if _ZONE.fullmatch(name) else [f"'{name}' is no name of a time zone such as Europe/Dublin"]


@frozen(kw_only=True)
class Region:
    """An Azure region, and what was known of it on a day."""

    display: str
    tag: str
    """The region's name in service tags (`Storage.WestEurope`)."""
    country: CountryCode = field(metadata=_held(_assigned))
    time_zone: str = field(metadata=_held(_named_zone))
    """Civil time there, by its IANA name: days and months of a clock that a law sets are counted in it."""
    zones: tuple[str, ...] = ()
    """Availability zones; empty where the region has none."""
    pair: str | None = None
    """The paired region, where it lies inside the jurisdiction; replication goes nowhere else."""
    access_restricted: bool = False
    """Reserved for customers with a support request."""
    front_door_private_link: bool = False
    """Whether Front Door can reach an origin here through Private Link."""
    attestation_authority: str | None = None
    """Azure's shared attestation provider here: the only kind that may release a key to a confidential machine."""
    gpu_sizes: tuple[str, ...] = ()
    confidential_gpu_sizes: tuple[str, ...] = ()
    confidential_vm_sizes: tuple[str, ...] = ()
    sizes_as_of: date
    sizes_source: str
    sizes_verified: bool
    """False: indicated by public material, not read from Azure's own list; `az vm list-skus` tells."""


@frozen(kw_only=True)
class ResidencyException:
    """Something that cannot be kept inside, accepted by name, and not for ever."""

    id: Slug
    title: str
    resource_types: tuple[str, ...] = field(metadata=_held(_some))
    """Pulumi type tokens it covers."""
    rules: tuple[str, ...] = ()
    """Ids of the rules that it exempts these types from; empty: on record only, no rule is lifted."""
    policies: Mapping[str, str] = field(factory=dict)
    """Azure Policy assignments that it lifts, by key of `components/guardrails*.yaml`: the concern of the resource
    group on which they are lifted."""
    legal_basis: str
    compensating_control: str
    approver_role: str
    expires: date
    """The last day on which it holds; after it the plan is refused."""
    environments: tuple[Environment, ...] = ("prod", "dev")


def _quarter(days: int) -> list[str]:
    return [] if days >= 90 else [f"{days} days is less than the 90 that any audit needs"]


@frozen(kw_only=True)
class Retention:
    """How long evidence must last."""

    audit_log_days_min: int = field(metadata=_held(_quarter))
    """Days, archive included."""
    source: str


@frozen(kw_only=True)
class EgressHost:
    """One host that nodes must reach, and why."""

    fqdn: str
    """`{region}` stands for the stack's region."""
    port: int = 443
    protocol: Literal["Https", "Http"] = "Https"
    why: str
    feature: Literal["base", "defender", "policy", "keyvault", "ubuntu", "gpu", "entra", "extensions"] = "base"


@frozen(kw_only=True)
class Cloud:
    """An Azure cloud and the names that follow from it."""

    name: Literal["public", "usgovernment", "china"]
    environment: str
    """The azure-native provider's `environment`."""
    resource_manager: str
    active_directory: str
    front_door: bool
    """Whether Azure Front Door Premium is offered."""
    defender: bool = True
    """Whether Microsoft Defender for Cloud is offered."""
    suffixes: Mapping[str, str]
    """DNS suffixes by service, without leading dot."""
    private_dns_zones: Mapping[str, str]
    """Private DNS zone by service; `{region}` and `{region_code}` stand for the stack's."""
    region_codes: Mapping[str, str] = field(factory=dict)
    """Azure Backup's short name of a region; its zones are named by that, not by the region."""
    aks_egress_fqdns: tuple[EgressHost, ...]
    source: str

    def zone(self, service: str, region: str) -> str:
        """The private DNS zone of a service in a region; KeyError for a service or region code without one."""
        zone = self.private_dns_zones[service].replace("{region}", region)
        return zone.replace("{region_code}", self.region_codes[region]) if "{region_code}" in zone else zone


def _regions_inside(regions: Mapping[str, Region]) -> list[str]:
    return (
        _some(regions)
        + [
            f"region {name}: pair '{region.pair}' is not a region of this jurisdiction; replication would leave it"
            for name, region in regions.items()
            if region.pair is not None and region.pair not in regions
        ]
        + [f"region {name} is paired with itself" for name, region in regions.items() if region.pair == name]
    )


def _countries_once(countries: Sequence[str]) -> list[str]:
    return (
        _some(countries)
        + [f"portal country '{code}' stands twice" for code in _repeated(countries)]
        + [fault for code in countries for fault in _assigned(code)]
        + (["did you mean GB?"] if "UK" in countries else [])
    )


def _exceptions_once(exceptions: Sequence[ResidencyException]) -> list[str]:
    return [f"exception '{name}' stands twice" for name in _repeated([each.id for each in exceptions])]


def _custody_of_prod(custody: Mapping[Environment, Custody]) -> list[str]:
    return [] if "prod" in custody else ["key_custody names nothing for prod"]


@frozen(kw_only=True)
class Jurisdiction:
    """Whose law applies, and what it allows."""

    id: Slug
    name: str
    cloud: Cloud
    law: tuple[Law, ...] = field(metadata=_held(_some))
    frameworks: tuple[Framework, ...] = field(metadata=_held(_some))
    regions: Mapping[str, Region] = field(metadata=_held(_regions_inside))
    portal_countries: tuple[CountryCode, ...] = field(metadata=_held(_countries_once))
    """Countries whose visitors may reach a patient portal."""
    retention: Retention
    key_custody: Mapping[Environment, Custody] = field(metadata=_held(_custody_of_prod))
    external_models: bool = False
    """Whether data that is neither health nor personal data may be sent to an approved external model."""
    residency_exceptions: tuple[ResidencyException, ...] = field(metadata=_held(_exceptions_once), default=())
