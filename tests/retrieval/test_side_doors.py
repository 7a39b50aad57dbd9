"""What row security doesn't cover by itself: keys, statements that pass it by, and what errors and functions tell."""

from uuid import UUID

import pytest
from psycopg import OperationalError, connect
from psycopg.errors import (
    CheckViolation,
    Diagnostic,
    ForeignKeyViolation,
    InsufficientPrivilege,
    UniqueViolation,
)

from tests.retrieval.postgres import Server
from tests.retrieval.world import (
    CONTENT,
    LIVE,
    OWNER,
    READER,
    ROLES,
    TABLES,
    WRITER,
    World,
    add_chunk,
    add_document,
    on,
    vector,
)

ALPHA_S_OWN = UUID(int=10)


class TestKeys:
    """PostgreSQL checks keys past row security: they must not tie, or tell of, another tenant's rows."""

    def test_a_chunk_cannot_belong_to_another_tenant_s_document(self, world: World) -> None:
        add_document(world.connection, "alpha", ALPHA_S_OWN)
        with pytest.raises(ForeignKeyViolation), world.connection.transaction():  # a superuser's: no policy helps here
            world.connection.execute(
                "INSERT INTO retrieval.chunks"
                " SELECT 'beta', collection, id, 0, 'crossing', %s, 'embedder', 'r1', expires"
                " FROM retrieval.documents WHERE id = %s",
                [vector(0), ALPHA_S_OWN],
            )

    def test_a_chunk_cannot_move_to_another_tenant(self, world: World) -> None:
        add_document(world.connection, "alpha", ALPHA_S_OWN)
        add_chunk(world.connection, "alpha", ALPHA_S_OWN, 0, angle=0)
        with pytest.raises(ForeignKeyViolation), world.connection.transaction():
            world.connection.execute("UPDATE retrieval.chunks SET tenant = 'beta' WHERE document = %s", [ALPHA_S_OWN])

    def test_a_key_that_another_tenant_uses_is_free(self, world: World) -> None:
        add_document(world.connection, "beta", ALPHA_S_OWN)
        with world.acting(WRITER, "alpha") as connection:
            add_document(connection, "alpha", ALPHA_S_OWN)

    def test_a_chunk_cannot_outlive_its_document(self, world: World) -> None:
        with pytest.raises(ForeignKeyViolation), world.connection.transaction():
            world.connection.execute("UPDATE retrieval.chunks SET expires = 'infinity' WHERE tenant = 'alpha'")

    def test_a_collection_does_not_mix_embedders(self, world: World) -> None:
        with pytest.raises(ForeignKeyViolation), world.connection.transaction():
            world.connection.execute("UPDATE retrieval.chunks SET revision = 'r2' WHERE tenant = 'alpha'")

    def test_what_is_about_a_person_has_an_end(self, world: World) -> None:
        with pytest.raises(CheckViolation, match="personal_data_expires"), world.acting(WRITER, "alpha") as connection:
            connection.execute("UPDATE retrieval.documents SET expires = 'infinity'")


class TestStatementsThatPassRowSecurityBy:
    """TRUNCATE and row_security = off know no policy."""

    @pytest.mark.parametrize("table", TABLES)
    def test_nobody_truncates_a_table(self, world: World, table: str) -> None:
        for who in ROLES:
            with pytest.raises(InsufficientPrivilege, match="permission denied"):
                world.done(who, "alpha", on("TRUNCATE {} CASCADE", table))

    @pytest.mark.parametrize("table", TABLES)
    def test_an_owner_who_takes_the_right_back_is_refused(self, world: World, table: str) -> None:
        world.connection.execute("GRANT TRUNCATE ON ALL TABLES IN SCHEMA retrieval TO retrieval_owner")
        with pytest.raises(InsufficientPrivilege, match="is refused"):
            world.done(OWNER, "alpha", on("TRUNCATE {} CASCADE", table))

    @pytest.mark.parametrize("table", CONTENT)
    def test_switching_row_security_off_is_an_error(self, world: World, table: str) -> None:
        for who in (READER, OWNER):
            with pytest.raises(InsufficientPrivilege, match="row-level security"):
                world.done(who, "alpha", on("SET LOCAL row_security = off; SELECT 1 FROM {}", table))


class TestWhatAFunctionOrAnErrorTells:
    """A condition that runs before the policy sees every tenant's text, and a failing one can print it."""

    def test_a_cheap_function_of_the_caller_sees_own_rows_only(self, world: World) -> None:
        heard: list[str] = []

        def hear(diagnostic: Diagnostic) -> None:
            heard.append(diagnostic.message_primary or "")

        world.connection.add_notice_handler(hear)
        world.connection.execute(
            "CREATE FUNCTION public.tell(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS"
            " $$ BEGIN RAISE WARNING 'heard %', $1; RETURN true; END $$"
        )
        for query in (
            b"SELECT 1 FROM retrieval.chunks WHERE public.tell(text)",
            b"SELECT 1 FROM retrieval.chunks c JOIN retrieval.documents d ON public.tell(c.text)",
        ):
            with world.acting(READER, "alpha") as connection:
                connection.execute(query)
        world.connection.remove_notice_handler(hear)
        assert heard
        assert not [words for words in heard if "beta" in words]

    def test_a_condition_that_fails_on_another_s_row_does_not_fail(self, world: World) -> None:
        query = "SELECT 1 FROM retrieval.chunks WHERE text LIKE %s AND 1 / length(replace(text, %s, '')) > 0"
        assert world.rows(READER, "alpha", query, "beta%", "beta's text 0") == []

    def test_the_writer_cannot_ask_for_text_by_a_clash(self, world: World) -> None:
        with pytest.raises(UniqueViolation) as clash, world.acting(WRITER, "alpha") as connection:
            add_document(connection, "alpha", LIVE)
        assert "beta" not in str(clash.value)

    def test_statistics_of_contents_are_hidden(self, world: World) -> None:
        world.connection.execute("ANALYZE retrieval.chunks")
        assert world.rows(READER, "alpha", "SELECT 1 FROM pg_stats WHERE schemaname = 'retrieval'") == []

    def test_a_login_without_a_role_does_not_even_connect(self, server: Server) -> None:
        with pytest.raises(OperationalError, match="permission denied for database"):
            connect(server.conninfo("furnished", "stranger"))
