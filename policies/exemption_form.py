"""How the list of exemptions is read: strictly, every fault at once, each with its line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import attrs
import yaml
from attrs import field, frozen

from jurisdictions import available
from jurisdictions.model import CHECK
from jurisdictions.structure import structured
from plan.model import environment_of, jurisdiction_of
from policies.exemptions import DAYS, WHERE, Exemptions

_KEYS = frozenset({"exemptions"})


@dataclass(frozen=True, kw_only=True)
class Exemption:
    """One entry that is sound."""

    stack: str
    rule: str
    resource: str
    """Exact logical name, or URN."""
    reason: str
    compensating_control: str
    approver: str
    ticket: str
    approved: date
    expires: date
    """The last day on which it holds."""
    line: int

    @property
    def where(self) -> str:
        """`policies/exemptions.yaml:12`."""
        return f"{WHERE}:{self.line}"


@dataclass(frozen=True)
class Fault:
    """What is wrong with the list, and the line that says it."""

    line: int
    what: str

    @property
    def words(self) -> str:
        """`policies/exemptions.yaml:12: expires: …`."""
        return f"{WHERE}:{self.line}: {self.what}"


def _filled(value: str) -> list[str]:
    return [] if value.strip() else ["is empty; an auditor reads it"]


def _stack_named(value: str) -> list[str]:
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
class Entry:
    """An entry as it is written."""

    stack: str = field(metadata={CHECK: _stack_named})
    rule: str = field(metadata=_TEXT)
    resource: str = field(metadata={CHECK: _exact})
    reason: str = field(metadata=_TEXT)
    compensating_control: str = field(metadata=_TEXT)
    approver: str = field(metadata=_TEXT)
    ticket: str = field(metadata=_TEXT)
    approved: date
    expires: date
    author: str = ""
    """Who asked for it, where that is told; never the approver."""


_FIELDS = tuple(each.name for each in attrs.fields(Entry))


def read(text: str) -> Exemptions:
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
    entry, words = structured(Entry, document)
    for told in words:
        what = told.removeprefix("the file: ")
        allowed = f"; allowed: {', '.join(_FIELDS)}" if what.startswith("unknown: ") else ""
        faults.append(Fault(lines.get(told.partition(":")[0], first), what + allowed))
    if entry is None:
        return None, faults
    faults += [Fault(lines.get(key, first), f"{key}: {what}") for key, what in _across(entry)]
    if faults:
        return None, faults
    taken = {key: value for key, value in attrs.asdict(entry).items() if key != "author"}
    return Exemption(**taken, line=first), []


def _across(entry: Entry) -> Iterator[tuple[str, str]]:
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
