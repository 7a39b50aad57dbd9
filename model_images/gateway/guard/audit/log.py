"""The log as the gateway uses it: `await log.commit(record)` comes back when the record is on disk, or refuses.

One thread writes. While it waits for the disk, whoever else wants to commit is gathered, and the next wait is for all
of them; the event loop never waits for a disk. After any failure nothing more is taken until the log has looked at
its files, and written to them, with success.
"""

import asyncio
import contextlib
import errno
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from audit_log.note import Signer, Verifier
from model_images.gateway.guard.audit.ledger import Ledger, Receipt
from model_images.gateway.guard.audit.record import BadRecord, Happened, Names, Record, encoded
from model_images.gateway.guard.audit.recovery import Damaged
from model_images.gateway.guard.audit.segment_age import SegmentAge
from model_images.gateway.guard.audit.unavailable import AuditUnavailable

LOG = logging.getLogger("bailiwick.gateway.audit")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the log is kept."""

    folder: Path
    origin: str
    """The log's name for ever, as `eu-prod/gateway-0`: a folder has one, and no two folders the same."""
    deadline_seconds: float = 5.0
    """After which a commit is refused. The record may be written all the same; the request was not."""
    waiting: int = 10_000
    """Records that may wait for the disk at once."""
    checkpoint_seconds: float = 10.0
    checkpoint_records: int = 1000
    segment_bytes: int = 64 << 20
    segment_seconds: float = 10.0
    """After its first record a segment ends: only finished ones are brought to the store, and what a checkpoint commits
    to must not be lost with a node."""
    recheck_seconds: float = 5.0
    """How often a log that failed looks whether it can go on."""


class Anchoring(Protocol):
    """Brings checkpoints and finished segments to a write-once store. Called from any thread."""

    def checkpoint(self, size: int, note: str) -> None:
        """A checkpoint was signed."""

    def segment(self, path: Path) -> None:
        """A segment is finished."""

    def overdue(self) -> bool:
        """Whether something has waited too long to be brought there."""


@dataclass(slots=True)
class _Waiting:
    record: bytes
    future: "asyncio.Future[Receipt]"


class AuditLog:
    """The audit log of one gateway. Made by `open`."""

    def __init__(
        self, settings: Settings, names: Names, ledger: Ledger, anchor: Anchoring | None, now: Callable[[], datetime]
    ) -> None:
        self._settings, self._names, self._ledger, self._anchor, self._now = settings, names, ledger, anchor, now
        self._loop = asyncio.get_running_loop()
        self._wake = threading.Condition()
        self._queue: list[_Waiting] = []
        self._stopping = False
        self._fault = False
        self._age = SegmentAge(settings.segment_seconds)
        self._due = threading.Event()
        self._threads = [
            threading.Thread(target=self._write, name="audit-writer", daemon=True),
            threading.Thread(target=self._sign, name="audit-signer", daemon=True),
        ]

    @classmethod
    async def open(
        cls,
        settings: Settings,
        names: Names,
        signer: Signer,
        *,
        anchor: Anchoring | None = None,
        trusted: Sequence[Verifier] = (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> "AuditLog":
        """Recover what is there, and begin to write. Raises Damaged, OSError: the gateway does not start then."""

        def begin() -> Ledger:
            return Ledger(
                settings.folder,
                settings.origin,
                signer,
                trusted=trusted,
                now=now,
                issued=anchor.checkpoint if anchor else lambda _size, _note: None,
                ended=anchor.segment if anchor else lambda _path: None,
            )

        ledger = await asyncio.to_thread(begin)
        log = cls(settings, names, ledger, anchor, now)
        try:
            await asyncio.to_thread(ledger.append, [log._event("opened", cut=ledger.cut)])
        except BaseException:
            ledger.abandon()
            raise
        for thread in log._threads:
            thread.start()
        LOG.info("audit log %s, %d records, signed by %s", settings.origin, ledger.size, signer.verifier.vkey())
        return log

    @property
    def available(self) -> bool:
        """Whether a commit would be taken now: for readiness."""
        return self._refusal() is None

    @property
    def names(self) -> Names:
        """What records may name."""
        return self._names

    def know(self, names: Names) -> None:
        """Settings were read again: what records may name from now on. The instance stays what it is."""
        self._names = replace(names, instance=self._names.instance)

    async def commit(self, record: Record) -> Receipt:
        """Put a record on disk. Raises AuditUnavailable; nothing may pass then."""
        try:
            raw = encoded(record, self._names)
        except BadRecord as error:
            LOG.error("%s", error)  # noqa: TRY400 the cause is the record's own values
            raise AuditUnavailable("record") from None
        refusal = self._refusal()
        if refusal is not None:
            raise AuditUnavailable(refusal)
        waiting = _Waiting(raw, self._loop.create_future())
        with self._wake:
            if self._stopping:
                raise AuditUnavailable("closed")
            if len(self._queue) >= self._settings.waiting:
                raise AuditUnavailable("full")
            self._queue.append(waiting)
            self._wake.notify()
        try:
            async with asyncio.timeout(self._settings.deadline_seconds):
                return await waiting.future
        except TimeoutError:
            raise AuditUnavailable("timeout") from None

    async def close(self) -> None:
        """Write what waits, sign the rest, and let go of the files."""
        with self._wake:
            if self._stopping:
                return
            self._stopping = True
            self._wake.notify()
        self._due.set()
        for thread in self._threads:
            await asyncio.to_thread(thread.join)
        await asyncio.to_thread(self._end)

    def _refusal(self) -> str | None:
        if self._stopping:
            return "closed"
        if self._fault:
            return "unavailable"
        if self._anchor is not None and self._anchor.overdue():
            return "unanchored"
        return None

    def _event(self, what: str, *, cut: int = 0) -> bytes:
        # The form refuses a word that is not of its list.
        event = Happened(at=self._now(), instance=self._names.instance, what=what, cut=cut)  # type: ignore[arg-type]
        return encoded(event, self._names)

    def _write(self) -> None:
        look = 0.0
        while True:
            with self._wake:
                while not (self._queue or self._stopping or self._fault or self._age.old):
                    self._wake.wait(self._age.left)
                if self._fault and not self._stopping:
                    self._wake.wait(max(0.0, look - time.monotonic()))
                batch, self._queue = self._queue, []
                if self._stopping and not batch:
                    return
            if self._fault:
                self._settle(batch, None)
                if time.monotonic() >= look:
                    self._mend()
                    look = time.monotonic() + self._settings.recheck_seconds
                continue
            self._batch(batch)
            if self._age.old and not self._fault:
                self._turn()
            look = time.monotonic() + self._settings.recheck_seconds

    def _batch(self, batch: list[_Waiting]) -> None:
        # Whoever has left need not be written: its request was refused when its time was up.
        live = [item for item in batch if not item.future.done()]
        if not live:
            return
        try:
            receipts = self._ledger.append([item.record for item in live])
        except Exception as error:  # noqa: BLE001 whatever it is, nothing was written for certain
            self._failed(error)
            self._settle(live, None)
            return
        self._settle(live, receipts)
        if self._ledger.size - self._ledger.committed >= self._settings.checkpoint_records:
            self._due.set()
        self._age.written()
        if self._ledger.end >= self._settings.segment_bytes:
            self._turn()

    def _turn(self) -> None:
        self._age.over()
        self._guarded(self._ledger.turn)

    def _sign(self) -> None:
        while not self._stopping:
            self._due.wait(self._settings.checkpoint_seconds)
            self._due.clear()
            if not self._fault and not self._stopping:
                self._guarded(self._ledger.checkpoint)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 a vault's signer raises what it likes
            self._failed(error)

    def _mend(self) -> None:
        try:
            self._ledger.mend()
            self._ledger.append([self._event("resumed")])
            self._age.written()
            self._ledger.checkpoint()
        except Exception as error:  # noqa: BLE001 it stays closed
            self._failed(error)
            return
        self._fault = False
        LOG.warning("the audit log is written again")

    def _failed(self, error: Exception) -> None:
        self._fault = True
        if isinstance(error, OSError):
            words = errno.errorcode.get(error.errno or 0, "I/O error")
        else:
            # Damaged names files and lines; other words are not known, and stay here.
            words = str(error) if isinstance(error, Damaged) else type(error).__name__
        LOG.error("the audit log can't be written, requests are refused: %s", words)
        with self._wake:
            self._wake.notify()

    def _settle(self, batch: Sequence[_Waiting], receipts: Sequence[Receipt] | None) -> None:
        if batch:
            with contextlib.suppress(RuntimeError):  # the loop was closed under the log
                self._loop.call_soon_threadsafe(_settled, batch, receipts)

    def _end(self) -> None:
        if self._fault:
            self._ledger.abandon()
            return
        try:
            self._ledger.append([self._event("closed")])
            self._ledger.close()
        except Exception as error:  # noqa: BLE001 the next start finds what is there
            self._failed(error)
            self._ledger.abandon()


def _settled(batch: Sequence[_Waiting], receipts: Sequence[Receipt] | None) -> None:
    for number, item in enumerate(batch):
        if item.future.done():
            continue
        if receipts is None:
            item.future.set_exception(AuditUnavailable())
        else:
            item.future.set_result(receipts[number])
