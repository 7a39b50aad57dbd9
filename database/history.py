"""What a database remembers of the migrations applied to it, and what is still to come."""

from collections.abc import Mapping, Sequence

from psycopg import Connection
from psycopg.sql import SQL, Identifier

from database.files import Migration, MigrationRefused

_TABLE = SQL("""
CREATE SCHEMA {0};
CREATE TABLE {0}.migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied timestamptz NOT NULL DEFAULT clock_timestamp(),
    login name NOT NULL DEFAULT session_user
)""")


def place(schema: str) -> Identifier:
    """The schema beside it, in which its history lies."""
    return Identifier(f"{schema}_history")


def history_of(connection: Connection, schema: str) -> Mapping[int, tuple[str, str]]:
    """Name and SHA-256 of what is applied, by version; the table is made on the first run."""
    if connection.execute("SELECT to_regnamespace(%s) IS NULL", [f"{schema}_history"]).fetchone() == (True,):
        connection.execute(_TABLE.format(place(schema)))
    rows = connection.execute(SQL("SELECT version, name, sha256 FROM {}.migrations").format(place(schema)))
    return {version: (name, sha256) for version, name, sha256 in rows}


def pending_of(migrations: Sequence[Migration], history: Mapping[int, tuple[str, str]]) -> list[Migration]:
    """What comes after the applied ones; refused unless those are here, unchanged, and the first of all."""
    here = {migration.version: migration for migration in migrations}
    for version, (name, sha256) in sorted(history.items()):
        if version not in here:
            raise MigrationRefused(f"{name} is applied but missing here; check out a revision that has it")
        if (here[version].name, here[version].sha256) != (name, sha256):
            raise MigrationRefused(
                f"{here[version].name} is not the {name} that was applied (SHA-256 {sha256[:12]}… then, "
                f"{here[version].sha256[:12]}… now); restore the file, and write the change as a new migration"
            )
    pending = [migration for migration in migrations if migration.version not in history]
    if pending and history and pending[0].version < max(history):
        raise MigrationRefused(
            f"{pending[0].name} comes before {max(history):04d}, which is applied; give it the next number"
        )
    return pending
