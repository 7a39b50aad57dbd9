"""The verdict on a terminal; the same words as plain text in a pipe."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from evidence.screen import Screen
from plan.file import notes_on
from policies.catalogue import controls_of
from policies.exempting import ground
from policies.packs import PACKS, pack_of
from policies.review import Finding, Report

if TYPE_CHECKING:
    from config.faults import Fault

SHOWN = 4
"""Resources named under one cause; the rest is counted, and `--json` has them all."""
CITED = 6
"""Controls cited on a refusal's first line; `bailiwick rules ID` has them all."""

_MARK = {"refused": ("✗", "red"), "not-evaluated": ("?", "yellow"), "exempt": ("~", "cyan")}


def print_faults(stack: str, faults: "Sequence[Fault]") -> None:
    """Dials that the law does not allow, before the refusals that follow from them."""
    from config.faults import lines

    screen = Screen()
    text = lines(stack, faults)
    screen.line(
        f"Pulumi.{stack}.yaml sets what the law does not allow ({len(faults)}); `pulumi up` stops here:", style="bold"
    )
    for line in text[1:]:
        screen.line(line, style="red" if line.startswith("✗") else "cyan" if "hint:" in line else "")
    screen.line()


def print_report(report: Report) -> None:
    """Refusals in full, then exemptions, then the verdict by pack."""
    screen = Screen()
    for state in ("refused", "not-evaluated", "exempt"):
        _print_state(screen, report, state)
    _print_packs(screen, report)
    for line in (*by_data(report), *notes_on(report.stack.plan), *unverified(report)):
        screen.line(f"! {line}", style="yellow")
    mark, style = {
        "compliant": ("✓", "bold green"),
        "refused": ("✗", "bold red"),
        "not-evaluated": ("?", "bold yellow"),
    }[report.verdict]
    word = report.verdict.replace("-", " ")
    screen.line(
        f"{mark} {report.stack.plan.stack}: {word}   "
        f"{len(report.rules)} rules, {report.evaluations} evaluations, {_tally(report.findings)}",
        style=style,
    )


def by_data(report: Report) -> list[str]:
    """Regulations that the stack's own data brings, which the name of its jurisdiction doesn't tell."""
    return [f"{name} is in force: {why}" for name, why in report.stack.by_data.items()]


def unverified(report: Report) -> list[str]:
    """Facts that the plan rests on and that nobody read from Azure's own list: one line for each region in use."""
    facts = report.stack.jurisdiction.regions
    used = {str(resource.get("location")) for resource in report.stack.plan.resources}
    return [
        f"what {name} offers in sizes is not verified ({facts[name].sizes_as_of.isoformat()}); "
        f"before a deployment: az vm list-skus --location {name}"
        for name in sorted(used & set(facts))
        if not facts[name].sizes_verified
    ]


def _tally(findings: Sequence[Finding]) -> str:
    return ", ".join(
        f"{sum(1 for finding in findings if finding.state == state)} {state.replace('-', ' ')}" for state in _MARK
    )


def _print_state(screen: Screen, report: Report, state: str) -> None:
    found = report.of_state(state)
    if not found:
        return
    mark, style = _MARK[state]
    for _, group in groupby(found, key=lambda finding: finding.rule.id):
        same_rule = list(group)
        rule = same_rule[0].rule
        word = "EXEMPT " if state == "exempt" else ""
        screen.line(
            (f"{mark} {word}{rule.id}", f"bold {style}"),
            f"   {rule.severity.value}   {_cited(controls_of(rule.id, report.stack.frameworks))}".rstrip(),
        )
        screen.line(f"  {rule.title}", style="italic")
        if state == "exempt":
            _print_exempt(screen, report, same_rule)
        else:
            for line in _resources(same_rule):
                screen.line(f"  {line}")
            screen.line(f"  hint: {rule.fix}".replace("<stack>", report.stack.plan.stack), style="cyan")
        screen.line()


def _cited(controls: Sequence[str]) -> str:
    more = f" · +{len(controls) - CITED}" if len(controls) > CITED else ""
    return " · ".join(controls[:CITED]) + more


def _resources(findings: Iterable[Finding]) -> list[str]:
    by_message: dict[str, list[Finding]] = {}
    for finding in findings:
        by_message.setdefault(finding.message, []).append(finding)
    text: list[str] = []
    for message, found in by_message.items():
        text += [f"{finding.resource}: {message}" for finding in found[:SHOWN]]
        if len(found) > SHOWN:
            text.append(f"… and {len(found) - SHOWN} more for the same reason (--json names all)")
    return text


def _print_exempt(screen: Screen, report: Report, findings: Sequence[Finding]) -> None:
    """Every resource, none counted away: each is something that somebody answers for."""
    by_ground: dict[str, list[Finding]] = {}
    for finding in findings:
        by_ground.setdefault(ground(finding, report.stack.jurisdiction), []).append(finding)
    for words, found in by_ground.items():
        for finding in found:
            screen.line(f"  {finding.resource}: {finding.message}")
        screen.line(f"  {words}", style="cyan")


def _print_packs(screen: Screen, report: Report) -> None:
    rows = []
    for pack in PACKS.values():
        rules = [rule for rule in report.rules if pack_of(rule).id == pack.id]
        ids = {rule.id for rule in rules}
        found = [finding for finding in report.findings if pack_of(finding.rule).id == pack.id]
        counts = [len({each.rule.id for each in found if each.state == state}) for state in _MARK]
        failed = {each.rule.id for each in found if each.state != "exempt"} & ids
        rows.append((pack.id, pack.owner, len(rules), len(rules) - len(failed), *counts))
    headings = ("pack", "owner", "rules", "hold", "refused", "not evaluated", "exempt")
    screen.table(headings, rows)
