"""The catalogue's own answer: each way to open the schema is named, so that no migration does it unseen."""

import pytest

from retrieval.migrate import SCHEMA
from tests.retrieval.world import TABLES, World

SETTING = "current_setting('bailiwick.tenant', true)"
ON_EACH_TABLE = {
    "row security is not enabled": "ALTER TABLE retrieval.{} DISABLE ROW LEVEL SECURITY",
    "row security is not forced": "ALTER TABLE retrieval.{} NO FORCE ROW LEVEL SECURITY",
    "has no policy for SELECT": "DROP POLICY own_tenant ON retrieval.{}",
    "everyone of table": "CREATE POLICY everyone ON retrieval.{} TO retrieval_reader USING (true)",
    "anything of table": "CREATE POLICY anything ON retrieval.{} FOR INSERT TO retrieval_reader WITH CHECK (true)",
    "loose of table": f"CREATE POLICY loose ON retrieval.{{}} TO retrieval_reader USING (tenant = {SETTING} OR false)",
    "inverse of table": f"CREATE POLICY inverse ON retrieval.{{}} TO retrieval_reader USING (NOT tenant = {SETTING})",
    "is for PUBLIC": f"CREATE POLICY own ON retrieval.{{}} FOR SELECT USING (tenant = {SETTING})",
    "PUBLIC has SELECT on table": "GRANT SELECT ON retrieval.{} TO PUBLIC",
    "PUBLIC has INSERT on column": "GRANT INSERT (tenant) ON retrieval.{} TO PUBLIC",
    "may TRUNCATE": "GRANT TRUNCATE ON retrieval.{} TO retrieval_writer",
    "does not begin with the tenant": "CREATE UNIQUE INDEX clash ON retrieval.{} ((tenant || 'x')) WHERE false",
    "role administrator bypasses": "GRANT SELECT ON retrieval.{} TO administrator",
}
ON_THE_SCHEMA = {
    "tenants has no policy for DELETE": f"DROP POLICY own_tenant ON retrieval.tenants;"
    f" CREATE POLICY own_tenant ON retrieval.tenants FOR SELECT TO retrieval_reader USING (tenant = {SETTING})",
    "accesses has no policy for UPDATE": "DROP POLICY never_changed ON retrieval.accesses",
    "accesses has no policy for DELETE": "DROP POLICY never_deleted ON retrieval.accesses",
    "notes has no column tenant": "CREATE TABLE retrieval.notes (text text)",
    "notes: row security is not enabled": "CREATE TABLE retrieval.notes (tenant text, text text)",
    "everything is a view": "CREATE VIEW retrieval.everything AS SELECT tenant FROM retrieval.chunks",
    "copy is a view": "CREATE MATERIALIZED VIEW retrieval.copy AS SELECT tenant FROM retrieval.chunks",
    "does not carry the tenant": "CREATE TABLE retrieval.notes (tenant text, of text REFERENCES retrieval.tenants)",
    "runs with its owner's rights": "ALTER FUNCTION retrieval.nearest SECURITY DEFINER",
    "does not pin search_path": "ALTER FUNCTION retrieval.nearest RESET search_path",
    "PUBLIC has EXECUTE on function nearest": "GRANT EXECUTE ON FUNCTION retrieval.nearest TO PUBLIC",
    "PUBLIC has USAGE on schema retrieval": "GRANT USAGE ON SCHEMA retrieval TO PUBLIC",
    "PUBLIC has CONNECT on database": "GRANT CONNECT ON DATABASE furnished TO PUBLIC",
    "role retrieval_reader may log in": "ALTER ROLE retrieval_reader LOGIN",
    "role retrieval_owner may log in, has rights over the server, or bypasses": "ALTER ROLE retrieval_owner BYPASSRLS",
}


class TestEveryOpeningIsNamed:
    """One table without its policy is enough: the tests above would notice on the tables they know, this on any."""

    def test_the_migrations_leave_none(self, world: World) -> None:
        assert SCHEMA.openings(world.connection) == []

    @pytest.mark.parametrize("table", TABLES)
    def test_on_each_table(self, world: World, table: str) -> None:
        for opening, change in ON_EACH_TABLE.items():
            found = _after(world, change.format(table))
            assert any(opening in line and table in line for line in found), (opening, found)

    def test_on_the_schema(self, world: World) -> None:
        for opening, change in ON_THE_SCHEMA.items():
            found = _after(world, change)
            assert any(opening in line for line in found), (opening, found)

    def test_the_tables_are_those_that_the_tests_know(self, world: World) -> None:
        rows = world.connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'retrieval'")
        assert sorted(name for (name,) in rows) == sorted(TABLES)


def _after(world: World, change: str) -> list[str]:
    """What is open after a change, which is then undone."""
    with world.connection.transaction(force_rollback=True):
        world.connection.execute(change.encode())
        return SCHEMA.openings(world.connection)
