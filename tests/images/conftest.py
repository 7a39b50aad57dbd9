"""A registry and a signer for the tests of image policies."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images.registry import Registry, serving
from tests.images.signing import Signer
from tools.places import POLICY_TESTER, program

REQUIRED = "BAILIWICK_REQUIRE_CLUSTER"


@pytest.fixture(scope="session")
def tester() -> Path:
    """The verifier's own evaluator."""
    return needed(POLICY_TESTER)


def needed(*names: str) -> Path:
    """The first of these programs; without all of them the test is skipped, and says so."""
    programs = [program(name) for name in names]
    found = programs[0]
    if found is None or None in programs:
        lacking = f"not all of {', '.join(names)}; hint: make cluster-tools"
        if os.environ.get(REQUIRED):
            pytest.fail(lacking)
        pytest.skip(lacking)
    return found


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    """Empty."""
    with serving() as found:
        yield found


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    """Whom the policies believe."""
    return Signer.made(tmp_path_factory.mktemp("keys"), "ours")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    """Somebody else."""
    return Signer.made(tmp_path_factory.mktemp("keys"), "stranger")
