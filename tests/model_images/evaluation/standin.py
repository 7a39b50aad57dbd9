"""A server on loopback that speaks chat completions: as a model would, wrong, slow, broken, or guarded."""

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from model_images.evaluation.scoring import Abstains, Contains, Exact, Matches, Normalised, Numeric, Refusal, SetF1
from model_images.evaluation.suite import Item


def right(item: Item) -> str:
    """An answer that is right by its scorer, in the words of the item."""
    score = item.score
    if isinstance(score, Exact):
        return score.expected
    if isinstance(score, Normalised):
        return score.expected if isinstance(score.expected, str) else score.expected[0]
    if isinstance(score, Contains):
        return "; ".join(one if isinstance(one, str) else one[0] for one in score.all)
    if isinstance(score, SetF1):
        return "\n".join(f"- {one if isinstance(one, str) else one[0]}" for one in score.expected)
    if isinstance(score, Numeric):
        number = f"{score.value:g}"
        return f"{number.replace('.', ',') if item.lang == 'de' else number} {score.unit}"
    if isinstance(score, Abstains):
        return "nicht dokumentiert" if item.lang == "de" else "Not documented."
    if isinstance(score, Refusal) and score.expected == "refuse":
        return "Dabei kann ich nicht helfen." if item.lang == "de" else "I can't help with that."
    assert isinstance(score, Refusal | Matches)
    return item.note or "yes"


@dataclass
class Told:
    """What it was asked, and how it answers."""

    answer: Callable[[str], str]
    """From the last message's text."""
    fails: Callable[[int, str], tuple[int, bytes, dict[str, str]] | None] = lambda number, prompt: None
    """From the number of the request, and the text: a status, a body and headers in the answer's place."""
    raw: Callable[[str], bytes | None] = lambda prompt: None
    """Bytes in the stream's place."""
    pause: float = 0.0
    """Seconds before the first piece."""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    most: int = 0
    """Requests at one time."""
    _now: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def serving(told: Told, tls: tuple[Path, Path, Path] | None = None) -> Iterator[str]:  # noqa: C901 a server in one place
    """Its URL with `/v1`. `tls`: certificate, key, and the authority of the clients."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        _counted = False

        def do_GET(self) -> None:
            body = json.dumps({"object": "list", "data": [{"id": "notes"}]}).encode()
            self._whole(200, body, {})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            prompt = body["messages"][-1]["content"]
            with told.lock:
                told.bodies.append(body)
                told.tokens.append(self.headers.get("Authorization", ""))
                told._now += 1
                self._counted = True
                told.most = max(told.most, told._now)
                number = len(told.bodies)
            try:
                failure = told.fails(number, prompt)
                if failure is not None:
                    self._whole(*failure)
                    return
                self._stream(prompt)
            except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
                self.close_connection = True
            finally:
                self._answered()

        def _answered(self) -> None:
            """Before the last byte: who has it may ask again before this thread comes to anything else."""
            with told.lock:
                told._now -= self._counted
                self._counted = False

        def _whole(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self._answered()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def _stream(self, prompt: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            time.sleep(told.pause)
            raw = told.raw(prompt)
            if raw is not None:
                self.wfile.write(raw)
                return
            text = told.answer(prompt)
            half = len(text) // 2
            for piece in ({"role": "assistant"}, {"content": text[:half]}, {"content": text[half:]}):
                self._event({"choices": [{"index": 0, "delta": piece, "finish_reason": None}]})
            self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
            self._event({"choices": [], "usage": {"completion_tokens": len(text.split())}})
            self._answered()
            self.wfile.write(b"data: [DONE]\n\n")

        def _event(self, event: dict[str, Any]) -> None:
            self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    scheme = "http"
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls[0], tls[1])
        context.load_verify_locations(tls[2])
        context.verify_mode = ssl.CERT_REQUIRED
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"{scheme}://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
