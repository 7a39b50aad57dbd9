"""The guards in the order in which a request meets them. Each is timed, and each that errs refuses."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec

from model_images.gateway.guard import classify, deidentify, schema, template
from model_images.gateway.guard.answer import Chain, Channel, Reader
from model_images.gateway.guard.answer_ids import AnswerIds
from model_images.gateway.guard.authorise import Authorise
from model_images.gateway.guard.conversing import Conversing
from model_images.gateway.guard.deidentify import Deidentify
from model_images.gateway.guard.exchange import Exchange
from model_images.gateway.guard.journal import Journal
from model_images.gateway.guard.pins import Pins
from model_images.gateway.guard.prompting import Prompting, Told
from model_images.gateway.guard.rate import Rate
from model_images.gateway.guard.refusal import GuardFailed, Refused
from model_images.gateway.guard.route import Routes, Salts
from model_images.gateway.guard.settings import Settings
from model_images.gateway.guard.spans import Context, Span
from model_images.gateway.guard.tokens.conversation import Conversation
from model_images.gateway.guard.volume_limits import VolumeLimits


@dataclass(frozen=True, kw_only=True)
class Guards:
    """Everything that a request meets."""

    settings: Settings
    authorise: Authorise
    deidentify: Deidentify
    conversing: Conversing
    prompts: Prompting
    pins: Pins
    routes: Routes
    salts: Salts
    rate: Rate
    volume: VolumeLimits
    journal: Journal
    answers: AnswerIds

    async def admit(self, exchange: Exchange, raw: bytes, content_type: str) -> tuple[bytes, Reader]:
        """What goes to the model, and how its answer is read. Raises Refused, and then nothing may go anywhere."""
        with guarded(exchange, "schema"):
            schema.check(exchange, raw, content_type)
        with guarded(exchange, "authorise"):
            self.authorise.check(exchange)
            template.only(exchange)
        with guarded(exchange, "volume"):
            self.rate.admit(exchange.asked.tenant)
            self.volume.admit(exchange)
        with guarded(exchange, "route"):
            asked = exchange.asked
            route = self.routes.of(asked.use_case, asked.tenant, exchange.extension.conversation)
            pin, text = self.pins.of(route.pin)
            exchange.route, exchange.pin = route, pin
        spans = await self._found(exchange)
        with guarded(exchange, "classify"):
            classify.check(exchange, pin)
        if exchange.extension.route == "external":
            with guarded(exchange, "route"):
                exchange.route = self.routes.outside(asked.use_case)
        with guarded(exchange, "tokens"):
            conversation = await self._stripped(exchange, spans)
        with guarded(exchange, "prompt-guard"):
            await self._hidden(exchange)
        with guarded(exchange, "template"):
            told = self.prompts.told(exchange, text)
            template.put(exchange, told.system, told.passages)
        body = self._sent(exchange)
        await self.journal.decided(exchange)
        return body, self._reader(exchange, conversation, told)

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

    async def _hidden(self, exchange: Exchange) -> None:
        """What is written so that nobody sees it. Off the event loop where a model beside the gateway is asked."""
        if self.settings.plugin is None:
            self.prompts.check(exchange)
            return
        async with asyncio.timeout(self.settings.detector_seconds):
            await asyncio.to_thread(self.prompts.check, exchange)

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
            body["model"] = exchange.route.model if exchange.route is not None else asked.use_case
            inside = exchange.route is not None and exchange.route.variant != "external"
            if inside and exchange.endpoint.name != "embeddings":
                body["cache_salt"] = self.salts.of(asked.tenant, asked.use_case, asked.application)
            if exchange.streams and exchange.endpoint.name == "chat":
                # Counts are the gateway's own need; the caller gets them if it asked.
                exchange.wants_usage = body.get("stream_options", {}).get("include_usage") is True
                body["stream_options"] = {"include_usage": True}
            if exchange.endpoint.name == "responses":
                body["store"] = False
            return msgspec.json.encode(body)

    def _reader(self, exchange: Exchange, conversation: Conversation, told: Told) -> Reader:
        def channel(arguments: bool) -> Channel:  # noqa: FBT001 the form that Reader asks for
            output = self.prompts.output(exchange, told, conversation)
            restorer = conversation.arguments_restorer() if arguments else conversation.restorer()
            return Watched(Chain(output, restorer), exchange, conversation)

        def whole(text: str) -> str:
            output = self.prompts.output(exchange, told, conversation)
            with restoring(exchange, conversation):
                return conversation.restored(output.check(text))

        return Reader(whole, channel, offered(exchange))


class Watched:
    """A channel whose failures repeat nothing."""

    def __init__(self, channel: Channel, exchange: Exchange, conversation: Conversation) -> None:
        self._channel, self._exchange, self._conversation = channel, exchange, conversation

    def feed(self, piece: str) -> str:
        """Raises Refused alone."""
        with restoring(self._exchange, self._conversation):
            return self._channel.feed(piece)

    def close(self) -> str:
        """Raises Refused alone."""
        with restoring(self._exchange, self._conversation):
            return self._channel.close()


@contextmanager
def restoring(exchange: Exchange, conversation: Conversation) -> Iterator[None]:
    """Counts what came back, for the record and the breaker; whatever it raises becomes a refusal without its words."""
    try:
        yield
    except Refused:
        raise
    except Exception:  # noqa: BLE001 whatever it was, its words may repeat the answer
        raise GuardFailed("tokens") from None
    finally:
        exchange.reidentified = conversation.reidentified


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
