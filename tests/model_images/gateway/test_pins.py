"""What a use case is held to: read anew, held to its checksum, in force for nobody where it can't be."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from model_images.gateway.guard.audit.workload_identity import WorkloadIdentity
from model_images.gateway.guard.azure_prompts import AzurePrompts
from model_images.gateway.guard.pins import Mounted, Pins, Unavailable
from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.settings import PromptStore

TEXT = b"You help.\n"
CASE = "letters"


def pin(text: bytes = TEXT, path: str = "1.0.0.txt") -> dict[str, Any]:
    return {
        "model": {"name": "m", "revision": "1" * 40, "sha256": "2" * 64},
        "prompt": {"name": CASE, "version": "1.0.0", "sha256": hashlib.sha256(text).hexdigest(), "path": path},
        "dataClasses": ["phi"],
        "externalAllowed": False,
        "firstTokenMilliseconds": 500,
        "accuracyFloor": 0.9,
    }


@pytest.fixture
def store(tmp_path: Path) -> Path:
    (tmp_path / "1.0.0.txt").write_bytes(TEXT)
    (tmp_path / f"{CASE}.json").write_text(json.dumps(pin()))
    return tmp_path


def read(store: Path) -> tuple[Pins, dict[str, str]]:
    pins = Pins(Mounted(store), {CASE: f"use-case:{CASE}"})
    return pins, asyncio.run(pins.refresh())


class TestATemplateIsTheApprovedOneOrNone:
    """To the byte: its SHA-256 stands in the pin, and in every record of the audit log."""

    def test_a_good_one_is_in_force(self, store: Path) -> None:
        pins, wrong = read(store)
        assert (pins.of(CASE)[1].encode(), wrong, pins.missing) == (TEXT, {}, [])

    def _not_in_force(self, store: Path) -> str:
        pins, wrong = read(store)
        assert pins.missing == [CASE]
        with pytest.raises(Refused) as caught:
            pins.of(CASE)
        assert caught.value.status == 503
        return wrong[CASE]

    def test_one_byte_more_and_it_is_not(self, store: Path) -> None:
        (store / "1.0.0.txt").write_bytes(TEXT + b" ")
        assert "SHA-256" in self._not_in_force(store)

    def test_a_pin_that_is_not_there(self, store: Path) -> None:
        (store / f"{CASE}.json").unlink()
        self._not_in_force(store)

    @pytest.mark.parametrize(
        "change", [{"dataClasses": ["secret"]}, {"externalAllowed": "no"}, {"more": 1}, {"prompt": None}]
    )
    def test_a_pin_that_has_not_its_form(self, store: Path, change: dict[str, Any]) -> None:
        (store / f"{CASE}.json").write_text(json.dumps({**pin(), **change}))
        self._not_in_force(store)

    @pytest.mark.parametrize("path", ["../secret", "/etc/hostname"])
    def test_a_path_that_leads_out_of_the_store(self, store: Path, path: str) -> None:
        (store.parent / "secret").write_bytes(TEXT)
        (store / f"{CASE}.json").write_text(json.dumps(pin(path=path)))
        assert "outside" in self._not_in_force(store)

    def test_what_goes_wrong_later_ends_what_was_in_force(self, store: Path) -> None:
        pins, _ = read(store)
        (store / f"{CASE}.json").write_text("{")
        asyncio.run(pins.refresh())
        assert pins.missing == [CASE]

    def test_a_new_version_comes_into_force(self, store: Path) -> None:
        pins, _ = read(store)
        (store / "2.txt").write_bytes(b"New.")
        (store / f"{CASE}.json").write_text(json.dumps(pin(b"New.", "2.txt")))
        asyncio.run(pins.refresh())
        assert pins.of(CASE)[1] == "New."


class StandIn:
    """App Configuration, Blob Storage and Entra, as far as they are asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.status, self.raw = 200, json.dumps({"value": json.dumps(pin())}).encode()

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((request.raw_path, request.headers.get("authorization", "")))
        if request.path.endswith("/oauth2/v2.0/token"):
            return web.json_response({"access_token": "t" * 40, "expires_in": 3600, "token_type": "Bearer"})
        body = TEXT if request.path.startswith("/templates/") else self.raw
        return web.Response(status=self.status, body=body, headers={"location": "http://127.0.0.1:1/"})


def asked(tmp_path: Path, stand_in: StandIn, ask: Callable[[AzurePrompts], Awaitable[bytes]]) -> bytes:
    async def run() -> bytes:
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", stand_in.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host = f"127.0.0.1:{runner.addresses[0][1]}"
        (tmp_path / "token").write_text("federated")
        identity = WorkloadIdentity(f"http://{host}/", "tenant", "client", tmp_path / "token")
        try:
            async with aiohttp.ClientSession() as session:
                store = PromptStore(configuration=host, label="prod", texts=host)
                return await ask(AzurePrompts(store, identity, identity, session, scheme="http"))
        finally:
            await runner.cleanup()

    return asyncio.run(run())


class TestTheStoreOnAzureIsAskedAsItsDocumentationSays:
    """By a stand-in: it was not run on Azure."""

    def test_a_value_by_key_and_label(self, tmp_path: Path) -> None:
        stand_in = StandIn()
        assert json.loads(asked(tmp_path, stand_in, lambda store: store.pin(f"use-case:{CASE}"))) == pin()
        path, authorization = stand_in.asked[-1]
        assert path == f"/kv/use-case:{CASE}?api-version=2023-11-01&label=prod"
        assert authorization == f"Bearer {'t' * 40}"

    def test_a_text_by_its_path(self, tmp_path: Path) -> None:
        stand_in = StandIn()
        assert asked(tmp_path, stand_in, lambda store: store.text("letters/1.0.0.txt")) == TEXT
        assert stand_in.asked[-1][0] == "/templates/letters/1.0.0.txt"

    @pytest.mark.parametrize("status", [302, 401, 403, 404, 429, 500])
    def test_any_other_answer_is_none(self, tmp_path: Path, status: int) -> None:
        stand_in = StandIn()
        stand_in.status = status
        with pytest.raises(Unavailable, match=str(status)):
            asked(tmp_path, stand_in, lambda store: store.pin(f"use-case:{CASE}"))

    @pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b"\xff"])
    def test_so_is_one_of_another_form(self, tmp_path: Path, raw: bytes) -> None:
        stand_in = StandIn()
        stand_in.raw = raw
        with pytest.raises(Unavailable):
            asked(tmp_path, stand_in, lambda store: store.pin(f"use-case:{CASE}"))

    def test_a_host_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(Unavailable):
            asked(tmp_path, StandIn(), lambda store: store.value("127.0.0.1:1", "key"))

    def test_no_token_goes_in_the_clear(self, tmp_path: Path) -> None:
        with pytest.raises(Unavailable, match="https"):
            asked(tmp_path, StandIn(), lambda store: store.value("store.example", "key"))
