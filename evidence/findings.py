"""The verdict as JSON: a public format, see docs/reference/cli.md."""

from typing import TYPE_CHECKING

from plan.file import notes_on
from policies.catalogue import controls_of
from policies.review import Report

if TYPE_CHECKING:
    from policies.exemption_form import Exemption


def as_json(report: Report) -> dict[str, object]:
    """`{"verdict": …, "rules": n, "evaluations": n, "findings": […]}`."""
    return {
        "stack": report.stack.plan.stack,
        "verdict": report.verdict,
        "rules": len(report.rules),
        "evaluations": report.evaluations,
        "findings": [
            {
                "rule": finding.rule.id,
                "state": finding.state,
                "severity": finding.rule.severity.value,
                "urn": finding.urn,
                "resource": finding.resource,
                "message": finding.message,
                "hint": finding.rule.fix,
                "controls": list(controls_of(finding.rule.id, report.stack.frameworks)),
                **({"exception": finding.exception} if finding.exception else {}),
                **({"exemption": exemption_json(finding.exemption)} if finding.exemption else {}),
            }
            for finding in report.findings
        ],
        **({"inForceByData": dict(brought)} if (brought := report.stack.by_data) else {}),
        **({"notes": notes} if (notes := list(notes_on(report.stack.plan))) else {}),
    }


def exemption_json(entry: "Exemption") -> dict[str, str]:
    """Who answers for a finding, why and how long."""
    return {
        "reason": entry.reason,
        "compensatingControl": entry.compensating_control,
        "approver": entry.approver,
        "ticket": entry.ticket,
        "approved": entry.approved.isoformat(),
        "expires": entry.expires.isoformat(),
        "entry": entry.where,
    }
