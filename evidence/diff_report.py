"""A difference on a terminal, or as plain text in a pipe: what loses data first, and in red."""

from collections.abc import Sequence

from evidence import diff_words as words
from evidence.diff_verdict import VerdictChange
from evidence.screen import Screen
from plan.diff.model import Difference, Kind, ResourceChange
from policies.review import Finding

_STYLES = {Kind.CREATED: "green", Kind.CHANGED: "yellow", Kind.REPLACED: "magenta", Kind.DELETED: "red"}
SHOWN = 12
"""Findings shown of those that are new, and of those that are gone; `--json` has all."""


def print_difference(found: Difference, title: str, verdict: VerdictChange) -> None:
    """Losses, then replaced, deleted, created and changed resources, then what it makes to the verdict."""
    screen = Screen()
    screen.line(f"{title}: {words.tally(found) if found.changes else 'nothing differs'}", style="bold")
    if found.losses:
        screen.line()
        screen.line(f"DATA IS LOST ({len(found.losses)})", style="bold red")
        for change in found.losses:
            _print(screen, change, "bold red")
    rest = [change for change in found.changes if not change.loses_data]
    if rest:
        screen.line()
    for change in rest:
        _print(screen, change, _STYLES[change.kind])
    screen.line()
    for line in words.remarks(found):
        screen.line(f"! {line}", style="yellow")
    _print_verdict(screen, verdict)


def _print(screen: Screen, change: ResourceChange, style: str) -> None:
    screen.line((f"{words.mark(change)} {change.kind.value:<9}", style), f" {words.heading(change)}")
    for line in words.about(change):
        screen.line(f"    {line}", style="red" if change.loses_data else "cyan")
    for path, before, after, effect in words.properties(change):
        told = (f"   {effect}", "red") if effect else ""
        screen.line(f"    {path}: {before} → {after}", told)


def _print_verdict(screen: Screen, verdict: VerdictChange) -> None:
    _print_findings(screen, "new", verdict.new)
    _print_findings(screen, "gone", verdict.gone)
    compliant = verdict.after.verdict == "compliant"
    screen.line(
        f"{'✓' if compliant else '✗'} verdict: {verdict.says}   "
        f"{len(verdict.new)} findings new, {len(verdict.gone)} gone",
        style="bold green" if compliant else "bold red",
    )


def _print_findings(screen: Screen, word: str, findings: Sequence[Finding]) -> None:
    for finding in findings[:SHOWN]:
        style = "green" if word == "gone" or finding.state == "exempt" else "red"
        screen.line(
            (f"{word:<5}", style),
            f"{finding.state.replace('-', ' ')}  {finding.rule.id}  {finding.resource}: {finding.message}",
        )
    if len(findings) > SHOWN:
        screen.line(f"{word:<5}… and {len(findings) - SHOWN} more (--json names all)")
