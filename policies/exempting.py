"""What the list of exemptions comes to in a plan: whom an entry lifts, and which entries are faults of their own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from plan.model import STACK_TYPE, Plan, PlannedResource
from policies.exemptions import WHERE, Exemptions
from policies.packs import holds_always, pack_of
from policies.rule import Judged, Rule, Severity, registered
from policies.verdict import Outcome

if TYPE_CHECKING:
    from jurisdictions import Jurisdiction
    from policies.exemption_form import Exemption
    from policies.review import Finding

IN_ORDER = Rule(
    id="exemptions.in-order",
    title="Every exemption is sound, approved, in time and needed",
    severity=Severity.HIGH,
    fix=f"correct the entry in {WHERE}, or remove it",
    rationale="An exemption that nothing needs is a hole that nobody sees, and a faulty list is one that nobody read.",
    applies_to=("pulumi:pulumi:Stack",),
    example="an entry for a resource that is no longer in the stack",
)
"""Judged beside the packs' rules, not among them: it holds the list against the stack, and evidences no article."""


def entry_for(exemptions: Exemptions, rule: Rule, resource: PlannedResource | None, plan: Plan) -> "Exemption | None":
    """The sound entry that speaks of this rule on this resource (None: on the stack), in time or not."""
    for entry in exemptions.of(plan.stack, rule.id):
        if _names(entry, resource, plan) and not holds_always(rule):
            return entry
    return None


def ground(finding: "Finding", jurisdiction: "Jurisdiction") -> str:
    """On whose word a finding is exempt, why, and how long."""
    entry = finding.exemption
    if entry is not None:
        return (
            f"exemption {entry.ticket} ({entry.where}), approved by {entry.approver} on {entry.approved.isoformat()}, "
            f"until {entry.expires.isoformat()}: {entry.reason}; compensated by: {entry.compensating_control}"
        )
    for exception in jurisdiction.residency_exceptions:
        if exception.id == finding.exception:
            return (
                f"exception '{exception.id}', approved by the {exception.approver_role}, "
                f"until {exception.expires.isoformat()}: {exception.legal_basis}"
            )
    return f"exception '{finding.exception}'"


def _names(entry: "Exemption", resource: PlannedResource | None, plan: Plan) -> bool:
    if resource is not None:
        return entry.resource in (resource.urn, resource.name)
    root = f"{plan.project}-{plan.stack}"
    return entry.resource in (root, f"urn:pulumi:{plan.stack}::{plan.project}::{STACK_TYPE}::{root}")


def faults(
    exemptions: Exemptions,
    plan: Plan,
    judged: Mapping[str, Sequence[Judged]],
    heeded: "Iterable[Exemption]",
    pack: str | None = None,
) -> list[str]:
    """Every fault of the list, as far as it concerns a plan, in words for people, by line.

    `judged` has the verdicts of each rule that was judged and has an entry; `heeded` the entries that met a refusal.
    With `pack`, entries on other packs' rules are left to those packs.
    """
    found = [(fault.line, fault.words) for fault in exemptions.faults]
    known = {rule.id: rule for rule in registered()}
    met = {entry.line for entry in heeded}
    for entry in exemptions.entries:
        rule = known.get(entry.rule)
        if rule is None:
            found.append((entry.line, f"{entry.where}: rule: no rule '{entry.rule}'{_meant(entry.rule, known)}"))
        elif pack is None or pack_of(rule).id == pack:
            own = judged.get(rule.id) if entry.stack == plan.stack else None
            found += [(entry.line, words) for words in _of_entry(entry, rule, plan, own, needed=entry.line in met)]
    return [words for _, words in sorted(found)]


def _of_entry(
    entry: "Exemption", rule: Rule, plan: Plan, judged: Sequence[Judged] | None, *, needed: bool
) -> Iterator[str]:
    if holds_always(rule):
        yield (
            f"{entry.where}: rule: {rule.id} is a critical rule of the sovereignty pack, which takes no exemption; "
            "what the law allows of places is recorded in jurisdictions/"
        )
    elif judged is not None:
        own = [each for each in judged if _names(entry, each[0], plan)]
        yield from _several(entry, own)
        if not needed:
            yield from _needless(entry, plan, own)


def _several(entry: "Exemption", own: Sequence[Judged]) -> Iterator[str]:
    urns = sorted({resource.urn for resource, _ in own if resource is not None})
    if len(urns) > 1:
        yield (
            f"{entry.where}: resource: '{entry.resource}' is the name of {len(urns)} resources; "
            f"write the URN of one: {', '.join(urns)}"
        )


def _needless(entry: "Exemption", plan: Plan, own: Sequence[Judged]) -> Iterator[str]:
    names = {name for resource in plan.resources for name in (resource.name, resource.urn)}
    if not own and entry.resource not in names:
        yield (
            f"{entry.where}: resource: stack {plan.stack} has no resource '{entry.resource}'"
            f"{_meant(entry.resource, names)}; an exemption that matches nothing waits for whatever comes next"
        )
    elif not own:
        yield f"{entry.where}: resource: {entry.rule} does not judge '{entry.resource}' in stack {plan.stack}"
    elif not any(verdict.outcome is Outcome.NOT_EVALUATED for _, verdict in own):
        yield f"{entry.where}: '{entry.resource}' needs no exemption from {entry.rule}: nothing is refused"


def _meant(word: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches  # a typo alone should wait for it

    near = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else ""
