"""The record of processing activities (GDPR Art. 30), as far as a plan can fill it; the rest is left open by name."""

from collections.abc import Iterator

from evidence.document.blocks import Block, Bullets, Document, Facts, Heading, Paragraph, Span, Words
from evidence.pack.subject import Subject
from evidence.papers.exceptions import exceptions
from evidence.papers.law import asked_by
from evidence.papers.words import footer
from evidence.registers.activities import Activity, activities
from policies.packs import PACKS, pack_of

OPEN = Span("to be filled in by the controller", tone="open")
SUBJECTS = "Patients, and whoever a record names beside them; staff who ask, by their application's identity"
_HEALTH = frozenset({"phi"})


def processing(subject: Subject) -> Document:
    """One entry for each use case, and what all of them share."""
    found = activities(subject.plan)
    return Document(
        title=f"Record of processing: {subject.name}",
        about=f"{asked_by(subject, 'Art. 30')} Filled from the plan; what a plan can't know is marked open.",
        blocks=[
            Heading(2, "Who answers", "controller"),
            Facts(
                [
                    ("Controller (Art. 30(1)(a))", OPEN),
                    ("Joint controllers, representative", OPEN),
                    ("Data protection officer", OPEN),
                    ("Mailbox that answers for the stack", _owner(subject)),
                    ("Processor of the platform", "Microsoft (Azure), in the regions of the residency register"),
                ]
            ),
            Heading(2, "Processing activities", "activities"),
            *(block for activity in found for block in _activity(activity)),
            *([] if found else [Paragraph("No use case is pinned in this plan.")]),
            *_shared(subject),
            *exceptions(subject),
        ],
        footer=footer(subject),
    )


def _activity(activity: Activity) -> Iterator[Block]:
    yield Heading(3, activity.name)
    purposes: Words = "; ".join(f"{name}: {words}" for name, words in activity.purposes.items()) or OPEN
    health = " (special category, Art. 9(1): health)" if _HEALTH & set(activity.classes) else ""
    yield Facts(
        [
            ("Purposes (b)", purposes),
            ("Legal basis", OPEN),
            ("Data subjects (c)", SUBJECTS),
            ("Categories of data (c)", ", ".join(activity.classes) + health if activity.classes else OPEN),
            ("Recipients (d)", ", ".join(activity.callers) or "no caller has a role for it"),
            ("Identifiers come back to", ", ".join(activity.restored_for) or "nobody: answers keep their tokens"),
            ("Model and prompt", f"{activity.model}; prompt {activity.prompt}"),
            ("External model", "may be asked where law and class allow" if activity.external else "never asked"),
        ]
    )


def _shared(subject: Subject) -> Iterator[Block]:
    yield Heading(2, "Where, how long, how safe", "measures")
    yield Paragraph("Retention (f), by store:")
    yield Bullets(
        [f"{entry.resource.display_name} ({entry.holds}): {'; '.join(entry.retention)}" for entry in subject.residency]
    )
    yield Paragraph("Security of processing (g; Art. 32): the rules that hold, by who answers for them.")
    rows = []
    for pack in PACKS.values():
        rules = [rule for rule in subject.report.rules if pack_of(rule).id == pack.id]
        failed = {each.rule.id for each in subject.report.findings if each.state != "exempt"}
        rows.append(f"{pack.title} ({pack.owner}): {sum(rule.id not in failed for rule in rules)} of {len(rules)} hold")
    yield Bullets(rows)


def _owner(subject: Subject) -> Words:
    for resource in subject.plan.resources:
        owner = resource.get("tags.owner")
        if isinstance(owner, str):
            return owner
    return OPEN
