"""A server that speaks vLLM's API as far as the gateway asks it, and remembers every byte that it was sent."""

import asyncio
import contextlib
import json
import ssl
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

from aiohttp import web

Answer = Callable[[dict[str, Any]], str]
"""What the model says to a body."""


def last(body: dict[str, Any]) -> str:
    """Echo: the last text of what was asked."""
    messages = body["messages"] if "messages" in body else body["input"]
    if isinstance(messages, str):
        return messages
    content = messages[-1].get("content", "")
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


class Model:
    """One model server on loopback, in a thread of its own."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._context = context
        self.seen: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.cancelled = 0
        self.says: Answer = last
        self.piece = 3
        """Characters of a streamed piece."""
        self.pause = 0.0
        """Seconds between pieces."""
        self.dies_after: int | None = None
        """Pieces after which the connection is cut."""
        self.raw: Callable[[dict[str, Any]], dict[str, Any]] | None = None
        """A whole answer in place of the usual."""
        self.streams_call = ""
        """The tool that streamed answers call, with the text as its argument `who`."""
        self.status = 200
        self.full = 0
        """How many requests it has no room for, before it answers."""
        self.wrote: Callable[[], None] = lambda: None
        """Called before each event of a stream."""
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Model":
        """Listen."""
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def reset(self) -> None:
        """As it began."""
        self.seen.clear()
        self.headers.clear()
        self.says, self.piece, self.pause, self.dies_after, self.raw, self.status = last, 3, 0.0, None, None, 200
        self.cancelled = self.full = 0
        self.streams_call = ""

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """What it was asked."""
        return [json.loads(raw) for raw in self.seen]

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application(client_max_size=2**24)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_post("/v1/responses", self._responses)
        app.router.add_post("/v1/embeddings", self._embeddings)
        app.router.add_route("*", "/{rest:.*}", self._anything)
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self._context)
        self._loop.run_until_complete(site.start())
        self.port = runner.addresses[0][1]
        self._ready.set()
        self._loop.run_forever()
        with contextlib.suppress(Exception):
            self._loop.run_until_complete(runner.cleanup())

    async def _body(self, request: web.Request) -> dict[str, Any]:
        raw = await request.read()
        self.seen.append(raw)
        self.headers.append(dict(request.headers))
        if self.full:
            self.full -= 1
            raise web.HTTPServiceUnavailable
        if self.status != 200:
            wrong = web.HTTPServiceUnavailable if self.status == 503 else web.HTTPInternalServerError
            raise wrong(text=raw.decode(errors="replace"))
        body: dict[str, Any] = json.loads(raw)
        return body

    async def _anything(self, request: web.Request) -> web.Response:
        self.seen.append(await request.read())
        return web.Response(text="open")

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        body = await self._body(request)
        if self.raw is not None:
            return web.json_response(self.raw(body))
        said = self.says(body)
        usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
        if not body.get("stream"):
            message: dict[str, Any] = {"role": "assistant", "content": said}
            choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None, "stop_reason": None}
            whole = {"id": "chatcmpl-x", "object": "chat.completion", "created": 1, "model": body["model"]}
            return web.json_response({**whole, "choices": [choice], "usage": usage, "kv_transfer_params": None})
        head: dict[str, Any] = {
            "id": "chatcmpl-x",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": body["model"],
        }
        events: list[dict[str, Any]] = [
            {**head, "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}
        ]
        deltas = self._call(said) if self.streams_call else [{"content": piece} for piece in self._pieces(said)]
        events += [{**head, "choices": [{"index": 0, "delta": delta}]} for delta in deltas]
        finish = "tool_calls" if self.streams_call else "stop"
        events.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
        events.append({**head, "choices": [], "usage": usage})
        return await self._stream(request, events, done=True)

    def _pieces(self, text: str) -> list[str]:
        return [text[at : at + self.piece] for at in range(0, len(text), self.piece)]

    def _call(self, said: str) -> list[dict[str, Any]]:
        first: dict[str, Any] = {
            "id": "call-1",
            "type": "function",
            "function": {"name": self.streams_call, "arguments": ""},
        }
        rest: list[dict[str, Any]] = [
            {"function": {"arguments": piece}} for piece in self._pieces(json.dumps({"who": said}))
        ]
        return [{"tool_calls": [{"index": 0, **one}]} for one in (first, *rest)]

    def _call_events(self, begun: dict[str, Any], said: str) -> list[dict[str, Any]]:
        place = {"item_id": "fc_1", "output_index": 0}
        arguments = json.dumps({"who": said})
        item = {"type": "function_call", "id": "fc_1", "call_id": "call-1", "name": self.streams_call}
        ended = {**item, "arguments": arguments, "status": "completed"}
        kind = "response.function_call_arguments"
        return [
            {"type": "response.created", "response": begun},
            {
                "type": "response.output_item.added",
                "output_index": 0,
                "item": {**item, "arguments": "", "status": "in_progress"},
            },
            *({"type": f"{kind}.delta", **place, "delta": piece} for piece in self._pieces(arguments)),
            {"type": f"{kind}.done", **place, "name": self.streams_call, "arguments": arguments},
            {"type": "response.output_item.done", "output_index": 0, "item": ended},
            {"type": "response.completed", "response": {**begun, "status": "completed", "output": [ended]}},
        ]

    async def _responses(self, request: web.Request) -> web.StreamResponse:
        body = await self._body(request)
        if self.raw is not None:
            return web.json_response(self.raw(body))
        said = self.says(body)
        part: dict[str, Any] = {"type": "output_text", "text": said, "annotations": []}
        item: dict[str, Any] = {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "status": "completed",
            "content": [part],
        }
        usage = {"input_tokens": 7, "output_tokens": 3, "total_tokens": 10}
        whole: dict[str, Any] = {
            "id": "resp_x",
            "object": "response",
            "created_at": 1,
            "model": body["model"],
            "status": "completed",
        }
        whole |= {"output": [item], "usage": usage, "instructions": body.get("instructions")}
        if not body.get("stream"):
            return web.json_response(whole)
        place: dict[str, Any] = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
        begun = {**whole, "status": "in_progress", "output": [], "usage": None}
        if self.streams_call:
            return await self._stream(request, self._call_events(begun, said), done=False)
        empty = {**item, "status": "in_progress", "content": []}
        events: list[dict[str, Any]] = [
            {"type": "response.created", "response": begun},
            {"type": "response.in_progress", "response": begun},
        ]
        events += [{"type": "response.output_item.added", "output_index": 0, "item": empty}]
        events += [{"type": "response.content_part.added", **place, "part": {**part, "text": ""}}]
        events += [
            {"type": "response.output_text.delta", **place, "delta": said[at : at + self.piece]}
            for at in range(0, len(said), self.piece)
        ]
        events += [{"type": "response.output_text.done", **place, "text": said}]
        events += [{"type": "response.content_part.done", **place, "part": part}]
        events += [{"type": "response.output_item.done", "output_index": 0, "item": item}]
        events += [{"type": "response.completed", "response": whole}]
        return await self._stream(request, events, done=False)

    async def _embeddings(self, request: web.Request) -> web.Response:
        body = await self._body(request)
        asked = [body["input"]] if isinstance(body["input"], str) else body["input"]
        rows = [{"index": at, "object": "embedding", "embedding": [0.5, -0.25]} for at in range(len(asked))]
        usage = {"prompt_tokens": 2, "total_tokens": 2}
        return web.json_response({"object": "list", "data": rows, "model": body["model"], "usage": usage})

    async def _stream(self, request: web.Request, events: list[dict[str, Any]], *, done: bool) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        try:
            async for index, event in self._paced(events):
                if self.dies_after is not None and index >= self.dies_after:
                    assert request.transport is not None
                    request.transport.abort()
                    return response
                self.wrote()
                name = f"event: {event['type']}\n" if "type" in event else ""
                await response.write(f"{name}data: {json.dumps(event)}\n\n".encode())
            if done:
                await response.write(b"data: [DONE]\n\n")
        except (asyncio.CancelledError, ConnectionError):
            self.cancelled += 1
            raise
        return response

    async def _paced(self, events: list[dict[str, Any]]) -> AsyncIterator[tuple[int, dict[str, Any]]]:
        for index, event in enumerate(events):
            yield index, event
            if self.pause:
                await asyncio.sleep(self.pause)
