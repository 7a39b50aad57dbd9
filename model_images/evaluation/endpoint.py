"""One endpoint in OpenAI's form, asked by streaming chat completions: what came, when, and who answered.

Temperature 0 and one seed: that a server gives the same answer twice is for the server; batching may change it
(docs.vllm.ai, reproducibility), which is why every answer's hash is kept.
"""

import asyncio
import hashlib
import json
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

ATTEMPTS = 4
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before the second attempt; each pause doubles."""
AGAIN = frozenset({408, 429, 500, 502, 503, 504})
LONGEST_LINE, LONGEST_ANSWER = 2**20, 2**20
"""Bytes of one line, characters of one answer: who sends more is no model server."""


class Unanswered(Exception):
    """No answer, after every attempt; the message says why, and holds no content."""


class _Again(Exception):
    """This attempt failed in a way that another may not; with what the server asks to wait, seconds."""

    def __init__(self, why: str, after: float = 0.0) -> None:
        super().__init__(why)
        self.after = after


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came."""

    text: str
    first_token_ms: float | None
    total_ms: float
    finish: str
    refused_by: str = ""
    """The code of the gateway's guard that let nothing through."""
    tokens: int | None = None
    """Of output, as the server counts them."""
    attempts: int = 1


@dataclass(frozen=True, kw_only=True)
class Way:
    """How to reach it."""

    url: str
    """Up to and with `/v1`."""
    model: str
    token_file: Path | None = None
    """Read before every request: tokens live for minutes."""
    ca: Path | None = None
    certificate: tuple[Path, Path] | None = None
    """The client's, with its key."""
    system: str = ""
    """The prompt template, for a server that puts none itself."""
    seed: int = 1
    max_tokens: int = 512
    timeout_s: float = 120.0
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the body that this server wants."""


class Endpoint:
    """Asks. One per run."""

    def __init__(self, way: Way, session: aiohttp.ClientSession) -> None:
        self._way, self._session = way, session
        self.certificate_sha256: str | None = None
        """Of the server's certificate, once it answered over TLS."""

    async def models(self) -> list[str]:
        """Names that it serves. Raises Unanswered."""
        try:
            async with self._session.get(f"{self._way.url}/models", headers=self._headers()) as answer:
                self._seen(answer)
                if answer.status != 200:
                    raise Unanswered(f"GET /models gave {answer.status}")
                found = await answer.json(content_type=None)
            return sorted(str(one["id"]) for one in found["data"])
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError, TypeError) as error:
            raise Unanswered(f"GET /models: {type(error).__name__}") from error

    async def ask(self, prompt: str) -> Answer:
        """One answer. Raises Unanswered after the last attempt."""
        pause, why = FIRST_PAUSE, ""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._once(prompt, attempt)
            except _Again as error:
                why, wait = str(error), min(max(pause, error.after), LONGEST_PAUSE)
            except TimeoutError:
                why, wait = f"no whole answer in {self._way.timeout_s:g} s", pause
            except (aiohttp.ClientError, OSError) as error:
                why, wait = type(error).__name__, pause
            if attempt < ATTEMPTS:
                await asyncio.sleep(wait)
                pause = min(pause * 2, LONGEST_PAUSE)
        raise Unanswered(f"{why}, {ATTEMPTS} times")

    async def _once(self, prompt: str, attempt: int) -> Answer:
        way = self._way
        told = [{"role": "system", "content": way.system}] if way.system else []
        body = {
            "model": way.model,
            "messages": [*told, {"role": "user", "content": prompt}],
            "temperature": 0,
            "seed": way.seed,
            "max_tokens": way.max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
            **way.extra,
        }
        begun = time.perf_counter()
        async with (
            asyncio.timeout(way.timeout_s),
            self._session.post(f"{way.url}/chat/completions", json=body, headers=self._headers()) as answer,
        ):
            self._seen(answer)
            if answer.status != 200:
                return await self._refused(answer, begun, attempt)
            return await _streamed(answer, begun, attempt)

    async def _refused(self, answer: aiohttp.ClientResponse, begun: float, attempt: int) -> Answer:
        raw = await answer.content.read(LONGEST_LINE)
        code = _guard(raw)
        if answer.status in AGAIN:
            raise _Again(f"{answer.status}{f' ({code})' if code else ''}", _seconds(answer.headers.get("Retry-After")))
        if not code:
            raise Unanswered(f"{answer.status}")
        spent = (time.perf_counter() - begun) * 1000
        return Answer(text="", first_token_ms=None, total_ms=spent, finish="refused", refused_by=code, attempts=attempt)

    def _headers(self) -> dict[str, str]:
        if self._way.token_file is None:
            return {}
        return {"Authorization": f"Bearer {self._way.token_file.read_text(encoding='utf-8').strip()}"}

    def _seen(self, answer: aiohttp.ClientResponse) -> None:
        transport = answer.connection.transport if answer.connection is not None else None
        tls = transport.get_extra_info("ssl_object") if transport is not None else None
        if tls is not None and (raw := tls.getpeercert(binary_form=True)):
            self.certificate_sha256 = hashlib.sha256(raw).hexdigest()


async def _streamed(answer: aiohttp.ClientResponse, begun: float, attempt: int) -> Answer:
    """Server-sent events to their `[DONE]`; an answer without it was cut off, which another attempt may mend."""
    pieces: list[str] = []
    first: float | None = None
    finish, tokens, done = "", None, False
    async for line in _lines(answer):
        if not line.startswith(b"data:"):
            continue
        data = line[5:].strip()
        if data == b"[DONE]":
            done = True
            break
        event = _event(data)
        if event.get("error") is not None:
            code = _guard(data)
            if code:
                spent = (time.perf_counter() - begun) * 1000
                return Answer(text="", first_token_ms=first, total_ms=spent, finish="refused", refused_by=code)
            raise _Again("an error in the stream")
        usage = event.get("usage")
        tokens = usage.get("completion_tokens", tokens) if isinstance(usage, dict) else tokens
        for choice in event.get("choices") or ():
            piece = (choice.get("delta") or {}).get("content") or ""
            if piece:
                first = first if first is not None else (time.perf_counter() - begun) * 1000
                pieces.append(piece)
                if sum(map(len, pieces[-1:])) > LONGEST_ANSWER or len(pieces) > LONGEST_ANSWER:
                    raise Unanswered("an answer without an end")
            finish = choice.get("finish_reason") or finish
    if not done:
        raise _Again("the stream was cut off")
    spent = (time.perf_counter() - begun) * 1000
    return Answer(
        text="".join(pieces), first_token_ms=first, total_ms=spent, finish=finish, tokens=tokens, attempts=attempt
    )


async def _lines(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    rest = b""
    async for piece in answer.content.iter_any():
        rest += piece
        if len(rest) > LONGEST_LINE:
            raise _Again("a line without an end")
        *whole, rest = rest.split(b"\n")
        for line in whole:
            yield line.rstrip(b"\r")


def _event(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except ValueError as error:
        raise _Again("an event that is not JSON") from error
    if not isinstance(found, dict):
        raise _Again("an event that is no object")
    return found


def _guard(raw: bytes) -> str:
    """The code of a guard of the gateway's; nothing where no guard speaks."""
    try:
        error = json.loads(raw)["error"]
        return str(error["code"]) if error.get("guard") else ""
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""


def _seconds(value: str | None) -> float:
    return float(value) if value is not None and value.isdigit() else 0.0


@asynccontextmanager
async def reached(way: Way, concurrency: int) -> AsyncIterator[Endpoint]:
    """The endpoint, with a pool of so many connections. No proxy, no redirect to elsewhere."""
    tls: ssl.SSLContext | bool = True
    if way.url.startswith("https:"):
        tls = ssl.create_default_context(cafile=str(way.ca) if way.ca else None)
        tls.minimum_version = ssl.TLSVersion.TLSv1_2
        if way.certificate is not None:
            tls.load_cert_chain(*map(str, way.certificate))
    connector = aiohttp.TCPConnector(limit=concurrency, ssl=tls)
    async with aiohttp.ClientSession(connector=connector, trust_env=False) as session:
        yield Endpoint(way, session)
