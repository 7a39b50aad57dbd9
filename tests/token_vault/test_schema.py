"""The vault's schema: six functions for a gateway, nothing beside them, and whatever opens it is named."""

from typing import LiteralString

import pytest
from psycopg import Connection
from psycopg.errors import InsufficientPrivilege

from database.files import MigrationRefused
from database.migrate import migrate
from tests.token_vault.fixtures import LOGIN, Vaulted
from token_vault.migrate import SCHEMA

DIRECT: tuple[LiteralString, ...] = (
    "SELECT * FROM token_vault.tokens",
    "SELECT count(*) FROM token_vault.tokens",
    "DELETE FROM token_vault.tokens",
    "TRUNCATE token_vault.tokens",
    "UPDATE token_vault.tokens SET expires = 'infinity'",
    "INSERT INTO token_vault.tokens DEFAULT VALUES",
    "COPY token_vault.tokens TO STDOUT",
    "SELECT token_vault.erase_tenant('north')",
    "SET ROLE token_vault_owner",
    "CREATE TABLE token_vault.copy AS SELECT 1",
    "CREATE TABLE public.copy AS SELECT 1",
    "CREATE TEMP TABLE copy AS SELECT 1",
    "SELECT * FROM token_vault_history.migrations",
)
OPENED: dict[str, LiteralString] = {
    "role token_vault_gateway has SELECT on table tokens": "GRANT SELECT ON token_vault.tokens TO token_vault_gateway",
    "role token_vault_gateway has SELECT on column tokens.sealed": (
        "GRANT SELECT (sealed) ON token_vault.tokens TO token_vault_gateway"
    ),
    "PUBLIC has EXECUTE on function load": "GRANT EXECUTE ON FUNCTION token_vault.load TO PUBLIC",
    "role token_vault_gateway has EXECUTE on function erase_tenant": (
        "GRANT EXECUTE ON FUNCTION token_vault.erase_tenant TO token_vault_gateway"
    ),
    "PUBLIC has USAGE on schema token_vault": "GRANT USAGE ON SCHEMA token_vault TO PUBLIC",
    "role token_vault_gateway has CREATE on schema token_vault": (
        "GRANT CREATE ON SCHEMA token_vault TO token_vault_gateway"
    ),
    "PUBLIC has USAGE on schema public": "GRANT USAGE ON SCHEMA public TO PUBLIC",
    "function purge does not pin search_path": "ALTER FUNCTION token_vault.purge RESET search_path",
    "function erase_tenant runs with its owner's rights, and is none of a gateway's": (
        "ALTER FUNCTION token_vault.erase_tenant SECURITY DEFINER"
    ),
    "table tokens is not the owner's": "ALTER TABLE token_vault.tokens OWNER TO postgres",
    "all is a view, materialised view, foreign table or sequence": (
        "CREATE VIEW token_vault.all AS SELECT * FROM token_vault.tokens"
    ),
    "role token_vault_gateway may log in": "ALTER ROLE token_vault_gateway LOGIN",
    f'role "{LOGIN}" is in the owner': ('GRANT token_vault_owner TO "id-bw-eu-prod-gateway" WITH INHERIT TRUE'),
    f"role {LOGIN} is in the gateway's, and in retrieval's too": 'GRANT retrieval_reader TO "id-bw-eu-prod-gateway"',
}


class TestAGatewayAsksItsFunctions:
    """Whoever takes a gateway's login over finds nothing that he could list, copy or empty."""

    @pytest.mark.parametrize("statement", DIRECT)
    def test_and_nothing_beside_them(self, database: Vaulted, statement: LiteralString) -> None:
        with database.connected(LOGIN) as connection, pytest.raises(InsufficientPrivilege):
            connection.execute(statement)

    def test_nobody_else_comes_into_the_database(self, database: Vaulted) -> None:
        with pytest.raises(Exception, match="permission denied for database"):
            database.connected("stranger")

    def test_and_it_does_not_come_into_retrievals(self, database: Vaulted) -> None:
        with pytest.raises(Exception, match="permission denied for database"):
            Vaulted(database.server, "furnished").connected(LOGIN)

    def test_a_tenants_end_is_in_the_owners_hands(self, database: Vaulted) -> None:
        with database.connected("administrator") as connection:
            connection.execute("SET ROLE token_vault_owner")
            row = b"x" * 32
            put = "SELECT count(*) FROM token_vault.put(%s, %s, %s, %s, %s, %s, %s, 60)"
            for tenant in ("north", "south"):
                connection.execute(put, [tenant, [row], [row], [row], [row], [1], [b"s"]])
            assert connection.execute("SELECT token_vault.erase_tenant('north')").fetchone() == (1,)
            assert connection.execute("SELECT tenant FROM token_vault.tokens").fetchall() == [("south",)]


class TestWhatOpensItIsNamed:
    """A right that was given by hand, on a bad night, shows in the next run of the migrations."""

    def undone(self, connection: Connection, statement: LiteralString) -> list[str]:
        with connection.transaction(force_rollback=True):
            connection.execute(statement)
            return SCHEMA.openings(connection)

    def test_a_fresh_one_has_no_opening(self, database: Vaulted) -> None:
        with database.connected() as connection:
            assert SCHEMA.openings(connection) == []

    @pytest.mark.parametrize("said", OPENED)
    def test_each_opening(self, database: Vaulted, said: str) -> None:
        with database.connected() as connection:
            found = self.undone(connection, OPENED[said])
        assert any(line.startswith(said) for line in found), found

    def test_and_the_migrations_refuse_to_call_it_up_to_date(self, database: Vaulted) -> None:
        with database.connected("administrator") as connection:
            connection.execute("SET ROLE token_vault_owner")
            connection.execute("GRANT SELECT ON token_vault.tokens TO token_vault_gateway")
            connection.execute("RESET ROLE")
            with pytest.raises(MigrationRefused, match="otherwise than by its functions"):
                migrate(connection, SCHEMA)
