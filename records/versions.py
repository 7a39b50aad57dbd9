"""Which weights, which template, how good, and on whose word: what a change and a version's life both say."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Literal

from attrs import field, frozen

from jurisdictions.model import CHECK

Role = Literal["clinical-safety", "clinical-ml", "platform", "security", "data-protection"]
CLINICAL: Role = "clinical-safety"
"""Whose word says that an evaluation is good enough for patients."""


def filled(value: str) -> list[str]:
    """Something stands there."""
    return [] if value.strip() else ["is empty; an auditor reads it"]


def shaped(pattern: str, name: str) -> Callable[[str], list[str]]:
    """It is of this form."""
    return lambda value: [] if re.fullmatch(pattern, value) else [f"must be {name} (found '{value[:60]}')"]


def _share(value: float) -> list[str]:
    return [] if 0 <= value <= 1 else [f"must be from 0 to 1 (found {value})"]


TEXT: Mapping[str, object] = {CHECK: filled}
SHA256: Mapping[str, object] = {CHECK: shaped("[0-9a-f]{64}", "64 hex digits")}


@frozen(kw_only=True)
class ModelVersion:
    """Which weights."""

    name: str = field(metadata=TEXT)
    revision: str = field(metadata={CHECK: shaped("[0-9a-f]{40}", "a commit of 40 hex digits")})
    sha256: str = field(metadata=SHA256)


@frozen(kw_only=True)
class PromptVersion:
    """Which template."""

    name: str = field(metadata=TEXT)
    version: str = field(metadata={CHECK: shaped(r"\d+\.\d+\.\d+", "a version such as 1.4.0")})
    sha256: str = field(metadata=SHA256)


@frozen(kw_only=True)
class Evaluation:
    """What was measured of a version before anybody was asked to approve it."""

    suite: str = field(metadata=TEXT)
    report_sha256: str = field(metadata=SHA256)
    date: date
    accuracy: float = field(metadata={CHECK: _share})
    """Held against the use case's accuracyFloor."""
    scores: dict[str, float] = field(factory=dict)
    """Whatever else the suite measured."""


@frozen(kw_only=True)
class Approval:
    """One person's word."""

    who: str = field(metadata=TEXT)
    role: Role
    date: date


def other_people(approvals: Sequence[Approval], author: str) -> Iterator[str]:
    """What is wrong with them as the words of different people, none of them the author's."""
    if not approvals:
        yield "nobody approved it"
    names = [approval.who.strip().casefold() for approval in approvals]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"'{name}' stands there twice; two approvals are two people's"
    if author.strip().casefold() in names:
        yield f"'{author}' is the author; somebody else approves"


def two_people(approvals: Sequence[Approval]) -> str | None:
    """What is missing for production, where two people answer in two roles, one for clinical safety; else None."""
    roles = {approval.role for approval in approvals}
    if len(approvals) < 2 or len(roles) < 2:
        return f"{len(approvals)} approved, as {', '.join(sorted(roles))}; production takes two people in two roles"
    return None if CLINICAL in roles else f"nobody approved it as {CLINICAL}"
