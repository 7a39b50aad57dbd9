"""A risk for each finding: open where it is refused, a deviation until a day where somebody answers for it."""

from collections.abc import Mapping, Sequence
from typing import Final

from evidence.formats.findings_csv import until
from evidence.formats.oscal.forms import NS, Json, identity, instant, line, prop
from evidence.formats.oscal.observations import observation_id, origin
from evidence.pack.subject import Subject
from policies.exempting import ground
from policies.review import Finding

STATUS: Final[Mapping[str, str]] = {
    "refused": "open",
    "not-evaluated": "investigating",
    "exempt": "deviation-approved",
}


def risk_ids(subject: Subject) -> Mapping[str, Sequence[str]]:
    """Rule to the UUIDs of its risks."""
    found: dict[str, list[str]] = {}
    for finding, uuid in _named(subject):
        found.setdefault(finding.rule.id, []).append(uuid)
    return found


def risks(subject: Subject) -> list[Json]:
    """In the report's order."""
    return [_risk(subject, finding, uuid) for finding, uuid in _named(subject)]


def _named(subject: Subject) -> list[tuple[Finding, str]]:
    """A finding keeps its UUID while its rule and resource stay; a rule that says two things of one has two."""
    seen: dict[tuple[str, str], int] = {}
    named = []
    for finding in subject.report.findings:
        key = (finding.rule.id, finding.urn or "")
        seen[key] = seen.get(key, 0) + 1
        named.append((finding, identity("risk", subject.name, *key, str(seen[key]))))
    return named


def _risk(subject: Subject, finding: Finding, uuid: str) -> Json:
    rule, last = finding.rule, until(finding, subject)
    fix = rule.fix.replace("<stack>", subject.name)
    return {
        "uuid": uuid,
        "title": line(f"{rule.title}: {finding.resource}"),
        "description": line(finding.message),
        "statement": rule.rationale,
        "props": [prop("rule", rule.id), prop("resource", finding.urn or subject.name), prop("state", finding.state)],
        "status": STATUS[finding.state],
        "origins": [origin(subject)],
        "characterizations": [
            {"origin": origin(subject), "facets": [{"name": "severity", "system": NS, "value": rule.severity.value}]}
        ],
        **_mitigation(subject, finding, uuid),
        # The last day still holds: what must be mended, must be mended by its end.
        **({"deadline": f"{last}T23:59:59Z"} if last and finding.state == "exempt" else {}),
        "remediations": [
            {
                "uuid": identity("remediation", uuid),
                "lifecycle": "recommendation",
                "title": line(fix),
                "description": fix,
            }
        ],
        "related-observations": [{"observation-uuid": observation_id(subject, rule.id)}],
        **_log(subject, finding, uuid),
    }


def _mitigation(subject: Subject, finding: Finding, uuid: str) -> Json:
    if finding.state != "exempt":
        return {}
    entry = finding.exemption
    control = entry.compensating_control if entry is not None else ""
    for exception in subject.stack.jurisdiction.residency_exceptions:
        if exception.id == finding.exception:
            control = exception.compensating_control
    return {"mitigating-factors": [{"uuid": identity("mitigation", uuid), "description": control}]} if control else {}


def _log(subject: Subject, finding: Finding, uuid: str) -> Json:
    """On whose word it is a deviation, and since when."""
    if finding.state != "exempt":
        return {}
    # A jurisdiction's exception has no day of approval on record: it held on the day that was judged.
    approved = finding.exemption.approved if finding.exemption is not None else None
    entry = {
        "uuid": identity("log", uuid),
        "title": "deviation approved" if approved is not None else "deviation in force",
        "description": ground(finding, subject.stack.jurisdiction),
        "start": instant(approved or subject.judged),
        "status-change": STATUS["exempt"],
    }
    return {"risk-log": {"entries": [entry]}}
