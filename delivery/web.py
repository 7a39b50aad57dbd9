"""Asking over HTTP, with the standard library: the job that moves weights brings no dependency of its own."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

SECONDS = 10
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Unreachable(Exception):
    """Nobody answered, or not as documented; the message says whom and why, and repeats no token."""


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A token is for one host: nobody is followed to another."""

    def redirect_request(self, *_: object, **__: object) -> None:
        """Never."""


def ask(
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    token: str | None = None,
    absent: tuple[int, ...] = (),
) -> Any:  # noqa: ANN401 JSON of others
    """The answer's JSON; None for a status among `absent`. Raises Unreachable."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or (token and parts.scheme != "https" and parts.hostname not in LOOPBACK):
        raise Unreachable(f"{parts.hostname}: a token is sent by https alone, and nothing but by http or https")
    known = dict(headers or {})
    if token:
        known["Authorization"] = f"Bearer {token}"
    asked = urllib.request.Request(url, data=body, headers=known, method=method)  # noqa: S310 the scheme is looked at
    try:
        # No proxy: whoever sets a variable of the environment would read the token.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect())
        with opener.open(asked, timeout=SECONDS) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code in absent:
            return None
        raise Unreachable(f"{parts.hostname} answered {error.code} to {method} {parts.path}") from error
    except (OSError, ValueError) as error:
        raise Unreachable(f"{parts.hostname}: {type(error).__name__}: {error}") from error
