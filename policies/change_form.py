"""How a change record is read: strictly, every fault at once, each with its line."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import yaml
from attrs import field, frozen

from jurisdictions.model import CHECK, Slug
from jurisdictions.structure import structured
from policies.changes import DAYS

Role = Literal["clinical-safety", "clinical-ml", "platform", "security", "data-protection"]
CLINICAL: Role = "clinical-safety"
"""Whose word says that an evaluation is good enough for patients."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with a record, and the line that says it."""

    change: str
    line: int
    what: str

    @property
    def words(self) -> str:
        """`changes/notes-2.yaml:12: expires: …`."""
        return f"changes/{self.change}.yaml:{self.line}: {self.what}"


def _filled(value: str) -> list[str]:
    return [] if value.strip() else ["is empty; an auditor reads it"]


def _shaped(pattern: str, name: str) -> Callable[[str], list[str]]:
    return lambda value: [] if re.fullmatch(pattern, value) else [f"must be {name} (found '{value[:60]}')"]


def _share(value: float) -> list[str]:
    return [] if 0 <= value <= 1 else [f"must be from 0 to 1 (found {value})"]


_TEXT: Mapping[str, object] = {CHECK: _filled}
_SHA256: Mapping[str, object] = {CHECK: _shaped("[0-9a-f]{64}", "64 hex digits")}


@frozen(kw_only=True)
class ModelVersion:
    """Which weights."""

    name: str = field(metadata=_TEXT)
    revision: str = field(metadata={CHECK: _shaped("[0-9a-f]{40}", "a commit of 40 hex digits")})
    sha256: str = field(metadata=_SHA256)


@frozen(kw_only=True)
class PromptVersion:
    """Which template."""

    name: str = field(metadata=_TEXT)
    version: str = field(metadata={CHECK: _shaped(r"\d+\.\d+\.\d+", "a version such as 1.4.0")})
    sha256: str = field(metadata=_SHA256)


@frozen(kw_only=True)
class Versions:
    """All that decides what a patient is answered."""

    model: ModelVersion
    prompt: PromptVersion
    image: str = field(metadata={CHECK: _shaped("sha256:[0-9a-f]{64}", "a digest, sha256:<64 hex digits>")})
    """The model server's digest: the registry is the stack's own, whatever its name."""


@frozen(kw_only=True)
class Evaluation:
    """What was measured of the candidate before anybody was asked to approve it."""

    suite: str = field(metadata=_TEXT)
    report_sha256: str = field(metadata=_SHA256)
    date: date
    accuracy: float = field(metadata={CHECK: _share})
    """Held against the use case's accuracyFloor."""
    scores: dict[str, float] = field(factory=dict)
    """Whatever else the suite measured."""


@frozen(kw_only=True)
class Approval:
    """One person's word."""

    who: str = field(metadata=_TEXT)
    role: Role
    date: date


@frozen(kw_only=True)
class Change:
    """One record."""

    stack: str = field(metadata=_TEXT)
    use_case: Slug
    why: str = field(metadata=_TEXT)
    author: str = field(metadata=_TEXT)
    stable: Versions
    """What is served, and comes back."""
    candidate: Versions
    evaluation: Evaluation
    approvals: tuple[Approval, ...]
    not_before: date
    expires: date
    """The last day on which it holds."""
    rollback: str = field(metadata=_TEXT)
    """What a person does where the job can't."""


def read(change: str, text: str) -> tuple[Change | None, tuple[Fault, ...]]:
    """The record of a text and no fault, or none and every fault with its line."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        root = loader.get_single_node()
        if not isinstance(root, yaml.MappingNode):
            return None, (Fault(change, 1, "must be a mapping"),)
        lines, faults = _lines(change, root)
        document: dict[str, Any] = {str(key): value for key, value in loader.construct_document(root).items()}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return None, (Fault(change, mark.line + 1 if mark else 1, f"not YAML: {error}"),)
    except ValueError as error:  # the 31st of a month that has none
        return None, (Fault(change, 1, f"a value can't be read: {error}"),)
    finally:
        loader.dispose()
    record, words = structured(Change, document)
    told = [(word.partition(":")[0], word.removeprefix("the file: ")) for word in words]
    if record is not None:
        told += [(key, f"{key}: {what}") for key, what in across(record)]
    faults += [Fault(change, _line(key, lines), what) for key, what in told]
    return (None if faults else record), tuple(faults)


def _lines(change: str, root: yaml.MappingNode) -> tuple[dict[str, int], list[Fault]]:
    lines: dict[str, int] = {}
    faults: list[Fault] = []
    for key, _ in root.value:
        if key.value in lines:
            faults.append(Fault(change, key.start_mark.line + 1, f"{key.value}: stands twice"))
        lines[str(key.value)] = key.start_mark.line + 1
    return lines, faults


def _line(key: str, lines: Mapping[str, int]) -> int:
    return lines.get(key.partition(".")[0], 1)


def across(change: Change) -> Iterator[tuple[str, str]]:
    """What no field can know by itself."""
    if change.stable == change.candidate:
        yield "candidate", "is what is served already: there is nothing to approve"
    last = change.not_before + timedelta(days=DAYS)
    if change.expires > last:
        yield "expires", f"{change.expires} is more than {DAYS} days after it begins; {last} is the last day allowed"
    if change.expires < change.not_before:
        yield "expires", f"{change.expires} is before it begins ({change.not_before})"
    if not change.approvals:
        yield "approvals", "nobody approved it"
    names = [approval.who.strip().casefold() for approval in change.approvals]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield "approvals", f"'{name}' stands there twice; two approvals are two people's"
    if change.author.strip().casefold() in names:
        yield "approvals", f"'{change.author}' is the author; somebody else approves"
    for approval in change.approvals:
        if approval.date < change.evaluation.date:
            yield "approvals", f"'{approval.who}' approved on {approval.date}, before the evaluation"
        if approval.date > change.not_before:
            yield "not_before", f"{change.not_before} is before '{approval.who}' approved ({approval.date})"


def two_people(change: Change) -> str | None:
    """What is missing for production, where two people answer in two roles, one for clinical safety; else None."""
    roles = {approval.role for approval in change.approvals}
    if len(change.approvals) < 2 or len(roles) < 2:
        return (
            f"{len(change.approvals)} approved, as {', '.join(sorted(roles))}; production takes two people in two roles"
        )
    return None if CLINICAL in roles else f"nobody approved it as {CLINICAL}"
