"""Who talked to whom: flow logs of the whole network, with traffic analytics in the stack's own workspace."""

from dataclasses import dataclass

from pulumi import ComponentResource, Input, ResourceOptions
from pulumi_azure_native import network, operationalinsights

from components.scope import Scope

ANALYTICS_MINUTES = 10


@dataclass(frozen=True, kw_only=True)
class FlowLogsArgs:
    """What flow logs need."""

    scope: Scope
    resource_group: Input[str]
    vnet_id: Input[str]
    storage_id: Input[str]
    """An account in the same region: the API takes no other."""
    workspace: operationalinsights.Workspace


class FlowLogs(ComponentResource):
    """A watcher of this stack's own and a flow log on the network.

    Azure makes a watcher by itself, `NetworkWatcher_<region>` in group NetworkWatcherRG, unless the subscription opts
    out, and takes one per region: the first-deployment guide opts out, because evidence belongs under our lock.
    """

    def __init__(self, name: str, args: FlowLogsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:network:FlowLogs", name, None, opts)
        scope = args.scope
        watcher = network.NetworkWatcher(
            f"{name}-watcher",
            network_watcher_name=scope.names.of("nw"),
            resource_group_name=args.resource_group,
            location=scope.region,
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )
        network.FlowLog(
            f"{name}-vnet",
            flow_log_name=scope.names.of("flow"),
            network_watcher_name=watcher.name,
            resource_group_name=args.resource_group,
            location=scope.region,
            target_resource_id=args.vnet_id,
            storage_id=args.storage_id,
            enabled=True,
            format=network.FlowLogFormatParametersArgs(type="JSON", version=2),
            # 365 is the API's most; the workspace's archive keeps what the law asks beyond it.
            retention_policy=network.RetentionPolicyParametersArgs(enabled=True, days=365),
            flow_analytics_configuration=network.TrafficAnalyticsPropertiesArgs(
                network_watcher_flow_analytics_configuration=network.TrafficAnalyticsConfigurationPropertiesArgs(
                    enabled=True,
                    workspace_id=args.workspace.customer_id,
                    workspace_region=scope.region,
                    workspace_resource_id=args.workspace.id,
                    traffic_analytics_interval=ANALYTICS_MINUTES,
                )
            ),
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )
        self.register_outputs({})
