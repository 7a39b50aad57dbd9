"""Diagnostic settings: every resource that can tell what happened to it tells the stack's own workspace.

The settings are made in one place, so that none is forgotten and none leads elsewhere: the API does not stop a
setting whose workspace is in another country (reference: Azure/azure-docs#60218).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pulumi import ComponentResource, Input, ResourceOptions
from pulumi_azure_native import monitor

from components.scope import Scope

LogGroup = Literal["all", "audit", "none"]
"""Which of a service's log categories are sent; Azure's category groups are `allLogs` and `audit`."""

_CATEGORY_GROUP = {"all": "allLogs", "audit": "audit"}


@dataclass(frozen=True, kw_only=True)
class Diagnosed:
    """A resource that takes a diagnostic setting."""

    name: str
    """Unique in the stack; becomes part of the setting's logical name."""
    resource_id: Input[str]
    logs: LogGroup = "all"
    """Category group; `none` for the few types that emit metrics only."""
    metrics: bool = True


@dataclass(frozen=True, kw_only=True)
class DiagnosticsArgs:
    """What the settings need."""

    scope: Scope
    workspace_id: Input[str]
    """The Log Analytics workspace of this stack, inside the jurisdiction."""
    diagnosed: Sequence[Diagnosed]


class Diagnostics(ComponentResource):
    """One setting for each diagnosed resource, to the stack's own workspace and nowhere else."""

    def __init__(self, name: str, args: DiagnosticsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:diagnostics:Diagnostics", name, None, opts)
        for target in args.diagnosed:
            monitor.DiagnosticSetting(
                f"{name}-{target.name}",
                name="to-workspace",
                resource_uri=target.resource_id,
                workspace_id=args.workspace_id,
                # Resource-specific tables where the service has them: narrower access and shorter queries.
                log_analytics_destination_type="Dedicated",
                logs=_logs(target.logs),
                metrics=[monitor.DiagnosticsMetricSettingsArgs(category="AllMetrics", enabled=True)]
                if target.metrics
                else [],
                opts=args.scope.options(self),
            )
        self.register_outputs({"count": len(args.diagnosed)})


def _logs(group: LogGroup) -> list[monitor.DiagnosticsLogSettingsArgs]:
    if group == "none":
        return []
    return [monitor.DiagnosticsLogSettingsArgs(category_group=_CATEGORY_GROUP[group], enabled=True)]
