"""How often a tenant may ask: its number of requests a minute, shared out among the replicas so that no sum exceeds it.

Envoy holds the limits of a replica and of a caller; only the token says whose tenant it is, and this is behind it.
"""

import math
import time
from collections.abc import Callable

from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.settings import Settings


class TooOften(Refused):
    """The tenant has asked too often; `seconds` until it may ask again."""

    def __init__(self, most: int, seconds: int) -> None:
        super().__init__("volume", "rate", f"The tenant may ask {most} times a minute here.", status=429)
        self.seconds = seconds


class Rate:
    """A bucket for each tenant, filled evenly; a stack without tenants has none."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = {
            name: max(1, math.floor(tenant.requests_per_minute / settings.replicas))
            for name, tenant in settings.tenants.items()
        }
        self._clock = clock
        self._left = {name: (float(most), clock()) for name, most in self._most.items()}

    def admit(self, tenant: str) -> None:
        """Raises Refused where the tenant has asked too often."""
        if tenant not in self._most:
            return
        most, (left, then), now = self._most[tenant], self._left[tenant], self._clock()
        left = min(float(most), left + (now - then) * most / 60)
        if left < 1:
            self._left[tenant] = (left, now)
            raise TooOften(most, math.ceil((1 - left) * 60 / most))
        self._left[tenant] = (left - 1, now)
