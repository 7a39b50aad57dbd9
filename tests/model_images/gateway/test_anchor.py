"""Anchors: what is signed reaches a write-once store, in both its forms, or the log is not written."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from audit_log import form
from audit_log.verify import anchored, verify
from model_images.gateway.guard.audit.anchor import Anchor, Store, StoreConflict, StoreUnavailable
from model_images.gateway.guard.audit.blob_store import VERSION, BlobStore
from model_images.gateway.guard.audit.directory_store import DirectoryStore
from model_images.gateway.guard.audit.ledger import Ledger
from model_images.gateway.guard.audit.log import AuditLog, Settings
from model_images.gateway.guard.audit.recovery import Damaged
from model_images.gateway.guard.audit.unavailable import AuditUnavailable
from model_images.gateway.guard.audit.workload_identity import SCOPE, WorkloadIdentity
from tests.model_images.gateway.audit_world import NAMES, ORIGIN, PATIENCE_SECONDS, record, signer, small, until

KEY = signer()
PAGE = 3
"""Blobs that the stand-in lists at once; Azure lists 5,000."""


@dataclass
class Azure:
    """Entra's token endpoint and one container under an immutability policy, answering as documented."""

    blobs: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    tokens: int = 0
    down: bool = False
    token: str = "of-the-stand-in"

    async def exchange(self, request: web.Request) -> web.Response:
        form = await request.post()
        good = {
            "grant_type": "client_credentials",
            "client_id": "client",
            "scope": SCOPE,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": "of-the-cluster",
        }
        if dict(form) != good:
            return web.json_response({"error": "invalid_request"}, status=400)
        self.tokens += 1
        return web.json_response({"token_type": "Bearer", "expires_in": 3599, "access_token": self.token})

    async def blob(self, request: web.Request) -> web.Response:
        if self.down:
            return web.Response(status=503)
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return web.Response(status=401)
        # Both are needed with a bearer token: rest/api/storageservices/authorize-with-azure-active-directory.
        if request.headers.get("x-ms-version") != VERSION or "x-ms-date" not in request.headers:
            return web.Response(status=400)
        name = request.match_info["name"]
        held = self.blobs.get(name)
        if request.method == "PUT":
            body = await request.read()
            if request.headers.get("x-ms-blob-type") != "BlockBlob" or "Content-Length" not in request.headers:
                return web.Response(status=400)
            if held is not None:
                return web.Response(status=409, headers={"x-ms-error-code": "BlobAlreadyExists"})
            self.blobs[name] = body, request.headers.get("x-ms-meta-sha256", "")
            return web.Response(status=201)
        if held is None:
            return web.Response(status=404)
        return web.Response(body=held[0], headers={"x-ms-meta-sha256": held[1]})

    async def listed(self, request: web.Request) -> web.Response:
        query = request.query
        if self.down or (query.get("restype"), query.get("comp")) != ("container", "list"):
            return web.Response(status=503 if self.down else 400)
        names = sorted(name for name in self.blobs if name.startswith(query.get("prefix", "")))
        begin = int(query.get("marker", "0"))
        page = "".join(f"<Blob><Name>{name}</Name><Properties/></Blob>" for name in names[begin : begin + PAGE])
        more = f"<NextMarker>{begin + PAGE}</NextMarker>" if begin + PAGE < len(names) else "<NextMarker />"
        xml = f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs>{page}</Blobs>{more}'
        return web.Response(text=xml + "</EnumerationResults>", content_type="application/xml")


@asynccontextmanager
async def on_azure(azure: Azure, folder: Path) -> AsyncIterator[BlobStore]:
    """A store that asks the stand-in."""
    application = web.Application(client_max_size=1 << 28)
    application.router.add_post("/tenant/oauth2/v2.0/token", azure.exchange)
    application.router.add_get("/audit", azure.listed)
    application.router.add_route("*", "/audit/{name:.+}", azure.blob)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    (folder / "assertion").write_text("of-the-cluster\n")
    identity = WorkloadIdentity.of(
        {
            "AZURE_AUTHORITY_HOST": f"http://{host}:{port}/",
            "AZURE_TENANT_ID": "tenant",
            "AZURE_CLIENT_ID": "client",
            "AZURE_FEDERATED_TOKEN_FILE": str(folder / "assertion"),
        }
    )
    try:
        async with aiohttp.ClientSession() as session:
            yield BlobStore(f"http://{host}:{port}/audit", identity, session)
    finally:
        await runner.cleanup()


Use = Callable[[Store], Awaitable[None]]


def in_a_folder(tmp_path: Path, use: Use) -> None:
    asyncio.run(use(DirectoryStore(tmp_path / "store")))  # type: ignore[arg-type]


def in_a_container(tmp_path: Path, use: Use) -> None:
    async def run() -> None:
        async with on_azure(Azure(), tmp_path) as store:
            await use(store)

    asyncio.run(run())


@pytest.mark.parametrize("within", [in_a_folder, in_a_container])
class TestBothStoresAreWriteOnce:
    """What was put once stays as it is."""

    def test_the_same_again_is_fine_and_another_is_a_conflict(
        self, tmp_path: Path, within: Callable[[Path, Use], None]
    ) -> None:
        async def use(store: Store) -> None:
            file = tmp_path / "file"
            file.write_bytes(b"x" * 3_000_000)
            for _ in range(2):
                await store.put("log/anchors/1.note", b"one")
                await store.put("log/1.jsonl", file)
            with pytest.raises(StoreConflict):
                await store.put("log/anchors/1.note", b"two")
            file.write_bytes(b"x" * 2_999_999 + b"y")
            with pytest.raises(StoreConflict):
                await store.put("log/1.jsonl", file)
            assert await store.get("log/anchors/1.note") == b"one"
            assert hashlib.sha256(await store.get("log/1.jsonl")).digest() == hashlib.sha256(b"x" * 3_000_000).digest()

        within(tmp_path, use)

    def test_names_by_their_beginning(self, tmp_path: Path, within: Callable[[Path, Use], None]) -> None:
        async def use(store: Store) -> None:
            for number in range(8):
                await store.put(f"log/anchors/{number}.note", b"")
            await store.put("other/anchors/1.note", b"")
            assert sorted(await store.names("log/")) == [f"log/anchors/{number}.note" for number in range(8)]
            with pytest.raises(StoreUnavailable):
                await store.get("log/anchors/8.note")

        within(tmp_path, use)

    def test_a_log_is_brought_there_whole(self, tmp_path: Path, within: Callable[[Path, Use], None]) -> None:
        async def use(store: Store) -> None:
            anchor = Anchor(store, ORIGIN, retry_seconds=0.01)
            await anchor.start(tmp_path / "log", [KEY.verifier])
            log = await AuditLog.open(settings(tmp_path), NAMES, KEY, anchor=anchor)
            for number in range(40):
                await log.commit(record(number))
            await log.close()
            assert await anchor.close()
            there = tmp_path / "there"
            for name in await store.names(f"{ORIGIN}/"):
                path = there / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(await store.get(name))

        within(tmp_path, use)
        there = tmp_path / "there" / ORIGIN
        held = anchored(sorted(there.rglob("*.note")), [KEY.verifier])
        for folder in (there, tmp_path / "log"):
            report = verify(form.segments(folder), [KEY.verifier], held)
            assert (report.verdict, report.size, report.anchors) == ("intact", 42, len(held))
        assert len(form.segments(there)) == len(form.segments(tmp_path / "log")) > 2


def settings(tmp_path: Path) -> Settings:
    return Settings(
        folder=tmp_path / "log",
        origin=ORIGIN,
        checkpoint_records=5,
        segment_bytes=10_000,
        deadline_seconds=PATIENCE_SECONDS,
    )


class TestALogThatIsNotAnchoredIsNotWritten:
    """An hour without anchors is an hour that can be taken away unseen."""

    def test_it_refuses_past_its_time_and_goes_on_when_the_store_is_back(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        azure, now = Azure(), [0.0]

        async def run() -> None:
            async with on_azure(azure, tmp_path) as store:
                anchor = Anchor(store, ORIGIN, lag_seconds=60, retry_seconds=0.01, clock=lambda: now[0])
                await anchor.start(tmp_path / "log", [KEY.verifier])
                log = await AuditLog.open(settings(tmp_path), NAMES, KEY, anchor=anchor)
                await until(lambda: anchor.waiting == 0)
                azure.down = True
                for number in range(10):
                    await log.commit(record(number))
                await until(lambda: anchor.waiting > 0)
                now[0] = 60.0
                await log.commit(record(10))
                now[0] = 61.0
                with pytest.raises(AuditUnavailable) as caught:
                    await log.commit(record(11))
                assert caught.value.code == "audit.unanchored"
                azure.down = False
                await until(lambda: log.available)
                await log.commit(record(12))
                await log.close()
                assert await anchor.close()

        with caplog.at_level(logging.DEBUG):
            asyncio.run(run())
        assert "answered 503" in caplog.text
        assert azure.token not in caplog.text
        assert "of-the-cluster" not in caplog.text
        assert azure.tokens == 1

    def test_what_was_not_brought_there_before_a_crash_is_brought_after(self, tmp_path: Path) -> None:
        small(tmp_path / "log", KEY)

        async def run() -> None:
            store = DirectoryStore(tmp_path / "store")
            anchor = Anchor(store, ORIGIN)
            await anchor.start(tmp_path / "log", [KEY.verifier])
            await until(lambda: anchor.waiting == 0)
            names = await store.names(f"{ORIGIN}/")
            assert len([name for name in names if name.endswith(".note")]) == 7
            assert len([name for name in names if name.endswith(".jsonl")]) == 4
            await anchor.close()

        asyncio.run(run())

    def test_what_the_store_has_makes_room_and_nothing_else_does(self, tmp_path: Path) -> None:
        async def run() -> None:
            store = DirectoryStore(tmp_path / "store")
            for part in range(2):
                anchor = Anchor(store, ORIGIN, keep=2)
                await anchor.start(tmp_path / "log", [KEY.verifier])
                log = await AuditLog.open(settings(tmp_path), NAMES, KEY, anchor=anchor)
                for number in range(60):
                    await log.commit(record(part * 60 + number))
                await log.close()
                assert await anchor.close()

        asyncio.run(run())
        there = tmp_path / "store" / ORIGIN
        held = anchored(sorted(there.rglob("*.note")), [KEY.verifier])
        whole, rest = form.segments(there), form.segments(tmp_path / "log")
        assert (len(rest), len(whole) > 6) == (2, True)
        assert [path.read_bytes() for path in rest] == [path.read_bytes() for path in whole[-2:]]
        for segments, first in ((whole, 0), (rest, int(rest[0].name.split(".")[0]))):
            report = verify(segments, [KEY.verifier], held)
            assert (report.verdict, report.first, report.size) == ("intact", first, 124)

    def test_what_is_written_is_there_before_a_segment_is_full(self, tmp_path: Path) -> None:
        # A node that dies takes its disk along: of what lies on it alone nothing but a root would be left.
        async def run() -> None:
            store = DirectoryStore(tmp_path / "store")
            anchor = Anchor(store, ORIGIN)
            await anchor.start(tmp_path / "log", [KEY.verifier])
            told = replace(settings(tmp_path), segment_bytes=64 << 20, segment_seconds=0.2)
            log = await AuditLog.open(told, NAMES, KEY, anchor=anchor)
            for number in range(3):
                await log.commit(record(number))
            there = tmp_path / "store" / ORIGIN
            await until(lambda: sum(len(path.read_bytes().splitlines()) - 1 for path in form.segments(there)) == 4)
            await asyncio.sleep(0.5)
            # Nothing was written since, and nothing is brought there: an idle gateway fills no store.
            assert len(form.segments(there)) <= 2
            await log.close()
            assert await anchor.close()
            held = anchored(sorted(there.rglob("*.note")), [KEY.verifier])
            assert verify(form.segments(there), [KEY.verifier], held).verdict == "intact"

        asyncio.run(run())

    @pytest.mark.parametrize("breach", ["all gone", "tail gone", "another key's", "another log"])
    def test_a_log_that_does_not_go_on_from_what_is_anchored(self, tmp_path: Path, breach: str) -> None:
        notes = small(tmp_path / "log", KEY)

        async def run() -> None:
            store = DirectoryStore(tmp_path / "store")
            for size, note in notes.items():
                await store.put(f"{ORIGIN}/anchors/{size:020d}.note", note.encode())
            keys, folder = [KEY.verifier], tmp_path / "log"
            if breach == "all gone":
                folder = tmp_path / "nothing"
            elif breach == "tail gone":
                held = form.checkpoints(form.segments(folder)[-1])
                held.write_bytes(b"".join(held.read_bytes().splitlines(keepends=True)[:-1]))
            elif breach == "another key's":
                keys = [signer().verifier]
            else:
                folder = tmp_path / "again"
                ledger = Ledger(folder, ORIGIN, KEY)
                ledger.append([b'{"n":%d}' % number for number in range(9)])
                ledger.close()
            with pytest.raises(Damaged):
                await Anchor(store, ORIGIN).start(folder, keys)

        asyncio.run(run())

    def test_a_conflict_is_for_good(self, tmp_path: Path) -> None:
        async def run() -> None:
            store = DirectoryStore(tmp_path / "store")
            anchor = Anchor(store, ORIGIN)
            await anchor.start(tmp_path / "log", [KEY.verifier])
            await store.put(f"{ORIGIN}/anchors/{0:020d}.note", b"another's")
            log = await AuditLog.open(settings(tmp_path), NAMES, KEY, anchor=anchor)
            await until(lambda: not log.available)
            with pytest.raises(AuditUnavailable):
                await log.commit(record())
            await log.close()
            assert not await anchor.close(0.05)

        asyncio.run(run())


class TestTokensGoWhereTheyBelong:
    """A bearer token is whoever holds it."""

    def test_only_by_tls(self, tmp_path: Path) -> None:
        async def run() -> None:
            async with aiohttp.ClientSession() as session:
                identity = WorkloadIdentity("http://example.org", "tenant", "client", tmp_path / "assertion")
                with pytest.raises(StoreUnavailable, match="https alone"):
                    await identity.token(session)
                with pytest.raises(StoreUnavailable, match="https"):
                    BlobStore("http://example.org/audit", identity, session)

        asyncio.run(run())

    def test_one_that_is_not_taken_is_asked_for_anew(self, tmp_path: Path) -> None:
        azure = Azure()

        async def run() -> None:
            async with on_azure(azure, tmp_path) as store:
                await store.put("one", b"1")
                azure.token = "another-of-the-stand-in"
                with pytest.raises(StoreUnavailable, match="401"):
                    await store.put("two", b"2")
                await store.put("two", b"2")
                assert azure.tokens == 2

        asyncio.run(run())

    def test_half_an_identity_is_none(self) -> None:
        with pytest.raises(StoreUnavailable, match="AZURE_CLIENT_ID"):
            WorkloadIdentity.of({"AZURE_TENANT_ID": "tenant"})

    def test_names_lead_nowhere_else(self, tmp_path: Path) -> None:
        async def run() -> None:
            store = DirectoryStore(tmp_path / "store")
            for name in ("../outside", "/etc/outside", "a/../../outside"):
                with pytest.raises(StoreUnavailable, match="leads out"):
                    await store.put(name, b"")

        asyncio.run(run())

    def test_what_lies_in_a_folder_is_read_only(self, tmp_path: Path) -> None:
        asyncio.run(DirectoryStore(tmp_path / "store").put("a/b", b"1"))
        assert (tmp_path / "store/a/b").stat().st_mode & 0o777 == 0o400
        assert [path.name for path in (tmp_path / "store/a").iterdir()] == ["b"]
