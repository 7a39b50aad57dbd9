"""A session that names no tenant, or none that exists."""

from itertools import product

import pytest
from psycopg import connect
from psycopg.errors import InsufficientPrivilege

from tests.retrieval.postgres import Server
from tests.retrieval.statements import READS
from tests.retrieval.world import CONTENT, OWNER, READER, ROLES, WRITER, World

PLANTED = (
    "INSERT INTO retrieval.documents (tenant, collection, source, classification, sha256)"
    " VALUES ('alpha', 'letters', 'planted', 'public', sha256('x'))"
)


class TestNoTenant:
    """A gateway that forgets to say for whom it asks must get nothing, rather than everything or an error to study."""

    @pytest.mark.parametrize("tenant", [None, "", "gamma", "ALPHA", "alpha "])
    def test_nothing_is_visible(self, world: World, tenant: str | None) -> None:
        for who, read in product(ROLES, READS[:5]):
            try:
                assert world.rows(who, tenant, read) == []
            except InsufficientPrivilege:
                continue

    def test_the_setting_of_an_ended_transaction_does_not_last(self, server: Server) -> None:
        with connect(server.conninfo("furnished", READER), autocommit=True) as gateway:
            with gateway.transaction():
                gateway.execute("SET LOCAL bailiwick.tenant = 'alpha'")
                assert gateway.execute("SELECT tenant FROM retrieval.tenants").fetchall() == [("alpha",)]
            assert gateway.execute("SELECT tenant FROM retrieval.tenants").fetchall() == []

    def test_nothing_is_stored_either(self, world: World) -> None:
        with pytest.raises(InsufficientPrivilege, match="row-level security"):
            world.done(WRITER, None, PLANTED)

    def test_the_owner_is_bound_too(self, world: World) -> None:
        for table in CONTENT:
            assert world.connection.execute(
                "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = to_regclass(%s)", [f"retrieval.{table}"]
            ).fetchone() == (OWNER,)
        assert world.rows(OWNER, None, "SELECT 1 FROM retrieval.chunks") == []
