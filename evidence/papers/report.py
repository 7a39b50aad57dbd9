"""The report that a reviewer signs: verdict, findings, exceptions, where data goes, then article by article."""

from collections.abc import Iterator
from itertools import groupby

from evidence.document.blocks import Block, Document, Facts, Folded, Heading, Paragraph, Picture, Span, Table, Words
from evidence.flow_svg import svg
from evidence.pack.subject import Subject
from evidence.papers.articles import articles
from evidence.papers.exceptions import exceptions
from evidence.papers.residency import residency_table
from evidence.papers.words import OF_FINDING, footer, state, verdict
from evidence.regulations import State
from evidence.terminal import unverified
from plan.file import notes_on
from policies.packs import PACKS, pack_of
from policies.review import Finding


def report(subject: Subject) -> Document:
    """The whole report of one stack."""
    law = subject.stack.jurisdiction
    return Document(
        title=f"Compliance evidence: {subject.name}",
        about=(
            f"{law.name}. What would be deployed was planned and judged before it exists; nothing in this report was "
            "measured on running systems."
        ),
        blocks=[
            *_verdict(subject),
            *_findings(subject),
            *exceptions(subject),
            *_flows(subject),
            Heading(2, "Where data lies", "residency"),
            residency_table(subject),
            *articles(subject),
            *_rules(subject),
            *_limits(subject),
        ],
        footer=footer(subject),
    )


def _verdict(subject: Subject) -> Iterator[Block]:
    made, report = subject.provenance, subject.report
    yield Heading(2, "Verdict", "verdict")
    yield Facts(
        [
            ("Verdict", verdict(subject)),
            ("Stack", f"{subject.name} (project {subject.plan.project})"),
            ("Jurisdiction", f"{subject.stack.jurisdiction.name} ({subject.stack.jurisdiction.id})"),
            ("Judged as of", f"{subject.judged.isoformat()}: exemptions that end before that day do not count"),
            ("Commit", _commit(subject)),
            ("Judged", f"{len(subject.plan.resources)} resources by {len(report.rules)} rules, "
                       f"{report.evaluations} times"),
            ("By", ", ".join(f"{name} {version}" for name, version in made.tools.items())),
        ]
    )  # fmt: skip
    rows: list[list[Words]] = []
    for pack in PACKS.values():
        rules = [rule for rule in report.rules if pack_of(rule).id == pack.id]
        found = [finding for finding in report.findings if pack_of(finding.rule).id == pack.id]
        counts = [len({each.rule.id for each in found if each.state == name}) for name in OF_FINDING]
        rows.append([pack.id, pack.owner, str(len(rules)), *(str(count) for count in counts)])
    yield Table(("pack", "who answers", "rules", "refused", "not evaluated", "exempt"), rows, caption="By pack")
    regulations: list[list[Words]] = []
    for regulation in subject.regulations:
        states = subject.states(regulation)
        name = [Span(regulation.short, to=f"reg-{regulation.id}"), Span(f" {regulation.version}", "dim")]
        regulations.append([name, *(str(states[each]) for each in State)])
    yield Table(
        ("regulation", *(each.value.lower() for each in State)),
        regulations,
        caption="By regulation: requirements by how they stand; manual ones are for a person alone",
    )
    if subject.unwritten:
        yield Paragraph(
            f"In force without a catalogue, so for a person to attest as a whole: {', '.join(subject.unwritten)}."
        )


def _commit(subject: Subject) -> Words:
    commit = subject.provenance.commit
    if commit is None:
        return "none: the project lies in no git tree"
    told: list[str | Span] = [Span(commit.id, "code"), f" of {commit.when}: {commit.subject}"]
    if commit.dirty:
        told.append(Span(f" with {len(commit.dirty)} changed files: evidence of no commit", tone="open"))
    return told


def _findings(subject: Subject) -> Iterator[Block]:
    yield Heading(2, "Findings", "findings")
    if not subject.report.findings:
        yield Paragraph("None: every rule that had something to judge passed.")
    for rule_id, group in groupby(subject.report.findings, key=lambda finding: (finding.rule.id, finding.state)):
        found = list(group)
        yield Folded(
            [state(OF_FINDING[found[0].state]), " ", Span(rule_id[0], "code"), f" {found[0].rule.severity.value}: "
             f"{found[0].rule.title} ({len(found)})"],
            list(_finding(found, subject)),
        )  # fmt: skip


def _finding(found: list[Finding], subject: Subject) -> Iterator[Block]:
    rule = found[0].rule
    yield Paragraph(rule.rationale)
    yield Table(("resource", "what was found"), [[item.resource, item.message] for item in found])
    yield Facts([("Who answers", pack_of(rule).owner), ("Fix", rule.fix.replace("<stack>", subject.name))])


def _flows(subject: Subject) -> Iterator[Block]:
    yield Heading(2, "Where data can go", "flows")
    yield Paragraph(
        "Drawn from the plan's own networks, policies, roles and mounts: every way that is open, not every way that "
        "is taken. Broken boxes lie outside."
    )
    count = len(subject.leaving)
    words = f"Data flows of {subject.name}: {len(subject.flows.groups)} boxes, {len(subject.flows.links)} arrows; " + (
        f"{count} places outside are reached and not on record." if count else "nothing leaves that is not on record."
    )
    yield Picture(svg(subject.flows), words)


def _rules(subject: Subject) -> Iterator[Block]:
    yield Heading(2, "Every rule", "rules")
    yield Paragraph("How often each rule was applied, and how it stands. A rule with nothing to judge shows nothing.")
    for pack in PACKS.values():
        rows: list[list[Words]] = [
            [
                Span(rule.id, "code"),
                rule.title,
                rule.severity.value,
                str(subject.report.evaluated.get(rule.id, 0)),
                state(subject.standing.of_rule(rule.id)),
            ]
            for rule in subject.report.rules
            if pack_of(rule).id == pack.id
        ]
        table = Table(("rule", "wanted state", "severity", "applied", "stands"), rows, widths=(30, 44, 9, 7, 10))
        yield Folded(f"{pack.title}: {len(rows)} rules, answered for by the {pack.owner}", [table])


def _limits(subject: Subject) -> Iterator[Block]:
    yield Heading(2, "What this does not show", "limits")
    yield Paragraph(
        "A plan says what will be asked of Azure. That it was deployed so, and stayed so, is shown by "
        "`pulumi preview --refresh`, by `bailiwick check` of the stack's export, and by Azure Policy in the "
        "subscription. What people must do is under each article as a duty to attest."
    )
    notes = [*unverified(subject.report), *notes_on(subject.plan)]
    notes += [f"{name} is in force: {why}" for name, why in subject.stack.by_data.items()]
    notes += [f"{item.short}: {item.verified}" for item in subject.regulations if item.verified]
    if notes:
        yield Table(("what was not verified, or brought by data",), [[note] for note in notes])
