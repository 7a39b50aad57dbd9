"""Risks to people, and how the rules that hold each of them stand with a stack."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources as package_files

import yaml

from evidence.pack.subject import Subject
from evidence.regulations import State
from policies.rule import Rule


@dataclass(frozen=True, kw_only=True)
class Risk:
    """One feared event."""

    id: str
    title: str
    event: str
    harms: str
    held_by: tuple[str, ...]
    """Ids of rules, or concerns."""

    def rules(self, known: Sequence[Rule]) -> tuple[Rule, ...]:
        """The rules that hold it."""
        return tuple(rule for rule in known if rule.id in self.held_by or rule.concern in self.held_by)


@lru_cache(maxsize=1)
def risks() -> tuple[Risk, ...]:
    """The list of `risks.yaml`, in its order."""
    text = (package_files.files("evidence") / "registers" / "risks.yaml").read_text(encoding="utf-8")
    return tuple(Risk(**{**entry, "held_by": tuple(entry["held_by"])}) for entry in yaml.safe_load(text))


def stands(risk: Risk, subject: Subject) -> dict[State | None, int]:
    """How many of its rules stand how; None counts those with nothing to judge."""
    found = [subject.standing.of_rule(rule.id) for rule in risk.rules(subject.report.rules)]
    return {state: found.count(state) for state in (*list(State)[:-1], None) if found.count(state)}
