"""A request as it comes: its body within bounds, its claims as Envoy left them."""

import asyncio
import re
import uuid
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from model_images.gateway.guard.refusal import Refused
from model_images.gateway.guard.spec import GUARD as SCHEMA

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

MOST_BODY = 2_000_000
"""Bytes of a request. Envoy refuses more before it comes here; this holds where it does not stand."""
BODY_SECONDS = 30
CLAIMS = "x-bailiwick-claims"
LISTENER = "x-bailiwick-listener"
_REQUEST_ID = re.compile(r"[0-9a-fA-F-]{8,64}")


class ClientLeft(Exception):
    """Nobody waits for the answer any more."""


def claims(headers: dict[str, str]) -> dict[str, Any]:
    """The token's claims, which Envoy has verified and put there in place of whatever the caller had sent."""
    raw = headers.get(CLAIMS, "")
    try:
        found = msgspec.json.decode(urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
    except (ValueError, msgspec.DecodeError):
        found = None
    if not isinstance(found, dict):
        raise Refused("authorise", "token", "No token came with the request.", status=401)
    return found


def request_id(headers: dict[str, str]) -> str:
    """Envoy's id of the request, or one of our own."""
    given = headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else str(uuid.uuid4())


async def body(receive: Receive) -> bytes:
    """All of it. Raises Refused, ClientLeft."""
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientLeft
                part = message.get("body", b"")
                size += len(part)
                if size > MOST_BODY:
                    raise Refused(SCHEMA, "body-too-long", f"body: at most {MOST_BODY} bytes", status=413)
                parts.append(part)
                if not message.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError:
        raise Refused(SCHEMA, "body-late", f"body: within {BODY_SECONDS} seconds", status=408) from None


async def gone(receive: Receive) -> None:
    """Returns once the caller has left."""
    while (await receive())["type"] != "http.disconnect":
        pass
