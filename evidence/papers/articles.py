"""A regulation, article by article: what is asked, the rules that show it, and a line for whoever attests the rest."""

from collections.abc import Iterator

from evidence.document.blocks import Attestation, Block, Folded, Heading, Paragraph, Span, Table, Words
from evidence.pack.subject import Subject
from evidence.papers.words import slug, state
from evidence.regulations import UNJUDGED, State
from policies.catalogue import Regulation, Requirement
from policies.exempting import ground


def articles(subject: Subject) -> Iterator[Block]:
    """Every regulation in force that is written down."""
    for regulation in subject.regulations:
        yield from _regulation(regulation, subject)


def _regulation(regulation: Regulation, subject: Subject) -> Iterator[Block]:
    yield Heading(2, f"{regulation.short}: {regulation.title}", f"reg-{regulation.id}")
    yield Paragraph([Span(f"{regulation.version}. {regulation.source}", "dim")])
    if regulation.scope:
        yield Paragraph(regulation.scope)
    for item in regulation.requirements:
        yield Folded(_title(item, subject), list(_requirement(item, subject)), anchor(regulation.id, item.id))


def anchor(regulation: str, item: str) -> str:
    """Where an article is in the report."""
    return f"art-{regulation}-{slug(item)}"


def _title(item: Requirement, subject: Subject) -> Words:
    level = f" ({item.level})" if item.level else ""
    return [state(subject.standing.of(item)), " ", Span(item.id, "strong"), f" {item.title}{level}"]


def _requirement(item: Requirement, subject: Subject) -> Iterator[Block]:
    yield Paragraph(item.says)
    if item.unverified:
        yield Paragraph([Span("The number or content of this article was not verified.", tone="open")])
    if item.rules:
        yield Table(
            ("rule", "applied", "found", "stands"),
            [_rule(rule_id, subject) for rule_id in item.rules],
            widths=(46, 10, 30, 14),
        )
    if subject.standing.of(item) is State.NOTHING:
        yield Paragraph([Span(f"{State.NOTHING.value}.", "strong"), f" {UNJUDGED}"])
    for finding in subject.findings_of(item):
        if finding.state == "exempt":
            words = f"{finding.rule.id}, {finding.resource}: {ground(finding, subject.stack.jurisdiction)}"
            yield Paragraph([Span("EXEMPT", tone="exempt"), f" {words}"])
    if item.manual:
        yield Attestation(item.manual)


def _rule(rule_id: str, subject: Subject) -> list[Words]:
    found = subject.standing.found_by(rule_id)
    counted = {word: sum(each.state == word for each in found) for word in ("refused", "not-evaluated", "exempt")}
    told = ", ".join(f"{count} {word.replace('-', ' ')}" for word, count in counted.items() if count)
    applied = subject.report.evaluated.get(rule_id, 0)
    stands = subject.standing.of_rule(rule_id)
    return [Span(rule_id, "code"), str(applied), told or ("all hold" if stands is State.PASS else "–"), state(stands)]
