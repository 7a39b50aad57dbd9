"""The guard `volume`: a breaker for each caller and each tenant on how much goes through in an hour.

Whoever has a valid certificate and a valid token can still empty a hospital's records one request at a time. Three
measures (bytes, distinct patients, re-identifications) are held against what is usual for the caller at that time of
the week, and against a hard ceiling. Past either it opens, alerts, and stays open, over restarts too, until a person
closes it. Ceilings hold for all replicas together (`volume_together`); what is usual is learnt at each.
"""

import asyncio
import hashlib
import hmac
import logging
import secrets
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from audit_log.note import Verifier
from model_images.gateway.guard import log_lines, volume_order, volume_state
from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.volume_baseline import KEPT, Sensitivity, threshold
from model_images.gateway.guard.volume_order import BadOrder, Order
from model_images.gateway.guard.volume_state import ANYBODY, Opening
from model_images.gateway.guard.volume_together import Together
from model_images.gateway.guard.volume_window import MINUTES, Measure, Window

LOG = logging.getLogger("bailiwick.gateway.volume")
KEY_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Ceilings:
    """How much an hour may have at most, whatever is usual."""

    bytes: int
    patients: int
    reidentified: int

    def of(self, measure: Measure) -> int:
        """By measure."""
        return int(getattr(self, measure.value))


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Of one gateway."""

    caller: Ceilings
    tenant: Ceilings
    floor: Ceilings = field(default_factory=lambda: Ceilings(bytes=1 << 20, patients=10, reidentified=50))
    """Below which nothing is abnormal, however unusual."""
    sensitivity: Sensitivity = field(default_factory=Sensitivity)
    operators: tuple[Verifier, ...] = ()
    """Keys of the people who may close a breaker."""
    key: bytes = field(repr=False)
    """Under which patients are hashed: mounted, and not kept beside the hashes."""


class Volume:
    """The breakers of one gateway. Used from one thread."""

    def __init__(
        self,
        settings: Settings,
        state: Path,
        orders: Path,
        clock: Callable[[], float] = time.time,
        alert: Callable[[Opening], None] = lambda _: None,
        together: Together | None = None,
    ) -> None:
        """`orders`: where people's orders are read. `together`: what other replicas saw, where there may be others.

        Raises volume_state.BadState: the gateway does not start then.
        """
        if len(settings.key) < KEY_BYTES:
            raise ValueError(f"the key has at least {KEY_BYTES} bytes")
        self._settings, self._folder, self._clock, self._alert = settings, state, clock, alert
        self._ordered, self._told, self._together = orders, set[str](), together
        self._state = volume_state.read(state)
        self._writing = threading.Lock()
        self._turn = self._kept = 0
        self._thresholds: dict[tuple[str, Measure], tuple[int, int, bool]] = {}

    def admit(self, tenant: str, caller: str, *, bytes_in: int, patient: str | None) -> None:
        """Before anything leaves. Raises Refused."""
        for scope in (caller, ANYBODY):
            self._refuse_if_open(tenant, scope)
        hashed = self._hashed(tenant, patient) if patient is not None else None
        for scope, window in self._windows(tenant, caller):
            window.add(size=bytes_in, patient=hashed)
            self._hold(tenant, scope, window)

    def count(self, tenant: str, caller: str, *, bytes_out: int, reidentified: int) -> None:
        """After, and for a stream as often as there is something to count. Raises Refused: the stream ends there."""
        windows = self._windows(tenant, caller)
        for _, window in windows:
            window.add(size=bytes_out, reidentified=reidentified)
        for scope, window in windows:
            self._refuse_if_open(tenant, scope)
            self._hold(tenant, scope, window)

    @property
    def open(self) -> Mapping[str, Opening]:
        """What stands open, by `tenant/caller`."""
        return dict(self._state.open)

    def opens(self, opening: Opening) -> None:
        """It opened elsewhere: at another gateway, or at one that is no more."""
        scope = volume_state.key(opening.tenant, opening.caller)
        if scope not in self._state.open:
            self._state.open[scope] = opening
            LOG.warning("breaker of %s stands open since another gateway: %s", scope, opening.id)

    def closes(self, opening: str) -> None:
        """It was closed elsewhere, by an order that was verified. Raises OSError: it stands open then."""
        for scope, held in list(self._state.open.items()):
            if held.id == opening:
                self._close(scope)

    def orders(self) -> Iterator[tuple[str, Order]]:
        """Orders, as signed, to close what stands open, by people who may. Of others it is said once."""
        for path in volume_order.waiting(self._ordered):
            note = ""
            try:
                note = volume_order.taken(path)
                order = volume_order.read(path.name, note, self._settings.operators)
                opening = self._state.open.get(volume_state.key(order.tenant, order.caller))
                if opening is None or opening.id != order.opening:
                    self._say(note, "an order to close a breaker is for none that stands open: %s", path.name)
                    continue
                volume_order.in_time(path.name, order, datetime.fromtimestamp(self._clock(), UTC))
            except BadOrder as error:
                self._say(note, "an order to close a breaker is not followed: %s", str(error))
                continue
            yield note, order

    async def review(self, written: Callable[[Order, str], Awaitable[object]]) -> Sequence[Order]:
        """Close what people ordered to be closed, each after `written` has put it where it lasts."""
        done = []
        for note, order in list(self.orders()):
            await written(order, note)
            scope = volume_state.key(order.tenant, order.caller)
            self._close(scope)
            LOG.warning("breaker of %s closed by %s: %s %s", scope, order.who, order.reason, order.ticket)
            done.append(order)
        return done

    def _close(self, scope: str) -> None:
        opening = self._state.open.pop(scope)
        if scope in self._state.windows:
            self._state.windows[scope].forget()
        if self._together is not None:
            self._together.forget(scope, opening.at)
        try:
            self.save()
        except OSError:
            # As it could not be kept that it is closed, it isn't: after a restart it would stand open again.
            self._state.open[scope] = opening
            raise

    def _say(self, note: str, words: str, about: str) -> None:
        # An order lies there until the next deployment: said once, not every few seconds.
        if (known := about + note) not in self._told:
            self._told.add(known)
            LOG.error(words, about)

    async def exchange(self) -> None:
        """Hear what other replicas let through, and tell them. Raises DatabaseUnavailable."""
        if self._together is not None:
            await self._together.exchange(self._state.windows, int(self._clock() // 60))

    def save(self) -> None:
        """Keep what is known, now: when the gateway ends. Raises OSError."""
        self._turn += 1
        self._put(self._turn, self._snapshot())

    async def keep(self) -> None:
        """Keep what is known without blocking: every few seconds. Raises OSError."""
        self._turn += 1
        await asyncio.to_thread(self._put, self._turn, self._snapshot())

    def _snapshot(self) -> bytes:
        """All of it, but for those who have not been seen for so long that nothing of them is left to learn from."""
        oldest = int(self._clock() // 60) - KEPT * MINUTES
        for scope in [name for name, window in self._state.windows.items() if window.minute < oldest]:
            if scope not in self._state.open:
                del self._state.windows[scope]
        return volume_state.encoded(self._state)

    def _put(self, turn: int, raw: bytes) -> None:
        # What a thread still holds may be older than what was kept since: an opening must not be lost to it.
        with self._writing:
            if turn > self._kept:
                volume_state.write(self._folder, raw)
                self._kept = turn

    def _windows(self, tenant: str, caller: str) -> list[tuple[str, Window]]:
        minute = int(self._clock() // 60)
        found = []
        for scope in (caller, ANYBODY):
            name = volume_state.key(tenant, scope)
            window = self._state.windows.get(name) or self._state.windows.setdefault(name, Window(minute))
            window.advance(minute)
            found.append((scope, window))
        return found

    def _hold(self, tenant: str, scope: str, window: Window) -> None:
        ceilings = self._settings.tenant if scope == ANYBODY else self._settings.caller
        for measure in Measure:
            ceiling, seen, name = ceilings.of(measure), window.total(measure), volume_state.key(tenant, scope)
            allowed, learnt = self._threshold(name, window, measure, ceiling)
            limit = "baseline" if learnt and allowed < ceiling else "ceiling"
            if seen <= allowed and self._together is not None:
                seen, allowed, limit = self._together.total(name, measure, seen, ceiling), ceiling, "ceiling"
            if seen > allowed:
                opening = Opening(secrets.token_hex(16), tenant, scope, self._clock(), measure, limit, seen, allowed)
                self._opens(opening, window)
                raise _refused()

    def _threshold(self, scope: str, window: Window, measure: Measure, ceiling: int) -> tuple[int, bool]:
        """Computed once an hour: it changes no more often."""
        known = self._thresholds.get((scope, measure))
        if known is None or known[0] != window.hour:
            floor, sensitivity = self._settings.floor.of(measure), self._settings.sensitivity
            found = threshold(window.hours[measure], window.hour - 1, window.hour, ceiling, floor, sensitivity)
            known = self._thresholds[scope, measure] = (window.hour, *found)
        return known[1:]

    def _opens(self, opening: Opening, window: Window) -> None:
        scope = volume_state.key(opening.tenant, opening.caller)
        self._state.open[scope] = opening
        window.teaches = False
        LOG.critical(
            "breaker of %s opens: %d %s in an hour, %d allowed by its %s; opening %s",
            scope, opening.seen, opening.measure, opening.allowed, opening.limit, opening.id,
            extra=log_lines.opened(opening),
        )  # fmt: skip
        try:
            self.save()
        except OSError:
            LOG.critical("that the breaker of %s is open could not be kept", scope)
        try:
            self._alert(opening)
        except Exception as error:  # noqa: BLE001 it stands open whether or not somebody hears of it
            LOG.critical("the alert of an open breaker failed: %s", type(error).__name__)

    def _refuse_if_open(self, tenant: str, scope: str) -> None:
        if volume_state.key(tenant, scope) in self._state.open:
            raise _refused()

    def _hashed(self, tenant: str, patient: str) -> str:
        data = tenant.encode() + b"\x00" + patient.encode("utf-8", "surrogatepass")
        return hmac.new(self._settings.key, data, hashlib.sha256).hexdigest()[:32]


def _refused() -> Refused:
    # 403 and no Retry-After: waiting does not help, a person has to look.
    return Refused(
        "volume",
        "open",
        "The guard 'volume' saw far more than is usual and has stopped this caller or tenant; a person must close it.",
        status=403,
    )
