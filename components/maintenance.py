"""When the cluster may change by itself: at night, one window for Kubernetes and one for the nodes' images."""

from pulumi import Input, Resource
from pulumi_azure_native import containerservice

from components.scope import Scope

WINDOWS = {"aksManagedAutoUpgradeSchedule": "Saturday", "aksManagedNodeOSUpgradeSchedule": "Sunday"}
"""AKS's fixed names: learn.microsoft.com/azure/aks/planned-maintenance"""


def maintenance_windows(
    name: str, *, scope: Scope, cluster: containerservice.ManagedCluster, group: Input[str], parent: Resource
) -> None:
    """Weekly windows of four hours from 01:00 UTC."""
    for config, day in WINDOWS.items():
        containerservice.MaintenanceConfiguration(
            f"{name}-{config}",
            config_name=config,
            resource_name_=cluster.name,
            resource_group_name=group,
            maintenance_window=containerservice.MaintenanceWindowArgs(
                start_time="01:00",
                duration_hours=4,
                utc_offset="+00:00",
                schedule=containerservice.ScheduleArgs(
                    weekly=containerservice.WeeklyScheduleArgs(day_of_week=day, interval_weeks=1)
                ),
            ),
            opts=scope.options(parent),
        )
