"""Evidence that is read back: a folder that is whole, with its verdict and its plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import msgspec

from evidence.formats.verdict import FILE, FORMAT
from evidence.pack.verifying import Verified, verified
from plan.file import PlanFileError, parse
from plan.model import Plan

PLAN = "plan.json"
Word = Literal["compliant", "refused", "not-evaluated"]
State = Literal["refused", "not-evaluated", "exempt"]


class Broken(ValueError):
    """A folder that is not what was written; `faults` says all of it."""

    def __init__(self, found: Verified) -> None:
        super().__init__(f"{found.folder} is not the evidence that was written: {'; '.join(found.faults)}")
        self.folder = found.folder
        self.faults = found.faults


class Unreadable(ValueError):
    """A folder that is whole and can't be compared; the message says why."""


class ToldFinding(msgspec.Struct, frozen=True, rename="camel"):
    """A finding as `verdict.json` has it."""

    rule: str
    state: State
    severity: str
    urn: str | None
    resource: str
    message: str
    exception: str | None = None
    exemption: dict[str, str] | None = None


class ToldRule(msgspec.Struct, frozen=True, rename="camel"):
    """A rule as it judged."""

    pack: str
    severity: str
    applies_to: tuple[str, ...]
    evaluated: int
    state: str | None
    sha256: str


class ToldExemption(msgspec.Struct, frozen=True):
    """An entry of policies/exemptions.yaml."""

    rule: str
    resource: str
    ticket: str
    approver: str
    approved: date
    expires: date


class ToldException(msgspec.Struct, frozen=True, rename="camel"):
    """A residency exception of the jurisdiction."""

    id: str
    rules: tuple[str, ...]
    resource_types: tuple[str, ...]
    approver_role: str
    expires: date


class Told(msgspec.Struct, frozen=True, rename="camel"):
    """`verdict.json`; keys that this version does not know are left."""

    format: Literal["bailiwick-verdict/1"]
    jurisdiction: str
    judged_as_of: date
    stack: str
    verdict: Word
    findings: tuple[ToldFinding, ...]
    by_rule: dict[str, ToldRule]
    requirements: dict[str, dict[str, str]]
    exemptions: tuple[ToldExemption, ...]
    exceptions: tuple[ToldException, ...]


@dataclass(frozen=True, kw_only=True)
class Pack:
    """One folder."""

    folder: str
    signed: bool
    """By a key that was named; otherwise it is unsigned, or nobody asked."""
    predicate: Mapping[str, Any]
    """What the manifest says of commit, tools, packs and inputs."""
    told: Told
    plan: Plan | None
    """None where the pack holds none: what changed in the plan can't be told then."""


def read_pack(folder: Path, keys: Sequence[str]) -> Pack:
    """A folder, held against its manifest first. Raises Broken, Unreadable, and OSError where it can't be read."""
    found = verified(folder, keys)
    if found.faults:
        raise Broken(found)
    path = folder / FILE
    if not path.is_file():
        raise Unreadable(
            f"{folder}: no {FILE}: an older bailiwick wrote this evidence\nhint: write it again at its commit: "
            "bailiwick evidence STACK --out DIR"
        )
    try:
        told = msgspec.json.decode(path.read_bytes(), type=Told)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"{folder}: {FILE} is no {FORMAT}: {error}") from error
    for what, here in (("verdict", told.verdict), ("stack", told.stack)):
        if found.predicate.get(what) != here:
            raise Unreadable(f"{folder}: {FILE} and the manifest name two {what}s")
    return Pack(
        folder=str(folder), signed=found.signed, predicate=found.predicate, told=told, plan=_plan(folder / PLAN)
    )


def _plan(path: Path) -> Plan | None:
    if not path.is_file():
        return None
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except (PlanFileError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from error
