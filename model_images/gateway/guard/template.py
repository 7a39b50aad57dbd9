"""Guard 7. What instructs the model is the approved template of the use case, and nothing that came with a request."""

from typing import Any

from model_images.gateway.guard.exchange import Exchange
from model_images.gateway.guard.refusal import Refused

GUARD = "template"
INSTRUCTS = ("system", "developer")


def only(exchange: Exchange) -> None:
    """A request brings no instructions of its own. Raises Refused."""
    body = exchange.body
    messages = body.get("messages", body.get("input"))
    told = isinstance(messages, list) and any(
        isinstance(one, dict) and one.get("role") in INSTRUCTS for one in messages
    )
    if told or "instructions" in body:
        raise Refused(
            GUARD,
            "own-instructions",
            "Messages of role system or developer, and instructions, are not taken: the use case's approved template "
            "stands in their place. Put data into a message of role user.",
            status=400,
        )


def put(exchange: Exchange, system: str, passages: str) -> None:
    """Put the template first, and the passages before what is asked. Embeddings have neither."""
    body = exchange.body
    if exchange.endpoint.name == "chat":
        data: list[dict[str, Any]] = [{"role": "user", "content": passages}] if passages else []
        body["messages"] = [{"role": "system", "content": system}, *data, *body["messages"]]
    elif exchange.endpoint.name == "responses":
        body["instructions"] = system
        if passages:
            asked = body["input"]
            rest = [{"type": "message", "role": "user", "content": asked}] if isinstance(asked, str) else asked
            body["input"] = [{"type": "message", "role": "user", "content": passages}, *rest]
