"""The hop to a model: through Envoy's way out, on a Unix socket, which knows the routes and nothing else.

Envoy holds circuit breakers, outlier detection and the allow-list of this hop; here are deadlines and bounds.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from model_images.gateway.guard.refusal import Refused

GUARD = "route"
ROUTE = "x-bailiwick-route"
MOST_ANSWER = 32_000_000
"""Bytes of an answer that isn't streamed."""


def gone(what: str, words: str, status: int = 502) -> Refused:
    """The model did not answer as models do; nothing of its words is repeated."""
    return Refused(GUARD, what, words, status=status)


@dataclass(frozen=True)
class Answered:
    """An answer whose body has not been read."""

    status: int
    response: aiohttp.ClientResponse

    async def whole(self) -> bytes:
        """All of it. Raises Refused where it is too long or ends early."""
        parts, size = [], 0
        try:
            async for part in self.response.content.iter_any():
                size += len(part)
                if size > MOST_ANSWER:
                    raise gone("answer-too-long", "The model's answer is too long.")
                parts.append(part)
        except (aiohttp.ClientError, TimeoutError):
            raise gone("model-gone", "The model's answer ended early.") from None
        return b"".join(parts)

    async def pieces(self) -> AsyncIterator[bytes]:
        """As they come. Raises Refused where it ends early."""
        try:
            async for part in self.response.content.iter_any():
                yield part
        except (aiohttp.ClientError, TimeoutError):
            raise gone("model-gone", "The model's answer ended early.") from None


class Upstream:
    """One pool of connections to Envoy's way out."""

    def __init__(self, socket: Path, *, first_byte_seconds: float = 120, stream_seconds: float = 150) -> None:
        self._socket = socket
        self._timeout = aiohttp.ClientTimeout(total=stream_seconds, sock_connect=2, sock_read=first_byte_seconds)
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the pool."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(path=str(self._socket), limit=0),
            timeout=self._timeout,
            auto_decompress=False,
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            read_bufsize=2**18,
        )

    async def close(self) -> None:
        """Let the connections go."""
        if self._session is not None:
            await self._session.close()

    @asynccontextmanager
    async def ask(self, route: str, path: str, body: bytes, headers: Mapping[str, str]) -> AsyncIterator[Answered]:
        """Send it. Whoever leaves the block early ends the model's work. Raises Refused."""
        if self._session is None:
            raise gone("not-ready", "The gateway has just begun.", 503)
        try:
            response = await self._session.post(
                f"http://upstream{path}",
                data=body,
                headers={ROUTE: route, "content-type": "application/json", "accept-encoding": "identity", **headers},
                allow_redirects=False,
            )
        except TimeoutError:
            raise gone("model-late", "The model did not answer in time.", 504) from None
        except aiohttp.ClientError:
            raise gone("model-gone", "The model can't be reached.") from None
        try:
            yield Answered(response.status, response)
        finally:
            response.close()
