"""JUnit's XML, as CI servers read it: a suite for each pack, a case for each rule.

The dialect is that of github.com/testmoapp/junitxml, which Azure DevOps, GitLab and Jenkins share.
"""

import re
from collections.abc import Sequence
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from evidence.pack.subject import Subject
from policies.exempting import ground
from policies.packs import PACKS, pack_of
from policies.review import Finding
from policies.rule import Rule

_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 has no way to write: www.w3.org/TR/xml/#charsets."""
_NOTHING: Final = "nothing in this stack for it to judge"


def junit(subject: Subject) -> bytes:
    """A refused rule is a failure, one that was not evaluated an error, an exempt one skipped with its ground."""
    root = Element("testsuites", name=f"bailiwick {subject.name}")
    known = {rule.id: rule for rule in subject.report.rules}
    known |= {finding.rule.id: finding.rule for finding in subject.report.findings}
    totals = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for pack in PACKS.values():
        rules = [known[key] for key in sorted(known) if pack_of(known[key]).id == pack.id]
        suite = SubElement(root, "testsuite", name=f"{subject.name}.{pack.id}")
        counts = dict.fromkeys(totals, 0)
        for rule in rules:
            counts["tests"] += 1
            outcome = _case(suite, rule, pack.id, subject)
            if outcome is not None:
                counts[outcome] += 1
        for name, count in counts.items():
            suite.set(name, str(count))
            totals[name] += count
    for name, count in totals.items():
        root.set(name, str(count))
    indent(root)
    text: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _case(suite: Element, rule: Rule, pack: str, subject: Subject) -> str | None:
    case = SubElement(suite, "testcase", classname=f"{subject.name}.{pack}.{rule.concern}", name=rule.id)
    found = [finding for finding in subject.report.findings if finding.rule.id == rule.id]
    for state, tag, counted in (("refused", "failure", "failures"), ("not-evaluated", "error", "errors")):
        own = [finding for finding in found if finding.state == state]
        if own:
            element = SubElement(case, tag, message=_clean(f"{rule.title}: {len(own)} {state}"), type=rule.severity)
            element.text = _clean(_told(own, f"Fix: {rule.fix.replace('<stack>', subject.name)}"))
            return counted
    if found:
        grounds = sorted({ground(finding, subject.stack.jurisdiction) for finding in found})
        SubElement(case, "skipped", message=_clean(f"EXEMPT: {'; '.join(grounds)}"))
        return "skipped"
    if not subject.report.evaluated.get(rule.id):
        SubElement(case, "skipped", message=_NOTHING)
        return "skipped"
    return None


def _told(findings: Sequence[Finding], fix: str) -> str:
    return "\n".join([*(f"{finding.resource}: {finding.message}" for finding in findings), fix])


def _clean(text: str) -> str:
    return _NOT_XML.sub("�", text)
