"""The section `keys`."""

from collections.abc import Iterator
from typing import Literal

from config.faults import Fault
from config.people import People
from config.section import Section, dial
from jurisdictions import Jurisdiction


class Keys(Section):
    """Who keeps the keys."""

    custody: Literal["managed-hsm", "key-vault-premium"] = dial(
        "Managed HSM: single-tenant, the operator alone holds the security domain. Key Vault Premium: a shared HSM.",
        "the cloud's operator shares custody of the keys",
    )


def custody(
    keys: Keys, people: People, jurisdiction: Jurisdiction, environment: Literal["prod", "dev"]
) -> Iterator[Fault]:
    """Who must hold the keys, and a quorum of them."""
    required = jurisdiction.key_custody.get(environment)
    if required == "managed-hsm" and keys.custody != "managed-hsm":
        yield Fault(
            key="bailiwick:keys.custody",
            value=f"'{keys.custody}'",
            problem=f"jurisdiction {jurisdiction.id} asks for more in {environment}",
            allowed="managed-hsm",
            consequence="the cloud's operator shares custody of the keys to patient data",
            hint="set bailiwick:keys.custody to managed-hsm",
            kind="unlawful",
            law=("GDPR Art. 32", "ISO 27001 A.8.24"),
        )
    if keys.custody == "managed-hsm" and len(people.hsm_administrators) < 3:
        yield Fault(
            key="bailiwick:people.hsmAdministrators",
            value=f"{len(people.hsm_administrators)} administrators",
            problem="too few for a quorum",
            allowed="three or more Entra object ids",
            consequence="one lost key holder locks every key, and with it all data, for ever",
            hint="name three persons of different teams",
        )
