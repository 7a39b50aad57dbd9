"""The ASGI application: reads a request, lets the guards decide, asks the model, and reads its answer the same way."""

import asyncio
import re
import time
import uuid
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

import msgspec

from model_images.gateway.guard.answer import Reader, counts, unlike
from model_images.gateway.guard.endpoints import ENDPOINTS, Endpoint
from model_images.gateway.guard.exchange import Exchange
from model_images.gateway.guard.metrics import Metrics
from model_images.gateway.guard.pipeline import Guards
from model_images.gateway.guard.refusal import GuardFailed, Refused
from model_images.gateway.guard.slots import Walk
from model_images.gateway.guard.spec import GUARD as SCHEMA
from model_images.gateway.guard.sse import BadStream, Events, event
from model_images.gateway.guard.streams import ChatStream, ResponseStream, Stream
from model_images.gateway.guard.upstream import Answered, Upstream, gone

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MOST_BODY = 2_000_000
"""Bytes of a request. Envoy refuses more before it comes here; this holds where it does not stand."""
BODY_SECONDS = 30
CLAIMS = "x-bailiwick-claims"
LISTENER = "x-bailiwick-listener"
_REQUEST_ID = re.compile(r"[0-9a-fA-F-]{8,64}")


class ClientLeft(Exception):
    """Nobody waits for the answer any more."""


class App:
    """One gateway. `ready` is what the health probe asks."""

    def __init__(self, guards: Guards, upstream: Upstream, metrics: Metrics, *, document: bytes = b"{}") -> None:
        self._guards, self._upstream, self._metrics, self._document = guards, upstream, metrics, document
        self._running: set[asyncio.Task[None]] = set()
        self.ready: Callable[[], bool] = lambda: True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI 3."""
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        method, path = scope["method"], scope["path"]
        if path == "/healthz" and method == "GET":
            await _reply(send, 200 if self.ready() else 503, b"{}")
        elif path == "/metrics" and method == "GET":
            await _reply(send, 200, self._metrics.text(), "text/plain; version=0.0.4; charset=utf-8")
        elif path == "/openapi.json" and method == "GET":
            await _reply(send, 200, self._document)
        elif path == "/v1/models" and method == "GET":
            await self._models(headers, send)
        elif path in ENDPOINTS and method == "POST":
            await self._ask(ENDPOINTS[path], headers, receive, send)
        else:
            await _refuse(send, Refused("route", "no-such-path", "Nothing is served there.", status=404), "")

    async def _models(self, headers: dict[str, str], send: Send) -> None:
        try:
            names = self._guards.authorise.served(_claims(headers))
        except Refused as refusal:
            await _refuse(send, refusal, _request_id(headers))
            return
        rows = [{"id": name, "object": "model", "created": 0, "owned_by": "bailiwick"} for name in names]
        await _reply(send, 200, msgspec.json.encode({"object": "list", "data": rows}))

    async def _ask(self, endpoint: Endpoint, headers: dict[str, str], receive: Receive, send: Send) -> None:
        exchange = Exchange(
            request_id=_request_id(headers),
            endpoint=endpoint,
            listener=headers.get(LISTENER, ""),
            origin=headers.get("origin", ""),
            claims={},
            bytes_in=0,
        )
        answer = _Answer(send, exchange)
        self._metrics.in_flight.inc()
        try:
            exchange.claims = _claims(headers)
            raw = await _body(receive)
            exchange.bytes_in = len(raw)
            body, reader = await self._guards.admit(exchange, raw, headers.get("content-type", ""))
        except ClientLeft:
            answer.status = 499
        except Refused as refusal:
            await self._stopped(answer, refusal)
        else:
            await self._answered(answer, body, reader, receive)
        finally:
            self._metrics.in_flight.dec()
            self._counted(answer)

    async def _stopped(self, answer: "_Answer", refusal: Refused) -> None:
        """A refusal before anything went out: written down, then told."""
        try:
            await self._guards.journal.refused(answer.exchange, refusal)
        except Refused as worse:
            refusal = worse
        await answer.refuse(refusal)

    async def _answered(self, answer: "_Answer", body: bytes, reader: Reader, receive: Receive) -> None:
        """Ask the model while watching whether the caller is still there."""
        work = asyncio.ensure_future(self._through(answer, body, reader))
        left = asyncio.ensure_future(_gone(receive))
        stopped: Refused | None = None
        try:
            await asyncio.wait((work, left), return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
            else:
                answer.status = answer.status or 499
                stopped = Refused("route", "client-left", "The caller left.", status=499)
        except Refused as refusal:
            stopped = refusal
        except Exception:  # noqa: BLE001 whatever it was, its words may repeat the answer
            stopped = GuardFailed("route")
        finally:
            for task in (work, left):
                task.cancel()
            await asyncio.gather(work, left, return_exceptions=True)
        await self._ended(answer, stopped)

    async def _ended(self, answer: "_Answer", stopped: Refused | None) -> None:
        try:
            self._guards.volume.count(answer.exchange)
            await self._guards.journal.finished(answer.exchange, stopped)
        except Refused as worse:
            stopped = stopped or worse
        if stopped is not None and stopped.status != 499:
            await answer.refuse(stopped)
        elif stopped is None:
            await answer.end()

    async def _through(self, answer: "_Answer", body: bytes, reader: Reader) -> None:
        exchange = answer.exchange
        route = exchange.route
        if route is None:
            raise GuardFailed("route")
        headers = {"x-request-id": exchange.request_id}
        begun = time.perf_counter()
        async with self._upstream.ask(route.cluster, exchange.endpoint.path, body, headers) as answered:
            exchange.upstream_status = answered.status
            if answered.status != 200:
                await answered.whole()
                raise _unanswered(answered.status)
            if exchange.streams:
                await self._streamed(answer, answered, reader, begun)
            else:
                await self._whole(answer, answered, reader, begun)

    async def _whole(self, answer: "_Answer", answered: Answered, reader: Reader, begun: float) -> None:
        exchange = answer.exchange
        try:
            found = msgspec.json.decode(await answered.whole())
            walk = Walk()
            made = exchange.endpoint.answer.check(found, "", walk, {}, "")
        except (msgspec.DecodeError, RecursionError):
            raise unlike() from None
        except Refused as refusal:
            raise unlike() if refusal.guard == SCHEMA else refusal from None
        self._first(exchange, begun)
        reader.read(walk)
        exchange.tokens = counts(made.get("usage"))
        answer.hold(msgspec.json.encode({**_head(exchange), **made}))

    async def _streamed(self, answer: "_Answer", answered: Answered, reader: Reader, begun: float) -> None:
        exchange = answer.exchange
        stream, events, first = _stream(exchange, reader), Events(), True
        try:
            async for piece in answered.pieces():
                for data in events.feed(piece):
                    if first:
                        self._first(exchange, begun)
                        first = False
                    out = b"".join(stream.feed(data))
                    if out:
                        await answer.stream(out)
        except BadStream:
            raise unlike() from None
        if not stream.finished or not events.whole:
            raise gone("model-gone", "The model's answer ended early.")
        exchange.tokens = stream.tokens

    def _first(self, exchange: Exchange, begun: float) -> None:
        if exchange.route is not None:
            place = (exchange.asked.use_case, exchange.route.variant)
            self._metrics.first_token.labels(*place).observe(time.perf_counter() - begun)

    def _counted(self, answer: "_Answer") -> None:
        exchange, metrics = answer.exchange, self._metrics
        use_case = exchange.caller.use_case if exchange.caller is not None else ""
        tenant = exchange.caller.tenant if exchange.caller is not None else ""
        variant = exchange.route.variant if exchange.route is not None else ""
        metrics.requests.labels(use_case, variant, tenant, str(answer.status)).inc()
        if answer.refused is not None:
            metrics.refusals.labels(use_case, variant, answer.refused.guard).inc()
        for guard, spent in exchange.timings.items():
            metrics.guards.labels(guard).observe(spent / 1000)
        for kind, number in exchange.found.items():
            metrics.found.labels(kind.value).inc(number)


class _Answer:
    """What the caller gets, in whichever form it has begun."""

    def __init__(self, send: Send, exchange: Exchange) -> None:
        self._send, self.exchange = send, exchange
        self._held: bytes | None = None
        self._begun = False
        self.status = 0
        self.refused: Refused | None = None

    def hold(self, body: bytes) -> None:
        """A whole answer, sent once its record is written."""
        self._held = body
        self.exchange.bytes_out = len(body)

    async def stream(self, out: bytes) -> None:
        """A piece, at once."""
        if not self._begun:
            self._begun, self.status = True, 200
            await self._send(_start(200, "text/event-stream; charset=utf-8", self.exchange.request_id))
        self.exchange.bytes_out += len(out)
        await self._send({"type": "http.response.body", "body": out, "more_body": True})

    async def end(self) -> None:
        """All went well."""
        if self._begun:
            await self._send({"type": "http.response.body", "body": b""})
        elif self._held is not None:
            self.status = 200
            await _reply(self._send, 200, self._held, request_id=self.exchange.request_id)
        else:
            await self.refuse(unlike())

    async def refuse(self, refusal: Refused) -> None:
        """Tell it: as a status where nothing was sent, else as the last event, with no `[DONE]` after it."""
        self.refused = refusal
        if not self._begun:
            self.status = refusal.status
            await _refuse(self._send, refusal, self.exchange.request_id)
            return
        told = msgspec.json.encode(_error(refusal, self.exchange.request_id)).decode()
        name = "error" if self.exchange.endpoint.name == "responses" else ""
        await self._send({"type": "http.response.body", "body": event(told, name), "more_body": False})


def _stream(exchange: Exchange, reader: Reader) -> Stream:
    asked = exchange.asked.use_case
    if exchange.endpoint.name == "chat":
        encoded = exchange.body.get("response_format", {}).get("type", "text") != "text"
        usage = exchange.wants_usage
        return ChatStream(reader, answer_id=_answer_id(exchange), model=asked, usage=usage, encoded=encoded)
    encoded = exchange.body.get("text", {}).get("format", {}).get("type", "text") != "text"
    return ResponseStream(reader, answer_id=_answer_id(exchange), model=asked, encoded=encoded)


def _answer_id(exchange: Exchange) -> str:
    prefix = {"chat": "chatcmpl-", "responses": "resp_", "embeddings": "embd-"}[exchange.endpoint.name]
    return f"{prefix}{exchange.request_id.replace('-', '')}"


def _head(exchange: Exchange) -> dict[str, Any]:
    name = {"chat": "chat.completion", "responses": "response", "embeddings": "list"}[exchange.endpoint.name]
    return {"id": _answer_id(exchange), "object": name, "model": exchange.asked.use_case}


def _unanswered(status: int) -> Refused:
    if status == 400:
        return gone("model-refused", "The model's server does not take this request: too long for it, perhaps.", 400)
    if status in (429, 503):
        return gone("model-busy", "The model's servers have no room now; ask again later.", 503)
    return gone("model-failed", "The model's server failed.")


def _claims(headers: dict[str, str]) -> dict[str, Any]:
    """The token's claims, which Envoy has verified and put there in place of whatever the caller had sent."""
    raw = headers.get(CLAIMS, "")
    try:
        found = msgspec.json.decode(urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
    except (ValueError, msgspec.DecodeError):
        found = None
    if not isinstance(found, dict):
        raise Refused("authorise", "token", "No token came with the request.", status=401)
    return found


def _request_id(headers: dict[str, str]) -> str:
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else str(uuid.uuid4())


async def _body(receive: Receive) -> bytes:
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientLeft
                part = message.get("body", b"")
                size += len(part)
                if size > MOST_BODY:
                    raise Refused(SCHEMA, "body-too-long", f"body: at most {MOST_BODY} bytes", status=413)
                parts.append(part)
                if not message.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError:
        raise Refused(SCHEMA, "body-late", f"body: within {BODY_SECONDS} seconds", status=408) from None


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _error(refusal: Refused, request_id: str) -> dict[str, Any]:
    kind = "invalid_request_error" if refusal.status in (400, 404, 413) else "refused"
    return {
        "error": {
            "message": refusal.message,
            "type": kind,
            "param": None,
            "code": refusal.code,
            "guard": refusal.guard,
            "request_id": request_id,
        }
    }


async def _refuse(send: Send, refusal: Refused, request_id: str) -> None:
    await _reply(send, refusal.status, msgspec.json.encode(_error(refusal, request_id)), request_id=request_id)


def _start(status: int, media: str, request_id: str, more: Iterable[tuple[bytes, bytes]] = ()) -> Message:
    headers = [(b"content-type", media.encode()), (b"cache-control", b"no-store"), *more]
    if request_id:
        headers.append((b"x-request-id", request_id.encode()))
    return {"type": "http.response.start", "status": status, "headers": headers}


async def _reply(
    send: Send, status: int, body: bytes, media: str = "application/json", *, request_id: str = ""
) -> None:
    length = ((b"content-length", str(len(body)).encode()),)
    await send(_start(status, media, request_id, length))
    await send({"type": "http.response.body", "body": body})
