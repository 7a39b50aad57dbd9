"""The breaker of guard 8, as a request meets it, and the loop that keeps its state and follows people's orders."""

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from audit_log.note import BadKey, Verifier
from model_images.gateway.guard import volume_events
from model_images.gateway.guard.audit.log import AuditLog
from model_images.gateway.guard.conversing import patient
from model_images.gateway.guard.exchange import Exchange
from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.settings import EVERYBODY, BadSettings
from model_images.gateway.guard.settings import Volume as Told
from model_images.gateway.guard.volume import Ceilings, Settings, Volume
from model_images.gateway.guard.volume_order import Order
from model_images.gateway.guard.volume_state import BadState, Opening

LOG = logging.getLogger("bailiwick.gateway.volume")
SECONDS = 5


class VolumeLimits:
    """The breakers of one gateway."""

    def __init__(
        self, told: Told, state: Path, secret: bytes, log: AuditLog, instance: str, opened: Callable[[], None]
    ) -> None:
        """`secret`: what patients are hashed under; mounted. Raises BadSettings."""
        self._log, self._instance, self._opened = log, instance, opened
        self._tasks: set[asyncio.Task[object]] = set()
        folder = state / "volume"
        folder.mkdir(parents=True, exist_ok=True)
        try:
            settings = Settings(
                caller=Ceilings(**{name: getattr(told.caller, name) for name in told.caller.__struct_fields__}),
                tenant=Ceilings(**{name: getattr(told.tenant, name) for name in told.tenant.__struct_fields__}),
                operators=tuple(Verifier.of(key) for key in told.operators),
                key=hmac.digest(secret, b"volume/1", hashlib.sha256),
            )
            self._volume = Volume(settings, folder, alert=self._alert)
        except (BadState, BadKey) as error:
            raise BadSettings(f"volume: {error}") from None

    def admit(self, exchange: Exchange) -> None:
        """Raises Refused where it is open, or opens."""
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
                await self._volume.review(self._written)
                self._volume.save()
            except (OSError, Refused) as error:
                LOG.error("state of the breakers: %s", type(error).__name__)  # noqa: TRY400 says what, and no more

    def close(self) -> None:
        """Keep the state for the next start."""
        self._volume.save()

    async def _written(self, order: Order) -> object:
        return await self._log.commit(volume_events.closed(order, self._instance, datetime.now(UTC)))

    def _alert(self, opening: Opening) -> None:
        self._opened()
        task: asyncio.Task[object] = asyncio.ensure_future(
            self._log.commit(volume_events.opened(opening, self._instance))
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
