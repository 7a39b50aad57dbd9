"""Every rule, one file per concern. Importing this registers them all, and starts nothing."""

from importlib import import_module

from policies.rule import registered

CONCERNS = (
    "access",
    "backup",
    "callers",
    "cluster",
    "confidential",
    "continuity",
    "database",
    "detection",
    "edge",
    "egress",
    "encryption",
    "exfiltration",
    "flows",
    "guardrails",
    "identity",
    "learning",
    "machines",
    "network",
    "pods",
    "portal",
    "prompts",
    "reach",
    "references",
    "registry",
    "residency",
    "runner",
    "second_layer",
    "secrets",
    "storage",
    "tagging",
    "telemetry",
    "workload",
)
"""Modules of this package; a new concern is named here, and in a pack. `exfiltration` has rules of two concerns,
`reach` of guardrails."""

for _concern in CONCERNS:
    import_module(f"{__name__}.{_concern}")

ALL = registered()
"""All rules by id."""
