"""The vault over the network: only its callers, only their tenants, nothing readable, and no answer is a refusal."""

import asyncio
import dataclasses
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar

import aiohttp
import msgspec
import pytest
from aiohttp import web
from cryptography import x509

from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.spans import Span
from model_images.gateway.guard.tokens.conversation import Tokens
from model_images.gateway.guard.tokens.keys import Purpose
from model_images.gateway.guard.tokens.sealing import Minted, Row, Sealer
from model_images.gateway.guard.tokens.store import SqliteStore
from model_images.gateway.guard.tokens.vault import Vault, VaultUnavailable
from model_images.gateway.vault import wire
from model_images.gateway.vault.client import RemoteStore, VaultClient, client_context
from model_images.gateway.vault.service import application, server_context
from tests.model_images.gateway.certificates import Authority
from tests.model_images.gateway.conversations import fresh_keys

GATEWAY = "spiffe://platform.example/gateway"
ANN = Minted("NAME", "marker", "[[NAME_bcd2345]]", "Ann Example-Lee")
KEYS = fresh_keys()
T = TypeVar("T")


class Running:
    """A vault on loopback, in an event loop of its own thread, where the gateway's would be."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        self.store = SqliteStore(folder / "tokens.db")
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self._ends: list[Callable[[], Awaitable[None]]] = []
        server = self.authority.issue(x509.IPAddress(ip_address("127.0.0.1")))
        self.port = self.serve(
            application(self.store, {GATEWAY: frozenset({"north"})}), server_context(*server, self.authority.path)
        )

    def serve(self, app: web.Application, context: ssl.SSLContext) -> int:
        async def start() -> int:
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
            await site.start()
            self._ends.append(runner.cleanup)
            return int(runner.addresses[0][1])

        return self.wait(start())

    def client(self, name: str = GATEWAY, *, port: int = 0, deadline_s: float = 5.0) -> VaultClient:
        context = client_context(*self.authority.issue(x509.UniformResourceIdentifier(name)), self.authority.path)
        return self.client_with(context, port=port, deadline_s=deadline_s)

    def client_with(self, context: ssl.SSLContext, *, port: int = 0, deadline_s: float = 5.0) -> VaultClient:
        async def make() -> VaultClient:
            return VaultClient(f"https://127.0.0.1:{port or self.port}", context, deadline_s=deadline_s)

        client = self.wait(make())
        self._ends.append(client.close)
        return client

    def remote(self, client: VaultClient | None = None) -> RemoteStore:
        return RemoteStore(client or self.client(), self.loop)

    def wait(self, work: Awaitable[T]) -> T:
        async def awaited() -> T:
            return await work

        return asyncio.run_coroutine_threadsafe(awaited(), self.loop).result(20)

    def end(self) -> None:
        for end in reversed(self._ends):
            self.wait(end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.store.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("vault"))
    yield made
    made.end()


class TestItIsTheSameVault:
    """Replicas of the gateway share what one of them minted."""

    def test_tokens_of_one_replica_are_restored_by_another(self, running: Running) -> None:
        replicas = [Tokens(KEYS, Vault(KEYS, running.remote())) for _ in range(2)]
        first, talk = (
            replica.conversation(tenant="north", use_case="letters", conversation="c-1", patient="p-1")
            for replica in replicas
        )
        out = first.pseudonymised("Ann Lee came", [Span(0, 7, Kind.NAME, "r")])
        # Both began before either minted: the second meets the first's token in the vault, and takes it.
        assert talk.pseudonymised("Ann Lee", [Span(0, 7, Kind.NAME, "r")]) in out
        assert talk.restored(f"Dear {out}") == "Dear Ann Lee came"

    def test_erasure_reaches_it(self, running: Running) -> None:
        vault = Vault(KEYS, running.remote())
        for erase, whom in ((vault.erase_patient, "p-9"), (vault.erase_conversation, "c-9")):
            assert vault.mint_all("north", "c-9", "p-9", [ANN]) == [ANN]
            assert erase("north", whom) == 1
            assert vault.load("north", "c-9") == []
        vault.mint_all("north", "c-9", None, [ANN])
        assert vault.erase_tenant("north") >= 1
        assert vault.load("north", "c-9") == []

    def test_what_reaches_it_can_not_be_read_there(self, running: Running) -> None:
        seen: list[bytes] = []

        async def record(request: web.Request) -> web.Response:
            seen.append(await request.read())
            asked = msgspec.msgpack.decode(seen[-1], type=wire.Put)
            return web.Response(body=msgspec.msgpack.encode(wire.Rows(asked.rows)), content_type=wire.CONTENT_TYPE)

        app = web.Application()
        app.router.add_post("/v1/put", record)
        server = running.authority.issue(x509.IPAddress(ip_address("127.0.0.1")))
        port = running.serve(app, server_context(*server, running.authority.path))
        vault = Vault(KEYS, running.remote(running.client(port=port)))
        vault.mint_all("north", "conversation-77", "patient-88", [ANN])
        for word in (ANN.value, ANN.surrogate, "bcd2345", "conversation-77", "patient-88"):
            assert word.encode() not in seen[0]
        secrets = [key.secret for key in KEYS.all(Purpose.VAULT, "north")]
        assert not any(secret in seen[0] for secret in secrets)


class TestOnlyItsCallersComeIn:
    """A stolen address is no entry."""

    def refused(self, running: Running, client: VaultClient, tenant: str = "north") -> None:
        with pytest.raises(VaultUnavailable):
            running.wait(client.load(tenant, [bytes(32)]))

    def test_a_caller_with_its_own_tenant(self, running: Running) -> None:
        assert running.wait(running.client().load("north", [bytes(32)])) == []

    def test_no_other_tenants(self, running: Running) -> None:
        self.refused(running, running.client(), "south")

    def test_no_other_name_of_the_same_authority(self, running: Running) -> None:
        self.refused(running, running.client("spiffe://platform.example/portal"))

    def test_no_certificate_of_another_authority(self, running: Running, tmp_path: Path) -> None:
        mine = Authority(tmp_path, "another").issue(x509.UniformResourceIdentifier(GATEWAY))
        self.refused(running, running.client_with(client_context(*mine, running.authority.path)))

    def test_no_expired_one(self, running: Running) -> None:
        old = running.authority.issue(x509.UniformResourceIdentifier(GATEWAY), days=-1)
        self.refused(running, running.client_with(client_context(*old, running.authority.path)))

    def test_none_without_a_certificate(self, running: Running) -> None:
        context = ssl.create_default_context(cafile=running.authority.path)
        self.refused(running, running.client_with(context))

    def test_no_older_tls(self, running: Running) -> None:
        context = client_context(
            *running.authority.issue(x509.UniformResourceIdentifier(GATEWAY)), running.authority.path
        )
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.refused(running, running.client_with(context))

    def test_and_the_caller_knows_the_vault_by_its_name(self, running: Running) -> None:
        server = running.authority.issue(x509.DNSName("elsewhere.example"))
        port = running.serve(
            application(running.store, {GATEWAY: frozenset({"north"})}),
            server_context(*server, running.authority.path),
        )
        self.refused(running, running.client(port=port))

    def test_rows_of_another_tenant_do_not_ride_along(self, running: Running) -> None:
        rows = [Sealer(KEYS, tenant, "c").seal(ANN, None) for tenant in ("north", "south")]
        with pytest.raises(VaultUnavailable):
            running.wait(running.client().put(rows, 60))
        assert running.store.load("south", Sealer(KEYS, "south", "c").addresses()) == []
        assert running.store.load("north", Sealer(KEYS, "north", "c").addresses()) == []


class TestNothingButItsOwnFormIsRead:
    """The service is a parser on a network."""

    ROW = Sealer(KEYS, "north", "c").seal(ANN, None)

    @pytest.mark.parametrize(
        ("path", "body", "kind", "status"),
        [
            ("put", b"", wire.CONTENT_TYPE, 400),
            ("put", b"\xc1hunter2", wire.CONTENT_TYPE, 400),
            (
                "load",
                msgspec.msgpack.encode({"tenant": "north", "conversations": [], "more": 1}),
                wire.CONTENT_TYPE,
                400,
            ),
            ("load", msgspec.msgpack.encode(wire.Load("north", [b"short"])), wire.CONTENT_TYPE, 400),
            ("load", msgspec.msgpack.encode(wire.Load("north", [bytes(32)] * 101)), wire.CONTENT_TYPE, 400),
            ("load", msgspec.json.encode({"tenant": "north", "conversations": []}), "application/json", 415),
            ("put", msgspec.msgpack.encode(wire.Put("north", [ROW], 0)), wire.CONTENT_TYPE, 400),
            (
                "put",
                msgspec.msgpack.encode(wire.Put("north", [dataclasses.replace(ROW, sealed=b"")], 9)),
                wire.CONTENT_TYPE,
                400,
            ),
            (
                "put",
                msgspec.msgpack.encode(wire.Put("north", [dataclasses.replace(ROW, token=b"")], 9)),
                wire.CONTENT_TYPE,
                400,
            ),
            ("erase", msgspec.msgpack.encode(wire.Erase("north", patients=[b""])), wire.CONTENT_TYPE, 400),
            ("dump", b"", wire.CONTENT_TYPE, 404),
        ],
    )
    def test_and_the_answer_is_a_status_alone(
        self, running: Running, path: str, body: bytes, kind: str, status: int
    ) -> None:
        async def ask() -> tuple[int, bytes]:
            context = client_context(
                *running.authority.issue(x509.UniformResourceIdentifier(GATEWAY)), running.authority.path
            )
            async with (
                aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session,
                session.post(
                    f"https://127.0.0.1:{running.port}/v1/{path}", data=body, headers={"Content-Type": kind}
                ) as got,
            ):
                return got.status, await got.read()

        assert running.wait(ask()) == (status, b"")


class TestNoAnswerIsARefusal:
    """Slow, broken, lying or gone: nothing was put away."""

    def app(self, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> web.Application:
        app = web.Application()
        app.router.add_post("/{path:.*}", handler)
        return app

    @pytest.mark.parametrize("fault", ["slow", "status", "redirect", "type", "garbage", "extra", "cut"])
    def test_whatever_the_fault(self, running: Running, fault: str) -> None:
        async def handler(request: web.Request) -> web.StreamResponse:
            good = msgspec.msgpack.encode(wire.Rows([]))
            if fault == "slow":
                await asyncio.sleep(20)
            if fault == "cut" and request.transport:
                request.transport.abort()
            if fault == "redirect":
                raise web.HTTPTemporaryRedirect(f"https://127.0.0.1:{running.port}/v1/load")
            body = {"garbage": b"\xc1", "extra": msgspec.msgpack.encode({"rows": [], "more": 1})}.get(fault, good)
            kind = "text/plain" if fault == "type" else wire.CONTENT_TYPE
            return web.Response(status=500 if fault == "status" else 200, body=body, content_type=kind)

        server = running.authority.issue(x509.IPAddress(ip_address("127.0.0.1")))
        port = running.serve(self.app(handler), server_context(*server, running.authority.path))
        remote = running.remote(running.client(port=port, deadline_s=0.3))
        begun = time.monotonic()
        with pytest.raises(VaultUnavailable) as raised:
            remote.load("north", [bytes(32)])
        assert raised.value.__cause__ is None
        assert time.monotonic() - begun < 10

    def test_nobody_there(self, running: Running) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with pytest.raises(VaultUnavailable):
            running.remote(running.client(port=port)).put([TestNothingButItsOwnFormIsRead.ROW], 60)

    def test_a_store_that_fails_says_no_more_than_that(self, running: Running) -> None:
        class Failing(SqliteStore):
            def load(self, tenant: str, conversations: Sequence[bytes]) -> list[Row]:
                raise RuntimeError("hunter2")

        server = running.authority.issue(x509.IPAddress(ip_address("127.0.0.1")))
        app = application(Failing(None), {GATEWAY: frozenset({"north"})})
        port = running.serve(app, server_context(*server, running.authority.path))
        with pytest.raises(VaultUnavailable):
            running.wait(running.client(port=port).load("north", [bytes(32)]))

    def test_it_is_spoken_to_over_tls_alone(self) -> None:
        with pytest.raises(ValueError, match="https"):
            VaultClient("http://127.0.0.1:1", ssl.create_default_context())


class TestItRunsAsAProgram:
    """As the machine's image starts it."""

    def test_until_it_is_told_to_end(self, running: Running, tmp_path: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        certificate, key = running.authority.issue(x509.IPAddress(ip_address("127.0.0.1")))
        settings = {
            "database": str(tmp_path / "tokens.db"),
            "certificate": str(certificate),
            "key": str(key),
            "clients": str(running.authority.path),
            "callers": {GATEWAY: ["north"]},
            "host": "127.0.0.1",
            "port": port,
        }
        (tmp_path / "settings.json").write_text(json.dumps(settings))
        program = subprocess.Popen(
            [sys.executable, "-m", "model_images.gateway.vault", str(tmp_path / "settings.json")],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ,
        )
        try:
            row = TestNothingButItsOwnFormIsRead.ROW
            remote = running.remote(running.client(port=port))
            for _ in range(200):
                try:
                    assert remote.put([row], 60) == [row]
                    break
                except VaultUnavailable:
                    time.sleep(0.05)
            assert remote.load("north", [row.conversation]) == [row]
            program.send_signal(signal.SIGTERM)
            assert program.communicate(timeout=10)[0] == b""
            assert program.returncode == 0
        finally:
            program.kill()
