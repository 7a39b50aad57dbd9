"""What every writer of the pack reads: one stack, judged once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from evidence.flow_groups import Map, drawn
from evidence.pack.provenance import Provenance
from evidence.regulations import Standing, State
from plan.model import Plan, PlannedResource
from policies.catalogue import Regulation, Requirement, in_force, regulations, without_catalogue
from policies.listed import Listed
from policies.review import Finding, Report, StackUnderReview
from policies.rules.flows import is_classified, leaving

if TYPE_CHECKING:
    from evidence.document.blocks import Document
    from evidence.pack.against import Against
    from evidence.registers.residency import Entry


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A stack's plan, the verdict on it, and where both come from."""

    report: Report
    provenance: Provenance
    lines: Mapping[str, int]
    """Dotted key of the stack's file (`bailiwick:gpu.size`) to its line, from 1; empty for a plan from elsewhere."""

    against: "Against | None" = None
    """What a change makes of it, where an earlier state was named."""

    @property
    def stack(self) -> StackUnderReview:
        """The stack as rules saw it."""
        return self.report.stack

    @property
    def plan(self) -> Plan:
        """What would be deployed."""
        return self.report.stack.plan

    @property
    def name(self) -> str:
        """Of the stack."""
        return self.plan.stack

    @property
    def judged(self) -> date:
        """The day as of which exceptions and exemptions were held to be in time."""
        return self.report.stack.as_of

    @property
    def stack_file(self) -> str:
        """`Pulumi.eu-prod.yaml`."""
        return f"Pulumi.{self.name}.yaml"

    @cached_property
    def standing(self) -> Standing:
        """How each rule and requirement stands."""
        return Standing(self.report)

    @cached_property
    def regulations(self) -> tuple[Regulation, ...]:
        """Those in force that are written down, the core first."""
        known = regulations()
        return tuple(known[name] for name in in_force(self.stack.frameworks))

    @cached_property
    def unwritten(self) -> tuple[str, ...]:
        """Frameworks in force without a catalogue: all of them is for a person to attest."""
        return without_catalogue(self.stack.frameworks)

    @cached_property
    def leaving(self) -> frozenset[str]:
        """Ids of places outside that are reached and not on record."""
        stack = self.stack
        holders = [place for place in stack.graph.places.values() if is_classified(place)]
        return frozenset(leaving(stack.graph, holders, Listed(stack)))

    @cached_property
    def flows(self) -> Map:
        """The data-flow map."""
        return drawn(self.stack.graph, self.name, refused=self.leaving)

    @cached_property
    def residency(self) -> "tuple[Entry, ...]":
        """The residency register."""
        from evidence.registers.residency import register  # it reads a subject

        return register(self)

    @cached_property
    def signed_report(self) -> "Document":
        """What a reviewer signs, of which there are two forms."""
        from evidence.papers.report import report  # it reads a subject

        return report(self)

    def states(self, regulation: Regulation) -> Mapping[State, int]:
        """How many requirements stand how; every state has a number."""
        found = [self.standing.of(item) for item in regulation.requirements]
        return {state: found.count(state) for state in State}

    def resource(self, finding: Finding) -> PlannedResource | None:
        """What a finding is on; None for the stack as a whole."""
        return self.plan.by_urn(finding.urn) if finding.urn is not None else None

    def findings_of(self, item: Requirement) -> tuple[Finding, ...]:
        """Findings by the rules of a requirement, in the report's order."""
        return tuple(finding for finding in self.report.findings if finding.rule.id in item.rules)
