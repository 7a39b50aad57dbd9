"""What is written down of a request: `bailiwick-audit/1`.

No field is free text. A string is a hash, a version, one word of a list, or a name from the gateway's own settings
(`Names`): what a caller, a prompt or a model wrote fits nowhere. A record is checked in the bytes that are written.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from model_images.gateway.guard.identifiers import Kind

FORMAT: Final = "bailiwick-audit/1"
KEY_BYTES = 32

Hash = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Revision = Annotated[str, Meta(pattern=r"\A([0-9a-f]{40}|[0-9a-f]{64})\Z")]
"""A commit, or a digest of weights."""
Version = Annotated[str, Meta(pattern=r"\A(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2})){2}\Z")]
Name = Annotated[str, Meta(pattern=r"\A[a-z0-9]+([.-][a-z0-9]+)*\Z", max_length=63)]
"""Of the settings: `Names` says which."""
Application = Annotated[str, Meta(pattern=r"\A[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")]
"""An application's id in Entra."""
Request = Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")]
"""Drawn by the gateway for each request: both phases of it have the same."""
What = Annotated[str, Meta(pattern=r"\A[a-z]+([_-][a-z]+)*\Z", max_length=40)]
"""The second half of a refusal's code."""
Ticket = Annotated[str, Meta(pattern=r"\A[A-Z]{2,10}-[1-9][0-9]{0,6}\Z")]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Microseconds = Annotated[int, Meta(ge=0, le=2**40)]
Time = Annotated[datetime, Meta(tz=True)]


class Guard(StrEnum):
    """Guards that decide, in the order in which a request meets them."""

    SCHEMA = "schema"
    AUTHORISE = "authorise"
    VOLUME = "volume"
    CLASSIFY = "classify"
    DEIDENTIFY = "de-identify"
    TOKENS = "tokens"
    PROMPT = "prompt-guard"
    TEMPLATE = "template"
    ROUTE = "route"
    AUDIT = "audit"


class Endpoint(StrEnum):
    """What may be asked for."""

    CHAT = "chat.completions"
    RESPONSES = "responses"
    EMBEDDINGS = "embeddings"
    MODELS = "models"
    FEEDBACK = "feedback"
    ERASURES = "erasures"


class DataClass(StrEnum):
    """As the guard `classify` has them."""

    PHI = "phi"
    PAYMENT = "payment"
    PERSONAL = "personal"
    CONFIDENTIAL = "confidential"
    PUBLIC = "public"


class Finish(StrEnum):
    """How it ended: what the model said, and what only a gateway sees."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    CONTENT_FILTER = "content_filter"
    REFUSED = "refused"
    CALLER_LEFT = "caller_left"
    UPSTREAM_DIED = "upstream_died"
    TIMEOUT = "timeout"


class Reason(StrEnum):
    """Why a person closed a breaker. Words of one's own belong into the ticket."""

    EXPECTED_LOAD = "expected-load"
    FALSE_ALARM = "false-alarm"
    CALLER_FIXED = "caller-fixed"
    INCIDENT_CLOSED = "incident-closed"


class _Form(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Template(_Form, frozen=True, kw_only=True):
    """The prompt's template."""

    name: Name
    version: Version
    sha256: Hash


class Model(_Form, frozen=True, kw_only=True):
    """What answered."""

    name: Name
    revision: Revision


class Route(_Form, frozen=True, kw_only=True):
    """Where it went."""

    name: Name
    variant: Literal["stable", "candidate"]
    external: bool


class Decision(_Form, frozen=True, kw_only=True):
    """What was decided, by which guard if not by all."""

    allowed: bool
    guard: Guard | None = None
    what: What | None = None


class Asked(_Form, frozen=True, kw_only=True, tag="request", tag_field="kind"):
    """One phase of one request: `decided` before the first byte leaves, `finished` when the last has come back."""

    format: Literal["bailiwick-audit/1"] = FORMAT
    at: Time
    instance: Name
    request: Request
    phase: Literal["decided", "finished"]
    tenant: Name | None
    caller: Application | None
    use_case: Name | None
    purpose: Name | None
    token: Hash | None
    """SHA-256 of the token's `uti`, by which Entra's sign-in log knows it."""
    endpoint: Endpoint | None
    conversation: Hash | None = None
    patient: Hash | None = None
    """Keyed, by tenant: whose record it was, for an accounting of disclosures (45 CFR 164.528) and for statistics."""
    declared: DataClass | None = None
    decided: DataClass | None = None
    found: dict[Kind, Count] = {}
    minted: Count = 0
    reidentified: Count = 0
    erased: Count = 0
    """Tokens that left the vault on request (GDPR Art. 17); known once it has finished."""
    template: Template | None = None
    model: Model | None = None
    policy: Hash
    route: Route | None = None
    decision: Decision
    content: Hash | None = None
    """Of the prompt without its identifiers, keyed by tenant: short prompts could be guessed from a plain hash."""
    bytes_in: Count = 0
    bytes_out: Count = 0
    tokens_in: Count = 0
    tokens_out: Count = 0
    latency: dict[Guard, Microseconds] = {}
    upstream: Annotated[int, Meta(ge=100, le=599)] | None = None
    finish: Finish | None = None


class Happened(_Form, frozen=True, kw_only=True, tag="event", tag_field="kind"):
    """Something that is no request: the log's own life, and breakers."""

    format: Literal["bailiwick-audit/1"] = FORMAT
    at: Time
    instance: Name
    what: Literal["opened", "resumed", "closed", "breaker-opened", "breaker-closed"]
    cut: Count = 0
    """Bytes of a torn line that were taken away: nobody had been told that they were kept."""
    tenant: Name | None = None
    caller: Application | None = None
    measure: Literal["bytes", "patients", "reidentified"] | None = None
    limit: Literal["ceiling", "baseline"] | None = None
    operator: Name | None = None
    reason: Reason | None = None
    ticket: Ticket | None = None


Record = Asked | Happened


class BadRecord(ValueError):
    """A record is not in its form. Names the field, never the value."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """The names that records may hold, all from the gateway's settings."""

    instance: str
    tenants: frozenset[str]
    use_cases: frozenset[str]
    purposes: frozenset[str]
    codes: frozenset[str]
    """Every code by which a guard refuses, as `classify.external`: a code that is not of the list is a fault."""
    templates: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()
    routes: frozenset[str] = frozenset()
    operators: frozenset[str] = frozenset()


_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(Record)
_FIELD = re.compile(r"\$[a-z_.]*")


def encoded(record: Record, names: Names) -> bytes:
    """A record's JSON, checked. Raises BadRecord."""
    try:
        raw = _ENCODER.encode(record)
        found = _DECODER.decode(raw)
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
        # Without the cause: the library's words repeat values.
        field = _FIELD.search(str(error).rpartition(" - at ")[2])
        raise BadRecord(f"a record's {field.group() if field else 'field'} is not in its form") from None
    if found.at.utcoffset():
        raise BadRecord("a record's time is told in UTC")
    for field_name, value, known in _named(found, names):
        if value is not None and value not in known:
            raise BadRecord(f"a record's {field_name} is no name of the settings")
    return raw


def _named(record: Record, names: Names) -> Iterator[tuple[str, str | None, frozenset[str]]]:
    yield "instance", record.instance, frozenset((names.instance,))
    yield "tenant", record.tenant, names.tenants
    if isinstance(record, Happened):
        yield "operator", record.operator, names.operators
        return
    refused = record.decision.guard and f"{record.decision.guard}.{record.decision.what}"
    yield "decision", refused or record.decision.what, names.codes
    yield "use_case", record.use_case, names.use_cases
    yield "purpose", record.purpose, names.purposes
    yield "template", record.template.name if record.template else None, names.templates
    yield "model", record.model.name if record.model else None, names.models
    yield "route", record.route.name if record.route else None, names.routes


def token_hash(uti: str) -> str:
    """Of a token's `uti`: a hash, as other issuers' ids are not of Entra's form."""
    return hashlib.sha256(uti.encode()).hexdigest()


def keyed_hash(key: bytes, purpose: str, data: bytes) -> str:
    """HMAC-SHA-256 under a tenant's key, apart by purpose: `content`, `patient`, `conversation`."""
    if len(key) < KEY_BYTES:
        raise ValueError(f"a tenant's key has at least {KEY_BYTES} bytes")
    return hmac.new(key, purpose.encode() + b"\x00" + data, hashlib.sha256).hexdigest()
