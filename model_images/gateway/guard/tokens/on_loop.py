"""A store that lives in the gateway's event loop, for the threads in which conversations are read and written."""

import asyncio
from collections.abc import Coroutine, Sequence
from concurrent.futures import CancelledError
from typing import Protocol, TypeVar

from model_images.gateway.guard.tokens.sealing import Row
from model_images.gateway.guard.tokens.vault import VaultUnavailable

Answer = TypeVar("Answer")


class AsyncStore(Protocol):
    """A `Store`, but awaited."""

    @property
    def deadline_s(self) -> float:
        """It answers within this, or refuses."""

    async def put(self, rows: Sequence[Row], ttl_s: int) -> list[Row]:
        """See `Store`."""

    async def load(self, tenant: str, conversations: Sequence[bytes]) -> list[Row]:
        """See `Store`."""

    async def erase(self, tenant: str, *, conversations: Sequence[bytes] = (), patients: Sequence[bytes] = ()) -> int:
        """See `Store`."""

    async def purge(self) -> int:
        """Removes rows past their time; how many."""


class OnLoop:
    """A `Store` for threads. Never called from the loop itself, which would wait for its own answer."""

    def __init__(self, store: AsyncStore, loop: asyncio.AbstractEventLoop) -> None:
        self._store, self._loop = store, loop

    def put(self, rows: Sequence[Row], ttl_s: int) -> list[Row]:
        """See `Store`."""
        return self._wait(self._store.put(rows, ttl_s))

    def load(self, tenant: str, conversations: Sequence[bytes]) -> list[Row]:
        """See `Store`."""
        return self._wait(self._store.load(tenant, conversations))

    def erase(self, tenant: str, *, conversations: Sequence[bytes] = (), patients: Sequence[bytes] = ()) -> int:
        """See `Store`."""
        return self._wait(self._store.erase(tenant, conversations=conversations, patients=patients))

    def purge(self) -> int:
        """Removes rows past their time; how many."""
        return self._wait(self._store.purge())

    def _wait(self, asked: Coroutine[None, None, Answer]) -> Answer:
        future = asyncio.run_coroutine_threadsafe(asked, self._loop)
        try:
            # The store has the deadline; this one is for a loop that stands still.
            return future.result(self._store.deadline_s * 2)
        except (TimeoutError, CancelledError):
            future.cancel()
            raise VaultUnavailable from None
