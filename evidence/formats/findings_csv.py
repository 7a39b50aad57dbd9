"""Findings as a table for a spreadsheet (RFC 4180)."""

import csv
import io
from typing import Final

from evidence.pack.locating import places
from evidence.pack.subject import Subject
from policies.catalogue import controls_of
from policies.exempting import ground
from policies.packs import pack_of
from policies.review import Finding

HEADINGS: Final = (
    "stack",
    "state",
    "severity",
    "rule",
    "title",
    "pack",
    "owner",
    "resource",
    "urn",
    "message",
    "fix",
    "file",
    "line",
    "controls",
    "ground",
    "until",
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet reckons what begins so: owasp.org/www-community/attacks/CSV_Injection."""


def findings_csv(subject: Subject) -> bytes:
    """A line for each finding, in the report's order; headings alone where there is none."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for finding in subject.report.findings:
        rule, place = finding.rule, places(subject, finding)[0]
        cells = (
            subject.name,
            finding.state,
            rule.severity.value,
            rule.id,
            rule.title,
            pack_of(rule).id,
            pack_of(rule).owner,
            finding.resource,
            finding.urn or "",
            finding.message,
            rule.fix.replace("<stack>", subject.name),
            place.file,
            str(place.line),
            "; ".join(controls_of(rule.id, subject.stack.frameworks)),
            ground(finding, subject.stack.jurisdiction) if finding.state == "exempt" else "",
            until(finding, subject),
        )
        writer.writerow([inert(cell) for cell in cells])
    return text.getvalue().encode()


def until(finding: Finding, subject: Subject) -> str:
    """The last day of an exemption or exception; empty without one."""
    if finding.exemption is not None:
        return finding.exemption.expires.isoformat()
    known = subject.stack.jurisdiction.residency_exceptions
    return next((each.expires.isoformat() for each in known if each.id == finding.exception), "")


def inert(cell: str) -> str:
    """The cell as words, whatever it begins with."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
