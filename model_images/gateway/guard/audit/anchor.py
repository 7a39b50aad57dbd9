"""Anchors: checkpoints and finished segments are brought to a store where nothing is ever changed or deleted.

That a tail was cut, or the log written again by whoever holds its key, shows only against what lies elsewhere. So a
log that can't be anchored in time is not written: `overdue`, and the requests are refused.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from audit_log import form
from audit_log.checkpoint import trusted
from audit_log.note import BadNote, Verifier
from model_images.gateway.guard.audit.recovery import Damaged

LOG = logging.getLogger("bailiwick.gateway.audit")
FOLDER = "anchors"


class StoreUnavailable(Exception):
    """The store did not answer, or not as documented; says which status, never a token."""


class StoreConflict(Exception):
    """The name is taken by something else: the log, or the store, is not what it was."""


class Store(Protocol):
    """A place where what was put once stays as it is."""

    async def put(self, name: str, data: bytes | Path) -> None:
        """Put it there once. The same content again is fine. Raises StoreUnavailable, StoreConflict."""

    async def names(self, prefix: str) -> Sequence[str]:
        """Names that begin so. Raises StoreUnavailable."""

    async def get(self, name: str) -> bytes:
        """What lies there. Raises StoreUnavailable."""


@dataclass(slots=True)
class _Item:
    name: str
    data: bytes | Path
    since: float


class Anchor:
    """Brings one log's checkpoints and segments to a store, in their order.

    With `keep`, so many finished segments stay on the log's own disk; older ones are removed once the store has them.
    """

    def __init__(
        self,
        store: Store,
        origin: str,
        *,
        lag_seconds: float = 60.0,
        retry_seconds: float = 1.0,
        keep: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if keep is not None and keep < 1:
            raise ValueError("the newest segment stays: the log goes on from it")
        self._store, self._origin = store, origin
        self._lag, self._retry, self._clock = lag_seconds, retry_seconds, clock
        self._keep = keep
        self._brought: deque[Path] = deque()
        self._items: deque[_Item] = deque()
        self._loop = asyncio.get_running_loop()
        self._more = asyncio.Event()
        self._conflict = False
        self._task: asyncio.Task[None] | None = None

    async def start(self, folder: Path, keys: Sequence[Verifier]) -> None:
        """Before the log is opened: hold it against what is anchored, and take up what wasn't brought there yet.

        Raises Damaged where the store has a checkpoint that the log on disk does not go on from; StoreUnavailable.
        """
        prefix = f"{self._origin}/{FOLDER}/"
        there = set(await self._store.names(f"{self._origin}/"))
        anchors = sorted(name for name in there if name.startswith(prefix))
        segments = form.segments(folder)
        held = await asyncio.to_thread(_held, segments)
        if anchors:
            note = (await self._store.get(anchors[-1])).decode("utf-8", "replace")
            try:
                head = trusted(note, keys)
            except BadNote as error:
                raise Damaged(f"{anchors[-1]} in the store: {error}") from error
            if held.get(head.size) != note:
                raise Damaged(f"the store has a checkpoint at {head.size} records that is not among the log's own")
        for size, note in held.items():
            if self._name(size) not in there:
                self.checkpoint(size, note)
        for path in segments[:-1]:
            if f"{self._origin}/{path.name}" not in there:
                self.segment(path)
            else:
                self._brought.append(path)
        self._task = asyncio.create_task(self._run())

    def checkpoint(self, size: int, note: str) -> None:
        """A checkpoint was signed."""
        self._add(self._name(size), note.encode())

    def segment(self, path: Path) -> None:
        """A segment is finished; so are its checkpoints."""
        self._add(f"{self._origin}/{form.checkpoints(path).name}", form.checkpoints(path))
        self._add(f"{self._origin}/{path.name}", path)

    def overdue(self) -> bool:
        """Whether something has waited too long, or can never be brought there."""
        try:
            return self._conflict or self._clock() - self._items[0].since > self._lag
        except IndexError:
            return False

    @property
    def waiting(self) -> int:
        """How many things are still to be brought there."""
        return len(self._items)

    async def close(self, seconds: float = 10.0) -> bool:
        """After the log was closed: bring the rest there; whether all of it arrived in time."""
        end = self._clock() + seconds
        while self._items and not self._conflict and self._clock() < end:
            await asyncio.sleep(min(0.05, self._retry))
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        return not self._items

    def _name(self, size: int) -> str:
        return f"{self._origin}/{FOLDER}/{size:020d}.note"

    def _add(self, name: str, data: bytes | Path) -> None:
        self._items.append(_Item(name, data, self._clock()))
        self._loop.call_soon_threadsafe(self._more.set)

    async def _run(self) -> None:
        while True:
            if not self._items:
                self._more.clear()
                await self._more.wait()
                continue
            item = self._items[0]
            try:
                await self._store.put(item.name, item.data)
            except StoreConflict:
                # For good: only a person can say which of the two is the true one.
                self._conflict = True
                LOG.critical("the write-once store has another %s: requests are refused", item.name)
                return
            except Exception as error:  # noqa: BLE001 whatever a store raises, it is tried again until overdue
                words = str(error) if isinstance(error, StoreUnavailable) else type(error).__name__
                LOG.warning("not anchored yet: %s", words)
                await asyncio.sleep(self._retry)
                continue
            self._items.popleft()
            if isinstance(item.data, Path):
                await self._clear(item.data)

    async def _clear(self, path: Path) -> None:
        """Make room: the store has this one, both its files. The one that is written is never among them."""
        if path.name.endswith(form.CHECKPOINTS) or path in self._brought:
            return
        self._brought.append(path)
        while self._keep is not None and len(self._brought) > self._keep:
            old = self._brought.popleft()
            for gone in (old, form.checkpoints(old)):
                await asyncio.to_thread(gone.unlink, missing_ok=True)


def _held(segments: Sequence[Path]) -> dict[int, str]:
    """The log's own checkpoints by size; a torn last one is left out, as recovery does."""
    found: dict[int, str] = {}
    for path in segments:
        try:
            for line in form.checkpoints(path).read_bytes().split(b"\n")[:-1]:
                note = form.read_note(line)
                found[int(note.split("\n", 2)[1])] = note
        except (OSError, ValueError, IndexError) as error:
            raise Damaged(f"{form.checkpoints(path).name} can't be read") from error
    return found
