"""A container of Azure Storage under an immutability policy, asked by REST.

Put Blob, Get Blob, Get Blob Properties and List Blobs: learn.microsoft.com/rest/api/storageservices. The container's
policy makes a blob write-once for as long as it says; `If-None-Match: *` makes a second writer fail where there is none
yet. **It was not run on Azure by the authors**; the tests run it against a stand-in that answers as documented.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from urllib.parse import quote

import aiohttp

from model_images.gateway.guard.audit.anchor import StoreConflict, StoreUnavailable
from model_images.gateway.guard.audit.workload_identity import WorkloadIdentity, may_have_a_token

VERSION = "2021-12-02"
SECONDS = 30
CHUNK = 1 << 20
EXISTS = (409, 412)
"""BlobAlreadyExists, BlobImmutableDueToPolicy; ConditionNotMet."""
_NAME = re.compile(r"<Blob><Name>([^<]+)</Name>")
_MARKER = re.compile(r"<NextMarker>([^<]+)</NextMarker>")


class BlobStore:
    """One container."""

    def __init__(self, container: str, identity: WorkloadIdentity, session: aiohttp.ClientSession) -> None:
        if not may_have_a_token(container):
            raise StoreUnavailable("the container's address begins with https://")
        self._container, self._identity, self._session = container.rstrip("/"), identity, session

    async def put(self, name: str, data: bytes | Path) -> None:
        """Put it there once. Raises StoreUnavailable, StoreConflict."""
        size, digest = await asyncio.to_thread(_measured, data)
        headers = {
            "x-ms-blob-type": "BlockBlob",
            "If-None-Match": "*",
            "Content-Length": str(size),
            "Content-Type": "application/octet-stream",
            "x-ms-meta-sha256": digest,
        }
        status, _, _ = await self._ask("PUT", self._url(name), headers, data)
        if status == 201:
            return
        if status not in EXISTS:
            raise StoreUnavailable(f"PUT of {name} was answered {status}")
        status, _, held = await self._ask("HEAD", self._url(name), {}, None)
        if status != 200:
            raise StoreUnavailable(f"HEAD of {name} was answered {status}")
        if (held.get("x-ms-meta-sha256"), held.get("Content-Length")) != (digest, str(size)):
            raise StoreConflict(name)

    async def names(self, prefix: str) -> Sequence[str]:
        """Names that begin so. Raises StoreUnavailable."""
        found: list[str] = []
        marker = ""
        while True:
            query = f"?restype=container&comp=list&prefix={quote(prefix, safe='')}" + (
                f"&marker={quote(marker, safe='')}" if marker else ""
            )
            status, body, _ = await self._ask("GET", self._container + query, {}, None)
            if status != 200:
                raise StoreUnavailable(f"the list of blobs was answered {status}")
            text = body.decode("utf-8", "replace")
            found += [unescape(name) for name in _NAME.findall(text)]
            more = _MARKER.search(text)
            if more is None:
                return found
            marker = unescape(more[1])

    async def get(self, name: str) -> bytes:
        """What lies there. Raises StoreUnavailable."""
        status, body, _ = await self._ask("GET", self._url(name), {}, None)
        if status != 200:
            raise StoreUnavailable(f"GET of {name} was answered {status}")
        return body

    def _url(self, name: str) -> str:
        return f"{self._container}/{quote(name)}"

    async def _ask(
        self, method: str, url: str, headers: dict[str, str], data: bytes | Path | None
    ) -> tuple[int, bytes, dict[str, str]]:
        known = {
            **headers,
            "Authorization": f"Bearer {await self._identity.token(self._session)}",
            "x-ms-version": VERSION,
            "x-ms-date": datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT"),
        }
        body = _chunks(data) if isinstance(data, Path) else data
        limit = aiohttp.ClientTimeout(total=SECONDS)
        try:
            # No redirects: the token is for one host.
            async with self._session.request(
                method, url, headers=known, data=body, timeout=limit, allow_redirects=False
            ) as answer:
                if answer.status in (401, 403):
                    self._identity.forget()
                return answer.status, await answer.read(), dict(answer.headers)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise StoreUnavailable(f"the store: {type(error).__name__}") from None


def _measured(data: bytes | Path) -> tuple[int, str]:
    if isinstance(data, bytes):
        return len(data), hashlib.sha256(data).hexdigest()
    with data.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return file.tell(), digest.hexdigest()


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk
    finally:
        file.close()
