"""An erasure that fails refuses: where it can't be written down before it is done, and never as if it were.

The application with its own guards, over a vault and a log that are made to fail.
"""

import asyncio
import json
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from model_images.gateway.guard import settings as told
from model_images.gateway.guard.app import App
from model_images.gateway.guard.audit.directory_store import DirectoryStore
from model_images.gateway.guard.audit.unavailable import AuditUnavailable
from model_images.gateway.guard.authorise import Authorise
from model_images.gateway.guard.conversing import Conversing
from model_images.gateway.guard.exchange import Exchange
from model_images.gateway.guard.metrics import Metrics
from model_images.gateway.guard.pipeline import Guards
from model_images.gateway.guard.rate import Rate
from model_images.gateway.guard.reading import CLAIMS
from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.settings import Callers, Ceilings, Tenant
from model_images.gateway.guard.tokens.conversation import Tokens
from model_images.gateway.guard.tokens.sealing import Minted, Row
from model_images.gateway.guard.tokens.vault import Store, Vault, VaultUnavailable
from model_images.gateway.guard.volume_limits import Places, VolumeLimits
from tests.model_images.gateway.conversations import KEYS
from tests.model_images.gateway.credentials import AUDIENCE, CALLER, ISSUER
from tests.model_images.gateway.test_route import CASE, settings

PATIENT, CONVERSATION = "H-4711", "c" * 24
ROLES = (f"use-case.{CASE}.treatment", f"erase.{CASE}", "tenant.north")


class Kept:
    """A store in memory, which does on erasing what a test says."""

    def __init__(self, erasing: Callable[[], None] = lambda: None) -> None:
        self.rows: list[Row] = []
        self._erasing = erasing

    def put(self, rows: Sequence[Row], ttl_s: int) -> list[Row]:
        """See `Store`."""
        self.rows += rows
        return list(rows)

    def load(self, tenant: str, conversations: Sequence[bytes]) -> list[Row]:
        """See `Store`."""
        return [row for row in self.rows if row.tenant == tenant and row.conversation in conversations]

    def erase(self, tenant: str, *, conversations: Sequence[bytes] = (), patients: Sequence[bytes] = ()) -> int:
        """See `Store`."""
        self._erasing()
        before = len(self.rows)
        self.rows = [
            row
            for row in self.rows
            if row.tenant != tenant or not (row.conversation in conversations or row.patient in patients)
        ]
        return before - len(self.rows)

    def purge(self) -> int:
        """Nothing here is past its time."""
        return 0


@dataclass
class Book:
    """A log that takes what it is not told to refuse; what it was given, in order."""

    lost: str = ""
    """The call whose record can't be written."""
    said: list[tuple[str, str, int]] = field(default_factory=list)

    async def decided(self, exchange: Exchange) -> None:
        """See `Journal`."""
        self._write("decided", exchange, None)

    async def refused(self, exchange: Exchange, refusal: Refused) -> None:
        """See `Journal`."""
        self._write("refused", exchange, refusal)

    async def finished(self, exchange: Exchange, refusal: Refused | None) -> None:
        """See `Journal`."""
        self._write("finished", exchange, refusal)

    def _write(self, what: str, exchange: Exchange, refusal: Refused | None) -> None:
        if self.lost in (what, "all"):
            raise AuditUnavailable("unavailable")
        self.said.append((what, refusal.code if refusal else "", exchange.erased))


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., App]:
    """Makes the application."""

    def make(store: Store, book: Book, *, each_minute: int = 600, patients: int = 100) -> App:
        tenant = Tenant(models={CASE: "http://model:8000"}, cache_salt="", requests_per_minute=each_minute)
        served = settings(tenants={"north": tenant, "south": tenant}, models={}, canaries={})
        log: Any = None  # of the breaker's own events
        places = Places(state=tmp_path, orders=tmp_path, store=DirectoryStore(tmp_path / "store"), stack="eu-prod")
        most = Ceilings(bytes=1 << 30, patients=patients, reidentified=100)
        volume = VolumeLimits(told.Volume(caller=most), places, secrets.token_bytes(32), log, "gateway-0", lambda: None)
        not_asked: Any = None  # what only asks models
        guards = Guards(
            settings=served,
            authorise=Authorise(served, Callers(issuer=ISSUER, audience=AUDIENCE, max_age_seconds=900)),
            deidentify=not_asked,
            conversing=Conversing(Tokens(KEYS, Vault(KEYS, store)), "eu"),
            prompts=not_asked,
            pins=not_asked,
            routes=not_asked,
            salts=not_asked,
            rate=Rate(served),
            volume=volume,
            journal=book,
            answers=not_asked,
        )
        return App(guards, not_asked, Metrics(), not_asked)

    return make


def filled(store: Store) -> None:
    """A token of the patient's in the conversation."""
    one = Minted("NAME", "marker", "[[NAME_bcd2345]]", "Ann Lee")
    Vault(KEYS, store).mint_all("north", f"{len(CASE)}:{CASE}{CONVERSATION}", PATIENT, [one])


async def ask(app: App, named: Mapping[str, object], roles: Sequence[str] = ROLES) -> tuple[int, dict[str, Any]]:
    """As Envoy passes it on."""
    now = int(time.time())
    claims = {
        "iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + 600, "azp": CALLER, "uti": "t-1", "idtyp": "app",
        "roles": list(roles),
    }  # fmt: skip
    headers = {CLAIMS: urlsafe_b64encode(json.dumps(claims).encode()).decode(), "content-type": "application/json"}
    scope = {
        "type": "http", "method": "POST", "path": "/v1/erasures",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": json.dumps({"model": CASE, **named}).encode()}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"])


def code(answered: tuple[int, dict[str, Any]]) -> tuple[int, str]:
    return answered[0], answered[1]["error"]["code"]


BOTH = pytest.mark.parametrize("named", [{"patient": PATIENT}, {"conversation": CONVERSATION}], ids=["patient", "talk"])


@BOTH
class TestWhatCannotBeWrittenDownIsNotErased:
    """Else the one proof that it was lawful is missing, and what it was about is gone."""

    @pytest.mark.parametrize("lost", ["decided", "all"])
    def test_before(self, made: Callable[..., App], named: dict[str, object], lost: str) -> None:
        store, book = Kept(), Book(lost)
        filled(store)
        assert code(asyncio.run(ask(made(store, book), named))) == (503, "audit.unavailable")
        assert len(store.rows) == 1

    def test_nor_told_as_done_where_its_end_is_not(self, made: Callable[..., App], named: dict[str, object]) -> None:
        store, book = Kept(), Book("finished")
        filled(store)
        app = made(store, book)
        assert code(asyncio.run(ask(app, named))) == (503, "audit.unavailable")
        book.lost = ""
        assert asyncio.run(ask(app, named)) == (200, {"object": "erasure", "erased": 0})
        assert store.rows == []

    def test_it_is_written_before_the_vault_is_asked(self, made: Callable[..., App], named: dict[str, object]) -> None:
        book = Book()
        seen: list[list[tuple[str, str, int]]] = []
        store = Kept(lambda: seen.append(list(book.said)))
        filled(store)
        assert asyncio.run(ask(made(store, book), named)) == (200, {"object": "erasure", "erased": 1})
        assert seen == [[("decided", "", 0)]]
        assert book.said == [("decided", "", 0), ("finished", "", 1)]


def down() -> None:
    raise VaultUnavailable


def broken() -> None:
    raise RuntimeError(f"no row of {PATIENT} in {CONVERSATION}")


@BOTH
class TestAVaultThatDoesNotAnswerRefuses:
    """An erasure that was told as done and was not is found by whoever was to be forgotten."""

    @pytest.mark.parametrize(
        ("erasing", "said"), [(down, "tokens.vault-unavailable"), (broken, "tokens.failed")], ids=["down", "broken"]
    )
    def test_in_the_guards_own_words(
        self, made: Callable[..., App], named: dict[str, object], erasing: Callable[[], None], said: str
    ) -> None:
        store, book = Kept(erasing), Book()
        filled(store)
        answered = asyncio.run(ask(made(store, book), named))
        assert code(answered) == (503, said)
        assert PATIENT not in json.dumps(answered)
        assert CONVERSATION not in json.dumps(answered)
        # That it was to be, and that it was not: not a second decision.
        assert book.said == [("decided", "", 0), ("finished", said, 0)]

    def test_and_one_that_is_slow_holds_nobody_up(self, made: Callable[..., App], named: dict[str, object]) -> None:
        """A disk, or a service: who waits for it must not be the loop that serves everybody."""
        store, waits = Kept(lambda: time.sleep(0.3)), 0.0

        async def beside() -> None:
            nonlocal waits
            while True:
                begun = time.monotonic()
                await asyncio.sleep(0.01)
                waits = max(waits, time.monotonic() - begun)

        async def run() -> int:
            watch = asyncio.ensure_future(beside())
            await asyncio.sleep(0.02)
            status, _ = await ask(made(store, Book()), named)
            await asyncio.sleep(0.02)
            watch.cancel()
            return status

        assert asyncio.run(run()) == 200
        assert waits < 0.25


class TestATenantErasesItsOwn:
    """Two controllers may call a patient, and a conversation, alike."""

    @BOTH
    def test_and_nobody_elses(self, made: Callable[..., App], named: dict[str, object]) -> None:
        store, book = Kept(), Book()
        filled(store)
        app = made(store, book)
        south = (*ROLES[:2], "tenant.south")
        assert asyncio.run(ask(app, named, south)) == (200, {"object": "erasure", "erased": 0})
        assert len(store.rows) == 1
        assert asyncio.run(ask(app, named))[1]["erased"] == 1

    def test_no_oftener_than_it_may_ask(self, made: Callable[..., App]) -> None:
        book = Book()
        app = made(Kept(), book, each_minute=2)
        codes = [asyncio.run(ask(app, {"patient": PATIENT}))[0] for _ in range(4)]
        assert codes == [200, 200, 429, 429]
        assert book.said[-1] == ("refused", "volume.rate", 0)


class TestWhoErasesOneAfterAnotherIsStopped:
    """Ids that are tried, or a caller gone astray: each patient counts as one whose record was sent."""

    def test_by_the_breaker_on_patients(self, made: Callable[..., App]) -> None:
        store = Kept()
        filled(store)

        async def run() -> list[tuple[int, dict[str, Any]]]:
            app = made(store, Book(), patients=3)
            return [await ask(app, {"patient": name}) for name in ("P-1", "P-2", "P-3", "P-4", PATIENT)]

        answered = asyncio.run(run())
        assert [status for status, _ in answered[:3]] == [200, 200, 200]
        assert [code(one) for one in answered[3:]] == [(403, "volume.open")] * 2
        assert len(store.rows) == 1
