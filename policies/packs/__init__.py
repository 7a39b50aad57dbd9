"""The packs: which owner answers for which concerns. Disjoint, and together they hold every rule.

Importing this starts no pack. Each pack's folder has a `__main__.py` that CrossGuard runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from policies.rule import Rule, Severity


@dataclass(frozen=True, kw_only=True)
class Pack:
    """Rules with one owner."""

    id: str
    title: str
    owner: str
    """Who answers for a refusal, and may record an exception."""
    concerns: tuple[str, ...]
    """First parts of rule ids."""


PACKS: Mapping[str, Pack] = {
    pack.id: pack
    for pack in (
        Pack(
            id="sovereignty",
            title="Data stays inside the jurisdiction",
            owner="data protection officer",
            concerns=("residency", "egress", "portal", "flows", "references"),
        ),
        Pack(
            id="patient_data",
            title="Patient data is encrypted, isolated and recoverable",
            owner="clinical security",
            concerns=(
                "encryption",
                "confidential",
                "storage",
                "backup",
                "workload",
                "admission",
                "images",
                "database",
                "retrieval",
                "prompts",
                "learning",
                "models",
                "secrets",
                "continuity",
                "delivery",
                "lifecycle",
                "tenancy",
                "tokens",
            ),
        ),
        Pack(
            id="platform",
            title="The platform is hardened, watched and owned",
            owner="platform team",
            concerns=(
                "cluster",
                "identity",
                "network",
                "registry",
                "detection",
                "tagging",
                "telemetry",
                "guardrails",
                "access",
                "runner",
                "edge",
                "callers",
                "exemptions",
            ),
        ),
    )
}


class UnownedRule(ValueError):
    """A rule whose concern is in no pack: nobody would answer for its refusal."""


def pack_of(rule: Rule) -> Pack:
    """The pack that holds a rule; UnownedRule where none does."""
    for pack in PACKS.values():
        if rule.concern in pack.concerns:
            return pack
    raise UnownedRule(f"rule {rule.id}: no pack holds concern '{rule.concern}'; see policies/packs/__init__.py")


def rules_of(pack_id: str, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """The rules of one pack."""
    return tuple(rule for rule in rules if rule.concern in PACKS[pack_id].concerns)


def holds_always(rule: Rule) -> bool:
    """A critical rule of the sovereignty pack: no exemption lifts it, and no configuration lowers it."""
    return rule.severity is Severity.CRITICAL and (rule.concern == "residency" or pack_of(rule).id == "sovereignty")
