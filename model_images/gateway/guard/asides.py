"""What is asked of the gateway itself: which use cases a token may ask, and what became of an answer.

Written down like every request; nothing of it goes to a model.
"""

from collections import OrderedDict

import msgspec

from model_images.gateway.guard import schema
from model_images.gateway.guard.authorise import unknown
from model_images.gateway.guard.exchange import Exchange
from model_images.gateway.guard.metrics import Metrics
from model_images.gateway.guard.pipeline import Guards, guarded

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


def _row(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "bailiwick"}
