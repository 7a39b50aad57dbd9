"""The guard `aggregate`: of what the gateway has seen, only noised counts leave, within the tenant's budget.

It reads the audit logs, this gateway's and the others', and keeps nothing: `audit_log.release` has bounds, noise and
budget.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from audit_log import form
from audit_log.privacy_budget import BudgetSpent
from audit_log.release import DayNotOver, release
from audit_log.statistics import Bounds, Domain
from model_images.gateway.guard.refusal import GuardFailed, Refused


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Of one gateway; none of it is a caller's to choose."""

    logs: tuple[Path, ...]
    """Folders: of every gateway that serves these tenants, as a day is released once."""
    budget: Path
    domain: Domain
    epsilon: Decimal
    """For each day that is asked for."""
    bounds: Bounds = Bounds()  # noqa: RUF009 frozen


class Aggregate:
    """Statistics for a tenant of its own days."""

    def __init__(self, settings: Settings, today: Callable[[], date] = lambda: datetime.now(UTC).date()) -> None:
        self._settings, self._today = settings, today

    async def statistics(self, tenant: str, day: date) -> dict[str, Any]:
        """A day's statistics; the same ones whenever it is asked for. Raises Refused."""
        try:
            return await asyncio.to_thread(self._released, tenant, day)
        except BudgetSpent:
            words = "The guard 'aggregate' has released all that this tenant's privacy budget allows."
            raise Refused("aggregate", "spent", words, status=429) from None
        except DayNotOver:
            words = "The guard 'aggregate' releases days that are over, in UTC."
            raise Refused("aggregate", "day", words, status=400) from None
        except Exception:  # noqa: BLE001 a log, a budget or a library that fails releases nothing
            raise GuardFailed("aggregate") from None

    def _released(self, tenant: str, day: date) -> dict[str, Any]:
        settings = self._settings
        document, _ = release(
            [path for folder in settings.logs for path in form.segments(folder)],
            tenant,
            day,
            epsilon=settings.epsilon,
            budget=settings.budget,
            domain=settings.domain,
            bounds=settings.bounds,
            today=self._today(),
        )
        return document
