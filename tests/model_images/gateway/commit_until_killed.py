"""A gateway's log in a process of its own, that tests kill or bring to its limit."""

import asyncio
import resource
import signal
import sys
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from audit_log.note import FileSigner
from model_images.gateway.guard.audit.log import AuditLog, Settings
from model_images.gateway.guard.audit.unavailable import AuditUnavailable
from tests.model_images.gateway.audit_world import NAMES, ORIGIN, record


def main() -> None:
    """Commit without end, eight at a time, and print each receipt."""
    asyncio.run(_commit())


def until_full() -> None:
    """Commit up to a limit of the file's size, and print how many were kept and how the next was refused."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    asyncio.run(_fill())


async def _opened() -> AuditLog:
    folder, pem = Path(sys.argv[1]), Path(sys.argv[2])
    key = ed25519.Ed25519PrivateKey.generate()
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    settings = Settings(folder=folder, origin=ORIGIN, checkpoint_records=50, segment_bytes=60_000, deadline_seconds=20)
    return await AuditLog.open(settings, NAMES, FileSigner(ORIGIN, pem.read_bytes()))


async def _commit() -> None:
    log = await _opened()
    number = 0
    while True:
        found = await asyncio.gather(*(log.commit(record(number + item)) for item in range(8)))
        number += 8
        for receipt in found:
            print(receipt.index, receipt.hash, flush=True)  # noqa: T201 its parent reads it


async def _fill() -> None:
    log = await _opened()
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
    number = 0
    try:
        while True:
            await log.commit(record(number))
            number += 1
    except AuditUnavailable as error:
        print(number, error.code, flush=True)  # noqa: T201 its parent reads it
