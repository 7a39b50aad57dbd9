"""What a rule is: a stable id, the wanted state in words, and a pure function that judges.

Importing rules starts nothing: no pack, no server.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from plan.model import PlannedResource, Value
from policies.verdict import Verdict

if TYPE_CHECKING:
    from policies.review import StackUnderReview

Judged = tuple[PlannedResource | None, Verdict]
"""What a stack rule yields: the resource that a verdict is on, or None for the stack as a whole."""

ResourceCheck = Callable[[PlannedResource, "StackUnderReview"], Verdict]
StackCheck = Callable[["StackUnderReview"], Iterable[Judged]]
Remedy = Callable[[PlannedResource, "StackUnderReview"], Mapping[str, Value]]
"""Dotted paths of inputs to the values that they should have."""

SafeFix = Remedy | tuple[str, ...] | Literal[True] | None
"""Whether what a check asks for may be written by a machine: only where there is one right value, which anybody would
write, and which takes nothing away that somebody may rely on. See `policies/remedy.py`, which says what is left out.

True: all that the check asks one value of, which its verdict says, so that it is written once. A tuple: the paths of
these that may be, and nothing where more would be needed. A function: where the value is not the check's to know.
"""


class Severity(StrEnum):
    """How much harm a breach does; orders the report."""

    CRITICAL = "critical"
    """Regulated data is readable outside, or its keys are lost."""
    HIGH = "high"
    """One further failure away from that."""
    MEDIUM = "medium"
    """Weakens detection or recovery."""
    LOW = "low"
    """Good order."""


@dataclass(frozen=True)
class Least:
    """A least number that a rule asks for. CrossGuard's configuration may raise it, and can't lower it."""

    name: str
    number: int
    what: str


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One wanted state."""

    id: str
    """`concern.wanted-state`; never reused, because evidence names it for years."""
    title: str
    severity: Severity
    fix: str
    """One line: what to change, and where."""
    rationale: str
    """Why it matters: the docstring of the check."""
    applies_to: tuple[str, ...]
    """Type tokens. A stack rule names the types whose presence or relation it judges."""
    example: str
    """One line that the rule refuses."""
    resource_check: ResourceCheck | None = None
    stack_check: StackCheck | None = None
    remediate: Remedy | None = None
    """The safe fix, where there is one."""
    least: tuple[Least, ...] = ()
    """What configuration may raise; `StackUnderReview.least` tells a check the number that holds."""

    @property
    def concern(self) -> str:
        """The part before the dot; packs are made of concerns."""
        return self.id.partition(".")[0]

    @property
    def module(self) -> str:
        """Python module that holds the check."""
        function = self.resource_check or self.stack_check
        return function.__module__ if function is not None else ""


_REGISTRY: dict[str, Rule] = {}


def registered() -> tuple[Rule, ...]:
    """Every rule of the imported modules, by id. `policies.rules.ALL` is the full set."""
    return tuple(_REGISTRY[key] for key in sorted(_REGISTRY))


def rule(
    rule_id: str,
    *,
    title: str,
    severity: Severity,
    applies_to: str | tuple[str, ...],
    fix: str,
    example: str,
    remediate: SafeFix = None,
) -> Callable[[ResourceCheck], ResourceCheck]:
    """Register a check that judges one resource at a time."""

    def register(check: ResourceCheck) -> ResourceCheck:
        tokens = (applies_to,) if isinstance(applies_to, str) else applies_to
        remedy = remediate if callable(remediate) or remediate is None else _as_asked(check, remediate)
        _add(rule_id, title, severity, tokens, fix, example, check.__doc__, resource_check=check, remediate=remedy)
        return check

    return register


def stack_rule(
    rule_id: str,
    *,
    title: str,
    severity: Severity,
    applies_to: str | tuple[str, ...],
    fix: str,
    example: str,
    least: tuple[Least, ...] = (),
) -> Callable[[StackCheck], StackCheck]:
    """Register a check that needs the whole stack: relations, and things that must be there at all."""

    def register(check: StackCheck) -> StackCheck:
        tokens = (applies_to,) if isinstance(applies_to, str) else applies_to
        _add(rule_id, title, severity, tokens, fix, example, check.__doc__, stack_check=check, least=least)
        return check

    return register


def _add(
    rule_id: str,
    title: str,
    severity: Severity,
    tokens: tuple[str, ...],
    fix: str,
    example: str,
    rationale: str | None,
    *,
    resource_check: ResourceCheck | None = None,
    stack_check: StackCheck | None = None,
    remediate: Remedy | None = None,
    least: tuple[Least, ...] = (),
) -> None:
    if rule_id in _REGISTRY:
        raise ValueError(f"rule id {rule_id} is taken; ids are never reused")
    if not rationale:
        raise ValueError(f"rule {rule_id} has no docstring; it is the rationale that reports print")
    _REGISTRY[rule_id] = Rule(
        id=rule_id,
        title=title,
        severity=severity,
        fix=fix,
        rationale=" ".join(rationale.split()),
        applies_to=tokens,
        example=example,
        resource_check=resource_check,
        stack_check=stack_check,
        remediate=remediate,
        least=least,
    )


def _as_asked(check: ResourceCheck, paths: tuple[str, ...] | Literal[True]) -> Remedy:
    def remedy(resource: PlannedResource, stack: "StackUnderReview") -> Mapping[str, Value]:
        asked = check(resource, stack).cure
        return asked if paths is True else {path: value for path, value in asked.items() if path in paths}

    return remedy


def applies(rule: Rule, token: str) -> bool:
    """Whether a rule looks at this type; `azure-native:*` takes a prefix."""
    return any(token == known or (known.endswith("*") and token.startswith(known[:-1])) for known in rule.applies_to)


def judged(resources: Iterable[PlannedResource], check: Callable[[PlannedResource], Verdict]) -> Iterator[Judged]:
    """Apply a check to each of some resources."""
    for resource in resources:
        yield resource, check(resource)
