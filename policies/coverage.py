"""Which rule holds which property: found by weakening each, one at a time, and judging what comes of it.

A mutant is judged by the rules that look at one resource of its type; if none refuses, by those that see relations of
it; then by those of others; at last by those that read the whole plan. The first kind that refuses is the answer: who
asks which rule holds a property gets the nearest ones.

Shortcuts: rules that judge one resource at a time are asked about the changed one alone, and the graph of flows is
drawn for types that it names. So a survivor may be refused by a whole review, never the other way round;
`tests/policies/test_weakenings.py` holds the answers against whole reviews.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Final

from plan.model import Plan, PlannedResource
from policies.exemptions import load as load_exemptions
from policies.mutants import Breeder, Mutant
from policies.review import StackUnderReview, judge, settle
from policies.rule import Judged, ResourceCheck, Rule, applies
from policies.verdict import Outcome, Verdict, refused
from policies.weakening import Weakening, families, matches

BY_THEMSELVES: Final = ("secrets.none-in-the-plan",)
"""Stack rules that judge each resource by itself: the changed one alone is shown to them."""
GRAPH: Final = "flows"
"""Concern of the rules that draw along what data can go."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One mutant, and what became of it."""

    stack: str
    type: str
    facet: str
    path: str
    """As the file has it, for the report; empty for a resource that came or went."""
    what: str
    resource: str
    """What a person calls it."""
    urn: str
    rules: tuple[str, ...]
    """Those that refuse; none: it survived."""
    harmless: str
    """The written reason, if any."""

    @property
    def outcome(self) -> str:
        """`refused`, `harmless` or `gap`."""
        return "refused" if self.rules else "harmless" if self.harmless else "gap"


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One compliant plan, and the rules that are asked of its mutants."""

    base: Plan
    rules: tuple[Rule, ...]
    as_of: date

    @cached_property
    def _stack(self) -> StackUnderReview:
        # Imported here: listing what would weaken must not wait for the law to be read.
        from jurisdictions import load

        return StackUnderReview(
            plan=self.base,
            jurisdiction=load(self.base.jurisdiction),
            as_of=self.as_of,
            exemptions=load_exemptions(),
        )

    @cached_property
    def _before(self) -> frozenset[tuple[str, str | None]]:
        """What is refused already, and so shows nothing."""
        return frozenset(key for rule in self.rules for key in _refused(rule, judge(rule, self._stack), self._stack))

    def refusals(self, mutant: Mutant) -> tuple[str, ...]:
        """Ids of the rules that refuse a mutant, of the cheapest kind of which any does."""
        stack = replace(self._stack, plan=mutant.plan(self.base))
        found: tuple[str, ...] = ()
        for tier in self._tiers(mutant):
            found = (*found, *(rule.id for rule in tier if rule.id not in found and self._asked(rule, stack, mutant)))
            if found and (not mutant.weakening.by or set(found) & set(mutant.weakening.by)):
                break
        return found

    def _tiers(self, mutant: Mutant) -> Iterator[list[Rule]]:
        token, comes = mutant.subject.type, mutant.weakening.change == "appear"
        yield [rule for rule in self._cheap if rule.resource_check is not None and applies(rule, token)]
        yield [rule for rule in self._cheap if rule.stack_check is not None and applies(rule, token)]
        yield [rule for rule in self._cheap if rule.stack_check is not None and not applies(rule, token)]
        drawn = comes or token in self._drawn
        yield [rule for rule in self._dear if applies(rule, token) and (drawn or rule.concern != GRAPH)]

    @cached_property
    def _cheap(self) -> list[Rule]:
        return [rule for rule in self.rules if not _dear(rule)]

    @cached_property
    def _dear(self) -> list[Rule]:
        return [rule for rule in self.rules if _dear(rule)]

    @cached_property
    def _drawn(self) -> frozenset[str]:
        """Types of which the graph of flows is made."""
        return frozenset(token for rule in self._dear if rule.concern == GRAPH for token in rule.applies_to)

    def _asked(self, rule: Rule, stack: StackUnderReview, mutant: Mutant) -> bool:
        subject = mutant.after
        if rule.resource_check is not None and applies(rule, mutant.subject.type):
            return subject is not None and self._new(
                rule, [(subject, _checked(rule.resource_check, subject, stack))], stack
            )
        if rule.id in BY_THEMSELVES:
            if subject is None:
                return False
            stack = replace(stack, plan=replace(stack.plan, resources=(subject,)))
        return self._new(rule, judge(rule, stack), stack)

    def _new(self, rule: Rule, verdicts: Iterable[Judged], stack: StackUnderReview) -> bool:
        return any(key not in self._before for key in _refused(rule, verdicts, stack))

    def run(
        self,
        ways: Iterable[Weakening],
        *,
        most: int | None = None,
        seed: int | None = None,
        only: Callable[[str], bool] = lambda _: True,
    ) -> Iterator[Trial]:
        """Try each weakening, on at most so many resources of each type, drawn by the seed where there is one.

        `only` says of a type token whether its resources are weakened at all.
        """
        breeder = Breeder(self.base)
        for way in ways:
            mutants: Iterable[Mutant] = (mutant for mutant in breeder.of(way) if only(mutant.subject.type))
            if seed is not None:
                found = list(mutants)
                random.Random(f"{seed}{way}").shuffle(found)  # noqa: S311 a sample, no secret
                mutants = found
            tried: Counter[str] = Counter()
            for mutant in mutants:
                tried[mutant.subject.type] += 1
                if most is None or tried[mutant.subject.type] <= most:
                    yield self._tried(mutant)

    def _tried(self, mutant: Mutant) -> Trial:
        way, rules = mutant.weakening, self.refusals(mutant)
        if way.by and not set(rules) & set(way.by):
            rules = ()
        return Trial(
            stack=self.base.stack,
            type=mutant.subject.type,
            facet=way.facet,
            path=way.path,
            what=mutant.what,
            resource=mutant.subject.label,
            urn=mutant.subject.urn,
            rules=rules,
            harmless=way.harmless,
        )


def ways_for(plan: Plan) -> tuple[Weakening, ...]:
    """Every weakening of every family that can apply to a plan."""
    return tuple(
        way
        for family in families()
        for way in family.weakenings
        if way.change == "appear" or any(matches(family.type, token) for token in plan.types)
    )


def unspoken(plan: Plan) -> tuple[str, ...]:
    """Types in a plan of which no family speaks by name: a gap, whatever else holds."""
    named = {family.type for family in families()}
    return tuple(
        token
        for token in plan.types
        if token not in named and any(not resource.is_component for resource in plan.of_type(token))
    )


def _wide(rule: Rule) -> bool:
    return any(token.endswith("*") for token in rule.applies_to)


def _dear(rule: Rule) -> bool:
    """Whether a rule reads the whole plan, or draws the graph of flows: that costs more than all others together."""
    return rule.stack_check is not None and (_wide(rule) or rule.concern == GRAPH)


def _checked(check: ResourceCheck, resource: PlannedResource, stack: StackUnderReview) -> Verdict:
    try:
        return check(resource, stack)
    except Exception as error:  # noqa: BLE001 fail closed, as `review.judge` does
        return refused(f"the rule failed: {type(error).__name__}: {error}")


def _refused(rule: Rule, verdicts: Iterable[Judged], stack: StackUnderReview) -> Iterator[tuple[str, str | None]]:
    """Rule and URN of every refusal that no exception covers."""
    for resource, verdict in verdicts:
        if verdict.outcome is Outcome.REFUSED:
            finding = settle(rule, resource, verdict, stack)
            if finding is not None and finding.state == Outcome.REFUSED.value:
                yield rule.id, finding.urn
