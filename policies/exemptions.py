"""Exemptions: one rule, lifted from one resource of one stack, by somebody, for at most 180 days.

Here is the form of `exemptions.yaml`; what it comes to in a plan is in `policies/exempting.py`. A faulty entry lifts
nothing and fails every verdict: a list that nobody can read is not a list that nobody needs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib import resources as package_files
from typing import Any

import yaml
from attrs import field, fields, frozen

from jurisdictions.model import CHECK
from plan.model import environment_of, jurisdiction_of

WHERE = "policies/exemptions.yaml"
DAYS = 180
"""The longest that anything is exempted; who needs it longer asks again, and somebody answers again."""
_KEYS = frozenset({"exemptions"})


def _filled(value: str) -> list[str]:
    return [] if value.strip() else ["is empty; an auditor reads it"]


def _stack_named(value: str) -> list[str]:
    from jurisdictions import available

    law, environment = jurisdiction_of(value), environment_of(value)
    if "-" in value and law in available() and environment not in ("prod", "dev"):
        return [f"'{value}' names no environment; a stack is named <jurisdiction>-<environment>, such as eu-prod"]
    return _filled(value)


def _exact(value: str) -> list[str]:
    if "*" in value or "?" in value:
        return [f"'{value}' has a wildcard; name one resource by its exact logical name or its URN"]
    return _filled(value)


_TEXT: Mapping[str, object] = {CHECK: _filled}


@frozen(kw_only=True)
class Exemption:
    """One entry."""

    stack: str = field(metadata={CHECK: _stack_named})
    rule: str = field(metadata=_TEXT)
    resource: str = field(metadata={CHECK: _exact})
    """Exact logical name, or URN."""
    reason: str = field(metadata=_TEXT)
    compensating_control: str = field(metadata=_TEXT)
    approver: str = field(metadata=_TEXT)
    ticket: str = field(metadata=_TEXT)
    approved: date
    expires: date
    """The last day on which it holds."""
    author: str = ""
    """Who asked for it, where that is told; never the approver."""
    line: int = 0

    @property
    def where(self) -> str:
        """`policies/exemptions.yaml:12`."""
        return f"{WHERE}:{self.line}"


_FIELDS = tuple(each.name for each in fields(Exemption) if each.name != "line")


@dataclass(frozen=True)
class Fault:
    """What is wrong with the list, and the line that says it."""

    line: int
    what: str

    @property
    def words(self) -> str:
        """`policies/exemptions.yaml:12: expires: …`."""
        return f"{WHERE}:{self.line}: {self.what}"


@dataclass(frozen=True, kw_only=True)
class Exemptions:
    """The list as it was read: sound entries, and the faults of the rest."""

    entries: tuple[Exemption, ...] = ()
    faults: tuple[Fault, ...] = ()

    def of(self, stack: str, rule_id: str) -> Iterator[Exemption]:
        """Entries that speak of a rule in a stack."""
        return (entry for entry in self.entries if entry.rule == rule_id and entry.stack == stack)


NONE = Exemptions()


@lru_cache(maxsize=1)
def load() -> Exemptions:
    """The list of this project; in a published pack, the copy that travels in it."""
    try:
        text = (package_files.files("policies") / "exemptions.yaml").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return Exemptions(faults=(Fault(1, f"can't be read: {error}"),))
    # The usual list is empty, and a check need not wait for YAML to say so.
    written = [line for line in text.splitlines() if line and not line.startswith("#")]
    return NONE if written == ["exemptions: []"] else parse(text)


def parse(text: str) -> Exemptions:
    """Entries of a text, and every fault at once with its line."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        root = loader.get_single_node()
        if not isinstance(root, yaml.MappingNode):
            return Exemptions(faults=(Fault(1, "must be a mapping with the key 'exemptions'"),))
        keys = {str(key.value): (key.start_mark.line + 1, value) for key, value in root.value}
        faults = [Fault(line, f"unknown: {key}") for key, (line, _) in keys.items() if key not in _KEYS]
        line, listed = keys.get("exemptions", (1, None))
        if not isinstance(listed, yaml.SequenceNode):
            return Exemptions(faults=(*faults, Fault(line, "'exemptions' must be a list; `exemptions: []` is none")))
        entries: list[Exemption] = []
        for node in listed.value:
            entry, found = _entry(node, loader)
            faults += found
            if entry is not None:
                faults += _again(entry, entries)
                entries.append(entry)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return Exemptions(faults=(Fault(mark.line + 1 if mark else 1, f"not YAML: {error}"),))
    finally:
        loader.dispose()
    return Exemptions(entries=tuple(entries), faults=tuple(faults))


def _entry(node: yaml.Node, loader: Any) -> tuple[Exemption | None, list[Fault]]:  # noqa: ANN401 either of yaml's
    from jurisdictions.structure import structured

    first = node.start_mark.line + 1
    if not isinstance(node, yaml.MappingNode):
        return None, [Fault(first, "an entry must be a mapping")]
    lines: dict[str, int] = {}
    faults: list[Fault] = []
    for key, _ in node.value:
        if key.value in lines:
            faults.append(Fault(key.start_mark.line + 1, f"{key.value}: stands twice in one entry"))
        lines[str(key.value)] = key.start_mark.line + 1
    try:
        document = {str(key): value for key, value in loader.construct_object(node, deep=True).items()}
    except ValueError as error:  # the 31st of a month that has none
        return None, [*faults, Fault(first, f"a value can't be read: {error}")]
    if "line" in document:
        faults.append(Fault(lines["line"], "unknown: line"))
    entry, words = structured(Exemption, {**document, "line": first})
    for told in words:
        what = told.removeprefix("the file: ")
        allowed = f"; allowed: {', '.join(_FIELDS)}" if what.startswith("unknown: ") else ""
        faults.append(Fault(lines.get(told.partition(":")[0], first), what + allowed))
    if entry is None:
        return None, faults
    faults += [Fault(lines.get(key, first), f"{key}: {what}") for key, what in _across(entry)]
    return (None if faults else entry), faults


def _across(entry: Exemption) -> Iterator[tuple[str, str]]:
    last = entry.approved + timedelta(days=DAYS)
    if entry.expires > last:
        yield (
            "expires",
            (
                f"{entry.expires.isoformat()} is more than {DAYS} days after it was approved; "
                f"{last.isoformat()} is the last day allowed"
            ),
        )
    if entry.expires < entry.approved:
        yield "expires", f"{entry.expires.isoformat()} is before it was approved ({entry.approved.isoformat()})"
    if entry.author.strip() and entry.author.strip().casefold() == entry.approver.strip().casefold():
        yield "approver", f"'{entry.approver}' is also the author; somebody else approves"
    if entry.resource.startswith("urn:") and not entry.resource.startswith(f"urn:pulumi:{entry.stack}::"):
        yield "resource", f"the URN is not of stack '{entry.stack}'"


def _again(entry: Exemption, known: list[Exemption]) -> list[Fault]:
    same = (
        each for each in known if (each.stack, each.rule, each.resource) == (entry.stack, entry.rule, entry.resource)
    )
    return [Fault(entry.line, f"says the same as the entry in line {each.line}; keep one") for each in same]
