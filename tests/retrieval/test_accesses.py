"""The access audit and the erasure: what is recorded stays, what is erased goes."""

from typing import LiteralString

import pytest
from psycopg.errors import DivisionByZero, InsufficientPrivilege, InvalidParameterValue, NoDataFound
from psycopg.sql import SQL, Identifier

from tests.retrieval.world import AUDITOR, CONTENT, LIVE, OWNER, READER, ROLES, WRITER, World, add_document, on

CHANGES: tuple[LiteralString, ...] = (
    "UPDATE retrieval.accesses SET reason = '-'",
    "DELETE FROM retrieval.accesses",
    "TRUNCATE retrieval.accesses",
)
ERASE = "SELECT * FROM retrieval.erase_tenant(%s, %s)"


class TestAppendOnly:
    """An audit that can be corrected proves nothing."""

    @pytest.mark.parametrize("who", [*ROLES, "postgres"])
    def test_nobody_changes_or_removes_a_record(self, world: World, who: str) -> None:
        for statement in CHANGES:
            with pytest.raises(InsufficientPrivilege):
                world.done(who, "alpha", statement)

    def test_the_policies_hold_without_the_trigger(self, world: World) -> None:
        world.connection.execute("ALTER TABLE retrieval.accesses DISABLE TRIGGER ALL")
        assert world.done(OWNER, "alpha", "DELETE FROM retrieval.accesses") == 0
        assert world.done(OWNER, "alpha", "UPDATE retrieval.accesses SET reason = '-'") == 0

    @pytest.mark.parametrize("column", ["login", "at", "id", "reason"])
    def test_nobody_writes_who_and_when(self, world: World, column: str) -> None:
        insert = SQL("INSERT INTO retrieval.accesses (action, {}) VALUES (%s, NULL)").format(Identifier(column))
        for who, action in ((READER, "search"), (WRITER, "ingest")):
            with pytest.raises(InsufficientPrivilege, match="permission denied"):
                world.done(who, "alpha", insert, action)

    def test_a_gateway_cannot_fake_an_erasure(self, world: World) -> None:
        for who in (READER, WRITER):
            with pytest.raises(InsufficientPrivilege, match="row-level security"):
                world.done(who, "alpha", "INSERT INTO retrieval.accesses (action) VALUES ('erase')")


class TestIngestion:
    """What was stored, kept longer and deleted is recorded by the database, not by whom it concerns."""

    def test_documents_leave_a_record_of_their_life(self, world: World) -> None:
        with world.acting(WRITER, "alpha") as connection:
            connection.execute("DELETE FROM retrieval.documents WHERE id = %s", [LIVE])
            add_document(connection, "alpha", LIVE)
            connection.execute(
                "UPDATE retrieval.documents SET expires = now() + interval '2 days' WHERE id = %s", [LIVE]
            )
        found = world.rows(
            AUDITOR, "alpha", "SELECT action, documents FROM retrieval.accesses WHERE login = %s ORDER BY at", WRITER
        )
        assert found == [("delete", [LIVE]), ("ingest", [LIVE]), ("keep", [LIVE])]


class TestErasure:
    """GDPR Art. 17: a tenant that leaves takes everything with it, and the operator can show that it did."""

    def test_nothing_of_the_tenant_is_left(self, world: World) -> None:
        assert world.rows(OWNER, None, ERASE, "alpha", "contract ended") == [(1, 3, 6)]
        for table in CONTENT:
            left = world.connection.execute(on("SELECT DISTINCT tenant FROM {}", table))
            assert left.fetchall() == [("beta",)], table

    def test_other_tenants_keep_everything(self, world: World) -> None:
        before = world.versions("beta")
        world.rows(OWNER, "beta", ERASE, "alpha", "contract ended")
        assert world.versions("beta") == before

    def test_the_record_says_who_and_why_and_how_much(self, world: World) -> None:
        world.rows(OWNER, None, ERASE, "alpha", "contract ended")
        found = world.rows(AUDITOR, "alpha", "SELECT login, reason FROM retrieval.accesses WHERE action = 'erase'")
        assert found == [("administrator", "contract ended (1 collections, 3 documents, 6 chunks)")]

    @pytest.mark.parametrize("before", [None, "beta"])
    def test_the_session_s_own_tenant_is_as_before(self, world: World, before: str | None) -> None:
        with world.acting(OWNER, before) as connection:
            connection.execute(ERASE, ["alpha", "contract ended"])
            assert connection.execute("SELECT tenant FROM retrieval.tenants").fetchall() == (
                [(before,)] if before else []
            )

    def test_an_unknown_tenant_or_no_reason_is_refused(self, world: World) -> None:
        with pytest.raises(NoDataFound, match="no tenant 'gamma'"):
            world.rows(OWNER, None, ERASE, "gamma", "contract ended")
        with pytest.raises(InvalidParameterValue, match="has a reason"):
            world.rows(OWNER, None, ERASE, "alpha", "")

    @pytest.mark.parametrize("who", [READER, WRITER, AUDITOR])
    def test_no_other_role_erases(self, world: World, who: str) -> None:
        with pytest.raises(InsufficientPrivilege):
            world.rows(who, "alpha", ERASE, "alpha", "-")

    def test_it_is_whole_or_not_at_all(self, world: World) -> None:
        before = world.versions("alpha")
        with pytest.raises(DivisionByZero):
            world.done(OWNER, None, "SELECT * FROM retrieval.erase_tenant('alpha', '-'); SELECT 1 / 0")
        assert world.versions("alpha") == before
