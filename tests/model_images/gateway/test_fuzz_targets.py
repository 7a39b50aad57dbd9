"""Every parser refuses what it can't read, and fails in no other way: `make fuzz` searches on where this ends."""

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.model_images.gateway.fuzz import MARKER, TARGETS

CHUNK = {"choices": [{"index": 0, "delta": {"content": f"I saw {MARKER}"}}], "object": "chat.completion.chunk"}
ITEMS = st.sampled_from(
    [
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
    ]
)
BYTES = st.lists(ITEMS | st.binary(max_size=12), max_size=8).map(b"".join)


class TestNoBytesAreAnError:
    """An exception that nobody foresaw is a refusal at best, and a traceback with a patient in it at worst."""

    @pytest.mark.parametrize("name", TARGETS)
    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(raw=BYTES)
    @example(raw=b"")
    @example(raw=b"[" * 20_000)
    @example(raw=b'{"messages":' * 20_000)
    def test_of_what_can_be_drawn(self, name: str, raw: bytes) -> None:
        TARGETS[name](raw)
