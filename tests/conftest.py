"""What the whole test run shares: a folder of recorded plans, which the workers find by the environment."""

import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from model_images.gateway.guard.compiled import FOLDER
from records import lives
from tests.plans import SHARED

# How long an example takes tells how busy the machine is, and nothing of what is tested.
settings.register_profile("bailiwick", deadline=None, suppress_health_check=[HealthCheck.too_slow])


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder, before any worker starts."""
    settings.load_profile("bailiwick")
    # Expressions that were compiled are kept from run to run, under the key of what they were compiled from.
    os.environ.setdefault(FOLDER, str(config.rootpath / ".pytest_cache" / "compiled"))
    if not hasattr(config, "workerinput"):
        os.environ[SHARED] = tempfile.mkdtemp(prefix="bailiwick-plans-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove it, after the last worker has ended."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(SHARED), ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def _lives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Records of versions' lives: the project's own, and one of a candidate, which no committed stack has."""
    from tests.tried import write_lives  # it reads a stack: not before there is a test

    folder = tmp_path_factory.mktemp("lives") / "lifecycle"
    write_lives(folder)
    own, lives.FOLDER = lives.FOLDER, folder
    yield
    lives.FOLDER = own
