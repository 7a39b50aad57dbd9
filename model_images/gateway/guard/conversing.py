"""Guard 5, as a request meets it: its conversation's tokens, and whose dates are shifted."""

from collections.abc import Mapping
from typing import Any

from model_images.gateway.guard.exchange import Exchange
from model_images.gateway.guard.settings import EVERYBODY
from model_images.gateway.guard.tokens.conversation import Conversation, Tokens

NAMED = ("id", "patient", "mrn", "record_number")
"""Fields of a record that say whose it is, in the order in which they are believed."""


def patient(record: Mapping[str, Any]) -> str | None:
    """Whom a record is about, as the caller's own systems name them; None where it doesn't say."""
    for name in NAMED:
        value = record.get(name)
        if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    identifiers = record.get("identifier", record.get("ids"))
    for one in identifiers if isinstance(identifiers, list) else (identifiers,):
        value = one.get("value") if isinstance(one, dict) else one
        if isinstance(value, str) and value.strip():
            return value.strip()
    return None


class Conversing:
    """Opens conversations."""

    def __init__(self, tokens: Tokens, locale: str) -> None:
        self._tokens, self._locale = tokens, locale

    def conversation(self, exchange: Exchange) -> Conversation:
        """That of this request. Raises Refused."""
        asked = exchange.asked
        return self._tokens.conversation(
            tenant=asked.tenant or EVERYBODY,
            use_case=asked.use_case,
            conversation=exchange.extension.conversation,
            patient=patient(exchange.extension.record),
            reidentify=asked.reidentifies,
            locale=self._locale,
        )

    def erase(self, exchange: Exchange) -> int:
        """Takes what the request names out of the vault, and waits for it; how many tokens. Raises Refused."""
        asked, named = exchange.asked, exchange.extension
        return self._tokens.erase(
            tenant=asked.tenant or EVERYBODY,
            use_case=asked.use_case,
            conversation=named.conversation,
            patient=patient(named.record),
        )
