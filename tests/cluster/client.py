"""A small client of the API server: what a test sends, and all that the server says to it, warnings included."""

import http.client
import json
import re
import ssl
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

Object = dict[str, Any]

MANAGER = "bailiwick"
_WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')
"""One of a `Warning` header: RFC 7234, 5.5."""
PATIENCE_SECONDS = 30.0
"""For what the server does a moment later: it learns of a new definition or policy by a watch."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the server said."""

    status: int
    body: Object
    warnings: tuple[str, ...]
    audit_id: str

    @property
    def accepted(self) -> bool:
        """Done, or would be."""
        return self.status in (http.client.OK, http.client.CREATED)

    @property
    def message(self) -> str:
        """The server's reason."""
        return str(self.body.get("message", ""))


@dataclass
class Client:
    """An administrator's connection."""

    port: int
    token: str
    authority: Path
    _kinds: dict[tuple[str, str], tuple[str, bool]] = field(default_factory=dict)
    _connection: http.client.HTTPSConnection | None = None

    def apply(self, manifest: Object, *, dry: bool = False) -> Answer:
        """Server-side apply, in which a field that the server doesn't know is an error."""
        query = {"fieldManager": MANAGER, "force": "true", "fieldValidation": "Strict"}
        return self._request("PATCH", self.path(manifest), query, dry=dry, kind="apply-patch+yaml", body=manifest)

    def create(self, manifest: Object, *, dry: bool = False) -> Answer:
        """POST, as a controller does."""
        path = self.path(manifest).rpartition("/")[0]
        return self._request("POST", path, {"fieldValidation": "Strict"}, dry=dry, body=manifest)

    def post(self, path: str, body: Object) -> Answer:
        """What is asked of an object, such as a token of an account."""
        return self._request("POST", path, body=body)

    def get(self, path: str) -> Answer:
        """What stands at a path."""
        return self._request("GET", path)

    def merge(self, path: str, body: Object) -> Answer:
        """A merge patch."""
        return self._request("PATCH", path, kind="merge-patch+json", body=body)

    def put(self, path: str, body: Object) -> Answer:
        """A replacement."""
        return self._request("PUT", path, body=body)

    def delete(self, path: str) -> Answer:
        """At once, and without waiting for what hangs on it."""
        return self._request("DELETE", path, {"gracePeriodSeconds": "0", "propagationPolicy": "Background"})

    def path(self, manifest: Object) -> str:
        """Where an object stands; waits for a definition that the server has not taken in yet."""
        plural, namespaced = self._kind(manifest["apiVersion"], manifest["kind"])
        metadata = manifest["metadata"]
        room = f"/namespaces/{metadata.get('namespace', 'default')}" if namespaced else ""
        return f"{_root(manifest['apiVersion'])}{room}/{plural}/{metadata.get('name', '')}"

    def _kind(self, version: str, kind: str) -> tuple[str, bool]:
        end = time.monotonic() + PATIENCE_SECONDS
        while (version, kind) not in self._kinds:
            for found in self.get(_root(version)).body.get("resources", ()):
                if "/" not in found["name"]:
                    self._kinds[version, found["kind"]] = found["name"], found["namespaced"]
            if (version, kind) not in self._kinds:
                if time.monotonic() > end:
                    raise LookupError(f"the API server knows no {kind} in {version}")
                time.sleep(0.2)
        return self._kinds[version, kind]

    def _request(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        *,
        dry: bool = False,
        kind: str = "json",
        body: Object | None = None,
    ) -> Answer:
        asked = {**(query or {}), **({"dryRun": "All"} if dry else {})}
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": f"application/{kind}"}
        # JSON is YAML.
        content = None if body is None else json.dumps(body)
        connection = self._connected()
        try:
            connection.request(method, f"{path}?{urlencode(asked)}", content, headers)
            reply = connection.getresponse()
            text = reply.read()
        except (OSError, http.client.HTTPException):
            # The next request must not find this one's remains.
            self.close()
            raise
        return Answer(
            status=reply.status,
            body=json.loads(text) if reply.headers.get_content_type() == "application/json" else {"message": str(text)},
            warnings=tuple(
                hit[1] for line in reply.headers.get_all("Warning") or () for hit in _WARNING.finditer(line)
            ),
            audit_id=reply.headers.get("Audit-Id", ""),
        )

    def _connected(self) -> http.client.HTTPSConnection:
        if self._connection is None:
            trust = ssl.create_default_context(cafile=str(self.authority))
            self._connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=trust)
        return self._connection

    def close(self) -> None:
        """Hang up."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _root(version: str) -> str:
    return f"/apis/{version}" if "/" in version else f"/api/{version}"
