"""What holds only on somebody's word: exceptions of the jurisdiction, and exemptions of the project, until when."""

from collections.abc import Iterator

from evidence.document.blocks import Block, Heading, Paragraph, Table, Words
from evidence.pack.subject import Subject


def exceptions(subject: Subject) -> Iterator[Block]:
    """Both, with approver and expiry; what has ended is told as ended."""
    yield Heading(2, "Exceptions and exemptions", "exceptions")
    rows: list[list[Words]] = []
    for each in subject.stack.jurisdiction.residency_exceptions:
        if subject.stack.environment not in each.environments:
            continue
        concerned = len(subject.plan.of_type(*each.resource_types))
        lifted = sum(finding.exception == each.id for finding in subject.report.findings)
        until = each.expires.isoformat() + (" (ended)" if each.expires < subject.judged else "")
        rows.append(
            [each.id, each.title, each.legal_basis, each.compensating_control, each.approver_role, until,
             f"concerns {concerned} of the plan's resources, lifts {lifted} of its findings"]
        )  # fmt: skip
    headings = ("exception", "what", "legal basis", "compensating control", "approved by", "until", "here")
    if rows:
        yield Table(headings, rows, caption="Residency exceptions of the jurisdiction (jurisdictions/)")
    else:
        yield Paragraph("The jurisdiction records no exception for this environment.")
    entries = [entry for entry in subject.stack.exemptions.entries if entry.stack == subject.name]
    if not entries:
        yield Paragraph("No rule is lifted for this stack by policies/exemptions.yaml.")
        return
    yield Table(
        ("rule", "resource", "why", "compensated by", "approved by", "ticket", "until"),
        [
            [entry.rule, entry.resource, entry.reason, entry.compensating_control,
             f"{entry.approver}, {entry.approved.isoformat()}", entry.ticket,
             entry.expires.isoformat() + (" (ended)" if entry.expires < subject.judged else "")]
            for entry in entries
        ],
        caption="Exemptions (policies/exemptions.yaml)",
    )  # fmt: skip
