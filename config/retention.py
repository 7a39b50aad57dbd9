"""The section `retention`."""

from collections.abc import Iterator

from config.faults import Fault
from config.section import Section, dial
from jurisdictions import Jurisdiction


class Retention(Section):
    """How long logs are kept, in days."""

    interactive_days: int = dial("Searchable at once.", "an incident is older than its evidence", ge=30, le=730)
    audit_days: int = dial(
        "Audit logs in all, archive included; at least the jurisdiction's minimum.",
        "the audit trail ends before the law allows it to",
        ge=90,
        le=4383,
    )


KEPT = (1095, 1460, 1826, 2191, 2556, 2922, 3288, 3653, 4018, 4383)
"""Days, beyond two years, that a table of Log Analytics can be kept in all: terraform-provider-azurerm,
log_analytics_workspace_table, total_retention_in_days."""


def _kept(least: int) -> int:
    return least if least <= 730 else next(days for days in KEPT if days >= least)


def retention_to_be_had(retention: Retention, stack: str) -> Iterator[Fault]:
    """A time that Log Analytics keeps a table for."""
    if retention.audit_days > 730 and retention.audit_days not in KEPT:
        yield Fault(
            key="bailiwick:retention.auditDays",
            value=str(retention.audit_days),
            problem="not a time that Log Analytics keeps a table for",
            allowed=f"up to 730, or {', '.join(map(str, KEPT))}",
            consequence="Azure refuses the table some minutes into the deployment",
            hint=f"set bailiwick:retention.auditDays to {_kept(retention.audit_days)} in Pulumi.{stack}.yaml",
        )


def retention_long_enough(retention: Retention, jurisdiction: Jurisdiction, stack: str) -> Iterator[Fault]:
    """As long as law asks for."""
    least = jurisdiction.retention.audit_log_days_min
    if retention.audit_days < least:
        yield Fault(
            key="bailiwick:retention.auditDays",
            value=str(retention.audit_days),
            problem=f"under the minimum of jurisdiction {jurisdiction.id}",
            allowed=f"{least} days or more ({jurisdiction.retention.source})",
            consequence="the audit trail ends before the law allows it to",
            hint=f"set bailiwick:retention.auditDays to {_kept(least)} in Pulumi.{stack}.yaml",
            kind="unlawful",
            law=("GDPR Art. 5(2)", "HIPAA § 164.316(b)(2)", "ISO 27001 A.8.15"),
        )
