"""A host that publishes weights, over TLS with a certificate of this run: ranges, entity tags, redirects, breaks."""

import hashlib
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


class Hub(ThreadingHTTPServer):
    """Its files, and what was asked of it."""

    daemon_threads = True

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = files
        self.asked: list[dict[str, str]] = []
        self.break_after: int | None = None
        """Bytes after which a connection is cut, once."""
        self.moved: dict[str, str] = {}
        """Paths that are somewhere else."""
        self.weak = False

    @property
    def host(self) -> str:
        """As it is approved."""
        return f"127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Hub

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class's name
        """Nothing."""

    def do_GET(self) -> None:
        """A file, or a part of it."""
        hub = self.server
        hub.asked.append({"path": self.path, **self.headers})
        if self.path in hub.moved:
            self.send_response(302)
            self.send_header("Location", hub.moved[self.path])
            self.end_headers()
            return
        content = hub.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        tag = ("W/" if hub.weak else "") + f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        if self.headers.get("If-Match") not in (None, tag):
            self.send_error(412)
            return
        begins = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").rstrip("-"))
        if begins >= len(content) and begins:
            self.send_error(416)
            return
        self.send_response(206 if begins else 200)
        if begins:
            self.send_header("Content-Range", f"bytes {begins}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - begins))
        self.send_header("ETag", tag)
        self.end_headers()
        left = content[begins:]
        if hub.break_after is not None and len(left) > hub.break_after:
            left, hub.break_after = left[: hub.break_after], None
        self.wfile.write(left)


@contextmanager
def publishing(files: dict[str, bytes], folder: Path) -> Iterator[tuple[Hub, ssl.SSLContext]]:
    """A host that runs, and what trusts it."""
    hub = Hub(files)
    certificate = _certificate(folder)
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate)
    hub.socket = served.wrap_socket(hub.socket, server_side=True)
    thread = threading.Thread(target=hub.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hub, ssl.create_default_context(cafile=str(certificate))
    finally:
        hub.shutdown()
        hub.server_close()
        thread.join()


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"hub {folder.name}"[:60])])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    file = folder / "hub.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + made.public_bytes(Encoding.PEM))
    return file
