"""The files of a pack, and who writes each. Whatever is added here is in the manifest and in what is verified."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from evidence.document.html import html
from evidence.document.markdown import markdown
from evidence.document.pdf import pdf
from evidence.flow_svg import svg
from evidence.formats.cyclonedx import cyclonedx
from evidence.formats.findings_csv import findings_csv
from evidence.formats.json_bytes import json_bytes
from evidence.formats.junit import junit
from evidence.formats.oscal.definition import component_definition
from evidence.formats.oscal.results import assessment_results
from evidence.formats.sarif import sarif
from evidence.formats.summary import summary
from evidence.formats.verdict import verdict
from evidence.pack.manifest import FILE, manifest
from evidence.pack.subject import Subject
from evidence.papers.impact import impact
from evidence.papers.processing import processing
from evidence.papers.residency import residency, residency_csv
from evidence.papers.transfers import transfers
from plan.file import as_document

Writer = Callable[[Subject], bytes]

WRITERS: Final[Mapping[str, Writer]] = {
    "summary.md": summary,
    "report.html": lambda subject: html(subject.signed_report),
    "report.pdf": lambda subject: pdf(subject.signed_report),
    "data-flows.svg": lambda subject: svg(subject.flows).encode(),
    "residency-register.html": lambda subject: html(residency(subject)),
    "residency-register.csv": residency_csv,
    "processing-record.html": lambda subject: html(processing(subject)),
    "processing-record.md": lambda subject: markdown(processing(subject)),
    "impact-assessment.html": lambda subject: html(impact(subject)),
    "impact-assessment.md": lambda subject: markdown(impact(subject)),
    "transfers.html": lambda subject: html(transfers(subject)),
    "transfers.md": lambda subject: markdown(transfers(subject)),
    "findings.csv": findings_csv,
    "results.sarif": sarif,
    "junit.xml": junit,
    "verdict.json": verdict,
    "assessment-results.json": assessment_results,
    "component-definition.json": component_definition,
    "sbom.cdx.json": cyclonedx,
    "plan.json": lambda subject: json_bytes(as_document(subject.plan)),
}
"""File to its writer; each a function of the subject alone, so that the same subject gives the same bytes."""


def files(subject: Subject) -> Iterator[tuple[str, bytes]]:
    """Every file, the manifest last."""
    written: dict[str, bytes] = {}
    for name, writer in WRITERS.items():
        written[name] = writer(subject)
        yield name, written[name]
    yield FILE, manifest(subject, written)
