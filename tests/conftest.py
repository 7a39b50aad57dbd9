"""What the whole test run shares: a folder of recorded plans, which the workers find by the environment."""

import os
import shutil
import tempfile

import pytest

from tests.plans import SHARED


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder, before any worker starts."""
    if not hasattr(config, "workerinput"):
        os.environ[SHARED] = tempfile.mkdtemp(prefix="bailiwick-plans-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove it, after the last worker has ended."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(SHARED), ignore_errors=True)
