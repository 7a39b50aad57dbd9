"""The plan and its verdict on a terminal; the same words as plain text in a pipe."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from plan.model import STACK_TYPE, Plan, PlannedResource
from policies.catalogue import controls_of
from policies.packs import PACKS, pack_of
from policies.review import Finding, Report

if TYPE_CHECKING:
    from config.faults import Fault

SHOWN = 4
"""Resources named under one cause; the rest is counted, and `--json` has them all."""
CITED = 6
"""Controls cited on a refusal's first line; `bailiwick rules ID` has them all."""

PIPE_WIDTH = 240
"""Columns in a pipe, where nothing may be cut off."""

_MARK = {"refused": ("✗", "red"), "not-evaluated": ("?", "yellow"), "exempt": ("~", "cyan")}


def _console() -> Console:
    # Soft wrap: a pipe and a log keep whole lines; rich leaves colours out there and under NO_COLOR by itself.
    console = Console(soft_wrap=True, highlight=False)
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    return console


def print_tree(plan: Plan) -> None:
    """Every resource under its component, and counts by provider."""
    console = _console()
    own = [resource for resource in plan.resources if not resource.is_component]
    console.print(Text(f"{plan.stack}: {len(own)} resources would be created", style="bold"))
    children: dict[str | None, list[PlannedResource]] = {}
    for resource in plan.resources:
        children.setdefault(resource.parent, []).append(resource)
    root = next((resource for resource in plan.resources if resource.type == STACK_TYPE), None)
    tree = Tree(plan.stack, guide_style="dim")
    _grow(tree, children, root.urn if root else None)
    console.print(tree)
    packages = sorted(resource.type.partition(":")[0] for resource in own)
    counts = ", ".join(f"{name} {len(list(found))}" for name, found in groupby(packages))
    console.print(Text(f"{counts}\n", style="dim"))


def _grow(tree: Tree, children: dict[str | None, list[PlannedResource]], urn: str | None) -> None:
    for resource in children.get(urn, ()):
        if resource.type.startswith("pulumi:providers:"):
            continue
        if resource.is_component:
            _grow(tree.add(Text(resource.name, style="bold")), children, resource.urn)
            continue
        line = Text.assemble(
            resource.display_name, "  ", (resource.type, "dim"), ("  protected" if resource.protect else "", "cyan")
        )
        branch = tree.add(line)
        _grow(branch, children, resource.urn)


def print_faults(stack: str, faults: "Sequence[Fault]") -> None:
    """Dials that the law does not allow, before the refusals that follow from them."""
    from config.faults import lines

    console = _console()
    text = lines(stack, faults)
    count = len(faults)
    console.print(Text(f"Pulumi.{stack}.yaml sets what the law does not allow ({count}); `pulumi up` stops here:"))
    for line in text[1:]:
        console.print(Text(line, style="red" if line.startswith("✗") else "cyan" if "hint:" in line else ""))
    console.print()


def print_report(report: Report) -> None:
    """Refusals in full, then exemptions, then the verdict by pack."""
    console = _console()
    for state in ("refused", "not-evaluated", "exempt"):
        _print_state(console, report, state)
    _print_packs(console, report)
    mark, style = {
        "compliant": ("✓", "bold green"),
        "refused": ("✗", "bold red"),
        "not-evaluated": ("?", "bold yellow"),
    }[report.verdict]
    word = report.verdict.replace("-", " ")
    console.print(
        Text(
            f"{mark} {report.stack.plan.stack}: {word}   "
            f"{len(report.rules)} rules, {report.evaluations} evaluations, {_tally(report.findings)}",
            style=style,
        )
    )


def _tally(findings: Sequence[Finding]) -> str:
    return ", ".join(
        f"{sum(1 for finding in findings if finding.state == state)} {state.replace('-', ' ')}" for state in _MARK
    )


def _print_state(console: Console, report: Report, state: str) -> None:
    found = report.of_state(state)
    if not found:
        return
    mark, style = _MARK[state]
    for _, group in groupby(found, key=lambda finding: finding.rule.id):
        same_rule = list(group)
        rule = same_rule[0].rule
        console.print(
            Text.assemble(
                (f"{mark} {rule.id}", f"bold {style}"), f"   {rule.severity.value}   {_cited(controls_of(rule.id))}"
            )
        )
        console.print(Text(f"  {rule.title}", style="italic"))
        for line in _resources(same_rule):
            console.print(Text(f"  {line}"))
        if state == "exempt":
            console.print(Text(f"  {_exception(report, same_rule[0])}", style="cyan"))
        else:
            console.print(Text(f"  hint: {rule.fix}".replace("<stack>", report.stack.plan.stack), style="cyan"))
        console.print()


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


def _exception(report: Report, finding: Finding) -> str:
    for exception in report.stack.jurisdiction.residency_exceptions:
        if exception.id == finding.exception:
            return (
                f"exception '{exception.id}', approved by the {exception.approver_role}, "
                f"until {exception.expires.isoformat()}: {exception.legal_basis}"
            )
    return f"exception '{finding.exception}'"


def _print_packs(console: Console, report: Report) -> None:
    rows = []
    for pack in PACKS.values():
        rules = [rule for rule in report.rules if pack_of(rule).id == pack.id]
        ids = {rule.id for rule in rules}
        counts = [
            len({finding.rule.id for finding in report.of_state(state) if finding.rule.id in ids}) for state in _MARK
        ]
        rows.append((pack.id, pack.owner, len(rules), len(rules) - sum(counts[:2]), *counts))
    headings = ("pack", "owner", "rules", "hold", "refused", "not evaluated", "exempt")
    if console.is_terminal:
        table = Table(*headings, title=None, header_style="bold")
        for row in rows:
            table.add_row(*(str(cell) for cell in row))
        console.print(table)
        return
    widths = [max(len(str(row[i])) for row in [headings, *rows]) for i in range(len(headings))]
    for row in (headings, *rows):
        console.print("  ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    console.print()
