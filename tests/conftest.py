"""What the whole test run shares: a folder of recorded plans, which the workers find by the environment."""

import os
import shutil
import tempfile

import pytest

from model_images.gateway.guard.compiled import FOLDER
from tests.plans import SHARED


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder, before any worker starts."""
    # Expressions that were compiled are kept from run to run, under the key of what they were compiled from.
    os.environ.setdefault(FOLDER, str(config.rootpath / ".pytest_cache" / "compiled"))
    if not hasattr(config, "workerinput"):
        os.environ[SHARED] = tempfile.mkdtemp(prefix="bailiwick-plans-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove it, after the last worker has ended."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(SHARED), ignore_errors=True)
