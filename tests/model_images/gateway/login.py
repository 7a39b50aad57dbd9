"""An issuer's token endpoint on loopback, as Entra's: client credentials, by an assertion and without a secret."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

from tests.model_images.gateway.credentials import Issuer

ASSERTION = "signed-by-the-place-itself"
AUDIENCE_SCOPE = "the-gateway/.default"


@dataclass
class Login:
    """What it hands out, and whom it has seen."""

    issuer: Issuer
    roles: tuple[str, ...]
    port: int = 0
    seconds: int = 600
    old: int = 0
    """How many tokens it hands out that have ended already, by the gateway's clock."""
    asked: list[dict[str, list[str]]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def login(issuer: Issuer, *roles: str) -> Iterator[Login]:
    """Listen; who asks otherwise than by the book gets nothing."""
    made = Login(issuer, roles)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            made.asked.append(form)
            good = self.path == "/the-tenant/oauth2/v2.0/token" and form == {
                "grant_type": ["client_credentials"],
                "client_id": ["the-caller"],
                "scope": [AUDIENCE_SCOPE],
                "client_assertion_type": ["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"],
                "client_assertion": [ASSERTION],
            }
            begun = -3_600 if len(made.asked) <= made.old else 0
            token = made.issuer.token(*made.roles, seconds=made.seconds, begun=begun)
            told = {"token_type": "Bearer", "expires_in": made.seconds, "access_token": token}
            raw = json.dumps(told if good else {"error": "invalid_request"}).encode()
            self.send_response(200 if good else 400)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    made.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
