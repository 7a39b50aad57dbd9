"""The vault over the network, as the gateway's guard calls it: mutual TLS, one deadline, and no way round a failure."""

import asyncio
import ssl
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import TypeVar

import aiohttp
import msgspec

from model_images.gateway.guard.tokens.sealing import Row
from model_images.gateway.guard.tokens.vault import VaultUnavailable
from model_images.gateway.vault import wire

Answer = TypeVar("Answer", wire.Rows, wire.Count)
Kept = TypeVar("Kept")
DEADLINE_S = 1.0
CONNECTIONS = 32


def client_context(certificate: Path, key: Path, authority: Path) -> ssl.SSLContext:
    """TLS 1.3 with a certificate from both sides; only `authority` is believed, and the host's name is checked."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(authority)
    return context


class VaultClient:
    """Asks the vault. Belongs to the event loop in which it is made."""

    def __init__(self, url: str, context: ssl.SSLContext, *, deadline_s: float = DEADLINE_S) -> None:
        if not url.startswith("https://"):
            raise ValueError("the vault is spoken to over https")
        self._url, self._deadline_s = url.rstrip("/"), deadline_s
        # No proxy from the environment, no cookies, no redirect: nothing but the vault itself.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=context, limit=CONNECTIONS),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=deadline_s),
            trust_env=False,
        )

    @property
    def deadline_s(self) -> float:
        """After so long, an answer is a failure."""
        return self._deadline_s

    async def put(self, rows: Sequence[Row], ttl_s: int) -> list[Row]:
        """See `Store`."""
        if not rows:
            return []
        return (await self._ask("put", wire.Put(rows[0].tenant, list(rows), ttl_s), wire.Rows)).rows

    async def load(self, tenant: str, conversations: Sequence[bytes]) -> list[Row]:
        """See `Store`."""
        return (await self._ask("load", wire.Load(tenant, list(conversations)), wire.Rows)).rows

    async def erase(
        self,
        tenant: str,
        *,
        conversations: Sequence[bytes] = (),
        patients: Sequence[bytes] = (),
        everything: bool = False,
    ) -> int:
        """See `Store`."""
        message = wire.Erase(tenant, list(conversations), list(patients), everything)
        return (await self._ask("erase", message, wire.Count)).count

    async def close(self) -> None:
        """Closes the connections."""
        await self._session.close()

    async def _ask(self, verb: str, message: wire.Put | wire.Load | wire.Erase, form: type[Answer]) -> Answer:
        try:
            async with asyncio.timeout(self._deadline_s):
                return await self._answer(verb, msgspec.msgpack.encode(message), form)
        except (aiohttp.ClientError, TimeoutError, OSError, msgspec.DecodeError):
            raise VaultUnavailable from None

    async def _answer(self, verb: str, body: bytes, form: type[Answer]) -> Answer:
        request = self._session.post(
            f"{self._url}/v1/{verb}", data=body, headers={"Content-Type": wire.CONTENT_TYPE}, allow_redirects=False
        )
        async with request as response:
            if response.status != 200 or response.content_type != wire.CONTENT_TYPE:
                raise VaultUnavailable
            received = bytearray()
            async for part in response.content.iter_chunked(2**16):
                received += part
                if len(received) > wire.LARGEST_BODY:
                    raise VaultUnavailable
            return msgspec.msgpack.decode(bytes(received), type=form)


class RemoteStore:
    """A `Store` for the threads in which guards work, while the client lives in the gateway's event loop."""

    def __init__(self, client: VaultClient, loop: asyncio.AbstractEventLoop) -> None:
        self._client, self._loop = client, loop

    def put(self, rows: Sequence[Row], ttl_s: int) -> list[Row]:
        """See `Store`."""
        return self._wait(self._client.put(rows, ttl_s))

    def load(self, tenant: str, conversations: Sequence[bytes]) -> list[Row]:
        """See `Store`."""
        return self._wait(self._client.load(tenant, conversations))

    def erase(
        self,
        tenant: str,
        *,
        conversations: Sequence[bytes] = (),
        patients: Sequence[bytes] = (),
        everything: bool = False,
    ) -> int:
        """See `Store`."""
        asked = self._client.erase(tenant, conversations=conversations, patients=patients, everything=everything)
        return self._wait(asked)

    def _wait(self, asked: Coroutine[None, None, Kept]) -> Kept:
        future = asyncio.run_coroutine_threadsafe(asked, self._loop)
        try:
            # The client has the deadline; this one is for a loop that stands still.
            return future.result(self._client.deadline_s * 2)
        except TimeoutError:
            future.cancel()
            raise VaultUnavailable from None
