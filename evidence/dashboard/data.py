"""What the page knows: small and plain, because each stack is judged in a process of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from evidence.regulations import State

SOON: Final = timedelta(days=90)
"""What ends within it is told at the head of the page."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """One finding, and where it is mended."""

    rule: str
    state: State
    resource: str
    """What a person calls it."""
    index: int
    """Of the resource in its stack's list; -1 for the stack as a whole."""
    message: str
    file: str
    line: int
    ground: str = ""
    """On whose word, where exempt."""


@dataclass(frozen=True, kw_only=True)
class Ending:
    """An exception or exemption, and its last day."""

    stack: str
    what: str
    approver: str
    until: date


@dataclass(frozen=True, kw_only=True)
class RuleFacts:
    """A rule as it is told, the same for every stack."""

    id: str
    title: str
    severity: str
    owner: str
    fix: str
    why: str
    types: tuple[str, ...]
    each: bool
    """Whether it judges resources of its types one by one."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A stack that was planned and judged."""

    stack: str
    jurisdiction: str
    """In words."""
    verdict: str
    commit: str
    evaluations: int
    states: Mapping[str, tuple[State, ...]]
    """Regulation in force to the state of each of its requirements, in the catalogue's order."""
    unwritten: tuple[str, ...]
    """In force without a catalogue."""
    rules: Mapping[str, tuple[State | None, int]]
    """How each stands and how often it was applied; None had nothing to judge."""
    findings: tuple[Found, ...]
    resources: tuple[tuple[str, str, str], ...]
    """Type, name, and Pulumi's logical name; components left out."""
    endings: tuple[Ending, ...]
    beside: tuple[RuleFacts, ...] = ()
    """Rules that found something and are in no pack's list."""


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """Evidence that an earlier run left, as its own manifest has it."""

    verdict: str
    judged_as_of: str
    """A day, ISO 8601."""
    commit: str
    whole: bool
    """Whether it is of this stack, and every file as it was written; its signature was not looked at."""

    @property
    def told(self) -> Mapping[str, object]:
        """As JSON."""
        return {
            "verdict": self.verdict,
            "judgedAsOf": self.judged_as_of,
            "commit": self.commit,
            "asWritten": self.whole,
        }

    @property
    def words(self) -> str:
        """What it is of, and that it is not of now."""
        told = f"{self.verdict}, judged as of {self.judged_as_of}, commit {self.commit}"
        whole = "" if self.whole else " It is not as it was written: `bailiwick evidence verify` says what is changed."
        return f"Its folder holds evidence of before: {told}. That says nothing of the stack as it is now.{whole}"


@dataclass(frozen=True, kw_only=True)
class Unplanned:
    """A stack of which nothing could be judged."""

    stack: str
    faults: str
    """Why; a line each."""
    earlier: Earlier | None = None
    """What its folder holds from before."""

    @property
    def told(self) -> dict[str, object]:
        """As JSON."""
        kept = {"earlier": self.earlier.told} if self.earlier is not None else {}
        return {"stack": self.stack, "faults": self.faults.splitlines(), **kept}


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """All stacks, judged as of one day."""

    judged: date
    stacks: tuple[Judged, ...]
    unplanned: tuple[Unplanned, ...] = ()

    @property
    def ending(self) -> tuple[Ending, ...]:
        """What ends within `SOON` of the judged day, or has ended; the first first."""
        found = [each for stack in self.stacks for each in stack.endings if each.until <= self.judged + SOON]
        return tuple(sorted(found, key=lambda each: (each.until, each.stack, each.what)))

    @property
    def verdicts(self) -> Mapping[str, int]:
        """How many stacks have which verdict; every verdict has a number."""
        names = [each.verdict for each in self.stacks]
        told = {name: names.count(name) for name in ("compliant", "refused", "not-evaluated")}
        return {**told, "not-planned": len(self.unplanned)}
