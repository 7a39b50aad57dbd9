"""The record's form: nothing that identifies a person fits into any field of it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from msgspec import Struct, structs

from model_images.gateway.guard.audit.record import (
    KEY_BYTES,
    Asked,
    BadRecord,
    DataClass,
    Decision,
    Finish,
    Guard,
    Happened,
    Model,
    Reason,
    Record,
    Route,
    Template,
    encoded,
    keyed_hash,
    token_hash,
)
from model_images.gateway.guard.identifiers import Kind
from tests.model_images.gateway.audit_world import CALLER, NAMES, record

IDENTIFIERS = (
    "Jane Doe",
    "jane",
    "jane-doe",
    "doe.jane",
    "J.D.",
    "12 Long Street",
    "02138",
    "1961-04-12",
    "12.04.1961",
    "1961-04-12T00:00",
    "93",
    "+1 617 555 0123",
    "617-555-0123",
    "jane.doe@example.org",
    "078-05-1120",
    "078051120",
    "MRN-0012345",
    "943 476 5919",
    "9434765919",
    "A123456780",
    "DE89370400440532013000",
    "4111111111111111",
    "WVWZZZ1JZXW000001",
    "00:1a:2b:3c:4d:5e",
    "https://example.org/jane",
    "192.0.2.17",
    "2001:db8::17",
    "756.9217.0769.85",
    "Patient has a history of falls",
    "jane\n",
    "",
)
FULL = record(
    conversation="12" * 32,
    patient="34" * 32,
    declared=DataClass.PERSONAL,
    decided=DataClass.PHI,
    found={Kind.NAME: 2},
    minted=2,
    reidentified=1,
    erased=1,
    template=Template(name="notes", version="1.2.0", sha256="56" * 32),
    model=Model(name="notes-27b", revision="78" * 20),
    route=Route(name="vllm-notes", variant="stable", external=False),
    decision=Decision(allowed=False, guard=Guard.CLASSIFY, what="external"),
    content="9a" * 32,
    latency={Guard.SCHEMA: 12},
    upstream=200,
    finish=Finish.STOP,
)
EVENT = Happened(
    at=datetime(2026, 11, 21, tzinfo=UTC),
    instance="gateway-0",
    what="breaker-closed",
    tenant="north",
    caller=CALLER,
    measure="bytes",
    limit="ceiling",
    operator="operator",
    reason=Reason.FALSE_ALARM,
    ticket="OPS-12",
)


def spoilt(whole: Struct, value: str, path: str = "") -> Iterator[tuple[str, Any]]:
    """The struct with one of its strings replaced, each in its turn; keys of its maps too."""
    for field in structs.fields(type(whole)):
        here, held = f"{path}{field.name}", getattr(whole, field.name)
        if isinstance(held, Struct):
            for name, part in spoilt(held, value, f"{here}."):
                yield name, structs.replace(whole, **{field.name: part})
        elif isinstance(held, dict):
            yield here, structs.replace(whole, **{field.name: {value: 1}})
        else:
            yield here, structs.replace(whole, **{field.name: value})


class TestNothingThatIdentifiesFits:
    """The log is kept for years, and read by people who may not read the prompts."""

    def test_what_is_tried_is_otherwise_in_form(self) -> None:
        for whole in (FULL, EVENT):
            assert msgspec.json.decode(encoded(whole, NAMES), type=Record) == whole
        assert all(getattr(FULL, field.name) is not None for field in structs.fields(Asked))
        assert all(getattr(EVENT, field.name) is not None for field in structs.fields(Happened))

    @pytest.mark.parametrize("value", IDENTIFIERS, ids=range(len(IDENTIFIERS)))
    @pytest.mark.parametrize("whole", [FULL, EVENT], ids=["request", "event"])
    def test_every_field_refuses_every_identifier(self, whole: Record, value: str) -> None:
        tried = 0
        for _, broken in spoilt(whole, value):
            tried += 1
            with pytest.raises(BadRecord) as caught:
                encoded(broken, NAMES)
            words = f"{caught.value!r} {caught.value.__cause__!r}"
            assert not value.strip() or value.strip() not in words
            assert caught.value.__suppress_context__ or caught.value.__context__ is None
        assert tried >= 12

    def test_a_field_that_is_not_of_the_form_is_refused(self) -> None:
        class Wider(Asked, frozen=True, kw_only=True, tag="request", tag_field="kind"):
            prompt: str = "Patient has a history of falls"

        values = {field: getattr(FULL, field) for field in FULL.__struct_fields__}
        with pytest.raises(BadRecord):
            encoded(Wider(**values), NAMES)

    def test_numbers_have_bounds(self) -> None:
        for more in ({"minted": -1}, {"upstream": 99}, {"found": {Kind.NAME: -1}}, {"bytes_in": 2**60}):
            with pytest.raises(BadRecord):
                encoded(record(**more), NAMES)

    def test_a_time_without_a_zone_is_refused(self) -> None:
        with pytest.raises(BadRecord, match=r"\$\.at"):
            encoded(record(at=datetime(2026, 11, 21)), NAMES)


class TestHashesCannotBeGuessed:
    """A short prompt, or a patient's number, is found by trying all of them where the hash has no key."""

    def test_they_differ_by_key_and_purpose(self) -> None:
        keys = bytes(KEY_BYTES), b"\x01" * KEY_BYTES
        made = {keyed_hash(key, purpose, b"yes") for key in keys for purpose in ("content", "patient")}
        assert len(made) == 4
        encoded(record(content=made.pop(), patient=made.pop()), NAMES)

    def test_a_short_key_is_refused(self) -> None:
        with pytest.raises(ValueError, match="at least 32"):
            keyed_hash(b"short", "content", b"")

    def test_a_token_s_id_of_any_form_fits(self) -> None:
        encoded(record(token=token_hash("an issuer's id, of any form")), NAMES)
