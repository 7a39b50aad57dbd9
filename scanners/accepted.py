"""`scanners/accepted.yaml`: findings that somebody answers for, each with its reason and its last day."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from scanners.finding import Finding

NAME = "scanners/accepted.yaml"
KEYS = ("scanner", "check", "resources", "reason", "approver", "approved", "expires")
DAYS = 366
"""An acceptance is looked at again after a year at most."""
LITERAL = 10
"""So many characters of a pattern are its own, at least."""


class FaultyList(ValueError):
    """What is wrong with the list, one fault a line. A list that can't be read accepts nothing."""


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """One check of one scanner, on some resources."""

    scanner: str
    check: str
    resources: tuple[str, ...]
    """Names, each with at most two stars for what differs from stack to stack; no name is stars alone."""
    reason: str
    approver: str
    approved: date
    expires: date
    """The last day on which it holds."""
    line: int

    def speaks_of(self, finding: Finding, pattern: str) -> bool:
        """Whether one of its patterns means this finding."""
        same = (self.scanner, self.check) == (finding.scanner, finding.check)
        # A bracket is a letter here, not a class of letters.
        return same and fnmatchcase(finding.resource, pattern.replace("[", "[[]"))


def read(path: Path, scanners: tuple[str, ...]) -> tuple[Accepted, ...]:
    """The list. Raises FaultyList with every fault."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise FaultyList(f"{NAME}: can't be read: {error}") from error
    if not isinstance(document, dict) or set(document) != {"accepted"} or not isinstance(document["accepted"], list):
        raise FaultyList(f"{NAME}: it holds one key, 'accepted', with a list; `accepted: []` is none")
    assert isinstance(root, yaml.MappingNode)  # noqa: S101 the loader made a dict of it
    lines = [node.start_mark.line + 1 for node in root.value[0][1].value]
    faults = [
        f"{NAME}:{line}: {fault}"
        for line, entry in zip(lines, document["accepted"], strict=True)
        for fault in _faults(entry, scanners)
    ]
    if faults:
        raise FaultyList("\n".join(faults))
    return tuple(
        Accepted(**{**entry, "resources": tuple(entry["resources"]), "reason": entry["reason"].strip()}, line=line)
        for line, entry in zip(lines, document["accepted"], strict=True)
    )


def _faults(entry: Any, scanners: tuple[str, ...]) -> Iterator[str]:  # noqa: ANN401 whatever stands there
    if not isinstance(entry, dict) or set(entry) != set(KEYS):
        yield f"an entry has exactly {', '.join(KEYS)}"
        return
    for key in ("scanner", "check", "reason", "approver"):
        if not isinstance(entry[key], str) or not entry[key].strip():
            yield f"{key}: is a text that says something"
    if entry["scanner"] not in scanners:
        yield f"scanner: '{entry['scanner']}' is none; scanners: {', '.join(scanners)}"
    if isinstance(entry["resources"], list) and entry["resources"]:
        for pattern in entry["resources"]:
            yield from _pattern_faults(pattern)
        doubled = {str(one) for one in entry["resources"] if entry["resources"].count(one) > 1}
        yield from (f"resources: '{one}' stands twice" for one in sorted(doubled))
    else:
        yield "resources: is a list of names"
    yield from _date_faults(entry)


def _pattern_faults(pattern: object) -> Iterator[str]:
    if not isinstance(pattern, str):
        yield f"resources: {pattern!r} is no name"
    elif "?" in pattern or pattern.count("*") > 2:
        yield f"resources: '{pattern}' is too wide; a name has two stars at most, and no question mark"
    elif "*" in pattern and len(pattern.replace("*", "")) < LITERAL:
        yield f"resources: '{pattern}' is too wide; {LITERAL} characters beside the stars are the least"


def _date_faults(entry: Mapping[str, Any]) -> Iterator[str]:
    approved, expires = entry["approved"], entry["expires"]
    if type(approved) is not date or type(expires) is not date:
        yield "approved, expires: are days, such as 2026-11-22"
    elif not approved <= expires <= approved + timedelta(days=DAYS):
        yield f"expires: {expires} is not within {DAYS} days after {approved}, the day of approval"


def plain(text: str) -> str:
    """A reason on one line."""
    return re.sub(r"\s+", " ", text).strip()
