"""Guard 9, as the others see it: what is written down of each request, and when."""

from typing import Protocol

from model_images.gateway.guard.exchange import Exchange
from model_images.gateway.guard.refusal import Refused


class Journal(Protocol):
    """Every call returns once the record is durable, and raises Refused where it can't be."""

    async def decided(self, exchange: Exchange) -> None:
        """The request may go: written before its first byte does."""

    async def refused(self, exchange: Exchange, refusal: Refused) -> None:
        """It may not."""

    async def finished(self, exchange: Exchange, refusal: Refused | None) -> None:
        """How it ended: `refusal` where the answer was cut."""
