"""Runs the vault: `python -m model_images.gateway.vault settings.json`."""

import asyncio
import signal
import ssl
import sys
from contextlib import suppress
from pathlib import Path

import msgspec
from aiohttp import web

from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.tokens.store import SqliteStore
from model_images.gateway.vault.service import application, server_context


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the machine's image is given."""

    database: Path
    certificate: Path
    key: Path
    clients: Path
    """Authorities of the callers' certificates."""
    callers: dict[str, frozenset[str]]
    """Name in a caller's certificate → the tenants it may ask for."""
    host: str = "0.0.0.0"  # noqa: S104 inside the machine's own subnet; the network policy names who comes
    port: int = 8443
    every_s: float = 60.0
    """How often rows past their time are removed, and a renewed certificate is taken up."""


def read(path: Path) -> Settings:
    """The settings from their file."""
    return msgspec.json.decode(path.read_bytes(), type=Settings, dec_hook=lambda form, value: form(value))


async def run(settings: Settings) -> None:
    """Serves until it is told to end."""
    store = SqliteStore(settings.database)
    context = server_context(settings.certificate, settings.key, settings.clients)
    runner = web.AppRunner(application(store, settings.callers), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, settings.host, settings.port, ssl_context=context).start()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    while not ended.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), settings.every_s)
        with suppress(Refused):
            await asyncio.to_thread(store.purge)
        with suppress(OSError, ssl.SSLError):  # half renewed: the next round takes it
            context.load_cert_chain(settings.certificate, settings.key)
    await runner.cleanup()
    store.close()


if __name__ == "__main__":
    asyncio.run(run(read(Path(sys.argv[1]))))
