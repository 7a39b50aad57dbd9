"""What each role may do, apart from whose rows: the gateway reads, ingestion stores, the auditor sees who did."""

from typing import LiteralString

import pytest
from psycopg.errors import InsufficientPrivilege
from psycopg.sql import SQL

from tests.retrieval.world import AUDITOR, CONTENT, EXPIRED, READER, WRITER, World, on

COLUMNS: tuple[LiteralString, ...] = ("text", "embedding", "*")
CHANGES: tuple[LiteralString, ...] = ("text = 'changed'", "embedding = embedding", "tenant = 'beta'")
GRANTS = {
    "retrieval_reader": {
        "tenants": "SELECT",
        "collections": "SELECT",
        "documents": "SELECT",
        "chunks": "SELECT",
        "accesses": "",
    },
    "retrieval_writer": {
        "tenants": "SELECT",
        "collections": "DELETE INSERT SELECT",
        "documents": "DELETE INSERT SELECT",
        "chunks": "DELETE INSERT",
        "accesses": "",
    },
    "retrieval_auditor": {"accesses": "SELECT"},
}


class TestGrants:
    """A right that nobody needs is the one that is misused: the list is complete, and each addition shows here."""

    @pytest.mark.parametrize("role", GRANTS)
    def test_a_role_has_these_rights_on_tables_and_no_other(self, world: World, role: str) -> None:
        rows = world.connection.execute(
            "SELECT table_name, string_agg(privilege_type, ' ' ORDER BY privilege_type)"
            " FROM information_schema.role_table_grants WHERE table_schema = 'retrieval' AND grantee = %s GROUP BY 1",
            [role],
        )
        assert dict(rows.fetchall()) == {table: rights for table, rights in GRANTS[role].items() if rights}

    def test_the_writer_updates_one_column_and_reads_no_text(self, world: World) -> None:
        rows = world.connection.execute(
            "SELECT table_name, column_name, privilege_type FROM information_schema.role_column_grants c"
            " WHERE table_schema = 'retrieval' AND grantee = 'retrieval_writer'"
        ).fetchall()
        assert [row for row in rows if row[2] == "UPDATE"] == [("documents", "expires", "UPDATE")]
        assert not {("chunks", "text", "SELECT"), ("chunks", "embedding", "SELECT")} & set(rows)

    def test_only_the_reader_searches_and_only_the_owner_erases(self, world: World) -> None:
        rows = world.connection.execute(
            "SELECT routine_name, grantee FROM information_schema.routine_privileges WHERE routine_schema = 'retrieval'"
            " AND grantee <> 'retrieval_owner'"
        )
        assert rows.fetchall() == [("nearest", "retrieval_reader")]


class TestReader:
    """A gateway that is taken over must not be able to change what a clinician reads tomorrow."""

    @pytest.mark.parametrize("table", CONTENT)
    @pytest.mark.parametrize(
        "statement", ["DELETE FROM {}", "UPDATE {} SET tenant = tenant", "INSERT INTO {} DEFAULT VALUES"]
    )
    def test_the_reader_writes_nothing(self, world: World, table: str, statement: LiteralString) -> None:
        with pytest.raises(InsufficientPrivilege, match="permission denied"):
            world.done(READER, "alpha", on(statement, table))

    def test_expired_documents_are_invisible(self, world: World) -> None:
        assert world.rows(READER, "alpha", "SELECT 1 FROM retrieval.documents WHERE id = %s", EXPIRED) == []
        assert world.rows(READER, "alpha", "SELECT 1 FROM retrieval.chunks WHERE document = %s", EXPIRED) == []

    def test_they_are_invisible_to_a_login_that_also_writes(self, world: World) -> None:
        assert (
            world.rows("reader_and_writer", "alpha", "SELECT 1 FROM retrieval.chunks WHERE document = %s", EXPIRED)
            == []
        )


class TestWriter:
    """Ingestion handles more text than anyone: it stores, replaces and removes, and reads nothing back."""

    def test_the_writer_reads_no_text(self, world: World) -> None:
        for column in COLUMNS:
            with pytest.raises(InsufficientPrivilege, match="permission denied"):
                world.done(WRITER, "alpha", SQL("SELECT {} FROM retrieval.chunks").format(SQL(column)))
        with pytest.raises(InsufficientPrivilege, match="permission denied"):
            world.done(WRITER, "alpha", "DELETE FROM retrieval.chunks RETURNING text")

    def test_the_writer_changes_no_text(self, world: World) -> None:
        for change in CHANGES:
            with pytest.raises(InsufficientPrivilege, match="permission denied"):
                world.done(WRITER, "alpha", SQL("UPDATE retrieval.chunks SET {}").format(SQL(change)))

    def test_the_writer_finds_and_removes_what_expired(self, world: World) -> None:
        assert world.done(WRITER, "alpha", "DELETE FROM retrieval.documents WHERE expires <= now()") == 1
        left = world.connection.execute("SELECT DISTINCT tenant FROM retrieval.chunks WHERE document = %s", [EXPIRED])
        assert left.fetchall() == [("beta",)]

    def test_an_earlier_end_reaches_the_chunks_at_once(self, world: World) -> None:
        assert world.rows(READER, "alpha", "SELECT 1 FROM retrieval.chunks")
        world.done(WRITER, "alpha", "UPDATE retrieval.documents SET expires = now()")
        assert world.rows(READER, "alpha", "SELECT 1 FROM retrieval.chunks") == []
        assert len(world.rows(READER, "beta", "SELECT 1 FROM retrieval.chunks")) == 4


class TestAuditor:
    """Who checks accesses needs to know which document, not what is in it."""

    @pytest.mark.parametrize("table", CONTENT)
    def test_the_auditor_sees_no_content(self, world: World, table: str) -> None:
        with pytest.raises(InsufficientPrivilege, match="permission denied"):
            world.done(AUDITOR, "alpha", on("SELECT * FROM {}", table))

    def test_a_right_given_by_mistake_shows_no_row(self, world: World) -> None:
        world.connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA retrieval TO retrieval_auditor")
        for table in CONTENT:
            assert world.done(AUDITOR, "alpha", on("SELECT 1 FROM {}", table)) == 0

    def test_the_auditor_does_not_search(self, world: World) -> None:
        with pytest.raises(InsufficientPrivilege):
            world.done(AUDITOR, "alpha", "SELECT retrieval.nearest(NULL, 'letters', 1)")


class TestAdministrator:
    """Azure's administrator bypasses row security: the rows must be out of reach for another reason."""

    @pytest.mark.parametrize("table", CONTENT)
    def test_the_administrator_reads_nothing_in_that_name(self, world: World, table: str) -> None:
        with pytest.raises(InsufficientPrivilege, match="permission denied"):
            world.done("administrator", "alpha", on("SELECT 1 FROM {}", table))
