"""Azure, as a drill in a test finds it."""

import socket
import time
from pathlib import Path

import pytest

from tests.cli.drill_az import FakeAz
from tests.cli.drill_run import migrations_say


@pytest.fixture
def az(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeAz:
    """A stand-in on PATH, nothing of the tester's own database, and no waiting."""
    for name in ("PGUSER", "PGPASSWORD", "PGHOSTADDR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    fake = FakeAz(tmp_path / "az")
    fake.on_path(monkeypatch)
    return fake


@pytest.fixture
def looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A restored database that can be reached, and migrations that find nothing to do; the file of what they saw."""
    log = tmp_path / "surroundings"
    monkeypatch.setenv("PGUSER", "id-bw-eu-prod-migrations")
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: socket.socket())
    migrations_say(monkeypatch, log, "✓ up to date, tenants are kept apart")
    return log
