"""A registry on loopback that only answers: images, and beside each what was signed of it, as cosign leaves it there.

github.com/opencontainers/distribution-spec; github.com/sigstore/cosign, specs/SIGNATURE_SPEC.md: the signatures of
`sha256:<hex>` lie under the tag `sha256-<hex>.sig`, its attestations under `sha256-<hex>.att`.
"""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
Layer = tuple[bytes, str, Mapping[str, str]]
"""Content, media type, annotations."""


class Registry:
    """What lies in it, by path."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[tuple[str, str], bytes] = {}
        self.host = ""

    def push(self, name: str, layers: Sequence[Layer], tag: str = "") -> str:
        """An image of these layers; its digest."""
        diffs = [self._blob(content) for content, _, _ in layers]
        config = json.dumps(
            {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": diffs}}
        ).encode()
        manifest: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": _described(config, CONFIG),
            "layers": [{**_described(content, kind), "annotations": dict(notes)} for content, kind, notes in layers],
        }
        self._blob(config)
        content = json.dumps(manifest).encode()
        digest = _digest(content)
        for reference in filter(None, (digest, tag)):
            self.manifests[name, reference] = content
        return digest

    def _blob(self, content: bytes) -> str:
        digest = _digest(content)
        self.blobs[digest] = content
        return digest


@contextmanager
def serving() -> Iterator[Registry]:
    """A registry that answers until the end of the block."""
    registry = Registry()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name, _, reference = self.path.removeprefix("/v2/").rpartition("/")
            kind, content = "application/octet-stream", registry.blobs.get(reference)
            if name.endswith("/manifests"):
                kind, content = MANIFEST, registry.manifests.get((name.removesuffix("/manifests"), reference))
            elif self.path == "/v2/":
                content = b"{}"
            self.send_response(HTTPStatus.OK if content is not None else HTTPStatus.NOT_FOUND)
            body = content if content is not None else json.dumps({"errors": [{"code": "MANIFEST_UNKNOWN"}]}).encode()
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            if content is not None:
                self.send_header("Docker-Content-Digest", _digest(content))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class's signature
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        registry.host = f"127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield registry
        finally:
            server.shutdown()
            thread.join()


def _described(content: bytes, kind: str) -> dict[str, Any]:
    return {"mediaType": kind, "digest": _digest(content), "size": len(content)}


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
