"""The draft of a data protection impact assessment (GDPR Art. 35), as far as plan and verdict can fill it."""

from collections.abc import Iterator

from evidence.document.blocks import Attestation, Block, Bullets, Document, Heading, Paragraph, Span, Table, Words
from evidence.pack.subject import Subject
from evidence.papers.law import asked_by
from evidence.papers.words import footer, state, verdict
from evidence.registers.activities import activities
from evidence.registers.risks import Risk, risks, stands

CRITERIA = (
    ("Sensitive data, on a large scale (Art. 35(3)(b))", "phi"),
    ("Vulnerable people: patients", "phi"),
    ("New technology: a language model over health data", None),
)
"""Criteria of WP 248 rev.01 that this platform meets where it takes such data; two suffice for an assessment."""


def impact(subject: Subject) -> Document:
    """Description, necessity, risks with what holds each, and the decisions that a person makes."""
    return Document(
        title=f"Data protection impact assessment (draft): {subject.name}",
        about=f"{asked_by(subject, 'Art. 35')} A draft from the plan: no risk is weighed here, and nothing is decided.",
        blocks=[
            Heading(2, "Whether one is asked for", "needed"),
            *_needed(subject),
            Heading(2, "What is done with which data (Art. 35(7)(a))", "description"),
            *_description(subject),
            Heading(2, "Necessity and proportion (Art. 35(7)(b))", "necessity"),
            *_necessity(subject),
            Heading(2, "Risks, and what holds them (Art. 35(7)(c), (d))", "risks"),
            Paragraph(
                "How likely and how grave each is, and whether what is left can be borne, is for the controller to say."
            ),
            *(block for risk in risks() for block in _risk(risk, subject)),
            Heading(2, "Advice and decision", "decision"),
            Attestation("Advice of the data protection officer (Art. 35(2))"),
            Attestation("Views of data subjects or their representatives, where appropriate (Art. 35(9))"),
            Attestation("Decision; consultation of the authority where a high risk is left (Art. 36)"),
            Attestation("Review when the risk changes (Art. 35(11)): `bailiwick evidence diff` says what changed"),
        ],
        footer=footer(subject),
    )


def _needed(subject: Subject) -> Iterator[Block]:
    classes = {each for activity in activities(subject.plan) for each in activity.classes}
    met = [words for words, needs in CRITERIA if needs is None or needs in classes]
    yield Paragraph("Criteria that the plan meets; where two are met an assessment is usually asked for:")
    yield Bullets(met)


def _description(subject: Subject) -> Iterator[Block]:
    found = activities(subject.plan)
    rows: list[list[Words]] = [
        [
            item.name,
            "; ".join(item.purposes) or "not told",
            ", ".join(item.classes),
            ", ".join(item.callers) or "nobody",
            item.model,
        ]
        for item in found
    ]
    yield Table(("use case", "purposes", "classes of data", "asked by", "model"), rows)
    yield Paragraph(
        "Requests come over mutual TLS to a gateway inside the provider's own network, which takes identifiers out or "
        "replaces them by tokens before a model on the provider's own machines is asked, and puts them back for "
        "callers that may have them. Tokens that can be undone are pseudonymisation: the data stays personal data."
    )
    stores = [entry for entry in subject.residency if entry.place.classification in ("phi", "payment", "personal")]
    yield Paragraph(f"{len(stores)} stores hold such data or may: see the residency register and the data-flow map.")


def _necessity(subject: Subject) -> Iterator[Block]:
    reach = {caller for item in activities(subject.plan) for caller in item.callers}
    yield Bullets(
        [
            f"Purposes are a closed list, and a token names one: {len(reach)} callers have a role.",
            "Each use case names the classes of data that it takes; a request of another class is refused.",
            "What a store keeps, and how long, is in the residency register; where no period stands, one is to be set.",
        ]
    )
    yield Attestation(
        "Legal basis (Art. 6, Art. 9(2)), information (Art. 13, 14) and rights (Art. 15 to 22) are seen to"
    )


def _risk(risk: Risk, subject: Subject) -> Iterator[Block]:
    yield Heading(3, risk.title)
    yield Paragraph([f"{risk.event}. ", Span(f"Harm: {risk.harms}.", "dim")])
    counts = stands(risk, subject)
    rows: list[list[Words]] = [[state(found), str(number)] for found, number in counts.items()]
    yield Table((f"{len(risk.rules(subject.report.rules))} rules that hold it", "how many"), rows)
    failed = [rule for rule in risk.rules(subject.report.rules) if _fails(rule.id, subject)]
    if failed:
        yield Paragraph([verdict(subject), f" not held by {', '.join(rule.id for rule in failed)}"])
    yield Attestation("Likelihood and gravity before and after measures; whether what is left can be borne")


def _fails(rule_id: str, subject: Subject) -> bool:
    return any(each.rule.id == rule_id and each.state != "exempt" for each in subject.report.findings)
