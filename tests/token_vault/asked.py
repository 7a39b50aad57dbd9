"""A vault as Azure has it: a server that asks for a password inside TLS, and somebody who hands such passwords out."""

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from psycopg import connect

from database.migrate import migrate
from model_images.gateway.guard.database import Database, proven
from model_images.gateway.guard.tokens.postgres import PostgresStore
from model_images.gateway.guard.tokens.sealing import Minted, Sealer
from tests.model_images.gateway.certificates import Authority
from tests.model_images.gateway.conversations import fresh_keys
from tests.retrieval.postgres import Server, installations, running
from tests.token_vault.fixtures import LOGIN, Loop
from tests.token_vault.front import Front
from token_vault.migrate import SCHEMA

ROW = Sealer(fresh_keys(), "north", "c").seal(Minted("NAME", "marker", "[[NAME_bcd2345]]", "Ann Example-Lee"), None)
LOOPBACK = x509.IPAddress(ip_address("127.0.0.1"))


class Entra:
    """Whoever hands out tokens."""

    def __init__(self) -> None:
        self.tokens, self.asked, self.forgotten = ["good"], 0, 0

    async def token(self) -> str:
        self.asked += 1
        return self.tokens[0]

    def forget(self) -> None:
        self.forgotten += 1
        del self.tokens[: len(self.tokens) - 1]


class World:
    """A server that asks for passwords, behind TLS."""

    def __init__(self, server: Server, loop: Loop, folder: Path) -> None:
        self.server, self.loop = server, loop
        self.authority, self.entra = Authority(folder), Entra()
        self._opened: list[Database] = []
        self.front = self.fronted(LOOPBACK)

    def fronted(self, name: x509.GeneralName, authority: Authority | None = None) -> Front:
        front = Front(self.server.socket, *(authority or self.authority).issue(name))
        self.loop.wait(front.begin())
        return front

    def store(self, front: Front | None = None, *, deadline_s: float = 10.0) -> PostgresStore:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SSL_CERT_FILE", str(self.authority.path))  # the machine's authorities
            context = proven()
        opening = Database.opened(
            "127.0.0.1",
            "vault",
            LOGIN,
            self.entra.token,
            port=(front or self.front).port,
            context=context,
            refused=self.entra.forget,
            deadline_s=deadline_s,
        )
        self._opened.append(self.loop.wait(opening))
        return PostgresStore(self._opened[-1])

    def load(self, store: PostgresStore) -> list[object]:
        return list(self.loop.wait(store.load("north", [ROW.conversation])))

    def end(self) -> None:
        for database in self._opened:
            self.loop.wait(database.close())
        self.loop.wait(self.front.end())


@pytest.fixture(scope="session")
def guarded() -> Iterator[Server]:
    """A server of its own that takes no login's word: a password in clear, as Entra's tokens are sent inside TLS."""
    found = installations()
    with running(found[max(found)], f'local all "{LOGIN}" password\n') as server:
        with connect(server.conninfo("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE vault")
        with connect(server.conninfo("vault"), autocommit=True) as connection:
            migrate(connection, SCHEMA)
            connection.execute(f"CREATE ROLE \"{LOGIN}\" LOGIN PASSWORD 'good'")
            connection.execute(f'GRANT token_vault_gateway TO "{LOGIN}"')
        yield server


@pytest.fixture
def world(guarded: Server, running_loop: Loop, tmp_path: Path) -> Iterator[World]:
    made = World(guarded, running_loop, tmp_path)
    yield made
    made.end()
