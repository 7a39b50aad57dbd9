"""A difference for machines: a public format, see docs/guides/compare-plans.md."""

from evidence.diff_verdict import VerdictChange
from plan.diff.model import Difference, Element, PropertyChange, ResourceChange, Step
from plan.model import MISSING, UNKNOWN, Value
from policies.review import Finding

FORMAT = "bailiwick-diff/1"


def as_json(found: Difference, verdict: VerdictChange, *, base: str, head: str) -> dict[str, object]:
    """Every change and every finding that is new or gone; a secret is `[secret]`, with `"secret": true`."""
    return {
        "format": FORMAT,
        "base": {"what": base, "stack": found.before.stack, "verdict": verdict.before.verdict},
        "head": {"what": head, "stack": found.after.stack, "verdict": verdict.after.verdict},
        "losesData": len(found.losses),
        "unchanged": found.unchanged,
        "secretsNotCompared": found.secrets,
        "unknownNotCompared": found.unknown,
        "notes": list(found.notes),
        "changes": [_change(change) for change in found.changes],
        "findings": {
            "new": [_finding(finding) for finding in verdict.new],
            "gone": [_finding(finding) for finding in verdict.gone],
        },
    }


def _change(change: ResourceChange) -> dict[str, object]:
    return {
        "kind": change.kind.value,
        "urn": change.resource.urn,
        "type": change.resource.type,
        "resource": change.resource.label,
        "losesData": change.loses_data,
        **({"goesWithIt": change.holds, "protected": change.is_protected} if change.loses_data else {}),
        **({"twin": change.twin} if change.twin else {}),
        "properties": [_property(item) for item in change.properties],
    }


def _property(item: PropertyChange) -> dict[str, object]:
    return {
        "path": item.path,
        "steps": [_step(step) for step in item.steps],
        **({} if item.before is MISSING else {"before": _value(item.before)}),
        **({} if item.after is MISSING else {"after": _value(item.after)}),
        "effect": item.forcing.value,
        **({"secret": True} if item.secret else {}),
    }


def _step(step: Step) -> object:
    return {step.key: step.name} if isinstance(step, Element) else step


def _value(value: Value) -> object:
    if value is UNKNOWN:
        return {"unknown": True}
    if isinstance(value, dict):
        return {key: _value(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_value(inner) for inner in value]
    return value


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "rule": finding.rule.id,
        "state": finding.state,
        "severity": finding.rule.severity.value,
        "urn": finding.urn,
        "resource": finding.resource,
        "message": finding.message,
    }
