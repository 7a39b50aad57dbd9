"""The rules as a reader meets them: a list, or one explained with its law, its fix and an example."""

from collections.abc import Sequence
from itertools import groupby

from evidence.screen import Screen
from policies.catalogue import controls_of, regulations
from policies.packs import PACKS, pack_of
from policies.rule import Rule


def listed(rule: Rule) -> dict[str, object]:
    """A rule's line as JSON."""
    return {
        "id": rule.id,
        "title": rule.title,
        "severity": rule.severity.value,
        "pack": pack_of(rule).id,
        "applies_to": list(rule.applies_to),
        "controls": list(controls_of(rule.id)),
        "safe_fix": rule.remediate is not None,
    }


def explained(rule: Rule) -> dict[str, object]:
    """A rule in full as JSON."""
    return {
        **listed(rule),
        "owner": pack_of(rule).owner,
        "rationale": rule.rationale,
        "fix": rule.fix,
        "example": rule.example,
        "requirements": [
            {"control": control, "title": title, "says": says} for control, title, says in _requirements(rule)
        ],
        "module": rule.module,
    }


def print_rules(rules: Sequence[Rule]) -> None:
    """Rules by pack, one line each."""
    screen = Screen()
    width = max((len(rule.id) for rule in rules), default=0)
    ordered = sorted(rules, key=lambda rule: (list(PACKS).index(pack_of(rule).id), rule.id))
    for pack_id, group in groupby(ordered, key=lambda rule: pack_of(rule).id):
        pack = PACKS[pack_id]
        screen.line(f"{pack.id}: {pack.title} (owner: {pack.owner})", style="bold")
        for rule in group:
            screen.line(f"  {rule.id.ljust(width)}  {rule.severity.value:<8}  {rule.title}")
    screen.line(f"{len(rules)} rules; `bailiwick rules ID` explains one", style="dim")


def print_explained(rule: Rule) -> None:
    """One rule: what, why, whose, how to mend, which law."""
    screen = Screen()
    screen.line(rule.id, style="bold")
    screen.line(f"  {rule.title}")
    screen.line(f"  {rule.severity.value}; pack {pack_of(rule).id}, owner: {pack_of(rule).owner}")
    screen.line(f"  judges {', '.join(rule.applies_to)}\n")
    screen.line(f"why   {rule.rationale}\n")
    if rule.example:
        screen.line(f"refuses, for example\n      {rule.example}\n", style="red")
    screen.line(f"fix   {rule.fix}", style="cyan")
    if rule.remediate is not None:
        screen.line(
            "      safe: `check --fix-suggestions` prints it as a diff; CrossGuard's `remediate`, if set, writes it"
        )
    screen.line()
    screen.line("law")
    for control, title, says in _requirements(rule):
        screen.line(f"  {control}: {title}. {says}")


def _requirements(rule: Rule) -> list[tuple[str, str, str]]:
    return [
        (f"{regulation.short} {requirement.id}", requirement.title, requirement.says)
        for regulation in regulations().values()
        for requirement in regulation.requirements
        if rule.id in requirement.rules
    ]
