"""The section `portal`."""

from collections.abc import Iterator
from typing import Literal

from config.faults import Fault
from config.region import TRANSFER_LAW
from config.section import Country, Host, Section, dial
from jurisdictions import Jurisdiction


class Portal(Section):
    """How the internet reaches the gateway, if at all."""

    mode: Literal["front-door", "regional", "none"] = dial(
        "`front-door`: Azure Front Door Premium, whose edge ends TLS outside the boundary (a residency exception on "
        "record); `regional`: Application Gateway WAF v2 in the region; `none`: no way in from the internet.",
        "nobody has decided whether TLS may end outside the boundary",
    )
    host: Host = dial("Public DNS name.", "no certificate can be issued")
    countries: tuple[Country, ...] = dial(
        "ISO 3166-1 alpha-2 codes whose visitors are let in; a part of the jurisdiction's list.",
        "visitors from a country that the law does not cover reach patient data",
        min_length=1,
    )
    unknown_country: Literal["block", "allow"] = dial(
        "What happens to an address that no country is known for (`ZZ`).",
        "an allow-list with `ZZ` lets anonymised addresses through",
        default="block",
    )
    rate_limit_per_minute: int = dial("Requests per client address and minute.", "floods pass", ge=10, le=100_000)


def portal_lawful(portal: Portal, jurisdiction: Jurisdiction, region: str, stack: str) -> Iterator[Fault]:
    """Countries that law permits, and an edge that reaches the region privately."""
    outside = [code for code in portal.countries if code not in jurisdiction.portal_countries]
    if outside and portal.mode != "none":
        yield Fault(
            key="bailiwick:portal.countries",
            value=", ".join(outside),
            problem=f"not among the countries that jurisdiction {jurisdiction.id} permits",
            allowed=", ".join(jurisdiction.portal_countries),
            consequence="visitors from there would reach patient data, and answers would be sent there",
            hint=f"remove {', '.join(outside)} from bailiwick:portal.countries in Pulumi.{stack}.yaml",
            kind="unlawful",
            law=TRANSFER_LAW,
        )
    facts = jurisdiction.regions.get(region)
    if portal.mode == "front-door" and facts is not None and not facts.front_door_private_link:
        yield Fault(
            key="bailiwick:portal.mode",
            value=f"'front-door' in {region}",
            problem="Front Door offers no Private Link origin in this region",
            allowed="regional or none here",
            consequence="the origin would be public, or reached through a region outside",
            hint="set bailiwick:portal.mode to regional",
        )
