"""The ground a stack stands on: resource groups by concern, delete locks, a budget, the activity log's export.

Not made here: the subscription itself, and policy in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_azure_native import authorization, consumption, monitor, resources

from components.scope import Classification, Scope

GROUPS: Mapping[str, Classification] = {
    "network": "internal",
    "security": "confidential",
    "platform": "confidential",
    "data": "phi",
    "observability": "confidential",
    "portal": "internal",
    "backup": "phi",
}
"""Concern of each resource group, and the highest class of data that its resources hold."""

LOCKED = ("security", "data", "observability", "backup")
"""Groups whose resources nobody deletes by hand: they hold data, keys or evidence."""

ACTIVITY_CATEGORIES = (
    "Administrative",
    "Security",
    "ServiceHealth",
    "Alert",
    "Recommendation",
    "Policy",
    "Autoscale",
    "ResourceHealth",
)
"""Every category of the activity log: https://learn.microsoft.com/azure/azure-monitor/platform/activity-log-schema"""

BUDGET_START = "2026-01-01T00:00:00Z"
"""First of a month, as the Consumption API asks; a fixed date, so that a plan does not change from day to day."""


@dataclass(frozen=True, kw_only=True)
class LandingZoneArgs:
    """What a landing zone needs."""

    scope: Scope


class LandingZone(ComponentResource):
    """Resource groups by concern, locked where they hold data, with a budget that warns before it is spent."""

    groups: Mapping[str, resources.ResourceGroup]

    def __init__(self, name: str, args: LandingZoneArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:landing_zone:LandingZone", name, None, opts)
        self._name = name
        self._scope = scope = args.scope
        self.groups = {concern: self._group(concern, GROUPS[concern]) for concern in GROUPS}
        for concern in LOCKED:
            authorization.ManagementLockByScope(
                f"{name}-lock-{concern}",
                lock_name=scope.names.of("lock", concern),
                scope=self.groups[concern].id,
                # A deployment that must delete lifts the lock first, and the activity log shows who did.
                level="CanNotDelete",
                notes="Holds regulated data, keys or evidence. Lifting this lock is an audited change.",
                opts=scope.options(self),
            )
        self._budget()
        self.register_outputs({"resourceGroups": {key: group.name for key, group in self.groups.items()}})

    def name_of(self, concern: str) -> Output[str]:
        """Name of the resource group for a concern of `GROUPS`; KeyError for another."""
        return self.groups[concern].name

    def export_activity_log(self, workspace_id: Input[str]) -> monitor.DiagnosticSetting:
        """Send the subscription's activity log to the stack's workspace, once that exists."""
        subscription = f"/subscriptions/{self._scope.config.subscription_id}"
        return monitor.DiagnosticSetting(
            f"{self._name}-activity-log",
            name=self._scope.names.of("activity-log"),
            resource_uri=subscription,
            workspace_id=workspace_id,
            logs=[
                monitor.DiagnosticsLogSettingsArgs(category=category, enabled=True) for category in ACTIVITY_CATEGORIES
            ],
            opts=self._scope.options(self),
        )

    def _group(self, concern: str, classification: Classification) -> resources.ResourceGroup:
        scope = self._scope
        return resources.ResourceGroup(
            f"{self._name}-{concern}",
            resource_group_name=scope.names.resource_group(concern),
            location=scope.region,
            tags={**scope.tags(classification), **self._standby()},
            opts=scope.options(self, holds_data=concern in LOCKED),
        )

    def _standby(self) -> dict[str, str]:
        """The second of two stacks says so in its plan: rules then ask for no third region."""
        continuity = self._scope.config.continuity
        return {"continuity": "standby", "continuity-of": str(continuity.of)} if continuity.mode == "standby" else {}

    def _budget(self) -> None:
        budget = self._scope.config.budget
        consumption.Budget(
            f"{self._name}-budget",
            budget_name=self._scope.names.of("budget"),
            scope=f"/subscriptions/{self._scope.config.subscription_id}",
            amount=budget.monthly,
            category="Cost",
            time_grain="Monthly",
            time_period=consumption.BudgetTimePeriodArgs(start_date=BUDGET_START),
            notifications={
                f"{kind}-{threshold}": consumption.NotificationArgs(
                    enabled=True,
                    operator="GreaterThanOrEqualTo",
                    threshold=threshold,
                    threshold_type=kind,
                    contact_emails=list(budget.contacts),
                )
                for kind, threshold in (("Actual", 80), ("Actual", 100), ("Forecasted", 110))
            },
            opts=self._scope.options(self),
        )
