"""What the caller gets, in whichever form it has begun: a status and a body, or a stream that may have to be cut."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

import msgspec

from model_images.gateway.guard.answer import unlike
from model_images.gateway.guard.exchange import Exchange
from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.sse import event
from model_images.gateway.guard.statuses import again

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]


class Answer:
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
            await reply(self._send, 200, self._held, request_id=self.exchange.request_id)
        else:
            await self.refuse(unlike())

    async def refuse(self, refusal: Refused) -> None:
        """Tell it: as a status where nothing was sent, else as the last event, with no `[DONE]` after it."""
        self.refused = refusal
        if not self._begun:
            self.status = refusal.status
            await refuse(self._send, refusal, self.exchange.request_id)
            return
        told = msgspec.json.encode(error(refusal, self.exchange.request_id)).decode()
        name = "error" if self.exchange.endpoint.name == "responses" else ""
        await self._send({"type": "http.response.body", "body": event(told, name), "more_body": False})


def error(refusal: Refused, request_id: str) -> dict[str, Any]:
    """OpenAI's form of an error, with the guard that refused."""
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


async def refuse(send: Send, refusal: Refused, request_id: str) -> None:
    """A refusal as a status."""
    body = msgspec.json.encode(error(refusal, request_id))
    await reply(send, refusal.status, body, request_id=request_id, more=again(refusal))


def _start(status: int, media: str, request_id: str, more: Iterable[tuple[bytes, bytes]] = ()) -> Message:
    headers = [(b"content-type", media.encode()), (b"cache-control", b"no-store"), *more]
    if request_id:
        headers.append((b"x-request-id", request_id.encode()))
    return {"type": "http.response.start", "status": status, "headers": headers}


async def reply(
    send: Send,
    status: int,
    body: bytes,
    media: str = "application/json",
    *,
    request_id: str = "",
    more: Iterable[tuple[bytes, bytes]] = (),
) -> None:
    """A whole answer."""
    length = (b"content-length", str(len(body)).encode())
    await send(_start(status, media, request_id, (length, *more)))
    await send({"type": "http.response.body", "body": body})
