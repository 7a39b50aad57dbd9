"""Three servers and a gateway before them, once for all tests: a server takes a minute and more to start."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving.places import PYTHON, needed
from tests.serving.servers import Model, tiny
from tests.serving.whole import Platform, whole


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, Model]:
    """What is served, and what is tried beside it."""
    needed(PYTHON.exists(), "vLLM's environment is not there")
    place = tmp_path_factory.mktemp("models")
    return tiny(place, 7), tiny(place, 8)


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory, weights: tuple[Model, Model]) -> Iterator[Platform]:
    """All of it."""
    needed(os.geteuid() == 0 and shutil.which("unshare"), "root, for names of the cluster's")
    with whole(tmp_path_factory.mktemp("serving"), *weights) as made:
        yield made


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of this folder is `serving`, and what kills a server comes last."""
    here = [item for item in items if Path(item.path).is_relative_to(Path(__file__).parent)]
    for item in here:
        item.add_marker(pytest.mark.serving)
    items.sort(key=lambda item: item in here and item.path.name == "test_lifecycle.py")
