"""One request to a service of Azure's, with a token: no proxy, no redirect, no third host."""

import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException
from urllib.parse import urlsplit

from intake.refusal import Interrupted

SECONDS = 300
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:
        """Never: a token is for one host."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Message
    body: bytes


def ask(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    token: str | None = None,
    most: int = 16 * 2**20,
) -> Answer:
    """The answer, whatever its status. Raises Interrupted where there is none."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise Interrupted(f"{parts.hostname}: nothing is sent but by https")
    told = dict(headers or {})
    if token:
        told["Authorization"] = f"Bearer {token}"
    asked = urllib.request.Request(url, data=body, headers=told, method=method)  # noqa: S310 the scheme is looked at
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
    try:
        with opener.open(asked, timeout=SECONDS) as answer:
            return Answer(answer.status, answer.headers, answer.read(most))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read(64_000))
    except (OSError, HTTPException) as error:
        raise Interrupted(f"{parts.hostname}: {type(error).__name__}: {error}") from error
