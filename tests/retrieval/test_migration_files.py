"""The folder of migrations, before any database is asked."""

from pathlib import Path

import pytest

from database.files import MigrationRefused, read_migrations
from tests.retrieval.fixtures import NEXT


class TestOutOfOrder:
    """Two files with one number, or a number left out, are two histories: which one a server has is luck."""

    @pytest.mark.parametrize(
        ("name", "sql", "says"),
        [
            ("9999_gap.sql", "", f"number {NEXT} is expected here"),
            ("0001_double.sql", "", "number 0002 is expected here; .* without a double"),
            ("6_short.sql", "", "is not named like"),
            (f"{NEXT}_ends.sql", "SELECT 1;\n  Commit;\n", f"{NEXT}_ends.sql:2: Commit would end the transaction"),
        ],
    )
    def test_a_folder_out_of_order(self, folder: Path, name: str, sql: str, says: str) -> None:
        (folder / name).write_text(sql)
        with pytest.raises(MigrationRefused, match=says):
            read_migrations(folder)

    def test_an_empty_folder(self, tmp_path: Path) -> None:
        with pytest.raises(MigrationRefused, match="holds no migration"):
            read_migrations(tmp_path)
