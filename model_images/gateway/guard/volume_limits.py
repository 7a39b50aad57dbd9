"""The breaker of guard 8, as a request meets it, and the loop that keeps its state and follows people's orders.

What opened is brought to the write-once store and read from there again and again, so that it outlives a pod and holds
at every replica. A gateway that can't read it does not start, and refuses everybody if it could not for a minute.
"""

import asyncio
import hashlib
import hmac
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from audit_log.note import BadKey, Verifier
from model_images.gateway.guard import volume_events
from model_images.gateway.guard.audit.anchor import Store, StoreConflict, StoreUnavailable
from model_images.gateway.guard.audit.log import AuditLog
from model_images.gateway.guard.conversing import patient
from model_images.gateway.guard.database import DatabaseUnavailable
from model_images.gateway.guard.exchange import Exchange
from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.settings import EVERYBODY, BadSettings
from model_images.gateway.guard.settings import Volume as Told
from model_images.gateway.guard.volume import Ceilings, Settings, Volume
from model_images.gateway.guard.volume_order import Order
from model_images.gateway.guard.volume_shared import Shared
from model_images.gateway.guard.volume_state import BadState, Opening
from model_images.gateway.guard.volume_together import Together

LOG = logging.getLogger("bailiwick.gateway.volume")
SECONDS = 5
UNSEEN_SECONDS = 60
"""As long as the audit log may wait for the same store."""


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where the breakers of one gateway are kept, and ordered to be closed."""

    state: Path
    """The pod's own disk."""
    orders: Path
    """Beside the settings: the plan writes there, and the gateway can't."""
    store: Store
    """Write-once, of all replicas."""
    stack: str
    """What origins of the audit log begin with."""


class VolumeLimits:
    """The breakers of one gateway."""

    def __init__(
        self,
        told: Told,
        places: Places,
        secret: bytes,
        log: AuditLog,
        instance: str,
        opened: Callable[[], None],
        together: Together | None = None,
    ) -> None:
        """`secret`: what patients are hashed under; mounted. Raises BadSettings."""
        self._log, self._instance, self._opened = log, instance, opened
        self._tasks: set[asyncio.Task[object]] = set()
        self._seen = time.monotonic()
        folder = places.state / "volume"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            settings = Settings(
                caller=Ceilings(**{name: getattr(told.caller, name) for name in told.caller.__struct_fields__}),
                tenant=Ceilings(**{name: getattr(told.tenant, name) for name in told.tenant.__struct_fields__}),
                operators=tuple(Verifier.of(key) for key in told.operators),
                key=hmac.digest(secret, b"volume/1", hashlib.sha256),
            )
            former = tuple(Verifier.of(key) for key in told.former)
            self._volume = Volume(settings, folder, places.orders, alert=self._alert, together=together)
        except (BadState, BadKey) as error:
            raise BadSettings(f"volume: {error}") from None
        self._shared = Shared(places.store, places.stack, (*settings.operators, *former))

    async def start(self) -> None:
        """Learn what stands open. Raises BadSettings: without it nobody is served."""
        try:
            await self._agree()
        except (BadState, StoreUnavailable, StoreConflict, OSError) as error:
            raise BadSettings(f"volume: which breakers stand open can't be read: {error}") from None
        with suppress(DatabaseUnavailable):
            await self._volume.exchange()

    def admit(self, exchange: Exchange) -> None:
        """Raises Refused where it is open, or opens, or where nobody can say."""
        if time.monotonic() - self._seen > UNSEEN_SECONDS:
            raise Refused("volume", "unseen", "Which breakers stand open could not be read for a minute.", status=503)
        asked = exchange.asked
        whose = patient(exchange.extension.record)
        self._volume.admit(asked.tenant or EVERYBODY, asked.application, bytes_in=exchange.bytes_in, patient=whose)

    def count(self, exchange: Exchange) -> None:
        """What went out. Raises Refused where that opens it."""
        asked = exchange.asked
        self._volume.count(
            asked.tenant or EVERYBODY,
            asked.application,
            bytes_out=exchange.bytes_out,
            reidentified=exchange.reidentified,
        )

    async def run(self) -> None:
        """For ever: keep the state, and close what a person ordered to be closed."""
        while True:
            await asyncio.sleep(SECONDS)
            try:
                await self._agree()
                await self._volume.review(self._written)
                self._volume.save()
            except (OSError, Refused, BadState, StoreUnavailable, StoreConflict) as error:
                LOG.error("state of the breakers: %s", type(error).__name__)  # noqa: TRY400 says what, and no more
            with suppress(DatabaseUnavailable):  # said where it was asked; after a minute it is refused for
                await self._volume.exchange()

    def close(self) -> None:
        """Keep the state for the next start."""
        self._volume.save()

    async def _agree(self) -> None:
        """With the store: what opened here is brought there, what opened or was closed elsewhere holds here."""
        await self._shared.refresh()
        for opening in self._volume.open.values():
            if self._shared.closed(opening.id):
                self._volume.closes(opening.id)
            else:
                await self._shared.opens(opening)
        for opening in self._shared.open:
            self._volume.opens(opening)
        self._seen = time.monotonic()

    async def _written(self, order: Order, note: str) -> None:
        await self._log.commit(volume_events.closed(order, self._instance, datetime.now(UTC)))
        await self._shared.closes(order, note)

    def _alert(self, opening: Opening) -> None:
        self._opened()
        told = self._log.commit(volume_events.opened(opening, self._instance))
        # Both now: a pod that is killed within seconds must not take it along. What fails is tried again by the loop.
        task: asyncio.Task[object] = asyncio.ensure_future(
            asyncio.gather(told, self._shared.opens(opening), return_exceptions=True)
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
