"""The log's files, written: lines made durable, checkpoints, and the change from one segment to the next.

Blocks, and is called from the log's own threads. Raises OSError for whatever a disk does.
"""

import contextlib
import errno
import fcntl
import json
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from audit_log import form
from audit_log.checkpoint import NONE_BEFORE, Checkpoint, digest
from audit_log.merkle import Tree, leaf_hash
from audit_log.note import Signer, Verifier
from model_images.gateway.guard.audit.recovery import Damaged, Standing, recover

_FLAGS = os.O_CLOEXEC | os.O_NOFOLLOW
_MODE = 0o600


@dataclass(frozen=True, slots=True)
class Receipt:
    """A record is on disk: where, and the hash of its line."""

    index: int
    hash: str


class Ledger:
    """One log, written by one process. `issued` is called with each checkpoint, `ended` with each finished segment."""

    def __init__(
        self,
        folder: Path,
        origin: str,
        signer: Signer,
        *,
        trusted: Sequence[Verifier] = (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        issued: Callable[[int, str], None] = lambda _size, _note: None,
        ended: Callable[[Path], None] = lambda _path: None,
    ) -> None:
        self._folder, self._origin, self._signer, self._now = folder, origin, signer, now
        self._keys = (signer.verifier, *trusted)
        self._issued, self._ended = issued, ended
        self._state = threading.Lock()
        """Around tree, chain and end: never held while a disk is waited for."""
        self._issuing = threading.RLock()
        """Around checkpoints and the change of segments."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | _FLAGS, _MODE)
        self._descriptor, self._end, self._path = -1, 0, folder
        self._tree, self._chain = Tree(), form.BEGINNING
        self._note = ""
        self._head: Checkpoint
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise Damaged("another process writes this log") from error
        try:
            found = recover(folder, origin, self._keys)
            self.cut = found.cut if found else 0
            self._take(found or self._first())
            if found and _was_closed(found.last) and self._head.size == self._tree.size:
                # What was closed lies in a write-once store by now.
                self.turn()
        except BaseException:
            self._release()
            raise

    @property
    def size(self) -> int:
        """How many records are on disk."""
        with self._state:
            return self._tree.size

    @property
    def end(self) -> int:
        """Bytes of the segment."""
        return self._end

    @property
    def committed(self) -> int:
        """How many records the last checkpoint commits to."""
        return self._head.size

    @property
    def path(self) -> Path:
        """The segment that is written."""
        return self._path

    def append(self, records: Sequence[bytes]) -> list[Receipt]:
        """Put records on disk, all or none, with one wait for the disk."""
        self._same_file()
        chain, size = self._chain, self._tree.size
        receipts, lines = [], []
        for number, record in enumerate(records):
            line, chain = form.sealed(size + number, chain, record)
            lines.append(line)
            receipts.append(Receipt(size + number, chain))
        data = b"\n".join(lines) + b"\n"
        _write(self._descriptor, data)
        os.fdatasync(self._descriptor)
        with self._state:
            for line in lines:
                self._tree.append(leaf_hash(line))
            self._chain, self._end = chain, self._end + len(data)
        return receipts

    def checkpoint(self) -> None:
        """Sign what is on disk, if it is more than was signed."""
        with self._issuing:
            with self._state:
                size, root, chain = self._tree.size, self._tree.root(), self._chain
            if size == self._head.size:
                return
            at = max(self._now(), self._head.at)
            head = Checkpoint(self._origin, size, root, at, chain, digest(self._note))
            note = head.signed(self._signer)
            path = form.checkpoints(self._path)
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | _FLAGS)
            try:
                _write(descriptor, form.noted(note) + b"\n")
                os.fdatasync(descriptor)
            finally:
                os.close(descriptor)
            self._note, self._head = note, head
            self._issued(size, note)

    def turn(self) -> None:
        """End this segment and begin the next."""
        with self._issuing:
            self.checkpoint()
            before = self._path
            path = self._create(form.frontier_of(self._tree, self._origin, self._chain), self._note)
            self._switch(path, path.stat().st_size)
            self._ended(before)

    def mend(self) -> None:
        """Look whether the disk has all that was reported as kept, take away what was not, and go on from there.

        The file is opened again: after a failed sync a kernel may show pages as written that never were, so whatever
        lies past the last report is cut and written anew. Raises Damaged where something that was reported is gone.
        """
        with self._issuing:
            descriptor = os.open(self._path, os.O_RDWR | _FLAGS)
            try:
                if os.fstat(descriptor).st_size < self._end:
                    raise Damaged(f"{self._path.name} is shorter than what was written")
                os.ftruncate(descriptor, self._end)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            found = recover(self._folder, self._origin, self._keys)
            if found is None or found.head.size < self._head.size:
                raise Damaged("segments or checkpoints are gone")
            # The next segment may have been begun already when its disk failed.
            same = found.path in (self._path, form.segment(self._folder, self._tree.size))
            if not same or (found.tree.root(), found.chain) != (self._tree.root(), self._chain):
                raise Damaged(f"{self._path.name} is not what was written")
            self._take(found)

    def close(self) -> None:
        """Sign the rest, and let go of the files."""
        with self._issuing:
            try:
                self.checkpoint()
                self._ended(self._path)
            finally:
                self._release()

    def abandon(self) -> None:
        """Let go of the files and sign nothing: the log can't be written."""
        self._release()

    def _first(self) -> Standing:
        tree = Tree()
        head = Checkpoint(self._origin, 0, tree.root(), self._now(), form.BEGINNING, NONE_BEFORE)
        note = head.signed(self._signer)
        path = self._create(form.frontier_of(tree, self._origin, form.BEGINNING), note)
        self._issued(0, note)
        return Standing(path, tree, form.BEGINNING, path.stat().st_size, note, head, b"", 0)

    def _take(self, found: Standing) -> None:
        with self._state:
            self._tree, self._chain = found.tree, found.chain
        self._note, self._head = found.note, found.head
        self._switch(found.path, found.end)

    def _switch(self, path: Path, end: int) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | _FLAGS)
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self._path, self._end = descriptor, path, end

    def _create(self, head: form.Header, note: str) -> Path:
        """A new segment. Its checkpoints come first, so that none ever lies there without."""
        path = form.segment(self._folder, head.first)
        if path.exists():
            raise FileExistsError(errno.EEXIST, "the next segment is there already")
        _place(form.checkpoints(path), form.noted(note) + b"\n")
        _place(path, form.header(head) + b"\n")
        return path

    def _same_file(self) -> None:
        """A file that was deleted, replaced or shortened takes writes as if nothing were wrong."""
        held, named = os.fstat(self._descriptor), self._path.stat(follow_symlinks=False)
        if (held.st_ino, held.st_dev, held.st_size) != (named.st_ino, named.st_dev, self._end):
            raise OSError(errno.ESTALE, "the log's file is another one, or was shortened")

    def _release(self) -> None:
        for descriptor in (self._descriptor, self._lock):
            if descriptor >= 0:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
        self._descriptor = self._lock = -1


def _was_closed(record: bytes) -> bool:
    known = json.loads(record or b"{}")
    return (known.get("kind"), known.get("what")) == ("event", "closed")


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _place(path: Path, data: bytes) -> None:
    """Put a whole file into its place, or none: a reader never sees half of it."""
    beside = path.with_name(path.name + ".new")
    with contextlib.suppress(FileNotFoundError):
        beside.unlink()
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, _MODE)
    try:
        _write(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    beside.rename(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | _FLAGS)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
