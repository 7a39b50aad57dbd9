"""Two tenants whose rows have the same keys, so that only the tenant tells them apart; and who acts upon them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import cos, sin
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier

Statement = LiteralString | SQL | Composed

TENANTS = ("alpha", "beta")
LIVE, SECOND, EXPIRED = (UUID(int=number) for number in (1, 2, 3))
PAST, FUTURE = "2000-01-01", "2100-01-01"
CONTENT = ("tenants", "collections", "documents", "chunks")
TABLES = (*CONTENT, "accesses")

READER, WRITER, AUDITOR, OWNER = "gateway", "ingestion", "audit", "retrieval_owner"
ROLES = (READER, WRITER, AUDITOR, OWNER)
LOGINS = {
    READER: ("retrieval_reader",),
    WRITER: ("retrieval_writer",),
    AUDITOR: ("retrieval_auditor",),
    "reader_and_writer": ("retrieval_reader", "retrieval_writer"),
}


def on(statement: LiteralString, table: str) -> Composed:
    """A statement with a table of the schema in its braces."""
    return SQL(statement).format(Identifier("retrieval", table))


def vector(angle: float) -> str:
    """A direction in the plane of the first two dimensions: the nearer the angle, the nearer the vector."""
    return f"[{cos(angle)},{sin(angle)}{',0' * 1022}]"


@dataclass(frozen=True)
class World:
    """A superuser's connection to the furnished database, and the ways to act on it as someone else."""

    connection: Connection

    @contextmanager
    def acting(self, who: str, tenant: str | None) -> Iterator[Connection]:
        """As a login (or the owner) with the session's tenant set; an error undoes what was done inside."""
        with self.connection.transaction():
            login = "administrator" if who == OWNER else who
            self.connection.execute("SELECT set_config('session_authorization', %s, true)", [login])
            if who == OWNER:
                self.connection.execute("SET LOCAL ROLE retrieval_owner")
            if tenant is not None:
                self.connection.execute("SELECT set_config('bailiwick.tenant', %s, true)", [tenant])
            yield self.connection
            self.connection.execute("RESET ROLE")
            self.connection.execute("SET LOCAL SESSION AUTHORIZATION DEFAULT")
            self.connection.execute("SET LOCAL bailiwick.tenant = ''")

    def rows(self, who: str, tenant: str | None, query: Statement, *values: object) -> list[tuple[Any, ...]]:
        """What a query answers to someone."""
        with self.acting(who, tenant) as connection:
            return connection.execute(query, values or None).fetchall()

    def done(self, who: str, tenant: str | None, statement: Statement, *values: object) -> int:
        """How many rows a statement of someone touched."""
        with self.acting(who, tenant) as connection:
            return connection.execute(statement, values or None).rowcount

    def versions(self, tenant: str) -> list[tuple[Any, ...]]:
        """Every row of a tenant by its place and the transaction that wrote it: equal only if nothing was written."""
        return self.connection.execute(
            """
            SELECT tableoid, ctid::text, xmin::text FROM retrieval.tenants WHERE tenant = %(tenant)s
            UNION ALL SELECT tableoid, ctid::text, xmin::text FROM retrieval.collections WHERE tenant = %(tenant)s
            UNION ALL SELECT tableoid, ctid::text, xmin::text FROM retrieval.documents WHERE tenant = %(tenant)s
            UNION ALL SELECT tableoid, ctid::text, xmin::text FROM retrieval.chunks WHERE tenant = %(tenant)s
            UNION ALL SELECT tableoid, ctid::text, xmin::text FROM retrieval.accesses WHERE tenant = %(tenant)s
            ORDER BY 1, 2
            """,
            {"tenant": tenant},
        ).fetchall()


def furnish(connection: Connection) -> None:
    """The same collection, documents and chunks for each tenant; only the text says whose it is."""
    for tenant in TENANTS:
        connection.execute("INSERT INTO retrieval.tenants (tenant, title) VALUES (%s, %s)", [tenant, tenant.title()])
        connection.execute(
            "INSERT INTO retrieval.collections (tenant, collection, use_case, model, revision)"
            " VALUES (%s, 'letters', 'triage', 'embedder', 'r1')",
            [tenant],
        )
        for document, expires in ((LIVE, FUTURE), (SECOND, FUTURE), (EXPIRED, PAST)):
            add_document(connection, tenant, document, expires)
            for ordinal in range(2):
                add_chunk(connection, tenant, document, ordinal, angle=document.int + ordinal / 4)


def add_document(connection: Connection, tenant: str, document: UUID, expires: str = FUTURE) -> None:
    """One document about a person."""
    connection.execute(
        "INSERT INTO retrieval.documents (tenant, collection, id, source, classification, sha256, expires)"
        " VALUES (%s, 'letters', %s, 'letter.pdf', 'phi', sha256('x'), %s)",
        [tenant, document, expires],
    )


def add_chunk(connection: Connection, tenant: str, document: UUID, ordinal: int, angle: float) -> None:
    """One chunk, as ingestion adds it: collection and end are the document's."""
    connection.execute(
        "INSERT INTO retrieval.chunks"
        " (tenant, collection, document, ordinal, text, embedding, model, revision, expires)"
        " SELECT tenant, collection, id, %s, %s, %s, 'embedder', 'r1', expires"
        " FROM retrieval.documents WHERE tenant = %s AND id = %s",
        [ordinal, f"{tenant}'s text {ordinal}", vector(angle), tenant, document],
    )
