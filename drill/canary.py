"""Canaries: small blobs of known content, put into `documents` at each drill for the next one to bring back.

A canary's content follows from its name, so that its checksum is known without keeping it. They are the one thing
that a drill leaves: only what lay there before the last backup can be restored.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from drill.az import dig
from drill.ground import Ground

CONTAINER = "documents"
PREFIX = "drill/"
KEPT_DAYS = 100
"""Longer than a quarter; an older one was restored, or never will be."""
_NAME = re.compile(r"^drill/canary-(\d{8}T\d{6}Z)\.txt$")
_TIME = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Canary:
    """One of them."""

    stack: str
    put: datetime

    @property
    def name(self) -> str:
        """The blob's name."""
        return f"{PREFIX}canary-{self.put.strftime(_TIME)}.txt"

    @property
    def content(self) -> bytes:
        """What lies in it: no data of anybody's."""
        return f"bailiwick drill canary of {self.stack}, {self.put.strftime(_TIME)}\n".encode()

    @property
    def sha256(self) -> str:
        """What the restored one must have."""
        return hashlib.sha256(self.content).hexdigest()


def canaries(ground: Ground) -> Sequence[Canary]:
    """Those that lie in `documents`, oldest first."""
    stack = ground.place.config.stack
    found = ground.az.ask(
        *("storage", "blob", "list", *_of(ground), "--prefix", PREFIX, "--num-results", "*"),
        sample=[{"name": f"{PREFIX}canary-20260101T000000Z.txt"}],
    )
    names = [_NAME.match(str(item.get("name"))) for item in found or () if isinstance(item, dict)]
    times = sorted(datetime.strptime(match[1], _TIME).replace(tzinfo=UTC) for match in names if match)
    return [Canary(stack, time) for time in times]


def put_canary(ground: Ground, there: Sequence[Canary]) -> Canary:
    """Put a new one, and remove those that no drill will ask for again."""
    now = datetime.now(UTC).replace(microsecond=0)
    canary = Canary(ground.place.config.stack, now)
    ground.az.upload(
        canary.content, "storage", "blob", "upload", *_of(ground), "--name", canary.name, "--overwrite", "true"
    )
    for old in there:
        if not ground.az.dry and old.put < now - timedelta(days=KEPT_DAYS):
            ground.az.text("storage", "blob", "delete", *_of(ground), "--name", old.name)
    return canary


def _of(ground: Ground) -> tuple[str, ...]:
    account = str(dig(ground.store(ground.place.patient), "name"))
    return (
        *("--account-name", account, "--container-name", CONTAINER, "--auth-mode", "login"),
        *ground.place.subscription,
    )
