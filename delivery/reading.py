"""Looks from a file, for a replay without a cluster."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from delivery.decide import Look, Pair
from delivery.samples import BadSample, Sample


class BadMetrics(ValueError):
    """A file that is not a list of looks; the message says which look, and why."""


def looks(text: str) -> list[Look]:
    """A JSON list, or JSON line by line. Raises BadMetrics."""
    try:
        document = (
            json.loads(text) if text.lstrip().startswith("[") else [json.loads(x) for x in text.splitlines() if x]
        )
    except ValueError as error:
        raise BadMetrics(f"is not JSON: {error}") from error
    found: list[Look] = []
    for number, item in enumerate(document, 1):
        try:
            found.append(_look(item))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadMetrics(f"look {number}: {type(error).__name__}: {error}") from error
    if not found:
        raise BadMetrics("holds no look")
    return found


def _look(item: Mapping[str, Any]) -> Look:
    at = datetime.fromisoformat(item["at"])
    newest = datetime.fromisoformat(item["newest"]) if item.get("newest") else at
    if at.tzinfo is None or newest.tzinfo is None:
        raise ValueError(f"'{item['at']}' has no zone")
    try:
        return Look(at=at, newest=newest, recent=_pair(item.get("recent")), step=_pair(item.get("step")))
    except BadSample:
        # As in the cluster: numbers that can't be are none.
        return Look(at=at)


def _pair(item: Mapping[str, Any] | None) -> Pair | None:
    return None if item is None else Pair(stable=Sample.of(item["stable"]), candidate=Sample.of(item["candidate"]))
