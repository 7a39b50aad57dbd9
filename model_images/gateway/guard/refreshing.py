"""What the gateway reads again while it runs: pins and templates, weights of candidates, keys of tenants."""

import asyncio
import logging
from collections.abc import Callable

from model_images.gateway.guard.metrics import Metrics
from model_images.gateway.guard.pins import Pins, Unavailable, Weights
from model_images.gateway.guard.route import CANDIDATE, Routes
from model_images.gateway.guard.settings import Settings
from model_images.gateway.guard.tokens.keys import Keys

LOG = logging.getLogger("bailiwick.gateway")
SECONDS = 30


class Refreshing:
    """A loop; what can't be read is in force for nobody, and the log says which."""

    def __init__(
        self,
        settings: Settings,
        pins: Pins,
        routes: Routes,
        metrics: Metrics,
        weights: Weights,
        keys: Keys,
        renewed: Callable[[], None],
    ) -> None:
        """`renewed` is called after each reading: of who names what is pinned, or holds what is derived from keys."""
        self._renewed = renewed
        self._settings, self._pins, self._routes = settings, pins, routes
        self._metrics, self._weights, self._keys = metrics, weights, keys
        self._show()

    async def run(self) -> None:
        """For ever."""
        await asyncio.gather(self._weighing(), self._reading())

    async def _weighing(self) -> None:
        while self._settings.canaries:
            await self._weigh()
            await asyncio.sleep(min(canary.refresh_seconds for canary in self._settings.canaries.values()))

    async def _reading(self) -> None:
        while True:
            await asyncio.sleep(SECONDS)
            for name, why in sorted((await self._pins.refresh()).items()):
                LOG.error("pin of %s: %s", name, why)
            try:
                self._keys.reread()
            except (OSError, ValueError) as error:
                LOG.error("keys of the tenants: %s", error)  # noqa: TRY400 says which file, and no more
            self._renewed()
            self._show()

    async def _weigh(self) -> None:
        for use_case, canary in self._settings.canaries.items():
            try:
                self._routes.told(use_case, await self._weights.value(canary.weight_store, canary.weight_key))
            except Unavailable as error:
                self._routes.told(use_case, None)
                LOG.error("weight of %s: %s", use_case, error)  # noqa: TRY400 says which store, and no more

    def _show(self) -> None:
        self._metrics.pinned.clear()
        self._metrics.accuracy_floor.clear()
        for name in self._pins.names:
            pin, _ = self._pins.of(name)
            variant = "candidate" if name.endswith(CANDIDATE) else "stable"
            place = (name.removesuffix(CANDIDATE), variant)
            served = (pin.model.name, pin.model.revision, f"{pin.prompt.name}/{pin.prompt.version}")
            self._metrics.pinned.labels(*place, *served).set(1)
            self._metrics.accuracy_floor.labels(*place).set(pin.accuracy_floor)
