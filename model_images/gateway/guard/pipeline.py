"""The guards in the order in which a request meets them. Each is timed, and each that errs refuses."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from model_images.gateway.guard import classify, deidentify, schema, template
from model_images.gateway.guard.answer import Chain, Channel, Reader
from model_images.gateway.guard.authorise import Authorise
from model_images.gateway.guard.conversing import Conversing
from model_images.gateway.guard.deidentify import Deidentify
from model_images.gateway.guard.exchange import Exchange
from model_images.gateway.guard.journal import Journal
from model_images.gateway.guard.pins import Pins
from model_images.gateway.guard.refusal import GuardFailed, Refused
from model_images.gateway.guard.route import Routes, Salts
from model_images.gateway.guard.settings import Settings
from model_images.gateway.guard.slots import Slot
from model_images.gateway.guard.spans import Context, Span
from model_images.gateway.guard.tokens.conversation import Conversation


class Prompts(Protocol):
    """Guard 6: guard/prompt_guard."""

    def check(self, slots: Sequence[Slot]) -> None:
        """What is asked. Raises Refused."""

    def system(self, template: str) -> tuple[str, "Output"]:
        """The template as it is sent, and what its answers are checked for."""

    def separated(self, passages: Sequence[dict[str, Any]]) -> str:
        """Passages as data."""


class Output(Protocol):
    """What answers are checked for."""

    def channel(self, known: frozenset[str]) -> Channel:
        """For one text; `known` are the identifiers that the request held."""


class Volume(Protocol):
    """The breaker of guard 8: guard/volume.py."""

    def admit(self, exchange: Exchange) -> None:
        """Raises Refused where it is open, or opens."""

    def count(self, exchange: Exchange) -> None:
        """What went out."""


@dataclass(frozen=True, kw_only=True)
class Guards:
    """Everything that a request meets."""

    settings: Settings
    authorise: Authorise
    deidentify: Deidentify
    conversing: Conversing
    prompts: Prompts
    pins: Pins
    routes: Routes
    salts: Salts
    volume: Volume
    journal: Journal

    async def admit(self, exchange: Exchange, raw: bytes, content_type: str) -> tuple[bytes, Reader]:
        """What goes to the model, and how its answer is read. Raises Refused, and then nothing may go anywhere."""
        with guarded(exchange, "schema"):
            schema.check(exchange, raw, content_type)
        with guarded(exchange, "authorise"):
            self.authorise.check(exchange)
            template.only(exchange)
        with guarded(exchange, "volume"):
            self.volume.admit(exchange)
        with guarded(exchange, "route"):
            asked = exchange.asked
            route = self.routes.of(asked.use_case, asked.tenant, exchange.extension.conversation)
            pin, text = self.pins.of(route.pin)
            exchange.route, exchange.pin = route, pin
        spans = await self._found(exchange)
        with guarded(exchange, "classify"):
            classify.check(exchange, pin)
        with guarded(exchange, "prompt-guard"):
            self.prompts.check(exchange.slots)
        with guarded(exchange, "tokens"):
            conversation = await self._stripped(exchange, spans)
        with guarded(exchange, "template"):
            system, output = self.prompts.system(text)
            template.put(exchange, system, self.prompts.separated(exchange.passages) if exchange.passages else "")
        body = self._sent(exchange)
        await self.journal.decided(exchange)
        return body, self._reader(exchange, conversation, output)

    async def _found(self, exchange: Exchange) -> list[list[Span]]:
        with guarded(exchange, "de-identify"):
            tenant = exchange.asked.tenant
            context = Context(
                record=exchange.extension.record,
                locale=self.settings.jurisdiction,
                patterns=self.settings.tenants[tenant].patterns if tenant else (),
            )
            spans = await self.deidentify.spans(exchange, context)
            exchange.found = deidentify.counts(spans)
            exchange.known = frozenset(
                slot.text[span.start : span.end]
                for slot, found in zip(exchange.slots, spans, strict=True)
                for span in found
            )
        return spans

    async def _stripped(self, exchange: Exchange, spans: Sequence[Sequence[Span]]) -> Conversation:
        """Every text with its tokens. A conversation that goes on is read from the vault, off the event loop."""

        def strip() -> tuple[Conversation, list[str]]:
            conversation = self.conversing.conversation(exchange)
            texts = [(slot.text, found) for slot, found in zip(exchange.slots, spans, strict=True)]
            return conversation, conversation.pseudonymised_all(texts)

        kept = exchange.extension.conversation is not None
        conversation, written = await asyncio.to_thread(strip) if kept else strip()
        for slot, text in sorted(zip(exchange.slots, written, strict=True), key=lambda one: one[0].is_key):
            slot.write(text)
        exchange.walk.finish()
        exchange.minted = sum(len(found) for found in spans)
        exchange.stripped = True
        return conversation

    def _sent(self, exchange: Exchange) -> bytes:
        with guarded(exchange, "route"):
            body, asked = exchange.body, exchange.asked
            salt = self.salts.of(asked.tenant, asked.use_case)
            if salt is not None and exchange.endpoint.name != "embeddings":
                body["cache_salt"] = salt
            if exchange.streams and exchange.endpoint.name == "chat":
                # Counts are the gateway's own need; the caller gets them if it asked.
                exchange.wants_usage = body.get("stream_options", {}).get("include_usage") is True
                body["stream_options"] = {"include_usage": True}
            if exchange.endpoint.name == "responses":
                body["store"] = False
            return msgspec.json.encode(body)

    def _reader(self, exchange: Exchange, conversation: Conversation, output: Output) -> Reader:
        def channel(arguments: bool) -> Channel:  # noqa: FBT001 the form that Reader asks for
            return Watched(Chain(output.channel(exchange.known), conversation.arguments_restorer() if arguments else conversation.restorer()))

        def whole(text: str) -> str:
            checked = output.channel(exchange.known)
            try:
                told = conversation.restored(checked.feed(text) + checked.close())
            except Refused:
                raise
            except Exception:  # noqa: BLE001 whatever it was, its words may repeat the answer
                raise GuardFailed("tokens") from None
            exchange.reidentified = conversation.reidentified
            return told

        return Reader(whole, channel, offered(exchange))


class Watched:
    """A channel whose failures repeat nothing."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def feed(self, piece: str) -> str:
        """Raises Refused alone."""
        try:
            return self._channel.feed(piece)
        except Refused:
            raise
        except Exception:  # noqa: BLE001 whatever it was, its words may repeat the answer
            raise GuardFailed("tokens") from None

    def close(self) -> str:
        """Raises Refused alone."""
        try:
            return self._channel.close()
        except Refused:
            raise
        except Exception:  # noqa: BLE001 whatever it was, its words may repeat the answer
            raise GuardFailed("tokens") from None


def offered(exchange: Exchange) -> frozenset[str]:
    """Names of the tools that the request has offered."""
    tools = exchange.body.get("tools", [])
    return frozenset(str(tool.get("function", tool)["name"]) for tool in tools)


@contextmanager
def guarded(exchange: Exchange, name: str) -> Iterator[None]:
    """Time it; whatever it raises becomes a refusal that names the guard and repeats nothing."""
    begun = time.perf_counter()
    try:
        yield
    except Refused:
        raise
    except Exception:  # noqa: BLE001 whatever it was, its words may repeat the request
        raise GuardFailed(name) from None
    finally:
        spent = (time.perf_counter() - begun) * 1000
        exchange.timings[name] = exchange.timings.get(name, 0.0) + spent
