"""Applying the migrations: each once, in order, whole, unchanged, and never into a schema that lets tenants meet."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from psycopg import Connection

from database.files import MigrationRefused
from database.migrate import _LOCK
from retrieval.migrate import SCHEMA
from tests.retrieval.fixtures import MIGRATIONS, NAMES, NEXT, Database, migrate


def _history(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute("SELECT version, name, applied FROM retrieval_history.migrations ORDER BY 1").fetchall()


class TestOnce:
    """Operators run it again when in doubt; doubt must not change the database."""

    def test_the_first_run_applies_all_and_the_second_none(self, empty: Database) -> None:
        assert (
            empty().execute("SELECT 1 FROM pg_roles WHERE rolname = 'retrieval_reader'").rowcount == 1
        )  # of the server
        assert [migration.name for migration in migrate(empty())] == NAMES
        before = _history(empty())
        assert migrate(empty()) == ()
        assert _history(empty()) == before
        assert SCHEMA.openings(empty()) == []

    def test_each_migration_also_applies_in_a_session_of_its_own(self, empty: Database, tmp_path: Path) -> None:
        for path in sorted(MIGRATIONS.glob("*.sql")):
            shutil.copy(path, tmp_path)
            assert [migration.name for migration in migrate(empty(), tmp_path)] == [path.name]

    def test_two_runners_at_once_apply_each_once(self, empty: Database) -> None:
        connections, together = [empty(), empty(), empty()], Barrier(3)

        def run(connection: Connection) -> list[str]:
            connection.execute("SET default_transaction_isolation = 'repeatable read'")  # would hide the others' work
            together.wait()
            return [migration.name for migration in migrate(connection)]

        with ThreadPoolExecutor(3) as pool:
            names = [name for names in pool.map(run, connections) for name in names]
        assert sorted(names) == NAMES
        assert [name for _, name, _ in _history(empty())] == NAMES

    def test_a_runner_does_not_wait_for_ever(self, applied: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("database.migrate._WAIT", "20ms")
        other = applied()
        with other.transaction():
            other.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            with pytest.raises(MigrationRefused, match="another runner"):
                migrate(applied())


class TestRefused:
    """A database whose history isn't the folder's can't be reasoned about; the runner says so before it touches it."""

    def test_a_changed_file(self, applied: Database, folder: Path) -> None:
        with (folder / NAMES[1]).open("a") as file:
            file.write("-- one more word\n")
        with pytest.raises(MigrationRefused, match=f"{NAMES[1]} is not the .* restore the file"):
            migrate(applied(), folder)

    def test_a_renamed_file(self, applied: Database, folder: Path) -> None:
        (folder / NAMES[1]).rename(folder / "0002_other.sql")
        with pytest.raises(MigrationRefused, match="0002_other.sql is not the 0002_content.sql that was applied"):
            migrate(applied(), folder)

    def test_a_missing_file(self, applied: Database, folder: Path) -> None:
        (folder / NAMES[-1]).unlink()
        with pytest.raises(MigrationRefused, match=f"{NAMES[-1]} is applied but missing here"):
            migrate(applied(), folder)

    def test_a_file_that_comes_late(self, empty: Database) -> None:
        migrate(empty())
        connection = empty()
        connection.execute("DELETE FROM retrieval_history.migrations WHERE version = 2")
        with pytest.raises(MigrationRefused, match=f"0002_content.sql comes before {NAMES[-1][:4]}, which is applied"):
            migrate(connection)


class TestWhole:
    """Half a migration is a state that nobody has tested."""

    def test_a_file_that_fails_leaves_nothing_and_says_where(self, applied: Database, folder: Path) -> None:
        (folder / f"{NEXT}_fails.sql").write_text("CREATE TABLE public.half ();\nSELECT 1;\nSELECT nothing;\n")
        with pytest.raises(MigrationRefused, match=f'{NEXT}_fails.sql:3: column "nothing" does not exist'):
            migrate(applied(), folder)
        assert applied().execute("SELECT to_regclass('public.half')").fetchone() == (None,)
        assert [name for _, name, _ in _history(applied())] == NAMES

    def test_a_file_that_opens_the_schema_is_not_kept(self, applied: Database, folder: Path) -> None:
        (folder / f"{NEXT}_notes.sql").write_text(
            "SET LOCAL ROLE retrieval_owner; CREATE TABLE retrieval.notes (tenant text PRIMARY KEY, note text);"
        )
        with pytest.raises(MigrationRefused, match="table notes: row security is not enabled"):
            migrate(applied(), folder)
        assert applied().execute("SELECT 1 FROM pg_class WHERE relname = 'notes'").fetchall() == []

    def test_a_schema_opened_by_hand_is_reported_though_nothing_is_pending(self, empty: Database) -> None:
        migrate(empty())
        connection = empty()
        connection.execute(
            "SET ROLE retrieval_owner; ALTER TABLE retrieval.chunks NO FORCE ROW LEVEL SECURITY; RESET ROLE"
        )
        with pytest.raises(MigrationRefused, match="changed by hand"):
            migrate(connection)

    def test_a_connection_that_would_join_the_transactions_is_refused(self, applied: Database) -> None:
        connection = applied()
        connection.autocommit = False
        with pytest.raises(ValueError, match="autocommit"):
            migrate(connection)
