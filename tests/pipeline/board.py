"""Stand-ins of the two services, on loopback: they keep comments and know whose each is."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "of-this-run"


class Service(ThreadingHTTPServer):
    """Comments by number, and every request that came."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.comments: dict[int, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.refuses = False

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Service

    def _answer(self) -> None:
        parts, length = urlsplit(self.path), int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else {}
        self.server.asked.append(f"{self.command} {parts.path}")
        known = self.server.comments
        if self.server.refuses or self.headers["Authorization"] != f"Bearer {TOKEN}":
            self._say(403, {})
        elif "_apis" in parts.path:
            self._azure(parts.path, body, known)
        else:
            self._github(parts.path, parse_qs(parts.query), body, known)

    do_GET = do_POST = do_PATCH = _answer  # noqa: N815 http.server's names

    def _github(
        self, path: str, query: dict[str, list[str]], body: dict[str, Any], known: dict[int, dict[str, Any]]
    ) -> None:
        if self.command == "GET":
            page, size = int(query["page"][0]), int(query["per_page"][0])
            listed = [{"id": number, **one} for number, one in known.items()]
            self._say(200, listed[(page - 1) * size : page * size])
        elif self.command == "POST":
            known[len(known) + 1] = {"body": body["body"], "user": {"login": "github-actions[bot]"}}
            self._say(201, {})
        else:
            known[int(path.rpartition("/")[2])]["body"] = body["body"]
            self._say(200, {})

    def _azure(self, path: str, body: dict[str, Any], known: dict[int, dict[str, Any]]) -> None:
        if self.command == "GET":
            threads = [{"id": number, "comments": [{"id": 1, "content": one["body"]}]} for number, one in known.items()]
            self._say(200, {"value": threads})
        elif self.command == "POST":
            assert body["status"] == "closed"
            known[len(known) + 1] = {"body": body["comments"][0]["content"]}
            self._say(200, {})
        else:
            known[int(path.split("/")[-3])]["body"] = body["content"]
            self._say(200, {})

    def _say(self, status: int, document: object) -> None:
        text = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Quietly."""


@contextmanager
def service() -> Iterator[Service]:
    """One that answers for a while."""
    made = Service()
    thread = Thread(target=made.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.shutdown()
        made.server_close()
        thread.join()
