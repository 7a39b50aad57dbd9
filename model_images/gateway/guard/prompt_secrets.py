"""What a prompt holds that nobody may guess: the canary in its system text, and the mark of its passages.

Both are derived, and not drawn for each request: a model's server shares what it has computed among prompts that begin
with the same bytes (docs.vllm.ai/en/latest/design/prefix_caching), and a random word at the beginning would end that.
The key is the tenant's own for surrogates, with a use of its own (RFC 5869's info): every replica has it mounted, so
all say the same, no other tenant can tell what it gives, and it is rotated with the rest.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from model_images.gateway.guard.prompt_guard.canary import Canary
from model_images.gateway.guard.prompt_guard.separation import NONCE_BYTES
from model_images.gateway.guard.tokens.keys import Keys, Purpose


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a canary stands: requests of one place carry the same."""

    tenant: str
    use_case: str
    cluster: str
    """Who is told it: a provider outside learns nothing of what the servers inside are told."""
    template: str
    """SHA-256 of the template's text."""


def place(*, tenant: str, use_case: str, cluster: str, template: str) -> Place:
    """Of a template's text."""
    digest = hashlib.sha256(template.encode()).hexdigest()
    return Place(tenant=tenant, use_case=use_case, cluster=cluster, template=digest)


class PromptSecrets:
    """Canaries by place and day, and marks by what they enclose."""

    def __init__(self, keys: Keys, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._keys, self._clock = keys, clock
        self._burnt: dict[Place, tuple[str, int]] = {}
        """The day, and how many canaries of it have leaked here. A process that starts anew has forgotten them."""

    def canary(self, where: Place) -> Canary:
        """The one in force there today, in UTC. Raises KeyMissing."""
        today = self._today()
        day, burnt = self._burnt.get(where, (today, 0))
        parts = (where.use_case, where.cluster, where.template, today, str(burnt if day == today else 0))
        return Canary.of(self._mac(where.tenant, "prompt-canary", *parts))

    def burn(self, where: Place, leaked: Canary) -> None:
        """After a leak the next one is in force here at once; if this one is not any more, nothing is to be done."""
        if leaked != self.canary(where):
            return
        today = self._today()
        day, burnt = self._burnt.get(where, (today, 0))
        self._burnt[where] = (today, burnt + 1 if day == today else 1)

    def nonce(self, where: Place, passages: Sequence[tuple[str, str]]) -> str:
        """The mark of these passages, texts and sources: any other text has another, so none can hold its own."""
        parts = [part for passage in passages for part in passage]
        made = self._mac(where.tenant, "passages", where.use_case, where.cluster, self._today(), *parts)
        return made[:NONCE_BYTES].hex()

    def _mac(self, tenant: str, use: str, *parts: str) -> bytes:
        key = self._keys.current(Purpose.SURROGATES, tenant)
        return key.mac(use, *(part.encode("utf-8", "surrogatepass") for part in parts))

    def _today(self) -> str:
        return self._clock().astimezone(UTC).date().isoformat()
