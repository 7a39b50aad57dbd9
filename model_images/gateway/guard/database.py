"""The stack's database, as a gateway asks it: its own login, a proven server, a deadline, and no words of the server's.

Each question is one call of a function of token_vault/migrations; the login has no right beside them.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar, Union

import asyncpg

LOG = logging.getLogger("bailiwick.gateway")
DEADLINE_S = 2.0
"""For a question, with the connection that may have to be made for it: a token of Entra's, TLS, and the login."""
CONNECTIONS = 8
"""At most, of one replica. A question takes milliseconds."""
IDLE_S = 300.0
LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.ReadOnlySQLTransactionError,
    ConnectionError,
)
"""The connection is of no use any more, as after a failover: asked once more by another. Every question may be asked
twice: what is kept already is kept, and what is erased stays erased."""

Answer = TypeVar("Answer")
Connected = Union["asyncpg.Connection[asyncpg.Record]", "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"]
Question = Callable[[Connected], Awaitable[Answer]]


class DatabaseUnavailable(Exception):
    """It did not answer, or answered that it can't. Says nothing of what was asked."""


def proven() -> ssl.SSLContext:
    """TLS 1.3 to a server whose name a public authority vouches for, as the stack's own servers have it."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


class Database:
    """Connections of one gateway. Belongs to the event loop in which it is opened."""

    def __init__(
        self, pool: asyncpg.Pool, refused: Callable[[], None], failed: Callable[[], None], deadline_s: float
    ) -> None:
        self._pool, self._refused, self._failed, self.deadline_s = pool, refused, failed, deadline_s
        self._failing = False

    @classmethod
    async def opened(
        cls,
        host: str,
        database: str,
        user: str,
        password: Callable[[], Awaitable[str]],
        *,
        port: int = 5432,
        context: ssl.SSLContext | None,
        refused: Callable[[], None] = lambda: None,
        failed: Callable[[], None] = lambda: None,
        deadline_s: float = DEADLINE_S,
    ) -> "Database":
        """Connects when it is asked, so that a database that is away keeps no gateway from starting.

        `context` is None on a Unix socket alone; `password` is asked for each connection, and `refused` is called when
        the server did not take it, `failed` for each question without an answer.
        """
        pool = await asyncpg.create_pool(
            host=host,
            port=port,
            database=database,
            user=user,
            password=password,
            ssl=context if context is not None else False,
            min_size=0,
            max_size=CONNECTIONS,
            max_inactive_connection_lifetime=IDLE_S,
            timeout=deadline_s,
            command_timeout=deadline_s,
            server_settings={"application_name": "bailiwick-gateway"},
        )
        return cls(pool, refused, failed, deadline_s)

    async def ask(self, question: Question[Answer]) -> Answer:
        """The answer, in time. Raises DatabaseUnavailable, without the server's words: they repeat values."""
        try:
            async with asyncio.timeout(self.deadline_s):
                try:
                    answer = await self._once(question)
                except LOST:
                    await self._pool.expire_connections()
                    answer = await self._once(question)
        except asyncpg.InvalidAuthorizationSpecificationError as error:
            self._refused()
            self._said(error)
        except Exception as error:  # noqa: BLE001 whatever failed, nothing is taken for an answer
            self._said(error)
        else:
            self._failing = False
            return answer
        raise DatabaseUnavailable

    async def close(self) -> None:
        """Closes the connections."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.deadline_s):
                await self._pool.close()
        self._pool.terminate()

    async def _once(self, question: Question[Answer]) -> Answer:
        async with self._pool.acquire() as connection:
            return await question(connection)

    def _said(self, error: Exception) -> None:
        """Once, until it answers again: by its kind and its code, which hold nothing of what was asked."""
        self._failed()
        if not self._failing:
            LOG.error("token vault: %s %s", type(error).__name__, getattr(error, "sqlstate", None) or "")
        self._failing = True
