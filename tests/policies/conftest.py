"""Change records for the tests of rules: the project's own folder has none while no committed stack tries anything."""

from collections.abc import Iterator

import pytest

from policies import changes
from tests.tried import write_all


@pytest.fixture(scope="session", autouse=True)
def _records(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("changes")
    write_all(folder)
    own, changes.FOLDER = changes.FOLDER, folder
    yield
    changes.FOLDER = own
