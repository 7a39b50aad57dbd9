"""Counts of one tenant's day from the log, each person's part in them bounded: what noise is added to.

The unit of privacy is a patient's day: all that a day's log holds of one patient, by whatever caller. Where a request
names no patient it is the conversation's day, and where it has none the request: a person whose requests come in
several of these ways is protected once for each. Of a unit the first requests count, up to a bound, and the tokens of
each up to another; so no unit moves the counts by more than `Bounds` says.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from audit_log import form

OTHER = "other"
"""Whatever is not in the domain: it may not be told by its name, as that it was there would be told without noise."""
CLASSES = ("phi", "payment", "personal", "confidential", "public", OTHER)


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How much of the counts one unit may be."""

    requests: int = 10
    tokens: int = 8192
    """Of one request, in and out each."""


@dataclass(frozen=True, kw_only=True)
class Domain:
    """What is counted, known before the log is looked at."""

    use_cases: tuple[str, ...]
    codes: tuple[str, ...]
    """Codes of refusals."""


@dataclass(frozen=True)
class Family:
    """Counts of one kind, and by how much one unit can move them, all cells together."""

    name: str
    cells: tuple[tuple[str, ...], ...]
    values: tuple[int, ...]
    sensitivity: int


def records(segments: Sequence[Path], tenant: str, day: date) -> Iterable[dict[str, Any]]:
    """The tenant's finished requests of a day, in the log's order. Raises OSError; form.BadLine where one was changed.

    A refused request has no second phase: its decision is the last that is written of it.
    """
    begins = f'"at":"{day.isoformat()}T'.encode()
    for path in segments:
        with path.open("rb") as file:
            form.read_header(file.readline(form.MOST_LINE).removesuffix(b"\n"))
            while line := file.readline(form.MOST_LINE):
                if not line.endswith(b"\n"):
                    break
                found = form.read(line[:-1])
                if begins not in found.record:
                    continue
                try:
                    record = json.loads(found.record)
                except (ValueError, RecursionError):
                    raise form.BadLine(f"record {found.index} is no JSON") from None
                if record.get("kind") != "request" or record.get("tenant") != tenant:
                    continue
                # No use of a model, and a patient who is erased is not to be counted for it.
                if record.get("endpoint") == "erasures":
                    continue
                if record["phase"] == "finished" or not record["decision"]["allowed"]:
                    yield record


def counted(found: Iterable[dict[str, Any]], domain: Domain, bounds: Bounds) -> list[Family]:
    """Counts in families, each bounded."""
    seen: set[str] = set()
    units: Counter[str] = Counter()
    classes, codes, tokens = Counter[tuple[str, ...]](), Counter[tuple[str, ...]](), Counter[tuple[str, ...]]()
    for record in found:
        request, unit = record["request"], _unit(record)
        if request in seen or units[unit] >= bounds.requests:
            continue
        seen.add(request)
        units[unit] += 1
        use_case = _within(record.get("use_case"), domain.use_cases)
        classes[use_case, _within(record.get("decided"), CLASSES)] += 1
        decision = record["decision"]
        if not decision["allowed"]:
            codes[use_case, _within(f"{decision.get('guard')}.{decision.get('what')}", domain.codes)] += 1
        for way in ("in", "out"):
            tokens[use_case, way] += min(bounds.tokens, record.get(f"tokens_{way}", 0))
    named = (*domain.use_cases, OTHER)
    most = bounds.requests
    return [
        _family("requests", classes, named, CLASSES, most),
        _family("refusals", codes, named, (*domain.codes, OTHER), most),
        _family("tokens", tokens, named, ("in", "out"), 2 * bounds.tokens * most),
    ]


def _unit(record: dict[str, Any]) -> str:
    for key in ("patient", "conversation", "request"):
        if record.get(key):
            return f"{key}:{record[key]}"
    raise ValueError("a record without a request")


def _within(value: str | None, known: Sequence[str]) -> str:
    return value if value is not None and value in known else OTHER


def _family(
    name: str, counts: Counter[tuple[str, ...]], rows: Sequence[str], columns: Sequence[str], sensitivity: int
) -> Family:
    cells = tuple((row, column) for row in rows for column in columns)
    return Family(name, cells, tuple(counts[cell] for cell in cells), sensitivity)
