"""Fuzz targets of everything that reads bytes of others: a caller's, a model's, a store's, a log's.

    make fuzz                                    # every target for a while
    python -m tests.model_images.gateway.fuzz answer -max_total_time=600

A target may raise what its parser says that it raises, and nothing else. With atheris (the group `fuzz`) the search is
led by coverage; without it the tests run every target on what Hypothesis draws.
"""

import contextlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any

import msgspec

from audit_log import form, note
from audit_log.checkpoint import unverified
from model_images.gateway.guard import normalise, schema
from model_images.gateway.guard.answer import Reader, unlike
from model_images.gateway.guard.detectors.patterns import Patterns
from model_images.gateway.guard.endpoints import ENDPOINTS, ERASURES, FEEDBACK
from model_images.gateway.guard.exchange import Exchange
from model_images.gateway.guard.prompt_guard.encodings import layers
from model_images.gateway.guard.reading import CLAIMS, claims
from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.route import weight
from model_images.gateway.guard.slots import Walk
from model_images.gateway.guard.spans import Context
from model_images.gateway.guard.sse import BadStream, Events
from model_images.gateway.guard.streams import ChatStream, ResponseStream, Stream
from model_images.gateway.guard.tokens.json_strings import ArgumentsRestorer, MalformedArguments
from model_images.gateway.guard.tokens.lexicon import Lexicon
from model_images.gateway.guard.tokens.markers import ForeignToken
from model_images.gateway.guard.tokens.restore import Restorer

MARKER = "[[NAME_q30zgf0]]"
PATTERNS = Patterns()
CHUNK = {"choices": [{"index": 0, "delta": {"content": f"I saw {MARKER}"}}], "object": "chat.completion.chunk"}
SEEDS = (
    b'{"model":"a","messages":[{"role":"user","content":"x"}]}',
    b'{"model":"a","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"x"}]}]}',
    f"data: {json.dumps(CHUNK)}\n\n".encode(),
    b"data: [DONE]\n\n",
    b'event: x\ndata: {"type":"response.output_text.delta","item_id":"m",'
    b'"output_index":0,"content_index":0,"delta":"x"}\n\n',
    MARKER.encode(),
    b"[[NAME_",
    b'{"a":"\\u00',
    b"SGVsbG8gdGhlcmUsIGhlbGxvIHRoZXJl",
    b"%41%42%43",
    b"&#x41;&#66;",
    b"\xed\xa0\x80",
    b"\xe2\x80\x8b",
    b"12/03/1957 943 476 5919 a@b.example",
    b"\xe2\x80\x94 gateway abcd\n",
    b'{"weight":5,"change":"c","at":"2026-01-01T00:00:00+00:00"}',
    b"[" * 80,
    b'{"a":' * 80,
    b"\x00",
    b"\r\n",
    b'"',
    b"}",
    b"]",
    b",",
)
"""What texts of these forms are made of, to begin with."""


def _lexicon() -> Lexicon:
    made = Lexicon()
    made.add_marker(MARKER, "Ann Lee")
    return made


class _Kept:
    """A channel that passes everything."""

    def feed(self, piece: str) -> str:
        """As it is."""
        return piece

    def close(self) -> str:
        """Nothing."""
        return ""


def request(raw: bytes) -> None:
    """A body of a caller's, at each endpoint: what passes has been walked, and can be written again."""
    for endpoint in (*ENDPOINTS.values(), FEEDBACK, ERASURES):
        exchange = Exchange(request_id="0" * 32, endpoint=endpoint, listener="", origin="", claims={}, bytes_in=0)
        try:
            schema.check(exchange, raw, "application/json")
            for slot in sorted(exchange.slots, key=lambda one: one.is_key):
                slot.write(slot.text)
            exchange.walk.finish()
        except Refused:
            continue


def header(raw: bytes) -> None:
    """Claims as Envoy passes them."""
    with contextlib.suppress(Refused):
        claims({CLAIMS: raw.decode("latin-1")})


def answer(raw: bytes) -> None:
    """A stream of a model's, in pieces of seven bytes."""
    reader = Reader(lambda text: text, lambda _: _Kept(), frozenset({"f"}))
    streams: list[Stream] = [
        ChatStream(reader, answer_id="a", model="m", usage=True, encoded=False),
        ResponseStream(reader, answer_id="a", model="m", encoded=True),
    ]
    for stream in streams:
        events = Events()
        try:
            for at in range(0, len(raw), 7):
                for data in events.feed(raw[at : at + 7]):
                    for out in stream.feed(data):
                        if not out.endswith(b"\n\n"):
                            raise AssertionError("an event without its end")
        except (BadStream, Refused):
            continue


def whole(raw: bytes) -> None:
    """An answer that is not streamed, as `app` reads it."""
    for endpoint in ENDPOINTS.values():
        try:
            endpoint.answer.check(msgspec.json.decode(raw), "", Walk(), {}, "")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, Refused):
            unlike()


def arguments(raw: bytes) -> None:
    """A tool call's arguments, by character."""
    restorer = ArgumentsRestorer(lambda: Restorer(_lexicon()))
    try:
        for character in raw.decode("utf-8", "replace"):
            restorer.feed(character)
        restorer.close()
    except (MalformedArguments, ForeignToken, Refused):
        pass


def restored(raw: bytes) -> None:
    """Text with markers in it: by character it comes out as it does in one piece."""
    text = raw.decode("utf-8", "replace")
    outs = []
    for pieces in ([text], list(text)):
        restorer = Restorer(_lexicon())
        try:
            outs.append("".join(map(restorer.feed, pieces)) + restorer.close())
        except ForeignToken:
            outs.append("")
    if outs[0] != outs[1]:
        raise AssertionError("chunking changes what comes out")


def text(raw: bytes) -> None:
    """Normalisation with its map, and patterns over it."""
    original = raw.decode("utf-8", "replace")
    read = normalise.text(original)
    if len(read.offsets) != len(read.normal) + 1 or list(read.offsets) != sorted(read.offsets):
        raise AssertionError("the map of offsets is not one")
    PATTERNS.find(read, Context(locale="eu"))


def encoded(raw: bytes) -> None:
    """Encodings within encodings."""
    try:
        for _ in layers(raw.decode("utf-8", "replace")):
            pass
    except Refused:
        pass


def log(raw: bytes) -> None:
    """Lines, notes and checkpoints of an audit log, as an auditor may be given them."""
    for read in (form.read, form.read_header, form.read_note):
        try:
            read(raw)
        except form.BadLine:
            continue
    for opened in (unverified, note.divided, note.Verifier.of):
        try:
            opened(raw.decode("utf-8", "replace"))
        except (note.BadNote, note.BadKey):
            continue


def stored(raw: bytes) -> None:
    """A candidate's weight, as the store has it."""
    weight(raw)


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    one.__name__: one for one in (request, header, answer, whole, arguments, restored, text, encoded, log, stored)
}


def _own() -> Iterator[FunctionType]:
    """Functions and methods of the modules under test: they are imported already."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("model_images.gateway.guard", "audit_log")):
            for held in list(vars(module).values()):
                inside = vars(held).values() if isinstance(held, type) else (held,)
                yield from (one for one in inside if isinstance(one, FunctionType) and one.__module__ == name)


def main() -> None:
    """One target, by coverage; libFuzzer's own options follow its name."""
    atheris: Any = import_module("atheris")

    name, *options = sys.argv[1:] or [""]
    if name not in TARGETS:
        raise SystemExit(f"which target? {', '.join(TARGETS)}")
    for function in _own():
        atheris.instrument_func(function)
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(SEEDS):
            Path(corpus, str(number)).write_bytes(seed)
        Path(corpus, "events").write_bytes(b"".join(SEEDS[2:5]))
        atheris.Setup([sys.argv[0], *options, corpus], TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
