"""Ids of answers: which variant gave it stands in one, and a mark that nobody else can make.

Verdicts on drafts move a candidate's share and take a version back: without the mark whoever may ask a use case could
make up ids of a variant, and move either way. Every replica has the tenant's key, so each knows the ids of all.
"""

import hmac
import re

from model_images.gateway.guard.exchange import Exchange
from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.settings import EVERYBODY
from model_images.gateway.guard.tokens.keys import Keys, Purpose

PREFIXES = {"chat": "chatcmpl-", "responses": "resp_", "embeddings": "embd-"}
MARK = 32
"""Hexadecimal digits: 128 bits."""
_FORM = re.compile(rf"[a-z]+[-_]([0-9a-f]+)([0-9a-f]{{{MARK}}})-([a-z]+)")


class AnswerIds:
    """Makes them, and reads them again."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def of(self, exchange: Exchange) -> str:
        """That of the answer to this request. Raises Refused where the tenant's key is not there."""
        request = exchange.request_id.replace("-", "").lower()
        variant = exchange.route.variant if exchange.route is not None else "stable"
        return f"{PREFIXES[exchange.endpoint.name]}{request}{self._mark(exchange, request, variant)}-{variant}"

    def variant(self, exchange: Exchange, answer: str) -> str:
        """Which variant gave it. Raises Refused where it is no answer of this tenant's to this use case."""
        found = _FORM.fullmatch(answer)
        if found is None or not hmac.compare_digest(found[2], self._mark(exchange, found[1], found[3])):
            raise Refused("authorise", "answer", "No answer to this use case has that id.", status=404)
        return found[3]

    def _mark(self, exchange: Exchange, request: str, variant: str) -> str:
        asked = exchange.asked
        key = self._keys.current(Purpose.SURROGATES, asked.tenant or EVERYBODY)
        return key.mac("answer", asked.use_case.encode(), request.encode(), variant.encode()).hex()[:MARK]
