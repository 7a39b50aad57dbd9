"""The stack as a rule sees it, and the judging of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from plan.model import MISSING, UNKNOWN, Plan, PlannedResource, Value
from policies.exempting import entry_for
from policies.exemptions import NONE, Exemptions
from policies.exemptions import load as load_exemptions
from policies.in_scope import by_data
from policies.rule import Judged, Least, Rule
from policies.verdict import PASSED, Outcome, Verdict, not_evaluated, refused

if TYPE_CHECKING:
    from jurisdictions import Jurisdiction
    from plan.reachability.model import Graph
    from policies.exemption_form import Exemption


@dataclass(frozen=True, kw_only=True)
class StackUnderReview:
    """A plan and the law it is judged by."""

    plan: Plan
    jurisdiction: "Jurisdiction"
    as_of: date = field(default_factory=date.today)
    """Exceptions that ended before this day no longer hold."""
    exemptions: Exemptions = NONE
    """What somebody answers for; see policies/exemptions.yaml."""
    configured: Mapping[str, int] = field(default_factory=dict)
    """Numbers that CrossGuard's configuration raises, by name, for the rule that is judged."""
    partial: bool = False
    """True where only one resource is known (CrossGuard's per-resource call): absence then proves nothing."""

    @property
    def environment(self) -> str:
        """`prod` or `dev`."""
        return self.plan.environment

    @property
    def is_prod(self) -> bool:
        """Anything but a stack named `-dev` is judged as production."""
        return self.environment != "dev"

    @cached_property
    def by_data(self) -> Mapping[str, str]:
        """Regulations that hold for the data this stack takes, wherever it stands; each with the reason."""
        return by_data(self.plan)

    @cached_property
    def frameworks(self) -> tuple[str, ...]:
        """What is in force: what the jurisdiction names, and what the stack's own data brings."""
        return tuple(dict.fromkeys((*self.jurisdiction.frameworks, *self.by_data)))

    @cached_property
    def graph(self) -> "Graph":
        """Along what data can go in this stack; drawn once for all rules that ask."""
        # Imported here: most rules need no graph.
        from plan.reachability.graph import graph_of

        return graph_of(self.plan)

    def least(self, wanted: Least) -> int:
        """The least number that holds: the rule's own, or a greater one that was configured."""
        return max(wanted.number, self.configured.get(wanted.name, 0))

    def of_type(self, *tokens: str) -> tuple[PlannedResource, ...]:
        """Every resource of these types."""
        return self.plan.of_type(*tokens)

    def targets(self, source: PlannedResource, path: str) -> tuple[PlannedResource, ...]:
        """The planned resources that the value at `path` refers to.

        A known value is looked up as an ARM id; one known only after deployment is resolved by the URNs that the
        top-level property is computed from. So a relation can be judged before anything exists.
        """
        found: dict[str, PlannedResource] = {}
        sources = source.property_dependencies.get(path.split(".")[0].removesuffix("[*]"), ())
        for _, value in source.each(path):
            hit = self.plan.by_id(value) if isinstance(value, str) else None
            if hit is not None:
                found[hit.urn] = hit
            elif isinstance(value, str) or value is UNKNOWN:
                # CrossGuard is not told the ids of resources: only there may the origin of a value stand for it.
                origins = [self.plan.by_urn(urn) for urn in sources]
                found |= {o.urn: o for o in origins if o is not None and (value is UNKNOWN or o.id is UNKNOWN)}
        return tuple(found.values())

    def refers(self, source: PlannedResource, path: str, target: PlannedResource) -> bool:
        """Whether the value at `path` refers to `target`."""
        return any(found.urn == target.urn for found in self.targets(source, path))

    def referring(self, token: str, path: str) -> dict[str, list[PlannedResource]]:
        """Resources of one type by the URN of what their `path` refers to: one pass for many questions."""
        index: dict[str, list[PlannedResource]] = {}
        for source in self.of_type(token):
            for target in self.targets(source, path):
                index.setdefault(target.urn, []).append(source)
        return index

    def parts(self, token: str, key: str, of: str, name: str) -> dict[str, list[PlannedResource]]:
        """Sub-resources of one type by the URN of their parent of type `of`.

        A part names its parent by input `key`, which equals the parent's input `name`; where the name is known only
        after deployment, the URN that it is computed from tells.
        """
        by_name: dict[str, PlannedResource] = {}
        for parent in self.of_type(of):
            value = parent.get(name)
            if isinstance(value, str):
                by_name[value] = parent
        index: dict[str, list[PlannedResource]] = {}
        for part in self.of_type(token):
            value = part.get(key)
            known = by_name.get(value) if isinstance(value, str) else None
            urns: tuple[str, ...] = (known.urn,) if known is not None else ()
            if not isinstance(value, str):
                urns = part.property_dependencies.get(key, ())
            for urn in urns:
                index.setdefault(urn, []).append(part)
        return index

    def require_target(self, source: PlannedResource, path: str, *tokens: str) -> Verdict:
        """The value at `path` refers to a planned resource of one of these types."""
        values = [value for _, value in source.each(path) if value is not MISSING]
        if not values:
            return refused(f"{path} is not set")
        if any(found.type in tokens for found in self.targets(source, path)):
            return PASSED
        if any(value is UNKNOWN for value in values):
            return not_evaluated(f"{path} is known only after deployment, and its origin is not in the plan")
        return refused(f"{path} refers to nothing in this stack ({_shortened(values[0])})")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One verdict that is not a pass, or a pass by exception."""

    rule: Rule
    state: str
    """`refused`, `not-evaluated` or `exempt`."""
    message: str
    urn: str | None
    resource: str
    """What a person calls the resource, or `the stack`."""
    exception: str | None = None
    """Id of the jurisdiction's exception, where exempt."""
    exemption: "Exemption | None" = None
    """The entry of policies/exemptions.yaml that speaks of it: where exempt it lifts, where refused it has ended."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """The verdict on one plan."""

    stack: StackUnderReview
    rules: tuple[Rule, ...]
    evaluations: int
    findings: tuple[Finding, ...]
    evaluated: dict[str, int]
    """How often each rule was applied; a rule at zero has judged nothing."""

    def of_state(self, state: str) -> tuple[Finding, ...]:
        """Findings in one state."""
        return tuple(finding for finding in self.findings if finding.state == state)

    @cached_property
    def verdict(self) -> str:
        """`refused` before `not-evaluated` before `compliant`."""
        if self.of_state("refused"):
            return "refused"
        if self.of_state("not-evaluated") or not self.evaluations:
            return "not-evaluated"
        return "compliant"


_ORDER = {"critical": 0, "high": 1, "medium": 2, "low": 3}


def review(
    plan: Plan, rules: Sequence[Rule], *, as_of: date | None = None, exemptions: Exemptions | None = None
) -> Report:
    """Judge a plan by rules; `exemptions` stands for the project's own list.

    Raises jurisdictions.UnknownJurisdiction where the plan names none that is known.
    """
    # Imported here: listing the rules must not wait for the law to be read.
    from jurisdictions import load as load_jurisdiction
    from policies.beside import beside  # it judges and settles as this module does

    stack = StackUnderReview(
        plan=plan,
        jurisdiction=load_jurisdiction(plan.jurisdiction),
        as_of=as_of or date.today(),
        exemptions=exemptions if exemptions is not None else load_exemptions(),
    )
    findings: list[Finding] = []
    evaluated: dict[str, int] = {}
    for rule in rules:
        count = 0
        for resource, verdict in judge(rule, stack):
            count += 1
            finding = settle(rule, resource, verdict, stack)
            if finding is not None:
                findings.append(finding)
        evaluated[rule.id] = count
    findings += beside(stack, rules)
    findings.sort(key=lambda found: (_ORDER[found.rule.severity], found.rule.id, found.urn or ""))
    return Report(
        stack=stack,
        rules=tuple(rules),
        evaluations=sum(evaluated.values()),
        findings=tuple(findings),
        evaluated=evaluated,
    )


def judge(rule: Rule, stack: StackUnderReview) -> Iterator[Judged]:
    """Apply one rule. A check that throws is a refusal: code that can't judge must not let pass."""
    if rule.resource_check is not None:
        for resource in stack.of_type(*rule.applies_to):
            try:
                yield resource, rule.resource_check(resource, stack)
            except Exception as error:  # noqa: BLE001 fail closed, whatever it was
                yield resource, refused(f"the rule failed: {type(error).__name__}: {error}")
    if rule.stack_check is not None:
        try:
            yield from list(rule.stack_check(stack))
        except Exception as error:  # noqa: BLE001 fail closed, whatever it was
            yield None, refused(f"the rule failed: {type(error).__name__}: {error}")


def settle(rule: Rule, resource: PlannedResource | None, verdict: Verdict, stack: StackUnderReview) -> Finding | None:
    """What a verdict comes to, exceptions and exemptions considered; None for a pass."""
    if verdict.outcome is Outcome.PASSED:
        return None
    finding = Finding(
        rule=rule,
        state=verdict.outcome.value,
        message=verdict.message,
        urn=resource.urn if resource is not None else None,
        resource=resource.label if resource is not None else "the stack",
    )
    if verdict.outcome is not Outcome.REFUSED:
        return finding
    excepted = _excepted(finding, resource, stack)
    return excepted if excepted.state == "exempt" else _exempted(excepted, resource, stack)


def _excepted(finding: Finding, resource: PlannedResource | None, stack: StackUnderReview) -> Finding:
    """Exempt where the jurisdiction records an exception for this rule and type that has not ended."""
    for exception in stack.jurisdiction.residency_exceptions:
        if finding.rule.id not in exception.rules or stack.environment not in exception.environments:
            continue
        if resource is not None and resource.type not in exception.resource_types:
            continue
        if exception.expires < stack.as_of:
            ended = f"; exception '{exception.id}' ended on {exception.expires.isoformat()}"
            return replace(finding, message=finding.message + ended)
        return replace(finding, state="exempt", exception=exception.id)
    return finding


def _exempted(finding: Finding, resource: PlannedResource | None, stack: StackUnderReview) -> Finding:
    """Exempt where an entry of the list speaks of this rule on this resource, and is in time."""
    entry = entry_for(stack.exemptions, finding.rule, resource, stack.plan)
    if entry is None:
        return finding
    if entry.expires < stack.as_of:
        why = (
            f"; its exemption ({entry.ticket}) ended on {entry.expires.isoformat()}: mend it, or have it approved anew"
        )
    elif entry.approved > stack.as_of:
        why = f"; its exemption ({entry.ticket}) is approved from {entry.approved.isoformat()}, not yet"
    else:
        return replace(finding, state="exempt", exemption=entry)
    return replace(finding, message=finding.message + why, exemption=entry)


def absent(stack: StackUnderReview, what: str) -> Iterable[Judged]:
    """The verdict of a stack rule on something that must be there and isn't."""
    return [(None, not_evaluated(what) if stack.partial else refused(what))]


def _shortened(value: Value) -> str:
    text = str(value)
    return text if len(text) <= 90 else "…" + text[-89:]
