"""Applies migrations: each once, in order, in a transaction that keeps the schema's promise or isn't kept itself."""

import sys
from collections.abc import Sequence

import click
from psycopg import Connection, Error, connect
from psycopg.errors import LockNotAvailable
from psycopg.sql import SQL

from database.files import Migration, MigrationRefused, read_migrations
from database.history import history_of, pending_of, place
from database.schema import Schema

_LOCK = 0x6261696C6977  # any number that every runner knows
_WAIT = "30s"


def open_connection(conninfo: str = "", password: str | None = None) -> Connection:
    """Connect as libpq does, but over a network only to a server that proves its name; an Entra token is a password."""
    return connect(conninfo, autocommit=True, sslmode="verify-full", password=password)


def migrate(connection: Connection, schema: Schema) -> tuple[Migration, ...]:
    """Apply what isn't applied yet, and say what that was."""
    if not connection.autocommit:
        raise ValueError("migrate wants a connection with autocommit: each migration has its own transaction")
    migrations = read_migrations(schema.folder)
    applied = []
    while (migration := _apply_next(connection, schema, migrations)) is not None:
        applied.append(migration)
    return tuple(applied)


def _apply_next(connection: Connection, schema: Schema, migrations: Sequence[Migration]) -> Migration | None:
    """The first pending migration, under a lock that its transaction gives back: a second runner then finds it done."""
    with connection.transaction():
        _lock(connection)
        pending = pending_of(migrations, history_of(connection, schema.name))
        if pending:
            _apply(connection, schema, pending[0])
        if found := schema.openings(connection):
            cause = f"{pending[0].name} is not applied" if pending else "nothing is pending, so it was changed by hand"
            raise MigrationRefused(
                f"{schema.broken} ({cause}):\n"
                + "\n".join(f"  {opening}" for opening in found)
                + "\nclose each with a new migration, or in the one refused"
            )
    return pending[0] if pending else None


def _lock(connection: Connection) -> None:
    """One runner at a time; and no migration waits long for a table, since all who come later would wait behind it."""
    connection.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")  # what was done while waiting is seen
    connection.execute("SELECT set_config('lock_timeout', %s, true)", [_WAIT])
    try:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    except LockNotAvailable as error:
        raise MigrationRefused(
            f"another runner has been migrating for more than {_WAIT}; try again after it"
        ) from error


def _apply(connection: Connection, schema: Schema, migration: Migration) -> None:
    """Run the file and note it; its SET LOCAL ROLE ends here."""
    try:
        connection.execute(migration.sql)
    except Error as error:
        position = int(error.diag.statement_position or 0)
        line = migration.sql.decode()[:position].count("\n") + 1 if position else "?"
        raise MigrationRefused(f"{migration.name}:{line}: {error}; nothing of this file is applied") from error
    connection.execute("RESET ROLE")
    connection.execute(
        SQL("INSERT INTO {}.migrations (version, name, sha256) VALUES (%s, %s, %s)").format(place(schema.name)),
        [migration.version, migration.name, migration.sha256],
    )


def command(schema: Schema) -> click.Command:
    """What an operator types for one schema: `python -m <package>.migrate`."""

    @click.command()
    @click.argument("conninfo", default="")
    def main(conninfo: str) -> None:
        """Migrate the database that CONNINFO (or PGHOST, PGDATABASE, PGUSER …) names; PGPASSWORD is an Entra token."""
        try:
            with open_connection(conninfo) as connection:
                for migration in migrate(connection, schema):
                    click.echo(f"applied {migration.name}")
        except (MigrationRefused, Error) as error:
            click.echo(f"✗ {error}", err=True)
            sys.exit(1)
        click.echo(f"✓ up to date, {schema.promise}")

    return main
