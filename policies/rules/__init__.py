"""Every rule, one file per concern. Importing this registers them all, and starts nothing."""

from importlib import import_module

from policies.rule import registered

CONCERNS = (
    "access",
    "access_directory",
    "admission",
    "backup",
    "callers",
    "callers_more",
    "cluster",
    "cluster_doors",
    "confidential",
    "confidential_machines",
    "continuity",
    "curves",
    "data_settings",
    "database",
    "delivery",
    "delivery_objects",
    "detection",
    "detection_whole",
    "edge",
    "egress",
    "egress_firewall",
    "encryption",
    "encryption_keys",
    "exfiltration",
    "fine_policies",
    "flows",
    "guardrails",
    "guardrails_wall",
    "identity",
    "identity_own",
    "image_catalogue",
    "image_verification",
    "image_verification_rights",
    "learning",
    "lifecycle",
    "model_servers",
    "models",
    "network",
    "network_doors",
    "operators",
    "platform_settings",
    "pods",
    "portal",
    "portal_settings",
    "prompts",
    "quotas",
    "reach",
    "references",
    "registry",
    "residency",
    "retrieval",
    "runner",
    "secrets",
    "storage",
    "storage_doors",
    "tagging",
    "telemetry",
    "telemetry_settings",
    "tenancy",
    "workload",
    "workload_doors",
    "workload_objects",
    "workload_pods",
)
"""Modules of this package; a new concern is named here, and in a pack. `exfiltration` has rules of two concerns,
`reach` of guardrails."""

for _concern in CONCERNS:
    import_module(f"{__name__}.{_concern}")

ALL = registered()
"""All rules by id."""
