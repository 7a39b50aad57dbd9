"""What a person would apply: for each refused resource its safe fixes as one diff of inputs, for the rest the words.

Nothing is changed here. A diff is of the plan's inputs, in wire form; the program is changed where it writes them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import unified_diff

from evidence.screen import Screen
from plan.model import UNKNOWN, PlannedResource, Value
from policies.remedy import applied, remedied
from policies.review import Finding, Report
from policies.rule import Rule


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """The fixes of one resource."""

    resource: PlannedResource
    rules: tuple[Rule, ...]
    """Those that pass afterwards."""
    diff: str


def suggestions(report: Report) -> list[Suggestion]:
    """One for each refused resource that has a safe fix, in the plan's order."""
    asked: dict[str, list[Rule]] = {}
    for finding in report.of_state("refused"):
        if finding.urn is not None and finding.rule.remediate is not None:
            asked.setdefault(finding.urn, []).append(finding.rule)
    found = (
        _of(resource, asked[resource.urn], report) for resource in report.stack.plan.resources if resource.urn in asked
    )
    return [suggestion for suggestion in found if suggestion is not None]


def _of(resource: PlannedResource, rules: list[Rule], report: Report) -> Suggestion | None:
    cures = {rule: remedied(rule, resource, report.stack) for rule in rules}
    changes = {path: value for cure in cures.values() for path, value in (cure or {}).items()}
    inputs = applied(resource.inputs, changes)
    if not changes or inputs is None:
        return None
    old, new = (_lines(each) for each in (resource.inputs, inputs))
    diff = unified_diff(old, new, fromfile=f"a/{resource.urn}", tofile=f"b/{resource.urn}", lineterm="")
    cured = tuple(rule for rule, cure in cures.items() if cure is not None)
    return Suggestion(resource=resource, rules=cured, diff="\n".join(diff))


def _lines(inputs: Mapping[str, Value]) -> list[str]:
    return json.dumps(inputs, indent=2, sort_keys=True, ensure_ascii=False, default=_shown).splitlines()


def _shown(value: object) -> str:
    return "[known after deployment]" if value is UNKNOWN else str(value)


def unfixed(report: Report, found: list[Suggestion]) -> dict[Rule, list[Finding]]:
    """Refusals that no diff cures, by rule: a person has to decide."""
    cured = {(rule.id, suggestion.resource.urn) for suggestion in found for rule in suggestion.rules}
    left: dict[Rule, list[Finding]] = {}
    for finding in report.of_state("refused"):
        if (finding.rule.id, finding.urn) not in cured:
            left.setdefault(finding.rule, []).append(finding)
    return left


def as_json(report: Report) -> list[dict[str, object]]:
    """The suggestions as JSON: a diff where there is a safe fix, words otherwise."""
    found = suggestions(report)
    documents: list[dict[str, object]] = [
        {"urn": each.resource.urn, "rules": [rule.id for rule in each.rules], "diff": each.diff} for each in found
    ]
    for rule, findings in unfixed(report, found).items():
        documents += [{"urn": finding.urn, "rules": [rule.id], "fix": _fix(rule, report)} for finding in findings]
    return documents


def print_suggestions(report: Report) -> None:
    """Diffs first, words after; plain text in a pipe, so that `patch`-like tools and people read the same."""
    screen = Screen()
    found = suggestions(report)
    left = unfixed(report, found)
    if not found and not left:
        return
    screen.line(f"What would mend {report.stack.plan.stack}; nothing was changed", style="bold")
    for suggestion in found:
        ids = ", ".join(rule.id for rule in suggestion.rules)
        screen.line(f"\n{suggestion.resource.label}: cures {ids}")
        for line in suggestion.diff.splitlines():
            screen.line(line, style={"+": "green", "-": "red", "@": "cyan"}.get(line[:1], ""))
    if left:
        screen.line("\nFor a person to decide:")
    for rule, findings in left.items():
        screen.line(f"  {rule.id} ({len(findings)}): {_fix(rule, report)}")
    screen.line()


def _fix(rule: Rule, report: Report) -> str:
    return rule.fix.replace("<stack>", report.stack.plan.stack)
