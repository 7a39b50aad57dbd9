"""The migrations as they lie in a folder: numbered from one without a gap, each known by its SHA-256."""

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

_NAME = re.compile(r"(?P<version>\d{4})_[a-z0-9_]+\.sql")
_ENDS_TRANSACTION = re.compile(rb"^\s*(commit|rollback|abort|prepare\s+transaction)\b", re.IGNORECASE | re.MULTILINE)


class MigrationRefused(Exception):
    """The database is left as it was; the message says which file, why, and what to do."""


@dataclass(frozen=True)
class Migration:
    """One file of SQL."""

    version: int
    name: str
    sql: bytes

    @cached_property
    def sha256(self) -> str:
        """What the database remembers the file by."""
        return hashlib.sha256(self.sql).hexdigest()


def read_migrations(folder: Path) -> tuple[Migration, ...]:
    """The folder's migrations in order; refused when their numbers aren't 1, 2, 3, …"""
    migrations = tuple(_read(path) for path in sorted(folder.glob("*.sql")))
    for expected, migration in enumerate(migrations, start=1):
        if migration.version != expected:
            raise MigrationRefused(
                f"{folder / migration.name}: number {expected:04d} is expected here; "
                "number the files from 0001 without a gap and without a double"
            )
    if not migrations:
        raise MigrationRefused(f"{folder}: holds no migration; name the folder of the *.sql files")
    return migrations


def _read(path: Path) -> Migration:
    """One file, if its name has a number and it leaves its transaction alone."""
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise MigrationRefused(f"{path}: is not named like 0001_what_it_does.sql; rename it")
    sql = path.read_bytes()
    if ends := _ENDS_TRANSACTION.search(sql):
        word, line = ends[1].decode(), sql[: ends.start(1)].count(b"\n") + 1
        raise MigrationRefused(f"{path}:{line}: {word} would end the transaction it is applied in; remove it")
    return Migration(int(match["version"]), path.name, sql)
