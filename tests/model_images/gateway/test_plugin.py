"""A model that an operator brings: asked over a real Unix socket, and believed only where its answer holds."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from model_images.gateway.guard import normalise
from model_images.gateway.guard.detectors.plugin import Plugin, PluginFailed
from model_images.gateway.guard.identifiers import Kind
from model_images.gateway.guard.spans import Context

DIGEST = "sha256:" + "ab" * 32
TEXT = "Seen: Jöhn Hartwell."
Answer = Callable[[socket.socket, dict[str, object]], None]


class Sidecar:
    """An HTTP server on a Unix socket that answers one way."""

    def __init__(self, path: Path, answer: Answer) -> None:
        self.path, self._answer = path, answer
        self.asked: list[dict[str, object]] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as reader:
                headers = {}
                while (line := reader.readline().strip()) != b"":
                    key, _, value = line.partition(b":")
                    headers[key.lower()] = value
                question = json.loads(reader.read(int(headers[b"content-length"])))
                self.asked.append(question)
                try:
                    self._answer(connection, question)
                except OSError:
                    continue

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[Answer], Sidecar]]:
    started: list[Sidecar] = []

    def run(answer: Answer) -> Sidecar:
        started.append(Sidecar(tmp_path / f"{len(started)}.sock", answer))
        return started[-1]

    yield run
    for sidecar in started:
        sidecar.close()


def send(connection: socket.socket, body: object, status: str = "200 OK") -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: {len(raw)}\r\n\r\n".encode() + raw)


def good(**changes: object) -> dict[str, object]:
    span = {"start": 6, "end": 19, "kind": "NAME", "score": 0.8}
    return {"model": DIGEST, "read": len(TEXT), "spans": [span]} | changes


def ask(sidecar: Sidecar, **settings: float) -> object:
    plugin = Plugin(name="ner", socket_path=sidecar.path, digest=DIGEST, **settings)  # type: ignore[arg-type] # by name
    return plugin.find(normalise.text(TEXT), Context(locale="uk"))


class TestAGoodAnswerIsBelieved:
    """The protocol, as an operator has to speak it."""

    def test_its_spans_come_back_under_its_name(self, start: Callable[[Answer], Sidecar]) -> None:
        sidecar = start(lambda connection, _: send(connection, good()))
        plugin = Plugin(name="ner", socket_path=sidecar.path, digest=DIGEST)
        findings = plugin.find(normalise.text(TEXT), Context(locale="uk"))
        (span,) = findings.spans
        assert (span.start, span.end, span.kind, span.source, span.score) == (6, 19, Kind.NAME, "ner", 0.8)
        assert findings.read == len(TEXT)
        assert sidecar.asked == [{"text": TEXT, "locale": "uk"}]


class TestAnyOtherAnswerIsAFailure:
    """Believing less than a whole and right answer would let names through."""

    @pytest.mark.parametrize(
        "body",
        [
            good(model="sha256:" + "cd" * 32),
            good(read=len(TEXT) - 1),
            good(read=True),
            good(read=None),
            good(spans=None),
            good(spans=[{"start": 6, "end": 99, "kind": "NAME"}]),
            good(spans=[{"start": -1, "end": 3, "kind": "NAME"}]),
            good(spans=[{"start": 3, "end": 3, "kind": "NAME"}]),
            good(spans=[{"start": True, "end": 3, "kind": "NAME"}]),
            good(spans=[{"start": 1, "end": 3, "kind": "Hartwell"}]),
            good(spans=[{"start": 1, "end": 3, "kind": "NAME", "score": 7}]),
            good(spans=[{"start": 1, "end": 3}]),
            good(spans=["Hartwell"]),
            ["Hartwell"],
            b"Hartwell",
            b"",
            b"\xff\xfe",
            b"[" * 100_000,
        ],
    )
    def test_it_is_refused_without_the_text(self, start: Callable[[Answer], Sidecar], body: object) -> None:
        sidecar = start(lambda connection, _: send(connection, body))
        with pytest.raises(PluginFailed) as failed:
            ask(sidecar)
        assert "Hartwell" not in str(failed.value)
        assert failed.value.__cause__ is None

    @pytest.mark.parametrize("status", ["500 Hartwell", "204 No Content", "301 Moved", "999 X"])
    def test_a_status_other_than_200(self, start: Callable[[Answer], Sidecar], status: str) -> None:
        sidecar = start(lambda connection, _: send(connection, good(), status))
        with pytest.raises(PluginFailed) as failed:
            ask(sidecar)
        assert "Hartwell" not in str(failed.value)

    @pytest.mark.parametrize(
        "raw", [b"", b"HTTP/1.1 200 OK\r\n", b"Hartwell\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{"]
    )
    def test_half_an_answer(self, start: Callable[[Answer], Sidecar], raw: bytes) -> None:
        sidecar = start(lambda connection, _: connection.sendall(raw))
        with pytest.raises(PluginFailed):
            ask(sidecar)

    def test_too_long_an_answer(self, start: Callable[[Answer], Sidecar]) -> None:
        sidecar = start(lambda connection, _: send(connection, b" " * 5000))
        with pytest.raises(PluginFailed, match="longer"):
            ask(sidecar, longest_answer=1000)

    def test_too_long_a_text(self, start: Callable[[Answer], Sidecar]) -> None:
        sidecar = start(lambda connection, _: send(connection, good()))
        with pytest.raises(PluginFailed, match="longer"):
            ask(sidecar, longest_text=3)
        assert sidecar.asked == []

    def test_nobody_there(self, tmp_path: Path) -> None:
        plugin = Plugin(name="ner", socket_path=tmp_path / "none.sock", digest=DIGEST)
        with pytest.raises(PluginFailed, match="FileNotFoundError"):
            plugin.find(normalise.text(TEXT), Context())


class TestTheDeadlineIsOfTheWhole:
    """A drip of bytes restarts a socket's own timeout each time."""

    def test_a_silent_one(self, start: Callable[[Answer], Sidecar]) -> None:
        sidecar = start(lambda _connection, _: time.sleep(0.5))
        with pytest.raises(PluginFailed, match="TimeoutError"):
            ask(sidecar, deadline=0.1)

    def test_one_that_drips(self, start: Callable[[Answer], Sidecar]) -> None:
        def drip(connection: socket.socket, _question: dict[str, object]) -> None:
            for _ in range(1_000):
                connection.sendall(b"H")
                time.sleep(0.02)

        began = time.monotonic()
        with pytest.raises(PluginFailed, match="TimeoutError"):
            ask(start(drip), deadline=0.2)
        assert time.monotonic() - began < 10  # of 20 s that the drip lasts


class TestWhatIsPinnedIsADigest:
    """A tag is whatever the registry says today."""

    @pytest.mark.parametrize("digest", ["latest", "sha256:abc", "", "sha256:" + "G" * 64])
    def test_anything_else_is_refused(self, digest: str) -> None:
        with pytest.raises(ValueError, match="digest"):
            Plugin(name="ner", socket_path=Path("x.sock"), digest=digest)
