"""One tenant's session and another tenant's rows: they never meet, whoever holds the session."""

from contextlib import suppress
from itertools import product
from typing import LiteralString

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Error
from psycopg.errors import ForeignKeyViolation, InsufficientPrivilege, UniqueViolation

from tests.retrieval.statements import READS, WRITES
from tests.retrieval.world import LIVE, OWNER, READER, ROLES, TENANTS, WRITER, World, vector

OTHER_LINES = (ForeignKeyViolation, UniqueViolation, InsufficientPrivilege)  # keys, and the trigger on TRUNCATE


class TestReading:
    """What a tenant's session reads of another is a breach of professional secrecy, whichever table it was in."""

    @pytest.mark.parametrize(("who", "tenant"), list(product(ROLES, TENANTS)))
    def test_every_role_finds_its_own_tenant_s_rows_only(self, world: World, who: str, tenant: str) -> None:
        for read in READS:
            try:
                found = world.rows(who, tenant, read)
            except InsufficientPrivilege:
                continue
            assert {of for (of,) in found} <= {tenant}, read

    @pytest.mark.parametrize("who", [READER, OWNER])
    def test_counts_do_not_tell_of_others(self, world: World, who: str) -> None:
        everything = world.connection.execute("SELECT count(*) FROM retrieval.tenants").fetchone()
        assert everything == (2,)
        assert world.rows(who, "alpha", "SELECT count(*) FROM retrieval.tenants") == [(1,)]

    def test_the_own_rows_are_there(self, world: World) -> None:
        for read in READS[:4]:
            assert world.rows(READER, "alpha", read), read


class TestWriting:
    """A row planted with another tenant would be read there as its own; a row removed there would be missed."""

    @pytest.mark.parametrize("who", ROLES)
    def test_nothing_of_another_tenant_is_written(self, world: World, who: str) -> None:
        before = world.versions("beta")
        values = {"tenant": "beta", "document": LIVE, "vector": vector(0)}
        for write in WRITES:
            with suppress(Error), world.acting(who, "alpha") as connection:
                connection.execute(write, values)
            assert world.versions("beta") == before, write

    @pytest.mark.parametrize("table", ["collections", "documents", "chunks"])
    def test_each_table_s_own_policy_refuses_a_row_for_another(self, world: World, table: str) -> None:
        insert = next(write for write in WRITES if write.startswith(f"INSERT INTO retrieval.{table} "))
        for who in (WRITER, OWNER):
            with pytest.raises(InsufficientPrivilege, match=f'row-level security policy for table "{table}"'):
                _write(world, who, "alpha", insert)

    def test_without_row_security_each_of_them_would_have_done_it(self, world: World) -> None:
        for write in WRITES:
            with world.connection.transaction(force_rollback=True):
                before = world.versions("beta")
                try:
                    _write(world, "postgres", "alpha", write)
                except OTHER_LINES:
                    continue
                assert world.versions("beta") != before, write


class TestAnyOrder:
    """No sequence of sessions and statements, refused ones among them, leaves a door open for the next."""

    @given(
        steps=st.lists(
            st.tuples(
                st.sampled_from(ROLES),
                st.sampled_from((*TENANTS, None, "", "gamma", "alpha' OR '1'='1")),
                st.sampled_from(TENANTS),
                st.sampled_from(READS + WRITES),
            ),
            min_size=1,
            max_size=8,
        )
    )
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_whatever_came_before_other_tenants_are_untouched(
        self, world: World, steps: list[tuple[str, str | None, str, LiteralString]]
    ) -> None:
        with world.connection.transaction(force_rollback=True):
            for who, tenant, target, statement in steps:
                others = [one for one in TENANTS if one != tenant]
                before = [world.versions(one) for one in others]
                found: list[tuple[object, ...]] = []
                with suppress(Error), world.acting(who, tenant) as connection:
                    cursor = connection.execute(statement, {"tenant": target, "document": LIVE, "vector": vector(0)})
                    found = cursor.fetchall() if cursor.description else []
                assert {of for (of,) in found} <= {tenant}
                assert [world.versions(one) for one in others] == before


def _write(world: World, who: str, tenant: str | None, write: LiteralString) -> None:
    """One of the statements, aimed at beta."""
    with world.acting(who, tenant) as connection:
        connection.execute(write, {"tenant": "beta", "document": LIVE, "vector": vector(0)})
