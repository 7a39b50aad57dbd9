"""The verdict as JSON: a public format, see docs/reference/cli.md."""

from plan.export_file import lines
from policies.catalogue import controls_of
from policies.exemptions import Exemption
from policies.review import Report


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
                "controls": list(controls_of(finding.rule.id, report.stack.jurisdiction.frameworks)),
                **({"exception": finding.exception} if finding.exception else {}),
                **({"exemption": exemption_json(finding.exemption)} if finding.exemption else {}),
            }
            for finding in report.findings
        ],
        **({"notes": notes} if (notes := lines(report.stack.plan)) else {}),
    }


def exemption_json(entry: Exemption) -> dict[str, str]:
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
