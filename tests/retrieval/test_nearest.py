"""The search: the nearest of the own chunks, all that are asked for, in order, and no more than is allowed."""

from math import pi

import pytest
from psycopg import connect
from psycopg.errors import InsufficientPrivilege, InvalidParameterValue

from tests.retrieval.postgres import Server
from tests.retrieval.world import EXPIRED, LIVE, READER, SECOND, WRITER, World, vector

SEARCH = "SELECT document, ordinal, text, distance FROM retrieval.nearest(%s, %s, %s)"
CROWD = 100  # more than an index scan looks at by itself (hnsw.ef_search)


def _find(world: World, tenant: str | None, angle: float, k: int | None) -> list[tuple[object, ...]]:
    return world.rows(READER, tenant, SEARCH, vector(angle), "letters", k)


def _crowd(world: World, tenant: str) -> None:
    """Chunks of a tenant that lie nearer to the angle 0 than anything of the other."""
    world.connection.execute(
        "INSERT INTO retrieval.chunks"
        " SELECT tenant, collection, document, 100 + n, text,"
        " (ARRAY[cos(n / 1e4), sin(n / 1e4)] || array_fill(0, ARRAY[1022]))::public.vector, model, revision, expires"
        " FROM retrieval.chunks, generate_series(1, %s) AS n WHERE tenant = %s AND document = %s AND ordinal = 0",
        [CROWD, tenant, LIVE],
    )


class TestAnswers:
    """A wrong or foreign passage ends in an answer to a clinician."""

    def test_the_nearest_comes_first(self, world: World) -> None:
        found = _find(world, "alpha", 1.1, 10)
        assert [row[:2] for row in found] == [(LIVE, 0), (LIVE, 1), (SECOND, 0), (SECOND, 1)]
        distances = [row[3] for row in found]
        assert distances == sorted(distances, key=lambda distance: float(str(distance)))

    @pytest.mark.parametrize("tenant", ["alpha", "beta"])
    def test_only_own_chunks_are_found(self, world: World, tenant: str) -> None:
        assert {str(row[2]).split("'")[0] for row in _find(world, tenant, 1, 50)} == {tenant}

    def test_expired_documents_are_not_found(self, world: World) -> None:
        assert EXPIRED not in {row[0] for row in _find(world, "alpha", 3, 50)}

    def test_other_collections_are_not_found(self, world: World) -> None:
        for k in (2, 5):
            assert world.rows(READER, "alpha", SEARCH, vector(1), "invoices", k) == []

    def test_without_a_tenant_nothing_is_found(self, world: World) -> None:
        for tenant in ("", "gamma"):
            assert _find(world, tenant, 1, 5) == []

    def test_a_fresh_session_that_never_named_a_tenant_finds_nothing(self, server: Server) -> None:
        with connect(server.conninfo("furnished", READER)) as gateway:
            assert gateway.execute(SEARCH, [vector(1), "letters", 5]).fetchall() == []
            gateway.rollback()

    def test_a_source_comes_with_each_chunk(self, world: World) -> None:
        query = "SELECT DISTINCT source, classification FROM retrieval.nearest(%s, 'letters', 3)"
        assert world.rows(READER, "alpha", query, vector(1)) == [("letter.pdf", "phi")]


class TestBounds:
    """An unbounded search is a way to copy the collection."""

    def test_never_more_than_asked_for_nor_than_fifty(self, world: World) -> None:
        _crowd(world, "alpha")
        for k, found in ((1, 1), (3, 3), (50, 50), (51, 50), (2**31 - 1, 50), (0, 0), (-1, 0), (None, 0)):
            assert len(_find(world, "alpha", 0, k)) == found, k

    @pytest.mark.parametrize("query", ["[1,2,3]", f"[{','.join('0' * 1024)}]", None], ids=["short", "zero", "null"])
    def test_a_vector_that_cannot_be_compared_is_refused_whatever_is_stored(
        self, world: World, query: str | None
    ) -> None:
        for tenant in ("alpha", "gamma", None):
            with pytest.raises(InvalidParameterValue, match="1024 dimensions"):
                world.rows(READER, tenant, SEARCH, query, "letters", 1)


class TestRecall:
    """The index holds all tenants' vectors: a large neighbour must not push a small tenant's out of the answer."""

    @pytest.fixture
    def crowded(self, world: World) -> World:
        """Beta's crowd lies around the question; the planner is left no way but the index, or whatever it likes."""
        _crowd(world, "beta")
        return world

    def test_a_small_tenant_finds_all_of_its_own(self, crowded: World) -> None:
        assert len(_find(crowded, "alpha", 0, 4)) == 4

    def test_also_when_the_index_is_scanned(self, crowded: World) -> None:
        _index_only(crowded)
        assert len(_find(crowded, "alpha", 0, 4)) == 4

    def test_also_when_the_index_scan_gives_up(self, crowded: World) -> None:
        _index_only(crowded)
        crowded.connection.execute("SET LOCAL hnsw.max_scan_tuples = 1")
        assert [row[:2] for row in _find(crowded, "alpha", 0, 4)] == [(LIVE, 0), (LIVE, 1), (SECOND, 0), (SECOND, 1)]

    def test_the_index_alone_would_have_missed_them(self, crowded: World) -> None:
        _index_only(crowded)
        query = "SELECT 1 FROM retrieval.chunks ORDER BY embedding OPERATOR(public.<=>) %s::public.vector LIMIT 4"
        assert crowded.rows(READER, "alpha", query, vector(0)) == []

    def test_the_search_lets_the_index_scan_go_on(self, world: World) -> None:
        rows = world.connection.execute("SELECT unnest(proconfig) FROM pg_proc WHERE proname = 'nearest'").fetchall()
        assert ("hnsw.iterative_scan=relaxed_order",) in rows

    def test_the_order_is_exact_after_a_relaxed_scan(self, crowded: World) -> None:
        _index_only(crowded)
        distances = [float(str(row[3])) for row in _find(crowded, "beta", pi / 200, 50)]
        assert len(distances) == 50
        assert distances == sorted(distances)


def _index_only(world: World) -> None:
    """Leave the planner the vectors' index."""
    for way in ("enable_seqscan", "enable_sort", "enable_bitmapscan"):
        world.connection.execute("SELECT set_config(%s, 'off', true)", [way])


class TestRecord:
    """GDPR Art. 5(2), and every law of patients' records: who looked at which document can be shown."""

    def test_each_search_is_recorded_with_what_it_found(self, world: World) -> None:
        _find(world, "alpha", 1, 2)
        rows = world.connection.execute(
            "SELECT tenant, login, collection, documents FROM retrieval.accesses WHERE action = 'search'"
        )
        assert rows.fetchall() == [("alpha", READER, "letters", [LIVE])]

    def test_a_search_that_finds_nothing_is_recorded_too(self, world: World) -> None:
        world.rows(READER, "alpha", SEARCH, vector(1), "invoices", 5)
        rows = world.connection.execute("SELECT collection, documents FROM retrieval.accesses WHERE action = 'search'")
        assert rows.fetchall() == [("invoices", [])]

    def test_the_writer_does_not_search(self, world: World) -> None:
        with pytest.raises(InsufficientPrivilege):
            world.rows(WRITER, "alpha", SEARCH, vector(1), "letters", 1)
