"""What is on record of one thing that runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from plan.model import PlannedResource

NOT_TOLD: Final = ""
"""A version that the plan does not say: Azure chooses it, or it is known only after deployment."""


@dataclass(frozen=True, kw_only=True)
class Software:
    """One thing that runs, in one version."""

    kind: str
    """`image`, `model`, `system` (of a machine or node), `service` (that Azure runs), `extension` or `chart`."""
    name: str
    """An image's repository, a model's name, or what its maker calls it."""
    version: str = NOT_TOLD
    registry: str = ""
    """Of an image."""
    sha256: str = ""
    """Of an image's manifest, or of a model's; empty where the plan pins none."""
    maker: str = ""
    notes: tuple[str, ...] = ()
    """What decides its version where the plan does not."""
    resources: tuple[str, ...] = ()
    """URNs of what deploys it."""


Found = Iterator[tuple[PlannedResource, Software]]
"""What a resource deploys."""
