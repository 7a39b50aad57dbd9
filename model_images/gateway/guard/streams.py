"""Streamed answers, event by event: what goes out is written anew from what may go out."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import msgspec

from model_images.gateway.guard.answer import Channel, Reader, counts, owner, unlike
from model_images.gateway.guard.endpoints import chat, responses
from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.slots import Walk
from model_images.gateway.guard.spec import GUARD as SCHEMA
from model_images.gateway.guard.spec import Object
from model_images.gateway.guard.sse import event

DONE = "[DONE]"


class Stream(Protocol):
    """One streamed answer."""

    tokens: tuple[int, int]
    """Of input and output, where the model says."""
    finished: bool
    finish: str
    """Why the model stopped, in its own word; empty until it has."""

    def feed(self, data: str) -> Iterator[bytes]:
        """Events that go out for one that came in. Raises Refused."""


def _decoded(data: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        raise unlike() from None
    if not isinstance(found, dict) or found.get("error") is not None:
        raise unlike()
    return found


def _checked(spec: Object, found: dict[str, Any], walk: Walk) -> dict[str, Any]:
    try:
        made: dict[str, Any] = spec.check(found, "", walk, {}, "")
    except Refused as error:
        if error.guard != SCHEMA:
            raise
        raise unlike() from None
    return made


class ChatStream:
    """Chunks of chat completions."""

    def __init__(self, reader: Reader, *, answer_id: str, model: str, usage: bool, encoded: bool) -> None:
        """`usage`: whether the caller asked for counts. `encoded`: whether the content is JSON, by its format."""
        self._reader, self._id, self._model, self._usage, self._encoded = reader, answer_id, model, usage, encoded
        self._references: dict[str, str] = {}
        self._texts: dict[int, dict[str, Channel]] = {}
        self._calls: dict[int, dict[int, Channel]] = {}
        self.tokens = (0, 0)
        self.finished = False
        self.finish = ""

    def feed(self, data: str) -> Iterator[bytes]:
        """Events that go out for one that came in. Raises Refused."""
        if data.strip() == DONE:
            if any(self._texts.values()) or any(self._calls.values()):
                raise unlike()
            self.finished = True
            yield event(DONE)
            return
        chunk = _checked(chat.CHUNK, _decoded(data), Walk(references=self._references, owner=owner(self._id)))
        for choice in chunk["choices"]:
            self._choice(choice)
        chunk["choices"] = [choice for choice in chunk["choices"] if choice["delta"] or choice.get("finish_reason")]
        if "usage" in chunk:
            self.tokens = counts(chunk["usage"])
            if not self._usage:
                del chunk["usage"]
        if chunk["choices"] or "usage" in chunk:
            head = {"id": self._id, "object": "chat.completion.chunk", "model": self._model}
            yield event(msgspec.json.encode({**head, **chunk}).decode())

    def _choice(self, choice: dict[str, Any]) -> None:
        at, delta = choice["index"], choice.get("delta", {})
        choice["delta"] = made = {"role": delta["role"]} if "role" in delta else {}
        texts, calls = self._texts.setdefault(at, {}), self._calls.setdefault(at, {})
        for name in chat.TEXTS:
            if name in delta:
                if name not in texts:
                    texts[name] = self._reader.channel(self._encoded and name == "content")
                told = texts[name].feed(delta[name])
                if told or not delta[name]:
                    made[name] = told
        pieces = [piece for call in delta.get("tool_calls", []) if (piece := self._call(call, calls))]
        if choice.get("finish_reason"):
            self.finish = str(choice["finish_reason"])
            for name, channel in texts.items():
                rest = channel.close()
                if rest:
                    made[name] = made.get(name, "") + rest
            for index, channel in calls.items():
                rest = channel.close()
                if rest:
                    pieces.append({"index": index, "function": {"arguments": rest}})
            self._texts[at], self._calls[at] = {}, {}
        if pieces:
            made["tool_calls"] = pieces

    def _call(self, call: dict[str, Any], calls: dict[int, Channel]) -> dict[str, Any]:
        function = call.get("function", {})
        if "name" in function:
            self._reader.tool(function["name"])
        if "arguments" in function:
            if call["index"] not in calls:
                calls[call["index"]] = self._reader.channel(True)  # noqa: FBT003 JSON, not prose
            told = calls[call["index"]].feed(function["arguments"])
            if not told and function["arguments"] and "name" not in function:
                return {}
            function["arguments"] = told
        return call


class ResponseStream:
    """Events of responses."""

    def __init__(
        self, reader: Reader, *, answer_id: str, model: str, encoded: bool, head: Mapping[str, Any] | None = None
    ) -> None:
        """`encoded`: whether the content is JSON, by its format. `head`: what every response says of itself."""
        self._reader, self._id, self._model, self._encoded = reader, answer_id, model, encoded
        self._head = head or {}
        self._references: dict[str, str] = {}
        self._open: dict[tuple[object, ...], tuple[Channel, dict[str, Any]]] = {}
        self._number = 0
        self.tokens = (0, 0)
        self.finished = False
        self.finish = ""

    def feed(self, data: str) -> Iterator[bytes]:
        """Events that go out for one that came in. Raises Refused."""
        if data.strip() == DONE:
            return
        found = _decoded(data)
        kind = found.get("type")
        if kind == "response.failed" or kind == "error":
            raise unlike()
        spec = responses.EVENTS.get(kind) if isinstance(kind, str) else None
        if spec is None:
            return
        walk = Walk(references=self._references, owner=owner(self._id))
        told = _checked(spec, found, walk)
        if kind in responses.STREAMED:
            yield from self._piece(told)
            return
        ended = [one for one, (done, _) in responses.STREAMED.items() if done == kind]
        if ended:
            yield from self._end({**told, "type": ended[0]})
        self._reader.read(walk)
        if "response" in told:
            self.tokens = counts(told["response"].get("usage"))
            told["response"] |= {"id": self._id, **self._head, "model": self._model}
        if kind in ("response.completed", "response.incomplete"):
            self.finish = kind.removeprefix("response.")
            if self._open:
                raise unlike()
            self.finished = True
        yield self._out(told)

    def _key(self, told: dict[str, Any]) -> tuple[object, ...]:
        return tuple(told.get(name) for name in ("type", "item_id", "output_index", "content_index", "summary_index"))

    def _piece(self, told: dict[str, Any]) -> Iterator[bytes]:
        key = self._key(told)
        if key not in self._open:
            place = {name: value for name, value in told.items() if name != "delta"}
            kind = told["type"]
            encoded = "arguments" in kind or (self._encoded and "output_text" in kind)
            self._open[key] = (self._reader.channel(encoded), place)
        out = self._open[key][0].feed(told["delta"])
        if out:
            yield self._out({**told, "delta": out})

    def _end(self, told: dict[str, Any]) -> Iterator[bytes]:
        held = self._open.pop(self._key(told), None)
        rest = held[0].close() if held is not None else ""
        if held is not None and rest:
            yield self._out({**held[1], "delta": rest})

    def _out(self, told: dict[str, Any]) -> bytes:
        number, self._number = self._number, self._number + 1
        return event(msgspec.json.encode({**told, "sequence_number": number}).decode(), told["type"])
