"""Guard 1. A body is what the endpoint's description says, or it goes no further."""

from typing import Any

import msgspec

from model_images.gateway.guard.exchange import Exchange
from model_images.gateway.guard.extension import Extension
from model_images.gateway.guard.slots import Form, Slot, Walk
from model_images.gateway.guard.spec import GUARD, refuse

MEDIA = "application/json"
DEEPEST = 64


def check(exchange: Exchange, raw: bytes, content_type: str) -> None:
    """Read the body into the exchange. Raises Refused."""
    if content_type.partition(";")[0].strip().lower() != MEDIA:
        raise refuse("content-type", "content-type", f"must be {MEDIA}")
    try:
        body = msgspec.json.decode(raw, strict=True)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise refuse("malformed", "", "is not JSON in UTF-8") from None
    if not isinstance(body, dict):
        raise refuse("type", "", "must be an object")
    told = body.pop("bailiwick", None)
    if told is not None:
        try:
            # Null is said for "not there", as in every other field.
            said = (
                {name: value for name, value in told.items() if value is not None} if isinstance(told, dict) else told
            )
            exchange.extension = msgspec.convert(said, Extension)
        except (msgspec.ValidationError, RecursionError):
            # Its words could repeat a key that the caller chose.
            allowed = ", ".join(Extension.__struct_fields__)
            raise refuse("extension", "bailiwick", f"does not have its form; its fields are {allowed}") from None
    walk = Walk()
    exchange.body = exchange.endpoint.request.check(body, "", walk, {}, "")
    _passages(exchange, walk)
    exchange.walk = walk


def _passages(exchange: Exchange, walk: Walk) -> None:
    for index, passage in enumerate(exchange.extension.passages):
        made: dict[str, Any] = {"text": passage.text, "source": passage.source}
        exchange.passages.append(made)
        walk.slots += [
            Slot(made, name, f"bailiwick.passages[{index}].{name}", Form.TEXT, made[name])
            for name in ("text", "source")
        ]


__all__ = ["GUARD", "check"]
