"""The record: one line of JSON for each decision, each with the hash of the one before.

Lines go to stdout and nowhere else: what containers print is collected into the workspace that keeps the audit
(components/container_logs.py), so no volume and no second place is needed. The last hash is kept with the routing, so
that a line that was left out, changed or added shows, but for the newest ones if the state is lost with them.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from delivery.course import Course
from delivery.decide import Decision, Look, Pair
from delivery.limits import Limits
from delivery.state import BEGINNING
from delivery.watch import Watched

FORMAT = "bailiwick-canary/1"


def line_of(
    limits: Limits, look: Look, decision: Decision, *, previous: str, by: str = "the analysis"
) -> tuple[str, str]:
    """The line, and its hash."""
    samples = {"recent": _pair(look.recent), "step": _pair(look.step)}
    return _line(limits, look.at, decision, {"samples": samples}, previous, by)


def watched_line(limits: Limits, look: Watched, decision: Decision, course: Course) -> tuple[str, str]:
    """The line of a look at what is active, and its hash."""
    samples = {
        "recent": look.recent.as_json() if look.recent is not None else None,
        "long": look.long.as_json() if look.long is not None else None,
    }
    told = {"watch": {"health": course.health, "bad": course.bad, "drift": dict(course.drift)}, "samples": samples}
    return _line(limits, look.at, decision, told, course.previous, "the watch")


def _line(
    limits: Limits, at: datetime, decision: Decision, more: Mapping[str, object], previous: str, by: str
) -> tuple[str, str]:
    told = {
        "format": FORMAT,
        "at": at.astimezone(UTC).isoformat(timespec="seconds"),
        "useCase": limits.use_case,
        "change": limits.change,
        "versions": limits.versions,
        "by": by,
        "decision": decision.kind,
        "weight": decision.weight,
        "reasons": list(decision.reasons),
        **more,
        "previous": previous,
    }
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text, hash_of(text)


def hash_of(line: str) -> str:
    """What the next line names."""
    return hashlib.sha256(line.encode()).hexdigest()


def broken_at(lines: Iterable[str], begins_with: str = BEGINNING) -> tuple[int, str] | None:
    """The first line that does not follow the one before, from 1, with why; None where all do.

    A decision is printed before it is put in force. Where that failed, the next line follows the same one as it did.
    """
    expected = {begins_with}
    for number, line in enumerate(lines, 1):
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            return number, "is not JSON"
        if not isinstance(told, dict) or told.get("format") != FORMAT:
            return number, f"is not of format {FORMAT}"
        previous = str(told.get("previous"))
        if previous not in expected:
            return number, f"follows {previous[:12]}…, which is not the line before it"
        expected = {hash_of(line), previous}
    return None


def _pair(pair: Pair | None) -> dict[str, object] | None:
    return None if pair is None else {"stable": pair.stable.as_json(), "candidate": pair.candidate.as_json()}
