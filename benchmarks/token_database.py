"""A vault in PostgreSQL for benchmarks: a server of the tests' on this machine, which flushes what it commits."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import connect

from database.migrate import migrate
from model_images.gateway.guard.database import Database
from model_images.gateway.guard.tokens.on_loop import OnLoop
from model_images.gateway.guard.tokens.postgres import PostgresStore
from tests.retrieval.postgres import installations, running
from token_vault.migrate import SCHEMA


@contextmanager
def shared_vault() -> Iterator[OnLoop]:
    """Asked over a Unix socket: the network's way, and a standby's, come on top."""
    found = installations()
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    with running(found[max(found)], settings={"fsync": "on", "synchronous_commit": "on"}) as server:
        with connect(server.conninfo("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE vault")
            connection.execute("CREATE ROLE gateway LOGIN")
        with connect(server.conninfo("vault"), autocommit=True) as connection:
            migrate(connection, SCHEMA)
            connection.execute("GRANT token_vault_gateway TO gateway")

        async def password() -> str:
            return ""

        opening = Database.opened(str(server.socket), "vault", "gateway", password, context=None)
        database = asyncio.run_coroutine_threadsafe(opening, loop).result()
        yield OnLoop(PostgresStore(database), loop)
        asyncio.run_coroutine_threadsafe(database.close(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
