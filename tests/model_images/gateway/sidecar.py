"""A model for names beside the guard, as an operator would bring one; it can be made to fail in each way."""

import json
import re
import socketserver
import threading
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Literal

DIGEST = "sha256:" + "3" * 64
How = Literal["well", "down", "slow", "throwing", "partial"]
LATE_SECONDS = 0.1
"""The deadline of the gateway whose model is slow."""


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 256


class Sidecar:
    """Answers on a Unix socket."""

    def __init__(self, path: Path, knows: str = r"Zebediah\s+Quartermaine") -> None:
        self.path, self.how = path, "well"
        self.asked: list[str] = []
        sidecar = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                text = json.loads(self.rfile.read(int(self.headers["content-length"])))["text"]
                sidecar.asked.append(text)
                if sidecar.how == "slow":
                    time.sleep(3 * LATE_SECONDS)
                spans = [
                    {"start": found.start(), "end": found.end(), "kind": "NAME", "score": 0.9}
                    for found in re.finditer(knows, text)
                ]
                read = len(text) // 2 if sidecar.how == "partial" else len(text)
                told = json.dumps({"model": DIGEST, "read": read, "spans": spans}).encode()
                self.send_response(500 if sidecar.how == "throwing" else 200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._handler = Handler
        self._server: _Server | None = None

    def set(self, how: How) -> None:
        """Answer so from now on."""
        self.how = how
        if how == "down":
            self.stop()
        elif self._server is None:
            self.path.unlink(missing_ok=True)
            self._server = _Server(str(self.path), self._handler)
            threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Nobody answers any more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
            self.path.unlink(missing_ok=True)
