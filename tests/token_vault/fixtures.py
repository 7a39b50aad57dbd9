"""A migrated vault in a database of its own, with the gateway's login, and a loop where the gateway's would be."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeVar

import pytest
from psycopg import Connection, connect

from database.migrate import migrate
from model_images.gateway.guard.database import Database
from model_images.gateway.guard.tokens.on_loop import OnLoop
from model_images.gateway.guard.tokens.postgres import PostgresStore
from tests.retrieval.fixtures import create_database
from tests.retrieval.postgres import Server
from token_vault.migrate import SCHEMA

T = TypeVar("T")
LOGIN = "id-bw-eu-prod-gateway"
_NUMBERS = count()


@dataclass(frozen=True)
class Vaulted:
    """One migrated database."""

    server: Server
    name: str

    def connected(self, user: str = "postgres") -> Connection:
        """A connection, each statement by itself."""
        return connect(self.server.conninfo(self.name, user), autocommit=True)


@pytest.fixture
def database(server: Server) -> Vaulted:
    """A vault with nothing in it, and a login as the deployment makes it."""
    name = f"vault_{next(_NUMBERS)}"
    create_database(server, name)
    made = Vaulted(server, name)
    with made.connected("administrator") as connection:
        migrate(connection, SCHEMA)
    with made.connected() as connection:
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [LOGIN]).fetchone() is None:
            connection.execute(f'CREATE ROLE "{LOGIN}" LOGIN')
        connection.execute(f'GRANT token_vault_gateway TO "{LOGIN}"')
    return made


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """What it comes to."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def end(self) -> None:
        """No more of it."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


@pytest.fixture
def running_loop() -> Iterator[Loop]:
    """The gateway's."""
    made = Loop()
    yield made
    made.end()


async def no_password() -> str:
    """The test's server takes everybody's word on its Unix socket."""
    return ""


@pytest.fixture
def connected(database: Vaulted, running_loop: Loop) -> Iterator[Callable[[], Database]]:
    """Connections to the one database: each is another replica's."""
    opened: list[Database] = []

    def another() -> Database:
        opening = Database.opened(
            str(database.server.socket), database.name, LOGIN, no_password, context=None, deadline_s=10
        )
        opened.append(running_loop.wait(opening))
        return opened[-1]

    yield another
    for one in opened:
        running_loop.wait(one.close())


@pytest.fixture
def shared(connected: Callable[[], Database], running_loop: Loop) -> Callable[[], OnLoop]:
    """Stores over it: each is another replica's."""
    return lambda: OnLoop(PostgresStore(connected()), running_loop.loop)
