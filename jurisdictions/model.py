"""The types of a jurisdiction: frozen, and strict about what they do not know."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator

_CODES = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW
    BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI
    FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN
    IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME
    MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF
    PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV
    SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE
    YT ZA ZM ZW
"""
ISO_3166 = frozenset(_CODES.split())
"""Every country code assigned. `UK`, `EU` and Front Door's `ZZ` are none."""


def _assigned(code: str) -> str:
    if code not in ISO_3166:
        raise ValueError(f"'{code}' is no country of ISO 3166-1{'; did you mean GB?' if code == 'UK' else ''}")
    return code


CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2. In YAML quote "NO": unquoted, it is the truth value false."""
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]
Framework = Literal[
    "gdpr", "uk-gdpr", "hipaa", "iso27001", "nis2", "uk-nis", "nist-ai-rmf", "eu-ai-act", "dspt", "c5", "hds"
]
Environment = Literal["prod", "dev"]
Custody = Literal["managed-hsm", "key-vault-premium"]


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Law(_Fact):
    """A law that makes the jurisdiction what it is."""

    id: Slug
    title: str
    why: str
    """What it asks of this platform, in our words."""


class Region(_Fact):
    """An Azure region, and what was known of it on a day."""

    display: str
    tag: str
    """The region's name in service tags (`Storage.WestEurope`)."""
    country: CountryCode
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


class ResidencyException(_Fact):
    """Something that cannot be kept inside, accepted by name, and not for ever."""

    id: Slug
    title: str
    resource_types: tuple[str, ...] = Field(min_length=1)
    """Pulumi type tokens it covers."""
    rules: tuple[str, ...] = ()
    """Ids of the rules that it exempts these types from; empty: on record only, no rule is lifted."""
    legal_basis: str
    compensating_control: str
    approver_role: str
    expires: date
    """The last day on which it holds; after it the plan is refused."""
    environments: tuple[Environment, ...] = ("prod", "dev")


class Retention(_Fact):
    """How long evidence must last."""

    audit_log_days_min: int = Field(ge=90)
    """Days, archive included."""
    source: str


class EgressHost(_Fact):
    """One host that nodes must reach, and why."""

    fqdn: str
    """`{region}` stands for the stack's region."""
    port: int = 443
    protocol: Literal["Https", "Http"] = "Https"
    why: str
    feature: Literal["base", "defender", "policy", "keyvault", "ubuntu", "gpu", "entra", "extensions"] = "base"


class Cloud(_Fact):
    """An Azure cloud and the names that follow from it."""

    name: Literal["public", "usgovernment", "china"]
    environment: str
    """The azure-native provider's `environment`."""
    resource_manager: str
    active_directory: str
    front_door: bool
    """Whether Azure Front Door Premium is offered."""
    suffixes: Mapping[str, str]
    """DNS suffixes by service, without leading dot."""
    private_dns_zones: Mapping[str, str]
    """Private DNS zone by service; `{region}` and `{region_code}` stand for the stack's."""
    region_codes: Mapping[str, str] = {}
    """Azure Backup's short name of a region; its zones are named by that, not by the region."""
    aks_egress_fqdns: tuple[EgressHost, ...]
    source: str

    def zone(self, service: str, region: str) -> str:
        """The private DNS zone of a service in a region; KeyError for a service or region code without one."""
        zone = self.private_dns_zones[service].replace("{region}", region)
        return zone.replace("{region_code}", self.region_codes[region]) if "{region_code}" in zone else zone


class Jurisdiction(_Fact):
    """Whose law applies, and what it allows."""

    id: Slug
    name: str
    cloud: Cloud
    law: tuple[Law, ...] = Field(min_length=1)
    frameworks: tuple[Framework, ...] = Field(min_length=1)
    regions: Mapping[str, Region] = Field(min_length=1)
    portal_countries: tuple[Annotated[CountryCode, AfterValidator(_assigned)], ...] = Field(min_length=1)
    """Countries whose visitors may reach a patient portal."""
    retention: Retention
    key_custody: Mapping[Environment, Custody]
    residency_exceptions: tuple[ResidencyException, ...] = ()

    # One check per field: a fault in one must not hide the faults of the others.

    @field_validator("regions")
    @classmethod
    def _regions_inside(cls, regions: Mapping[str, Region]) -> Mapping[str, Region]:
        _raise(
            [
                f"region {name}: pair '{region.pair}' is not a region of this jurisdiction; replication would leave it"
                for name, region in regions.items()
                if region.pair is not None and region.pair not in regions
            ]
            + [f"region {name} is paired with itself" for name, region in regions.items() if region.pair == name]
            + [
                f"region {name}: '{region.country}' is no country of ISO 3166-1"
                for name, region in regions.items()
                if region.country not in ISO_3166
            ]
        )
        return regions

    @field_validator("portal_countries")
    @classmethod
    def _countries_once(cls, countries: tuple[str, ...]) -> tuple[str, ...]:
        _raise([f"portal country '{code}' stands twice" for code in _repeated(countries)])
        return countries

    @field_validator("residency_exceptions")
    @classmethod
    def _exceptions_once(cls, exceptions: tuple[ResidencyException, ...]) -> tuple[ResidencyException, ...]:
        _raise([f"exception '{name}' stands twice" for name in _repeated([each.id for each in exceptions])])
        return exceptions

    @field_validator("key_custody")
    @classmethod
    def _custody_of_prod(cls, custody: Mapping[Environment, Custody]) -> Mapping[Environment, Custody]:
        _raise([] if "prod" in custody else ["key_custody names nothing for prod"])
        return custody


def _raise(faults: list[str]) -> None:
    if faults:
        raise ValueError("; ".join(faults))


def _repeated(names: Sequence[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})
