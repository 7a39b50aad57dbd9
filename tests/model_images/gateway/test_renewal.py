"""What is read again while a gateway runs is in force: pins, weights, salts, and what the log lets be named."""

import asyncio
import base64
import json
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest

from model_images.gateway.guard import renewal
from model_images.gateway.guard.audit.log import AuditLog, Settings
from model_images.gateway.guard.audit.record import Model
from model_images.gateway.guard.audit.unavailable import AuditUnavailable
from model_images.gateway.guard.metrics import Metrics
from model_images.gateway.guard.pins import Mounted, Pins
from model_images.gateway.guard.refreshing import Refreshing
from model_images.gateway.guard.route import Routes, Salts
from model_images.gateway.guard.settings import Tenant
from model_images.gateway.guard.tokens.keys import Keys
from model_images.gateway.guard.tokens.sealing import Row
from model_images.gateway.guard.tokens.store import SqliteStore
from tests.model_images.gateway.audit_world import ORIGIN, record, signer, until
from tests.model_images.gateway.test_pins import CASE, TEXT, pin
from tests.model_images.gateway.test_route import CANARY, settings

REVISION = "1" * 40


@pytest.fixture
def store(tmp_path: Path) -> Path:
    (tmp_path / "1.0.0.txt").write_bytes(TEXT)
    (tmp_path / f"{CASE}.json").write_text(json.dumps(pin()))
    (tmp_path / "surrogates--shared--1").write_bytes(base64.b64encode(bytes(32)))
    return tmp_path


def pinned(name: str) -> str:
    told: dict[str, Any] = pin()
    return json.dumps({**told, "model": {**told["model"], "name": name}})


class TestAModelOfAnotherNameIsServed:
    """A promotion changes a pin under gateways that run. The log takes names that it knows: it has to be told."""

    def test_by_the_log_as_well(self, store: Path, tmp_path: Path) -> None:
        served = settings(models={CASE: "http://model:8000"}, canaries={})

        async def run() -> None:
            pins = Pins(Mounted(store), renewal.pinned(served))
            assert await pins.refresh() == {}
            known = renewal.names(served, "gateway-0", pins)
            log = await AuditLog.open(Settings(folder=tmp_path / "log", origin=ORIGIN), known, signer())
            keys = Keys.mounted(store)
            renewed = renewal.renewing(served, pins, keys, log, Salts(renewal.salts(served, keys)))

            async def written(name: str) -> None:
                model = Model(name=name, revision=REVISION)
                await log.commit(record(tenant="shared", use_case=CASE, model=model))

            await written("m")
            with pytest.raises(AuditUnavailable):
                await written("another")
            (store / f"{CASE}.json").write_text(pinned("another"))
            assert await pins.refresh() == {}
            renewed()
            await written("another")
            # Of requests that began before.
            await written("m")
            await log.close()

        (tmp_path / "log").mkdir()
        asyncio.run(run())


class TestASaltIsTakenUp:
    """docs/runbooks/key-rotation.md says within minutes; who changes it does so because somebody may know it."""

    def test_while_the_gateway_runs(self, store: Path, tmp_path: Path) -> None:
        file = tmp_path / "salt-a"
        file.write_bytes(b"1" * 32)
        served = settings(tenants={"a": Tenant(models={}, cache_salt=str(file), requests_per_minute=1)}, canaries={})

        async def run() -> None:
            keys, pins = Keys.mounted(store), Pins(Mounted(store), {})
            salts = Salts(renewal.salts(served, keys))
            log = await AuditLog.open(
                Settings(folder=tmp_path / "log", origin=ORIGIN), renewal.names(served, "gateway-0", pins), signer()
            )
            renewed = renewal.renewing(served, pins, keys, log, salts)
            before = salts.of("a", CASE, "portal")
            file.write_bytes(b"2" * 32)
            renewed()
            after = salts.of("a", CASE, "portal")
            file.write_bytes(b"too short")
            renewed()
            assert salts.of("a", CASE, "portal") == after != before
            await log.close()

        (tmp_path / "log").mkdir()
        asyncio.run(run())


class TestATokenPastItsTimeLeavesTheDisk:
    """Sealed or not: what is promised for a day is looked for on a disk that somebody carried away."""

    def test_by_itself(self, tmp_path: Path) -> None:
        now = 1_000.0
        store = SqliteStore(tmp_path / "tokens.sqlite", now=lambda: now)
        store.put([Row("a", b"c" * 32, b"t" * 32, b"i" * 32, b"p" * 32, 1, b"sealed")], 60)

        def kept() -> int:
            with sqlite3.connect(f"file:{tmp_path / 'tokens.sqlite'}?mode=ro", uri=True) as database:
                return int(database.execute("SELECT count(*) FROM tokens").fetchone()[0])

        async def run() -> None:
            nonlocal now
            task = asyncio.create_task(renewal.purging(store, 0.02))
            await asyncio.sleep(0.1)
            assert kept() == 1
            now += 61
            await until(lambda: kept() == 0)
            task.cancel()

        asyncio.run(run())
        store.close()


class TestAWeightIsReadAsOftenAsThePlanSays:
    """`refreshSeconds` of the settings: how late a rollback may come."""

    def test_and_not_as_often_as_pins(self, store: Path) -> None:
        asked: list[tuple[str, str]] = []

        class Weights:
            async def value(self, store: str, key: str) -> bytes:
                asked.append((store, key))
                return b"{}"

        async def run() -> None:
            served = settings(canaries={CASE: msgspec.structs.replace(CANARY, refresh_seconds=1)})
            refreshing = Refreshing(
                served, Pins(Mounted(store), {}), Routes(served), Metrics(), Weights(), Keys({}), lambda: None
            )
            task = asyncio.create_task(refreshing.run())
            async with asyncio.timeout(10):
                while len(asked) < 2:
                    await asyncio.sleep(0.05)
            task.cancel()

        asyncio.run(run())
        assert asked[0] == (CANARY.weight_store, CANARY.weight_key)
