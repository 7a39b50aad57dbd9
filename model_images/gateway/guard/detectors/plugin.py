"""The plug-in point: a larger model that an operator brings, in a container beside the guard.

Spoken to over a Unix socket, so that nothing leaves the pod: `POST /detect` with `{"text": …, "locale": …}`, answered
with `{"model": digest, "read": n, "spans": [{"start": …, "end": …, "kind": …, "score": …}]}` over the code points of the
text. The digest must be the one that was pinned. Whatever else comes back, or nothing in time, is a failure; no part of
the text is in its words.
"""

import io
import json
import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any, cast

from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.spans import Context, Findings, Span, Text

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_CHUNK = 65536


class PluginFailed(RuntimeError):
    """The model beside the guard did not answer, not in time, or not as it must."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """A detector that asks. One connection for each text; any number of threads may ask at once."""

    name: str
    """Stands as the source of its spans."""
    socket_path: Path
    digest: str
    """Of the model's image, `sha256:…`: what the operator approved."""
    deadline: float = 2.0
    """Seconds for all of one question and its answer."""
    longest_text: int = 200_000
    """Code points."""
    longest_answer: int = 4_000_000
    """Bytes."""

    def __post_init__(self) -> None:
        """Refuse a digest or a deadline that would pin or bound nothing."""
        if not _DIGEST.fullmatch(self.digest):
            raise ValueError(f"plug-in '{self.name}': the digest is not sha256: and 64 hexadecimal digits")
        if self.deadline <= 0:
            raise ValueError(f"plug-in '{self.name}': the deadline is not above 0")

    def find(self, text: Text, context: Context) -> Findings:
        """What the model finds. Raises `PluginFailed`."""
        if len(text.normal) > self.longest_text:
            raise PluginFailed(f"plug-in '{self.name}': the text is longer than it may be sent")
        question = json.dumps({"text": text.normal, "locale": context.locale}).encode("ascii")
        try:
            answer = self._ask(question)
        except (OSError, HTTPException) as failure:
            raise PluginFailed(f"plug-in '{self.name}' did not answer: {type(failure).__name__}") from None
        return self._findings(answer, len(text.normal))

    def _ask(self, question: bytes) -> bytes:
        until = time.monotonic() + self.deadline
        head = (
            "POST /detect HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
            f"Content-Length: {len(question)}\r\n\r\n"
        )
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_left(until))
            connection.connect(str(self.socket_path))
            connection.settimeout(_left(until))
            connection.sendall(head.encode("ascii") + question)
            received = bytearray()
            # Read to the end by ourselves: a timeout of the socket's own starts anew with every byte.
            while True:
                connection.settimeout(_left(until))
                chunk = connection.recv(_CHUNK)
                if not chunk:
                    break
                received += chunk
                if len(received) > self.longest_answer:
                    raise PluginFailed(f"plug-in '{self.name}': the answer is longer than it may be")
        response = HTTPResponse(cast("socket.socket", _Received(bytes(received))), method="POST")
        response.begin()
        body = response.read()
        if response.status != 200:
            raise PluginFailed(f"plug-in '{self.name}' answered with status {response.status}")
        return body

    def _findings(self, answer: bytes, size: int) -> Findings:
        try:
            told = json.loads(answer)
            model, read = told["model"], told["read"]
            found = tuple(self._span(span, size) for span in told["spans"])
        except (ValueError, KeyError, TypeError, RecursionError):
            raise PluginFailed(f"plug-in '{self.name}': the answer is not of the agreed form") from None
        if model != self.digest:
            raise PluginFailed(f"plug-in '{self.name}' runs another model than the one that was pinned")
        if type(read) is not int or read != size:
            raise PluginFailed(f"plug-in '{self.name}' read only a part of the text")
        return Findings(found, read)

    def _span(self, told: Mapping[str, Any], size: int) -> Span:
        start, end, score = told["start"], told["end"], told.get("score", 1.0)
        numbers = type(start) is int and type(end) is int and type(score) in (int, float)
        if not numbers or not 0 <= start < end <= size or not 0 <= score <= 1:
            raise PluginFailed(f"plug-in '{self.name}' points outside the text, or is surer than sure")
        return Span(start, end, Kind(told["kind"]), self.name, score=float(score))


class _Received:
    """Bytes that have come, for the parser of responses, which wants a socket."""

    def __init__(self, received: bytes) -> None:
        self._received = received

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._received)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
