"""The command that an operator types."""

from concurrent.futures import ThreadPoolExecutor
from socket import create_server, socket

import pytest
from click.testing import CliRunner
from psycopg import OperationalError

from database.migrate import open_connection
from retrieval.migrate import main
from tests.retrieval.fixtures import NAMES, Database

SSL_REQUEST = bytes.fromhex("00000008 04d2162f")  # PostgreSQL 18, 54.7 Message Formats


class TestCommand:
    """An operator sees what was done, and a pipeline an exit code."""

    def test_it_says_what_it_applied(self, empty: Database) -> None:
        done = CliRunner().invoke(main, [empty().info.dsn])
        assert done.exit_code == 0, done.output
        assert done.output.splitlines() == [
            *(f"applied {name}" for name in NAMES),
            "✓ up to date, tenants are kept apart",
        ]

    def test_it_fails_without_a_traceback(self) -> None:
        done = CliRunner().invoke(main, ["host=/nowhere"])
        assert done.exit_code == 1
        assert "✗" in done.output

    def test_a_network_is_not_crossed_without_proof_of_the_server_s_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PGSSLROOTCERT", "/nowhere/root.crt")
        with create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
            asked = pool.submit(_offer_encryption, listener)
            port = listener.getsockname()[1]
            with pytest.raises(OperationalError, match="root certificate file"):
                open_connection(f"host=127.0.0.1 port={port} sslmode=disable", "token")
            assert asked.result() == SSL_REQUEST


def _offer_encryption(listener: socket) -> bytes:
    """What a client says first, answered with yes, as any server could."""
    client, _ = listener.accept()
    with client:
        words = client.recv(8)
        client.sendall(b"S")
        client.recv(1)
    return words
