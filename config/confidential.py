"""The section `confidentialVms`."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import StringConstraints

from config.faults import Fault
from config.section import Section, VmSize, dial
from jurisdictions import Jurisdiction


class ConfidentialVms(Section):
    """Confidential virtual machines of your own, the "machine inside" of runbooks; the platform uses none."""

    size: VmSize = dial("A DCasv5/DCadsv5/DCasv6/ECasv5 size.", "identifiers are in clear in memory")
    count: int = dial("How many, spread over the zones.", "none, or no second one when a zone fails", ge=1, le=9)
    image_version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d{9}$")] = dial(
        "Exact version of Canonical's confidential Ubuntu 24.04 image (`az vm image list --sku cvm --all`).",
        "a machine that is to hold names may start from other code tomorrow",
    )
    ssh_public_key: Annotated[str, StringConstraints(pattern=r"^ssh-(ed25519|rsa) [A-Za-z0-9+/=]+( \S+)?$")] = dial(
        "Break-glass key's public half. No rule lets SSH in: opening one is an audited change.",
        "Azure makes no Linux machine without a key or a password",
    )


def confidential_offered(vms: ConfidentialVms | None, jurisdiction: Jurisdiction, region: str) -> Iterator[Fault]:
    """A size that the region offers."""
    facts = jurisdiction.regions.get(region)
    if vms is not None and facts is not None and vms.size not in facts.confidential_vm_sizes:
        yield _confidential_size("confidentialVms.size", vms.size, region, facts.confidential_vm_sizes)


def _confidential_size(key: str, size: str, region: str, offered: tuple[str, ...]) -> Fault:
    return Fault(
        key=f"bailiwick:{key}",
        value=f"'{size}' in {region}",
        problem="not a confidential size that the region is recorded to offer",
        allowed=", ".join(offered) or f"none in {region}",
        consequence="memory is not encrypted, or the machine can't be made",
        hint="take one of these; jurisdictions/ records source and date of the fact",
    )
