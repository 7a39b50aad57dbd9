"""Two whole gateways before one vault, as a deployment's replicas are: real Envoy, guard, PostgreSQL, TLS, tokens."""

import base64
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from tests.model_images.gateway.world import USE_CASE, World, gateway
from tests.token_vault.asked import World as Vaulted
from tests.token_vault.fixtures import LOGIN

RESOURCE = "ossrdbms-aad.database.windows.net"
WITHOUT_RESTORING = (f"use-case.{USE_CASE}.treatment", "data-class.phi")
NAME = "Zebediah Quartermaine"
FIRST, OTHER = "conversation-0001", "conversation-0002"


@contextmanager
def entra(folder: Path) -> Iterator[dict[str, str]]:
    """Hands out a password of the database for what the cluster says of a pod; the variables that lead to it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            good = form["scope"] == [f"https://{RESOURCE}/.default"] and form["client_assertion"] == ["of-the-pod"]
            raw = json.dumps({"access_token": "good", "expires_in": 3600} if good else {}).encode()
            self.send_response(200 if good else 400)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    (folder / "pod-token").write_text("of-the-pod")
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield {
            "AZURE_AUTHORITY_HOST": f"http://127.0.0.1:{server.server_address[1]}/",
            "AZURE_TENANT_ID": "the-tenant",
            "AZURE_CLIENT_ID": "the-gateway",
            "AZURE_FEDERATED_TOKEN_FILE": str(folder / "pod-token"),
        }
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def replica(folder: Path, vault: Vaulted, variables: dict[str, str], keys: dict[str, bytes]) -> Iterator[World]:
    """A gateway that keeps its tokens in the vault."""
    folder.mkdir()
    told = {"host": "127.0.0.1", "port": vault.front.port, "database": "vault", "user": LOGIN, "resource": RESOURCE}
    believed = {"SSL_CERT_FILE": str(vault.authority.path)}
    with gateway(folder, mounting=keys, environment={**variables, **believed}, vault=told) as world:
        yield world


class TestAConversationGoesOnAtAnyReplica:
    """The balancer knows nothing of conversations."""

    @pytest.fixture
    def replicas(self, world: Vaulted, tmp_path: Path) -> Iterator[tuple[World, World]]:
        keys = {
            f"{purpose}--shared--1": base64.b64encode(secrets.token_bytes(32)) for purpose in ("surrogates", "vault")
        }
        with (
            entra(tmp_path) as variables,
            replica(tmp_path / "first", world, variables, keys) as first,
            replica(tmp_path / "second", world, variables, keys) as second,
        ):
            yield first, second

    def ask(self, at: World, text: str, conversation: str, *roles: str) -> tuple[int, str, str]:
        body = {
            "model": USE_CASE,
            "messages": [{"role": "user", "content": text}],
            "bailiwick": {
                "conversation": conversation,
                "record": {"name": [{"given": ["Zebediah"], "family": "Quartermaine"}], "resourceType": "Patient"},
            },
        }
        answer = at.ask(body, token=at.issuer.token(*roles) if roles else None)
        content = ""
        with suppress(KeyError, ValueError, TypeError):
            content = answer.json["choices"][0]["message"]["content"]
        return answer.status, content, answer.code

    def test_its_markers_are_its_own_at_each_and_strangers_elsewhere(
        self, replicas: tuple[World, World], world: Vaulted
    ) -> None:
        first, second = replicas
        status, marked, code = self.ask(first, f"{NAME} was seen.", FIRST, *WITHOUT_RESTORING)
        assert (status, code) == (200, "")
        assert "[[NAME_" in marked
        marker = marked[marked.index("[[") : marked.index("]]") + 2]
        # The same caller goes on at the other, with the marker that it was given.
        assert self.ask(second, f"And {marker}?", FIRST, *WITHOUT_RESTORING)[0] == 200
        # Who may have it restored has it restored there.
        status, restored, _ = self.ask(second, f"And {marker}?", FIRST)
        assert (status, NAME in restored) == (200, True)
        # The value has one marker at both, and in another conversation it is nobody's.
        assert marker in self.ask(second, f"{NAME} again.", FIRST, *WITHOUT_RESTORING)[1]
        assert self.ask(second, f"And {marker}?", OTHER, *WITHOUT_RESTORING)[::2] == (403, "tokens.foreign")
        # What is erased at one is nobody's at all.
        eraser = first.issuer.token(f"use-case.{USE_CASE}.treatment", f"erase.{USE_CASE}")
        erased = first.ask({"model": USE_CASE, "conversation": FIRST}, "/v1/erasures", token=eraser)
        assert erased.status == 200
        assert erased.json["erased"] > 0
        assert self.ask(second, f"And {marker}?", FIRST, *WITHOUT_RESTORING)[::2] == (403, "tokens.foreign")
        # With the vault away nothing of a conversation passes; what has no conversation needs no vault.
        world.loop.wait(world.front.end())
        assert self.ask(first, f"{NAME} again.", FIRST)[::2] == (503, "tokens.vault-unavailable")
        assert first.chat(f"{NAME} was seen.").status == 200
        assert "token vault: " in first.log
        assert "bailiwick_gateway_database_failures_total 0.0" in second.numbers()
        assert "bailiwick_gateway_database_failures_total 0.0" not in first.numbers()
        assert "Zebediah" not in first.log + second.log
