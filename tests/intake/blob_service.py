"""A stand-in for Azure's blob service, for what the store asks of it: blocks, lists, conditions, blobs that stay.

Form: learn.microsoft.com/rest/api/storageservices. Beside it, a vault's key: get, and sign with ES256.
"""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree as ET

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

TOKEN = "a-token"


class Service(ThreadingHTTPServer):
    """What stands in it, and what was asked of it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.blobs: dict[str, tuple[bytes, str]] = {}
        self.blocks: dict[str, dict[str, bytes]] = {}
        self.asked: list[tuple[str, str]] = []
        self.fail_after: int | None = None
        """Blocks after which it answers no more."""
        self.key = ec.generate_private_key(ec.SECP256R1())

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def serving() -> Iterator[Service]:
    """One that runs."""
    service = Service()
    thread = threading.Thread(target=service.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.shutdown()
        service.server_close()
        thread.join()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Service
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class's name
        """Nothing."""

    def _begin(self) -> tuple[str, dict[str, list[str]], bytes]:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.server.asked.append((self.command, self.path))
        return unquote(parts.path), parse_qs(parts.query), body

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in {"Content-Length": str(len(body)), **given}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _admitted(self) -> bool:
        if self.headers.get("Authorization") == f"Bearer {TOKEN}":
            return True
        self._answer(403, x_ms_error_code="AuthorizationFailure")
        return False

    def do_HEAD(self) -> None:
        """Whether a blob stands there."""
        path, _, _ = self._begin()
        if self._admitted():
            if path in self.server.blobs:
                content, digest = self.server.blobs[path]
                self._answer(200, Content_Length=str(len(content)), x_ms_meta_sha256=digest)
            else:
                self._answer(404, x_ms_error_code="BlobNotFound")

    def do_GET(self) -> None:
        """A blob, its blocks, or a vault's key."""
        path, query, _ = self._begin()
        if not self._admitted():
            return
        if path.startswith("/keys/"):
            numbers = self.server.key.public_key().public_numbers()
            told = {"kty": "EC", "crv": "P-256", "x": _text(numbers.x), "y": _text(numbers.y)}
            self._answer(200, json.dumps({"key": told}).encode())
        elif query.get("comp") == ["blocklist"]:
            blocks = self.server.blocks.get(path)
            if blocks is None:
                self._answer(404, x_ms_error_code="BlobNotFound")
                return
            listed = "".join(
                f"<Block><Name>{name}</Name><Size>{len(content)}</Size></Block>" for name, content in blocks.items()
            )
            self._answer(200, f"<BlockList><UncommittedBlocks>{listed}</UncommittedBlocks></BlockList>".encode())
        elif path in self.server.blobs:
            self._answer(200, self.server.blobs[path][0])
        else:
            self._answer(404, x_ms_error_code="BlobNotFound")

    def do_PUT(self) -> None:
        """A block, or the list that makes a blob of them."""
        path, query, body = self._begin()
        if not self._admitted():
            return
        if query.get("comp") == ["block"]:
            service = self.server
            if service.fail_after is not None:
                if not service.fail_after:
                    self._answer(503, x_ms_error_code="ServerBusy")
                    return
                service.fail_after -= 1
            check = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
            if self.headers.get("Content-MD5") != check:
                self._answer(400, x_ms_error_code="Md5Mismatch")
                return
            names = [len(name) for name in service.blocks.get(path, {})]
            name = query["blockid"][0]
            if names and names[0] != len(name):
                self._answer(400, x_ms_error_code="InvalidBlobOrBlock")
                return
            service.blocks.setdefault(path, {})[name] = body
            self._answer(201)
            return
        if path in self.server.blobs and self.headers.get("If-None-Match") == "*":
            self._answer(409, x_ms_error_code="BlobAlreadyExists")
            return
        if path in self.server.blobs:
            self._answer(409, x_ms_error_code="BlobImmutableDueToPolicy")
            return
        names_ = [item.text or "" for item in ET.fromstring(body)]  # noqa: S314 our own store's words
        blocks = self.server.blocks.pop(path, {})
        if any(name not in blocks for name in names_):
            self._answer(400, x_ms_error_code="InvalidBlockList")
            return
        content = b"".join(blocks[name] for name in names_)
        self.server.blobs[path] = (content, self.headers.get("x-ms-meta-sha256", ""))
        self._answer(201)

    def do_POST(self) -> None:
        """A vault's signature."""
        _, _, body = self._begin()
        if not self._admitted():
            return
        told = json.loads(body)
        digest = base64.urlsafe_b64decode(told["value"] + "==")
        if told["alg"] != "ES256" or len(digest) != 32:
            self._answer(400)
            return
        one, two = decode_dss_signature(self.server.key.sign(digest, ec.ECDSA(Prehashed(SHA256()))))
        raw = one.to_bytes(32) + two.to_bytes(32)
        self._answer(200, json.dumps({"value": base64.urlsafe_b64encode(raw).rstrip(b"=").decode()}).encode())


def _text(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(32)).rstrip(b"=").decode()
