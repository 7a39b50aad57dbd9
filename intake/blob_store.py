"""Azure Blob Storage as the store: a container that is write-once, and a block blob for each file.

learn.microsoft.com/rest/api/storageservices: Put Block, Get Block List, Put Block List. A block is named by its place
and its SHA-256, so a run that was killed sends only the blocks that are not there yet; the blob appears when its list
is put, with `If-None-Match: *`: an existing one is never replaced. Tested against a stand-in; not run against Azure.
"""

import base64
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, urlsplit
from xml.sax.saxutils import escape

from intake.http import LOOPBACK, Answer, ask
from intake.refusal import Interrupted, Refused
from intake.stores import Told

VERSION = "2023-11-03"
BLOCK = 64 * 2**20
"""Bytes; a blob has 50,000 blocks at most, so files of 3 TiB."""
_NAME = re.compile(r"<Name>([A-Za-z0-9+/=]+)</Name>\s*<Size>(\d+)</Size>")
SUM = "x-ms-meta-sha256"


class BlobStore:
    """One container, by the runner's own identity."""

    def __init__(self, url: str, token: Callable[[], str], *, block: int = BLOCK) -> None:
        parts = urlsplit(url)
        if (parts.scheme != "https" and parts.hostname not in LOOPBACK) or not parts.path.strip("/") or parts.query:
            raise Refused([f"{url} is no container: https://<account>.blob.core.windows.net/<container>"])
        self._url, self._token, self._block = url.rstrip("/"), token, block
        self.described = self._url

    def read(self, path: str) -> bytes | None:
        """A small blob; None where it is not there."""
        answer = self._ask("GET", path)
        if answer.status == 404:
            return None
        self._expect(answer, (200,), f"reading {path}")
        return answer.body

    def lay(self, path: str, file: Path, sha256: str, told: Told) -> bool:
        """Send the blocks that are not there, then put the list."""
        if self._stands(path, file.stat().st_size, sha256):
            told(file.stat().st_size)
            return False
        there = self._blocks(path)
        names: list[str] = []
        whole = hashlib.sha256()
        with file.open("rb") as source:
            while chunk := source.read(self._block):
                whole.update(chunk)
                name = _name(len(names), chunk)
                names.append(name)
                if there.get(name) != len(chunk):
                    self._put_block(path, name, chunk)
                told(len(chunk))
        if whole.hexdigest() != sha256:
            raise Refused([f"{path} changed after it was hashed; the staging folder is not this run's alone"])
        listed = "".join(f"<Latest>{escape(name)}</Latest>" for name in names)
        answer = self._ask(
            "PUT",
            path,
            "comp=blocklist",
            headers={"If-None-Match": "*", SUM: sha256, "x-ms-blob-content-type": "application/octet-stream"},
            body=f'<?xml version="1.0" encoding="utf-8"?><BlockList>{listed}</BlockList>'.encode(),
        )
        if answer.status in (409, 412) and self._stands(path, file.stat().st_size, sha256):
            return False  # somebody laid the same down meanwhile, or the answer of an earlier try was lost
        self._expect(answer, (201,), f"laying down {path}")
        return True

    def _stands(self, path: str, size: int, sha256: str) -> bool:
        answer = self._ask("HEAD", path)
        if answer.status == 404:
            return False
        self._expect(answer, (200,), f"looking for {path}")
        if (answer.headers.get(SUM), answer.headers.get("Content-Length")) != (sha256, str(size)):
            raise Refused([f"{path} stands in the store with another content; what stands there is not replaced"])
        return True

    def _blocks(self, path: str) -> dict[str, int]:
        """Blocks that an earlier run sent and nobody listed yet; Azure keeps them for a week."""
        answer = self._ask("GET", path, "comp=blocklist&blocklisttype=uncommitted")
        if answer.status == 404:
            return {}
        self._expect(answer, (200,), f"asking for blocks of {path}")
        return {name: int(size) for name, size in _NAME.findall(answer.body.decode("utf-8", "replace"))}

    def _put_block(self, path: str, name: str, chunk: bytes) -> None:
        # What the service asks for to see that nothing was lost on the way; who meant harm is found by SHA-256.
        check = base64.b64encode(hashlib.md5(chunk, usedforsecurity=False).digest()).decode()
        answer = self._ask(
            "PUT", path, f"comp=block&blockid={quote(name, safe='')}", headers={"Content-MD5": check}, body=chunk
        )
        self._expect(answer, (201,), f"sending a block of {path}")

    def _ask(
        self,
        method: str,
        path: str,
        query: str = "",
        *,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        url = f"{self._url}/{quote(path)}" + (f"?{query}" if query else "")
        return ask(method, url, headers={"x-ms-version": VERSION, **(headers or {})}, body=body, token=self._token())

    def _expect(self, answer: Answer, wanted: tuple[int, ...], doing: str) -> None:
        if answer.status not in wanted:
            code = answer.headers.get("x-ms-error-code", "no code")
            raise Interrupted(f"{urlsplit(self._url).hostname} answered {answer.status} ({code}) to {doing}")


def _name(index: int, chunk: bytes) -> str:
    """Of one length for every block of a blob, as Azure asks."""
    return base64.b64encode(f"{index:06d}-{hashlib.sha256(chunk).hexdigest()[:32]}".encode()).decode()
