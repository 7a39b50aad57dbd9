"""The rules as a reader meets them: a list, or one explained with its law, its fix and an example."""

from collections.abc import Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

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
    console = Console(soft_wrap=True, highlight=False)
    width = max((len(rule.id) for rule in rules), default=0)
    ordered = sorted(rules, key=lambda rule: (list(PACKS).index(pack_of(rule).id), rule.id))
    for pack_id, group in groupby(ordered, key=lambda rule: pack_of(rule).id):
        pack = PACKS[pack_id]
        console.print(Text(f"{pack.id}: {pack.title} (owner: {pack.owner})", style="bold"))
        for rule in group:
            console.print(Text(f"  {rule.id.ljust(width)}  {rule.severity.value:<8}  {rule.title}"))
    console.print(Text(f"{len(rules)} rules; `bailiwick rules ID` explains one", style="dim"))


def print_explained(rule: Rule) -> None:
    """One rule: what, why, whose, how to mend, which law."""
    console = Console(soft_wrap=True, highlight=False)
    console.print(Text(rule.id, style="bold"))
    console.print(Text(f"  {rule.title}"))
    console.print(Text(f"  {rule.severity.value}; pack {pack_of(rule).id}, owner: {pack_of(rule).owner}"))
    console.print(Text(f"  judges {', '.join(rule.applies_to)}\n"))
    console.print(Text(f"why   {rule.rationale}\n"))
    if rule.example:
        console.print(Text(f"refuses, for example\n      {rule.example}\n", style="red"))
    console.print(Text(f"fix   {rule.fix}\n", style="cyan"))
    console.print(Text("law"))
    for control, title, says in _requirements(rule):
        console.print(Text(f"  {control}: {title}. {says}"))


def _requirements(rule: Rule) -> list[tuple[str, str, str]]:
    return [
        (f"{regulation.short} {requirement.id}", requirement.title, requirement.says)
        for regulation in regulations().values()
        for requirement in regulation.requirements
        if rule.id in requirement.rules
    ]
