"""Rows of sealed tokens in PostgreSQL, which all replicas of a gateway share.

Asked by the four functions of token_vault/migrations, and by a login that has no right beside them. What is kept there
was sealed here (`sealing`): the server, its copies and its administrators see random octets.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar, Union

import asyncpg

from model_images.gateway.guard.tokens.sealing import Row
from model_images.gateway.guard.tokens.vault import VaultUnavailable

LOG = logging.getLogger("bailiwick.gateway")
DEADLINE_S = 2.0
"""For a question, with the connection that may have to be made for it: a token of Entra's, TLS, and the login."""
CONNECTIONS = 8
"""At most, of one replica. A question takes milliseconds."""
IDLE_S = 300.0
COLUMNS = "conversation, token, idx, patient, epoch, content"
PUT = f"SELECT {COLUMNS} FROM token_vault.put($1, $2, $3, $4, $5, $6, $7, $8)"  # noqa: S608 our own names
LOAD = f"SELECT {COLUMNS} FROM token_vault.load($1, $2)"  # noqa: S608 our own names
ERASE = "SELECT token_vault.erase($1, $2, $3)"
PURGE = "SELECT token_vault.purge()"
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
twice: rows that are kept already are kept, and what is erased stays erased."""

Answer = TypeVar("Answer")
Connected = Union["asyncpg.Connection[asyncpg.Record]", "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"]
Question = Callable[[Connected], Awaitable[Answer]]


def proven() -> ssl.SSLContext:
    """TLS 1.3 to a server whose name a public authority vouches for, as the stack's own servers have it."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


class PostgresStore:
    """An `AsyncStore`. Belongs to the event loop in which it is opened."""

    def __init__(self, pool: asyncpg.Pool, refused: Callable[[], None], deadline_s: float) -> None:
        self._pool, self._refused, self.deadline_s = pool, refused, deadline_s
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
        deadline_s: float = DEADLINE_S,
    ) -> "PostgresStore":
        """Connects when it is asked, so that a database that is away keeps no gateway from starting.

        `context` is None on a Unix socket alone; `password` is asked for each connection, and `refused` is called when
        the server did not take it.
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
        return cls(pool, refused, deadline_s)

    async def put(self, rows: Sequence[Row], ttl_s: int) -> list[Row]:
        """See `Store`."""
        if not rows:
            return []
        tenant = rows[0].tenant
        if any(row.tenant != tenant for row in rows):
            raise VaultUnavailable
        columns = [
            [row.conversation for row in rows],
            [row.token for row in rows],
            [row.index for row in rows],
            [row.patient for row in rows],
            [row.epoch for row in rows],
            [row.sealed for row in rows],
        ]
        found = await self._ask(lambda connection: connection.fetch(PUT, tenant, *columns, ttl_s))
        return [Row(tenant, *one) for one in found]

    async def load(self, tenant: str, conversations: Sequence[bytes]) -> list[Row]:
        """See `Store`."""
        found = await self._ask(lambda connection: connection.fetch(LOAD, tenant, list(conversations)))
        return [Row(tenant, *one) for one in found]

    async def erase(self, tenant: str, *, conversations: Sequence[bytes] = (), patients: Sequence[bytes] = ()) -> int:
        """See `Store`. What is erased leaves the server's files when they are vacuumed, soon."""
        told = (tenant, list(conversations), [one for one in patients if one])
        return int(await self._ask(lambda connection: connection.fetchval(ERASE, *told)))

    async def purge(self) -> int:
        """Removes rows past their time, a batch of them; how many."""
        return int(await self._ask(lambda connection: connection.fetchval(PURGE)))

    async def close(self) -> None:
        """Closes the connections."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.deadline_s):
                await self._pool.close()
        self._pool.terminate()

    async def _ask(self, question: Question[Answer]) -> Answer:
        """The answer, within the deadline. Raises VaultUnavailable, without the server's words: they repeat values."""
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
        except Exception as error:  # noqa: BLE001 whatever failed, nothing was put away, and nothing passes
            self._said(error)
        else:
            self._failing = False
            return answer
        raise VaultUnavailable

    async def _once(self, question: Question[Answer]) -> Answer:
        async with self._pool.acquire() as connection:
            return await question(connection)

    def _said(self, error: Exception) -> None:
        """Once, until it answers again: by its kind and its code, which hold nothing of what was asked."""
        if not self._failing:
            LOG.error("token vault: %s %s", type(error).__name__, getattr(error, "sqlstate", None) or "")
        self._failing = True
