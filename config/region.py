"""What a stack's name and region say."""

from collections.abc import Iterator

from config.faults import Fault
from jurisdictions import Jurisdiction

TRANSFER_LAW = ("GDPR Art. 44", "ISO 27001 A.5.34")
"""Transfers outside need a ground of their own; a region outside is a transfer."""
SECOND = "-b"
"""Ends the name of the stack in the second region: same law, same environment."""


def stack_says_where(stack: str, jurisdiction: Jurisdiction, environment: str) -> Iterator[Fault]:
    """The stack's name is its jurisdiction and its environment."""
    expected = f"{jurisdiction.id}-{environment}"
    if stack.removesuffix(SECOND) != expected:
        yield Fault(
            key="bailiwick:jurisdiction",
            value=f"'{jurisdiction.id}', '{environment}' in stack '{stack}'",
            problem="the stack's name names another jurisdiction or environment",
            allowed=f"a stack named {expected}, or {expected}{SECOND} in the second region",
            consequence="the packs read from every URN whose law applies, and would apply the wrong one",
            hint=f"rename the file to Pulumi.{expected}.yaml, or mend bailiwick:jurisdiction and bailiwick:environment",
        )


def region_inside(region: str, jurisdiction: Jurisdiction, stack: str) -> Iterator[Fault]:
    """The region is of the jurisdiction."""
    if region not in jurisdiction.regions:
        yield Fault(
            key="bailiwick:region",
            value=f"'{region}'",
            problem=f"outside jurisdiction {jurisdiction.id}",
            allowed=", ".join(jurisdiction.regions),
            consequence="every regional resource, and all data in it, would lie under another law",
            hint=f"set bailiwick:region in Pulumi.{stack}.yaml to one of these",
            kind="unlawful",
            law=TRANSFER_LAW,
        )
