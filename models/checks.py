"""What a field of the catalogue's files is held to when it is read: metadata of its attrs class."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from jurisdictions.model import CHECK

PATTERN = "pattern"
LEAST = "least"
"""Keys of a field's metadata that the JSON Schema repeats."""


def text() -> dict[str, Any]:
    """Not empty: somebody reads it."""
    return {CHECK: lambda value: [] if value.strip() else ["is empty; somebody reads it"], PATTERN: r"\S"}


def shaped(pattern: str, name: str) -> dict[str, Any]:
    """A text of one form; `name` says which."""
    return {
        CHECK: lambda value: [] if re.fullmatch(pattern, value) else [f"must be {name} (found '{value[:60]}')"],
        PATTERN: f"^(?:{pattern})$",
    }


def at_least(number: int) -> dict[str, Any]:
    """A whole number with a floor."""
    return {
        CHECK: lambda value: [] if value >= number else [f"must be {number} or more (found {value})"],
        LEAST: number,
    }


def some(*, of: Callable[[Sequence[str]], Iterable[str]] | None = None) -> dict[str, Any]:
    """At least one, and none twice."""

    def check(value: Sequence[str]) -> list[str]:
        twice = sorted({str(item) for item in value if list(value).count(item) > 1})
        told = [] if value else ["names nothing"]
        return [*told, *(f"'{item}' stands twice" for item in twice), *(of(value) if of else ())]

    return {CHECK: check, LEAST: 1}


def address() -> dict[str, Any]:
    """Where a fact was read: an https address."""

    def check(value: str) -> list[str]:
        parts = urlsplit(value)
        return (
            [] if parts.scheme == "https" and parts.hostname else [f"must be an https address (found '{value[:60]}')"]
        )

    return {CHECK: check, PATTERN: r"^https://"}


HEX40 = shaped("[0-9a-f]{40}", "a commit of 40 hex digits")
HEX64 = shaped("[0-9a-f]{64}", "64 hex digits")
