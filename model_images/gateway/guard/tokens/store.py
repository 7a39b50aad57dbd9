"""Rows of sealed tokens in SQLite: a file that several threads and processes share, or memory."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from model_images.gateway.guard.tokens.sealing import Row
from model_images.gateway.guard.tokens.vault import VaultUnavailable

BUSY_MS = 5000
COLUMNS = "tenant, conversation, token, idx, patient, epoch, sealed"
TABLE = """
CREATE TABLE IF NOT EXISTS tokens (
  tenant TEXT NOT NULL, conversation BLOB NOT NULL, token BLOB NOT NULL, idx BLOB NOT NULL, patient BLOB NOT NULL,
  epoch INTEGER NOT NULL, sealed BLOB NOT NULL, expires INTEGER NOT NULL,
  PRIMARY KEY (tenant, conversation, token)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS of_value ON tokens (tenant, conversation, idx);
CREATE INDEX IF NOT EXISTS of_patient ON tokens (tenant, patient);
CREATE INDEX IF NOT EXISTS by_time ON tokens (expires);
"""


class SqliteStore:
    """Rows in SQLite. What is erased is overwritten, in the file and in its log."""

    def __init__(self, path: Path | None, *, now: Callable[[], float] = time.time) -> None:
        self._now, self._file = now, path is not None
        self._lock = Lock()
        with _said_plainly():
            self._connection = sqlite3.connect(
                path or ":memory:", timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False
            )
            if path is not None:
                path.chmod(0o600)
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", f"busy_timeout={BUSY_MS}"):
                self._connection.execute(f"PRAGMA {pragma}")
            self._connection.executescript(TABLE)

    def put(self, rows: Sequence[Row], ttl_s: int) -> list[Row]:
        """See `Store`. A row that is kept already lives as long as a new one would."""
        now = int(self._now())
        kept: list[Row] = []
        with self._writing() as database:
            for row in rows:
                key = (row.tenant, row.conversation, row.index)
                database.execute(
                    "DELETE FROM tokens WHERE tenant = ? AND conversation = ? AND idx = ? AND expires <= ?", (*key, now)
                )
                database.execute(
                    f"INSERT INTO tokens ({COLUMNS}, expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 our own names
                    " ON CONFLICT (tenant, conversation, idx) DO UPDATE SET expires = max(expires, excluded.expires)",
                    (
                        row.tenant,
                        row.conversation,
                        row.token,
                        row.index,
                        row.patient,
                        row.epoch,
                        row.sealed,
                        now + ttl_s,
                    ),
                )
                found = database.execute(
                    f"SELECT {COLUMNS} FROM tokens WHERE tenant = ? AND conversation = ? AND idx = ?",  # noqa: S608
                    key,
                )
                kept += map(_row, found)
        return kept

    def load(self, tenant: str, conversations: Sequence[bytes]) -> list[Row]:
        """See `Store`."""
        marks = ", ".join("?" * len(conversations))
        query = f"SELECT {COLUMNS} FROM tokens WHERE tenant = ? AND conversation IN ({marks}) AND expires > ?"  # noqa: S608
        with self._lock, _said_plainly():
            return [
                _row(found) for found in self._connection.execute(query, (tenant, *conversations, int(self._now())))
            ]

    def erase(self, tenant: str, *, conversations: Sequence[bytes] = (), patients: Sequence[bytes] = ()) -> int:
        """See `Store`. The write-ahead log is emptied too: what was erased is in no file any more."""
        return self._delete("tenant = ? AND conversation = ?", [(tenant, one) for one in conversations]) + self._delete(
            "tenant = ?1 AND (patient = ?2 OR patient = x'' AND conversation IN"
            " (SELECT conversation FROM tokens WHERE tenant = ?1 AND patient = ?2))",
            [(tenant, one) for one in patients if one],
        )

    def purge(self) -> int:
        """Removes the rows that are past their time; how many."""
        return self._delete("expires <= ?", [(int(self._now()),)])

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._connection.close()

    def _delete(self, where: str, values: Sequence[tuple[object, ...]]) -> int:
        with self._writing() as database:
            count = sum(database.execute(f"DELETE FROM tokens WHERE {where}", value).rowcount for value in values)  # noqa: S608
        if count and self._file:
            with self._lock, _said_plainly():
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return count

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _said_plainly():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


@contextmanager
def _said_plainly() -> Iterator[None]:
    """SQLite's errors name files and values; the guard's do not."""
    try:
        yield
    except (sqlite3.Error, OSError):
        raise VaultUnavailable from None


def _row(found: tuple[str, bytes, bytes, bytes, bytes, int, bytes]) -> Row:
    return Row(*found)
