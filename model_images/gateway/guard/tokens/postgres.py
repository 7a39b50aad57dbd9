"""Rows of sealed tokens in PostgreSQL, which all replicas of a gateway share.

What is kept there was sealed here (`sealing`): the server, its copies and its administrators see random octets.
"""

from collections.abc import Sequence

from model_images.gateway.guard.database import Answer, Database, DatabaseUnavailable, Question
from model_images.gateway.guard.tokens.sealing import Row
from model_images.gateway.guard.tokens.vault import VaultUnavailable

COLUMNS = "conversation, token, idx, patient, epoch, content"
PUT = f"SELECT {COLUMNS} FROM token_vault.put($1, $2, $3, $4, $5, $6, $7, $8)"  # noqa: S608 our own names
LOAD = f"SELECT {COLUMNS} FROM token_vault.load($1, $2)"  # noqa: S608 our own names
ERASE = "SELECT token_vault.erase($1, $2, $3)"
PURGE = "SELECT token_vault.purge()"


class PostgresStore:
    """An `AsyncStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def deadline_s(self) -> float:
        """It answers within this, or refuses."""
        return self._database.deadline_s

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

    async def _ask(self, question: Question[Answer]) -> Answer:
        try:
            return await self._database.ask(question)
        except DatabaseUnavailable:
            raise VaultUnavailable from None
