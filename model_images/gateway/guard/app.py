"""The ASGI application: reads a request, lets the guards decide, asks the model, and reads its answer the same way."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import msgspec

from model_images.gateway.guard import log_lines, reading, shape
from model_images.gateway.guard.answer import Reader, counts, owner, unlike
from model_images.gateway.guard.asides import Asides
from model_images.gateway.guard.endpoints import (
    ALIVE,
    DETECTOR,
    ENDPOINTS,
    ERASURES,
    FEEDBACK,
    MODEL,
    MODELS,
    NAMED,
    Endpoint,
    responses,
)
from model_images.gateway.guard.exchange import Exchange
from model_images.gateway.guard.metrics import Metrics
from model_images.gateway.guard.pipeline import Guards
from model_images.gateway.guard.reading import Receive
from model_images.gateway.guard.refusal import GuardFailed, Refused
from model_images.gateway.guard.route import Route
from model_images.gateway.guard.sending import Answer, Send, refuse, reply
from model_images.gateway.guard.slots import Walk
from model_images.gateway.guard.spec import GUARD as SCHEMA
from model_images.gateway.guard.sse import BadStream, Events
from model_images.gateway.guard.streams import ChatStream, ResponseStream, Stream
from model_images.gateway.guard.tracing import Tracing
from model_images.gateway.guard.upstream import Answered, Upstream, gone

Scope = MutableMapping[str, Any]


MOST_IN_FLIGHT = 4_000
"""At once; each holds its texts in memory."""


class App:
    """One gateway. `ready` is what the health probe asks, `detects` that of a model beside it."""

    def __init__(
        self, guards: Guards, upstream: Upstream, metrics: Metrics, tracing: Tracing, *, document: bytes = b"{}"
    ) -> None:
        self._guards, self._upstream, self._metrics, self._document = guards, upstream, metrics, document
        self._tracing = tracing
        self._asides = Asides(guards, metrics)
        self._in_flight = 0
        self.ready: Callable[[], bool] = lambda: True
        self.detects: Callable[[], Awaitable[bool]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI 3."""
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        method, path = scope["method"], scope["path"]
        if path == "/healthz" and method == "GET":
            await reply(send, 200 if self.ready() else 503, b"{}")
        elif path == ALIVE and method == "GET":
            await reply(send, 200, b"{}")
        elif path == DETECTOR and method == "GET" and self.detects is not None:
            await reply(send, 200 if await self.detects() else 503, b"{}")
        elif path == "/metrics" and method == "GET":
            await reply(send, 200, self._metrics.text(), "text/plain; version=0.0.4; charset=utf-8")
        elif path == "/openapi.json" and method == "GET":
            await reply(send, 200, self._document)
        elif path == MODELS.path and method == "GET":
            await self._aside(MODELS, headers, receive, send)
        elif method == "GET" and re.fullmatch(NAMED, path):
            await self._aside(MODEL, headers, receive, send, path.rpartition("/")[2])
        elif path == FEEDBACK.path and method == "POST":
            await self._aside(FEEDBACK, headers, receive, send)
        elif path == ERASURES.path and method == "POST":
            await self._aside(ERASURES, headers, receive, send)
        elif path in ENDPOINTS and method == "POST":
            await self._ask(ENDPOINTS[path], headers, receive, send)
        else:
            await refuse(send, Refused("route", "no-such-path", "Nothing is served there.", status=404), "")

    async def _aside(
        self, endpoint: Endpoint, headers: dict[str, str], receive: Receive, send: Send, named: str = ""
    ) -> None:
        exchange = _exchange(endpoint, headers)
        answer = Answer(send, exchange)
        try:
            exchange.claims = reading.claims(headers)
            if endpoint is MODELS:
                told = await self._asides.models(exchange)
            elif endpoint is MODEL:
                told = await self._asides.model(exchange, named)
            else:
                raw = await reading.body(receive)
                exchange.bytes_in = len(raw)
                tell = self._asides.erasure if endpoint is ERASURES else self._asides.feedback
                told = await tell(exchange, raw, headers.get("content-type", ""))
            answer.hold(told)
            await answer.end()
        except reading.ClientLeft:
            answer.status = 499
        except Refused as refusal:
            await self._stopped(answer, refusal)
        self._counted(answer)

    async def _ask(self, endpoint: Endpoint, headers: dict[str, str], receive: Receive, send: Send) -> None:
        exchange = _exchange(endpoint, headers)
        answer = Answer(send, exchange)
        if self._in_flight >= MOST_IN_FLIGHT:
            await answer.refuse(Refused("route", "busy", "The gateway has as many requests as it takes.", status=503))
            self._counted(answer)
            return
        self._in_flight += 1
        span = self._tracing.begin(exchange, headers)
        self._metrics.in_flight.inc()
        try:
            exchange.claims = reading.claims(headers)
            raw = await reading.body(receive)
            exchange.bytes_in = len(raw)
            body, reader = await self._guards.admit(exchange, raw, headers.get("content-type", ""))
        except reading.ClientLeft:
            answer.status = 499
        except Refused as refusal:
            await self._stopped(answer, refusal)
        else:
            await self._answered(answer, body, reader, receive)
        finally:
            self._in_flight -= 1
            self._tracing.end(span, exchange, answer.status, answer.refused)
            self._metrics.in_flight.dec()
            self._counted(answer)

    async def _stopped(self, answer: Answer, refusal: Refused) -> None:
        """A refusal before anything went out: written down, then told."""
        journal = self._guards.journal
        try:
            await (journal.finished if answer.exchange.admitted else journal.refused)(answer.exchange, refusal)
        except Refused as worse:
            refusal = worse
        await answer.refuse(refusal)

    async def _answered(self, answer: Answer, body: bytes, reader: Reader, receive: Receive) -> None:
        """Ask the model while watching whether the caller is still there."""
        work = asyncio.ensure_future(self._through(answer, body, reader))
        left = asyncio.ensure_future(reading.gone(receive))
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

    async def _ended(self, answer: Answer, stopped: Refused | None) -> None:
        try:
            self._guards.volume.count(answer.exchange)
            await self._guards.journal.finished(answer.exchange, stopped)
        except Refused as worse:
            stopped = stopped or worse
        if stopped is not None and stopped.status != 499:
            await answer.refuse(stopped)
        elif stopped is None:
            await answer.end()

    async def _through(self, answer: Answer, body: bytes, reader: Reader) -> None:
        exchange = answer.exchange
        route = exchange.route
        if route is None:
            raise GuardFailed("route")
        headers = {"x-request-id": exchange.request_id} | _key(route)
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

    async def _whole(self, answer: Answer, answered: Answered, reader: Reader, begun: float) -> None:
        exchange = answer.exchange
        try:
            found = msgspec.json.decode(await answered.whole())
            answer_id = self._guards.answers.of(exchange)
            walk = Walk(owner=owner(answer_id))
            made = exchange.endpoint.answer.check(found, "", walk, {}, "")
        except (msgspec.DecodeError, RecursionError):
            raise unlike() from None
        except Refused as refusal:
            raise unlike() if refusal.guard == SCHEMA else refusal from None
        self._first(exchange, begun)
        reader.read(walk)
        exchange.tokens, exchange.finish = counts(made.get("usage")), shape.finish_of(made)
        answer.hold(msgspec.json.encode({**_head(exchange, answer_id), **made}))

    async def _streamed(self, answer: Answer, answered: Answered, reader: Reader, begun: float) -> None:
        exchange = answer.exchange
        answer_id = self._guards.answers.of(exchange)
        stream, events, first = _stream(exchange, reader, answer_id), Events(), True
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
        exchange.tokens, exchange.finish = stream.tokens, stream.finish

    def _first(self, exchange: Exchange, begun: float) -> None:
        if exchange.route is not None:
            place = (exchange.asked.use_case, exchange.route.variant)
            self._metrics.first_token.labels(*place).observe(time.perf_counter() - begun)

    def _counted(self, answer: Answer) -> None:
        exchange, metrics = answer.exchange, self._metrics
        use_case = exchange.caller.use_case if exchange.caller is not None else ""
        tenant = exchange.caller.tenant if exchange.caller is not None else ""
        variant = exchange.route.variant if exchange.route is not None else ""
        metrics.requests.labels(use_case, variant, tenant, str(answer.status)).inc()
        if answer.refused is not None:
            metrics.refusals.labels(use_case, variant, answer.refused.guard).inc()
            log_lines.refused(exchange, answer.refused)
        for guard, spent in exchange.timings.items():
            metrics.guards.labels(guard).observe(spent / 1000)
        for kind, number in exchange.found.items():
            metrics.found.labels(kind.value).inc(number)
        if answer.status == 200 and answer.refused is None and exchange.upstream_status == 200:
            shape.count(metrics, exchange)


def _exchange(endpoint: Endpoint, headers: dict[str, str]) -> Exchange:
    return Exchange(
        request_id=reading.request_id(headers),
        endpoint=endpoint,
        listener=headers.get(reading.LISTENER, ""),
        origin=headers.get("origin", ""),
        claims={},
        bytes_in=0,
    )


def _stream(exchange: Exchange, reader: Reader, answer_id: str) -> Stream:
    asked = exchange.asked.use_case
    if exchange.endpoint.name == "chat":
        encoded = exchange.body.get("response_format", {}).get("type", "text") != "text"
        usage = exchange.wants_usage
        return ChatStream(reader, answer_id=answer_id, model=asked, usage=usage, encoded=encoded)
    encoded = exchange.body.get("text", {}).get("format", {}).get("type", "text") != "text"
    head = responses.head(exchange.body)
    return ResponseStream(reader, answer_id=answer_id, model=asked, encoded=encoded, head=head)


def _head(exchange: Exchange, answer_id: str) -> dict[str, Any]:
    name = {"chat": "chat.completion", "responses": "response", "embeddings": "list"}[exchange.endpoint.name]
    more = responses.head(exchange.body) if exchange.endpoint.name == "responses" else {}
    return {"id": answer_id, "object": name, **more, "model": exchange.asked.use_case}


def _key(route: Route) -> dict[str, str]:
    """What a provider asks for, read each time: it is replaced where it is mounted."""
    if not route.key:
        return {}
    try:
        return {"authorization": f"Bearer {Path(route.key).read_text().strip()}"}
    except OSError:
        raise GuardFailed("route") from None


def _unanswered(status: int) -> Refused:
    if status == 400:
        return gone("model-refused", "The model's server does not take this request: too long for it, perhaps.", 400)
    if status in (429, 503):
        return gone("model-busy", "The model's servers have no room now; ask again later.", 503)
    return gone("model-failed", "The model's server failed.")
