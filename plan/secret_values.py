"""Whether a value that stands in a secret's place can be one: names, references and public values can not.

Digests, GUIDs, ARM ids, addresses and paths are public. A run of hex digits under a name that says `secret` is not:
that is what `openssl rand -hex 32` makes.
"""

import base64
import binascii
import json
import math
import re
from collections import Counter

_PUBLIC = re.compile(
    r"(sha|SHA|md)\d+[:-]"  # a digest that says so
    r"|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"  # a GUID
    r"|/|\.{1,2}/|~/"  # an ARM id or a path
    r"|[a-zA-Z][a-zA-Z0-9+.-]*://"  # an address; a password within has a shape of its own
    r"|ssh-|ecdsa-|-----BEGIN CERT|-----BEGIN PUBLIC"
)
_REFERENCE = re.compile(r"[$@<{%\[(*]|ref\+|op://|secure:|v1:[A-Za-z0-9+/]{16}:|[Xx.…_-]+$")
"""Text that stands for a value: a variable, an expression, a mask, or Pulumi's ciphertext."""
_PLACEHOLDERS = frozenset({"password", "passwd", "pass", "pw", "pwd", "secret", "token", "example", "redacted", "none"})
_PUBLISHED = frozenset({"1b47061264138c4ac30d75fd1eb44270"})
"""Constants of others' programs: Pulumi's mark of a secret, sdk/go/common/resource/sig/sig.go in pulumi/pulumi."""
_SEPARATORS = re.compile(r"[-_.:/ ]+")
_RUNS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+|[^A-Za-z0-9]")
_UNSPEAKABLE = re.compile(r"[bcdfghjklmnpqrstvwxz]{5}|^[B-DF-HJ-NP-TV-XZb-df-hj-np-tv-xz][b-df-hj-np-tv-xz]{3,}$")
"""Letters no word is made of: five consonants in a row, or four and more and nothing else."""


def entropy(text: str) -> float:
    """Shannon's entropy in bits per character."""
    size = len(text)
    return -sum(count / size * math.log2(count / size) for count in Counter(text).values()) if size else 0.0


def wordy(text: str) -> bool:
    """Whether it reads as a name made of words, as `gateway-tls-2026` does and a random text does not."""
    parts = [part for part in _SEPARATORS.split(text) if part]
    return all(_word(part, short=len(parts) > 1) for part in parts)


def _word(part: str, *, short: bool) -> bool:
    runs = _RUNS.findall(part)
    if short and len(part) <= 5:
        return True
    if len(part) / len(runs) < 3 or any(map(_UNSPEAKABLE.search, runs)):
        return False
    return len(part) <= 20 or sum(len(run) <= 2 for run in runs) <= len(runs) / 3


def stands_for_a_value(text: str) -> bool:
    """Whether it is a reference, a mask or a placeholder, and no value that opens anything."""
    return _REFERENCE.match(text) is not None or text.lower() in _PLACEHOLDERS or text in _PUBLISHED


def may_be_secret(text: str) -> bool:
    """Whether a value that somebody named a secret looks like one."""
    if len(text) < 8 or stands_for_a_value(text) or _PUBLIC.match(text):
        return False
    return entropy(text) >= 2.5 and not wordy(text)


def may_be_password(text: str) -> bool:
    """As `may_be_secret`, for what people make up: words count too, where a digit or a sign is among them."""
    if len(text) < 8 or stands_for_a_value(text) or _PUBLIC.match(text):
        return False
    return re.search(r"[0-9!#$%&*+?@^~]", text) is not None or not wordy(text)


def decoded(text: str) -> str | None:
    """What base64 or base64url text holds, where that is text."""
    padded = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        found = base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    return found if found.isprintable() or all(c.isprintable() or c in "\r\n\t" for c in found) else None


def opens_token(text: str) -> bool:
    """Whether the first part of dotted text is the header of a signed or encrypted web token."""
    head = decoded(text.partition(".")[0])
    try:
        header = json.loads(head or "")
    except (ValueError, RecursionError):
        return False
    return isinstance(header, dict) and "alg" in header
