"""What is asked of the gateway itself: which use cases a token may ask, what became of an answer, to erase a patient.

Written down like every request; nothing of it goes to a model.
"""

import asyncio
from collections import OrderedDict

import msgspec

from model_images.gateway.guard import schema
from model_images.gateway.guard.authorise import unknown
from model_images.gateway.guard.exchange import Exchange
from model_images.gateway.guard.extension import Extension
from model_images.gateway.guard.metrics import Metrics
from model_images.gateway.guard.pipeline import Guards, guarded
from model_images.gateway.guard.spec import refuse

REMEMBERED = 100_000
"""Answers of which a verdict was counted: a second one on the same answer counts no more."""


class Asides:
    """Answers them. All raise Refused."""

    def __init__(self, guards: Guards, metrics: Metrics) -> None:
        self._guards, self._metrics = guards, metrics
        self._judged: OrderedDict[str, None] = OrderedDict()

    async def models(self, exchange: Exchange) -> bytes:
        """Names of the use cases that the token may ask."""
        with guarded(exchange, "authorise"):
            names = self._guards.authorise.served(exchange)
        await self._guards.journal.decided(exchange)
        return msgspec.json.encode({"object": "list", "data": [_row(name) for name in names]})

    async def model(self, exchange: Exchange, name: str) -> bytes:
        """One of them; as if it were not there where the token may not ask it."""
        with guarded(exchange, "authorise"):
            if name not in self._guards.authorise.served(exchange):
                raise unknown()
        await self._guards.journal.decided(exchange)
        return msgspec.json.encode(_row(name))

    async def feedback(self, exchange: Exchange, raw: bytes, content_type: str) -> bytes:
        """Count a verdict under the variant that the answer's id names."""
        with guarded(exchange, "schema"):
            schema.check(exchange, raw, content_type)
        with guarded(exchange, "authorise"):
            self._guards.authorise.check(exchange)
            answer, verdict = str(exchange.body["id"]), str(exchange.body["verdict"])
            variant = self._guards.answers.variant(exchange, answer)
        with guarded(exchange, "volume"):
            self._guards.rate.admit(exchange.asked.tenant)
        await self._guards.journal.decided(exchange)
        if answer not in self._judged:
            self._judged[answer] = None
            if len(self._judged) > REMEMBERED:
                self._judged.popitem(last=False)
            self._metrics.drafts.labels(exchange.asked.use_case, variant, verdict).inc()
        return msgspec.json.encode({"object": "feedback"})

    async def erasure(self, exchange: Exchange, raw: bytes, content_type: str) -> bytes:
        """Take a patient's or a conversation's tokens out of the vault: first written down, then done.

        Where the end can't be written, it is done and refused all the same; to ask again erases nothing twice.
        """
        with guarded(exchange, "schema"):
            schema.check(exchange, raw, content_type)
            exchange.extension = _whom(exchange)
        with guarded(exchange, "authorise"):
            self._guards.authorise.erases(exchange)
        with guarded(exchange, "volume"):
            self._guards.rate.admit(exchange.asked.tenant)
            self._guards.volume.admit(exchange)
        await self._guards.journal.decided(exchange)
        exchange.admitted = True
        with guarded(exchange, "tokens"):
            # In a thread: a disk, or a service, is waited for.
            exchange.erased = await asyncio.to_thread(self._guards.conversing.erase, exchange)
        await self._guards.journal.finished(exchange, None)
        of = "conversation" if exchange.extension.conversation is not None else "patient"
        self._metrics.erased.labels(exchange.asked.use_case, of).inc(exchange.erased)
        return msgspec.json.encode({"object": "erasure", "erased": exchange.erased})


def _whom(exchange: Exchange) -> Extension:
    """Whom a request for erasure names, said as one for an answer says it: vault, breaker and log know both alike."""
    if exchange.extension != Extension():
        raise refuse("extension", "bailiwick", "is not taken here")
    told = exchange.body
    if "patient" in told and not told["patient"].strip():
        raise refuse("value", "patient", "must name somebody")
    record = {"id": told["patient"]} if "patient" in told else {}
    return Extension(conversation=told.get("conversation"), record=record)


def _row(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "bailiwick"}
