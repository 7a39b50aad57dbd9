"""Change records for the tests of rules: the project's own folder has none while no committed stack tries anything."""

from collections.abc import Iterator

import pytest

from models import catalogue
from policies import changes
from tests.tried import write_all, write_catalogue


@pytest.fixture(scope="session", autouse=True)
def _records(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("changes")
    write_all(folder)
    own, changes.FOLDER = changes.FOLDER, folder
    yield
    changes.FOLDER = own


@pytest.fixture(scope="session", autouse=True)
def _catalogue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The catalogue knows the candidate: no committed stack tries one."""
    file = tmp_path_factory.mktemp("catalogue") / "models.yaml"
    write_catalogue(file)
    own, catalogue.FILE = catalogue.FILE, file
    yield
    catalogue.FILE = own
