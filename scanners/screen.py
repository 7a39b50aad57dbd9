"""A scan's verdict as a table, as JSON, and as SARIF."""

import json
from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from scanners.accepted import plain
from scanners.finding import Finding
from scanners.verdict import Verdict

SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def show(verdict: Verdict, took: dict[str, float], console: Console) -> None:
    """What is new, and what is wrong with the list, then a line for each scanner."""
    for finding in verdict.new:
        console.print(Text(f"✗ {finding.scanner} {finding.check}: {finding.resource}", "red"), soft_wrap=True)
        console.print(Text(f"  {finding.where}: {plain(finding.what)}"), soft_wrap=True)
        if finding.link:
            console.print(Text(f"  {finding.link}"), soft_wrap=True)
    for line in (*verdict.failed, *verdict.expired, *verdict.stale):
        console.print(Text(f"✗ {line}", "red"), soft_wrap=True)
    for line in verdict.unasked:
        console.print(Text(f"! {line}", "yellow"), soft_wrap=True)
    new, old = (Counter(one.scanner for one in many) for many in (verdict.new, [pair[0] for pair in verdict.accepted]))
    table = Table("scanner", "new", "accepted", "seconds", box=None, pad_edge=False)
    for name, seconds in took.items():
        table.add_row(name, str(new[name]), str(old[name]), f"{seconds:.1f}")
    console.print(table)
    word = "clean" if verdict.is_clean else "refused"
    mark = "✓" if verdict.is_clean else "✗"
    faults = len(verdict.failed) + len(verdict.expired) + len(verdict.stale)
    console.print(
        Text(f"{mark} scan: {word}   {len(took)} scanners, {len(verdict.new)} new, {len(verdict.accepted)} accepted, ")
        + Text(f"{faults} faults"),
        soft_wrap=True,
    )


def as_json(verdict: Verdict) -> dict[str, Any]:
    """All of it."""
    return {
        "verdict": "clean" if verdict.is_clean else "refused",
        "new": [vars(finding) for finding in verdict.new],
        "accepted": [
            {**vars(finding), "reason": plain(entry.reason), "approver": entry.approver, "expires": str(entry.expires)}
            for finding, entry in verdict.accepted
        ],
        "expired": verdict.expired,
        "stale": verdict.stale,
        "failed": verdict.failed,
        "unasked": verdict.unasked,
    }


def as_sarif(verdict: Verdict) -> str:
    """New findings as errors, accepted ones as suppressed: one run for each scanner."""
    pairs = [(finding, None) for finding in verdict.new] + list(verdict.accepted)
    runs = []
    for scanner in sorted({finding.scanner for finding, _ in pairs}):
        own = [(finding, entry) for finding, entry in pairs if finding.scanner == scanner]
        rules = {finding.check: finding for finding, _ in own}
        results = []
        for finding, entry in own:
            result = _result(finding)
            if entry is not None:
                result["suppressions"] = [{"kind": "external", "justification": plain(entry.reason)}]
            results.append(result)
        driver = {"name": scanner, "rules": [_rule(finding) for _, finding in sorted(rules.items())]}
        runs.append({"tool": {"driver": driver}, "results": results})
    return json.dumps({"$schema": SARIF, "version": "2.1.0", "runs": runs}, indent=1, ensure_ascii=False) + "\n"


def _rule(finding: Finding) -> dict[str, Any]:
    help_page = {"helpUri": finding.link} if finding.link.startswith("https://") else {}
    return {"id": finding.check, "shortDescription": {"text": plain(finding.what)}, **help_page}


def _result(finding: Finding) -> dict[str, Any]:
    file, _, line = finding.where.partition(":")
    place: dict[str, Any] = {"artifactLocation": {"uri": file}}
    if line.isdigit() and int(line) > 0:
        place["region"] = {"startLine": int(line)}
    return {
        "ruleId": finding.check,
        "level": "error",
        "message": {"text": f"{finding.resource}: {plain(finding.what)}"},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"resource/v1": f"{finding.scanner} {finding.check} {finding.resource}"},
    }
