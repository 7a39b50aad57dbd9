"""`verdict.json`: the verdict with what two of them are compared by.

`check --json`, and beside it each rule with its state and the digest of its check's source, each requirement's state,
and what holds only on somebody's word, with its days. `bailiwick evidence diff` reads it.
"""

import hashlib
import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from evidence.findings import as_json
from evidence.formats.json_bytes import json_bytes
from evidence.pack.subject import Subject
from policies.packs import pack_of
from policies.rule import Rule

FORMAT: Final = "bailiwick-verdict/1"
FILE: Final = "verdict.json"


def verdict(subject: Subject) -> bytes:
    """The same subject gives the same bytes."""
    document = {
        "format": FORMAT,
        "jurisdiction": subject.stack.jurisdiction.id,
        "judgedAsOf": subject.judged.isoformat(),
        **as_json(subject.report),
        "byRule": {rule.id: _rule(subject, rule) for rule in _judging(subject)},
        "requirements": {
            regulation.id: {item.id: subject.standing.of(item).value for item in regulation.requirements}
            for regulation in subject.regulations
        },
        "frameworksWithoutCatalogue": list(subject.unwritten),
        "exemptions": _exemptions(subject),
        "exceptions": _exceptions(subject),
    }
    return json_bytes(document)


def source_digest(rule: Rule) -> str:
    """SHA-256 of the text of a rule's check, and of what is said beside it that decides: severity and types.

    What a check calls is not in it: the pack's own digest, in the manifest, covers the modules.
    """
    check = rule.resource_check or rule.stack_check
    told = "\0".join((rule.id, rule.severity.value, *rule.applies_to, _source(check) if check is not None else ""))
    return hashlib.sha256(told.encode()).hexdigest()


@cache
def _source(check: Callable[..., object]) -> str:
    """Its text; empty for a rule that was made without a file."""
    try:
        return inspect.getsource(check)
    except (OSError, TypeError):
        return ""


def _judging(subject: Subject) -> tuple[Rule, ...]:
    """The packs', and those beside them that found something."""
    known = {rule.id: rule for rule in subject.report.rules}
    known |= {finding.rule.id: finding.rule for finding in subject.report.findings}
    return tuple(known[name] for name in sorted(known))


def _rule(subject: Subject, rule: Rule) -> Mapping[str, object]:
    state = subject.standing.of_rule(rule.id)
    return {
        "pack": pack_of(rule).id,
        "severity": rule.severity.value,
        "appliesTo": list(rule.applies_to),
        "evaluated": subject.report.evaluated.get(rule.id, 0),
        "state": state.value if state is not None else None,
        "sha256": source_digest(rule),
    }


def _exemptions(subject: Subject) -> list[dict[str, Any]]:
    return [
        {
            "rule": entry.rule,
            "resource": entry.resource,
            "ticket": entry.ticket,
            "approver": entry.approver,
            "approved": entry.approved.isoformat(),
            "expires": entry.expires.isoformat(),
        }
        for entry in subject.stack.exemptions.entries
        if entry.stack == subject.name
    ]


def _exceptions(subject: Subject) -> list[dict[str, Any]]:
    return [
        {
            "id": each.id,
            "rules": list(each.rules),
            "resourceTypes": list(each.resource_types),
            "approverRole": each.approver_role,
            "expires": each.expires.isoformat(),
        }
        for each in subject.stack.jurisdiction.residency_exceptions
        if subject.stack.environment in each.environments
    ]
