"""SARIF 2.1.0: findings where a code host shows them, at the line that mends them.

docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html. `security-severity` and `partialFingerprints` are
GitHub's: docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from evidence.formats.json_bytes import json_bytes
from evidence.pack.locating import Place, places
from evidence.pack.subject import Subject
from policies.catalogue import controls_of
from policies.exempting import ground
from policies.packs import pack_of
from policies.review import Finding
from policies.rule import Rule, Severity

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS: Final[Mapping[Severity, str]] = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
}
SCORES: Final[Mapping[Severity, str]] = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.0",
    Severity.LOW: "2.0",
}
"""In the middle of GitHub's bands: over 9 critical, over 7 high, over 4 medium."""

MOST: Final = 25_000
"""Results of a run, over which GitHub takes none of it; the worst come first, and findings.csv has all:
docs.github.com/code-security/code-scanning/troubleshooting-sarif-uploads/results-exceed-limit."""


def sarif(subject: Subject) -> bytes:
    """One run with every rule that judged, and a result for each finding; exempt ones are suppressed, not left out."""
    rules = _rules(subject)
    index = {rule.id: number for number, rule in enumerate(rules)}
    run = {
        "tool": {
            "driver": {
                "name": "bailiwick",
                "semanticVersion": subject.provenance.tools["bailiwick"],
                "rules": [_descriptor(rule, subject) for rule in rules],
            }
        },
        "automationDetails": {"id": f"bailiwick/{subject.name}/"},
        "originalUriBaseIds": {"PROJECT": {"description": {"text": "The folder with Pulumi.yaml."}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": True,
                "exitCodeDescription": subject.report.verdict,
                **_left_out(subject),
                "properties": {"verdict": subject.report.verdict, "judgedAsOf": subject.judged.isoformat()},
            }
        ],
        **_version_control(subject),
        "results": [_result(finding, index[finding.rule.id], subject) for finding in subject.report.findings[:MOST]],
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json_bytes(document)


def _left_out(subject: Subject) -> Mapping[str, object]:
    count = len(subject.report.findings) - MOST
    if count <= 0:
        return {}
    words = f"{count} findings are left out, as a run takes {MOST}: findings.csv has all of them"
    return {"toolExecutionNotifications": [{"level": "warning", "message": {"text": words}}]}


def _rules(subject: Subject) -> Sequence[Rule]:
    """The packs', and those beside them that found something."""
    found = {rule.id: rule for rule in subject.report.rules}
    found |= {finding.rule.id: finding.rule for finding in subject.report.findings}
    return [found[key] for key in sorted(found)]


def _version_control(subject: Subject) -> Mapping[str, object]:
    # SARIF wants the repository's address, which a clone need not have: the commit stands in properties.
    commit = subject.provenance.commit
    return {"properties": {"commit": subject.provenance.reference}} if commit is not None else {}


def _descriptor(rule: Rule, subject: Subject) -> Mapping[str, object]:
    controls = list(controls_of(rule.id, subject.stack.frameworks))
    return {
        "id": rule.id,
        "name": rule.id.partition(".")[2].replace("-", " ").title().replace(" ", ""),
        "shortDescription": {"text": f"{rule.title}."},
        "fullDescription": {"text": rule.rationale},
        "help": {
            "text": f"{rule.rationale}\n\nFix: {_fix(rule, subject)}\n\n"
            f"Evidences: {', '.join(controls) or 'no article of what is in force here'}"
        },
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {
            "tags": ["security", f"pack/{pack_of(rule).id}", f"severity/{rule.severity.value}"],
            "security-severity": SCORES[rule.severity],
            "controls": controls,
        },
    }


def _result(finding: Finding, index: int, subject: Subject) -> Mapping[str, object]:
    found = places(subject, finding)
    told = "NOT EVALUATED, which does not pass: " if finding.state == "not-evaluated" else ""
    result: dict[str, object] = {
        "ruleId": finding.rule.id,
        "ruleIndex": index,
        "kind": "fail",
        "level": LEVELS[finding.rule.severity],
        "message": {
            "text": f"{told}{finding.resource}: {finding.message}\nFix: {_fix(finding.rule, subject)}",
        },
        "locations": [
            {
                "physicalLocation": _physical(found[0]),
                "logicalLocations": [
                    {"fullyQualifiedName": finding.urn or subject.name, "name": finding.resource, "kind": "resource"}
                ],
            }
        ],
        "partialFingerprints": {"bailiwickFinding/v1": fingerprint(finding, subject.name)},
        "properties": {"state": finding.state, "stack": subject.name},
    }
    if len(found) > 1:
        result["relatedLocations"] = [
            {"id": number, "physicalLocation": _physical(place), "message": {"text": "made here"}}
            for number, place in enumerate(found[1:])
        ]
    if finding.state == "exempt":
        result["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": ground(finding, subject.stack.jurisdiction),
            }
        ]
    return result


def fingerprint(finding: Finding, stack: str) -> str:
    """The same for the same rule on the same resource, wherever its line has moved and whatever its message says."""
    return hashlib.sha256(f"{finding.rule.id}\0{stack}\0{finding.urn or ''}".encode()).hexdigest()


def _physical(place: Place) -> Mapping[str, object]:
    return {
        "artifactLocation": {"uri": place.file, "uriBaseId": "PROJECT"},
        "region": {"startLine": place.line},
    }


def _fix(rule: Rule, subject: Subject) -> str:
    return rule.fix.replace("<stack>", subject.name)
