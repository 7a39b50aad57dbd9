"""From a judged stack to what the page is told of it."""

from collections.abc import Iterator

from evidence.dashboard.data import Ending, Found, Judged, RuleFacts
from evidence.pack.locating import places
from evidence.pack.subject import Subject
from evidence.papers.words import OF_FINDING
from policies.exempting import ground
from policies.packs import pack_of
from policies.rule import Rule


def summarised(subject: Subject) -> Judged:
    """A stack in the page's terms."""
    report = subject.report
    resources = [resource for resource in subject.plan.resources if not resource.is_component]
    index = {resource.urn: number for number, resource in enumerate(resources)}
    own = {rule.id for rule in report.rules}
    beside = {finding.rule.id: finding.rule for finding in report.findings if finding.rule.id not in own}
    found = []
    for finding in report.findings:
        place = places(subject, finding)[0]
        why = ground(finding, subject.stack.jurisdiction) if finding.state == "exempt" else ""
        found.append(
            Found(
                rule=finding.rule.id,
                state=OF_FINDING[finding.state],
                resource=finding.resource,
                index=index.get(finding.urn or "", -1),
                message=finding.message,
                file=place.file,
                line=place.line,
                ground=why,
            )
        )
    known = [rule.id for rule in report.rules] + sorted(beside)
    return Judged(
        stack=subject.name,
        jurisdiction=subject.stack.jurisdiction.name,
        verdict=report.verdict,
        commit=subject.provenance.reference,
        evaluations=report.evaluations,
        states={
            regulation.id: tuple(subject.standing.of(item) for item in regulation.requirements)
            for regulation in subject.regulations
        },
        unwritten=subject.unwritten,
        rules={name: (subject.standing.of_rule(name), report.evaluated.get(name, 0)) for name in known},
        findings=tuple(found),
        resources=tuple((each.type, each.display_name, each.name) for each in resources),
        endings=tuple(_endings(subject)),
        beside=tuple(facts(rule) for _, rule in sorted(beside.items())),
    )


def facts(rule: Rule) -> RuleFacts:
    """A rule in the page's terms."""
    return RuleFacts(
        id=rule.id,
        title=rule.title,
        severity=rule.severity.value,
        owner=pack_of(rule).owner,
        fix=rule.fix,
        why=rule.rationale,
        types=rule.applies_to,
        each=rule.resource_check is not None and rule.stack_check is None,
    )


def _endings(subject: Subject) -> Iterator[Ending]:
    for each in subject.stack.jurisdiction.residency_exceptions:
        if subject.stack.environment in each.environments:
            what = f"exception '{each.id}' of the jurisdiction: {each.title}"
            yield Ending(stack=subject.name, what=what, approver=each.approver_role, until=each.expires)
    for entry in subject.stack.exemptions.entries:
        if entry.stack == subject.name:
            what = f"exemption {entry.ticket}: {entry.rule} on {entry.resource}"
            yield Ending(stack=subject.name, what=what, approver=entry.approver, until=entry.expires)
