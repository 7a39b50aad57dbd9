"""What tests of the audit log share: keys made at run time, names, records, and small logs."""

import asyncio
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from audit_log import form
from audit_log.findings import Report
from audit_log.note import FileSigner, Verifier
from audit_log.verify import anchored, verify
from model_images.gateway.guard.audit.ledger import Ledger
from model_images.gateway.guard.audit.record import Asked, Decision, Endpoint, Names

ORIGIN = "eu-test/gateway-0"
PATIENCE_SECONDS = 60.0
"""A disk that other work shares is waited for: what the deadline does is tried by `test_a_disk_that_hangs` alone."""
CALLER = str(uuid.UUID(int=7))
NAMES = Names(
    instance="gateway-0",
    tenants=frozenset({"north", "south"}),
    use_cases=frozenset({"notes", "triage"}),
    purposes=frozenset({"treatment"}),
    codes=frozenset({"classify.external", "volume.open", "audit.unavailable"}),
    templates=frozenset({"notes"}),
    models=frozenset({"notes-27b"}),
    routes=frozenset({"vllm-notes"}),
    operators=frozenset({"operator"}),
)


def signer(name: str = ORIGIN, key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | None = None) -> FileSigner:
    """A key of the test's own, as a mounted secret would bring it."""
    made = key or ed25519.Ed25519PrivateKey.generate()
    pem = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return FileSigner(name, pem)


def record(number: int = 0, **more: object) -> Asked:
    """A record that is in its form."""
    values: dict[str, Any] = {
        "at": datetime(2026, 11, 21, 12, tzinfo=UTC),
        "instance": "gateway-0",
        "request": f"{number:032x}",
        "phase": "decided",
        "tenant": "north",
        "caller": CALLER,
        "use_case": "notes",
        "purpose": "treatment",
        "token": "ab" * 32,
        "endpoint": Endpoint.CHAT,
        "policy": "cd" * 32,
        "decision": Decision(allowed=True),
        **more,
    }
    return Asked(**values)


def small(folder: Path, key: FileSigner, *, segments: int = 3, each: int = 3) -> dict[int, str]:
    """A log of a few short records in several segments; its checkpoints by size, as a store would have them."""
    notes: dict[int, str] = {}
    ledger = Ledger(folder, ORIGIN, key, issued=notes.__setitem__)
    for number in range(segments):
        for item in range(each):
            ledger.append([b'{"n":%d}' % (number * each + item)])
            if item == 1:
                ledger.checkpoint()
        if number < segments - 1:
            ledger.turn()
    ledger.close()
    return notes


def anchors(folder: Path, notes: dict[int, str]) -> Path:
    """The folder, with the notes in it."""
    folder.mkdir()
    for size, note in notes.items():
        (folder / f"{size:020d}.note").write_text(note, encoding="utf-8")
    return folder


def verified(folder: Path, keys: list[Verifier], store: Path | None = None) -> Report:
    """Verify a folder, with its anchors."""
    held = anchored(sorted(store.glob("*.note")), keys) if store else []
    return verify(form.segments(folder), keys, held)


async def until(true: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for what another thread does."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.005)
