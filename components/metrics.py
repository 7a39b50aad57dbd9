"""Numbers: managed Prometheus, collected by a private endpoint, from what the platform runs.

The names of the forwarder, of its stream and of the association are the agent's: Azure/prometheus-collector,
AddonBicepTemplate. PodMonitor is its CRD: learn.microsoft.com/azure/azure-monitor, prometheus-metrics-scrape-crd.
"""

from dataclasses import dataclass

from pulumi import ComponentResource, Input, ResourceOptions
from pulumi_azure_native import containerservice, monitor
from pulumi_kubernetes import Provider
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.meta import v1 as meta

from components.private_endpoint import EndpointPlace, private_endpoint
from components.scope import Scope
from components.workspace import Workspace
from config.tenants import SHARED

STREAM = "Microsoft-PrometheusMetrics"
MOST_LABELS = 30
"""Of a series, with the dozen or less that the scrape adds. One series that has more loses the whole scrape:
prometheus.io, scrape_config, `label_limit`, which counts after `metric_relabel_configs`."""
MOST_CHARACTERS = 128
"""Of a label's value; a longer one loses the scrape as well."""
UNREAD = ("vllm:cache_config_info",)
"""Series that nobody asks for and that would break the limit: a label for each setting of vLLM's cache, 37 in 0.32."""


@dataclass(frozen=True, kw_only=True)
class Scraped:
    """Pods whose numbers are read."""

    name: str
    namespace: str
    port: str = "numbers"
    """Name of the container's port with the numbers. Azure's own definition of a PodMonitor has no field for its number
    (Azure/prometheus-collector, ama-metrics-podmonitor-crd.yaml), and what is not declared is no target."""
    path: str = "/metrics"
    tenant: str = SHARED


@dataclass(frozen=True, kw_only=True)
class MetricsArgs:
    """What the numbers need."""

    scope: Scope
    resource_group: Input[str]
    place: EndpointPlace
    workspace: Workspace
    cluster: containerservice.ManagedCluster
    provider: Provider
    scraped: tuple[Scraped, ...]


class Metrics(ComponentResource):
    """Azure Monitor workspace, collection endpoint and rule, and a monitor for each kind of pod."""

    account: monitor.AzureMonitorWorkspace

    def __init__(self, name: str, args: MetricsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:monitoring:Metrics", name, None, opts)
        self._name, self._args = name, args
        scope = args.scope
        self.account = monitor.AzureMonitorWorkspace(
            f"{name}-account",
            azure_monitor_workspace_name=scope.names.of("amw"),
            resource_group_name=args.resource_group,
            location=scope.region,
            public_network_access="Disabled",
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )
        private_endpoint(
            name,
            scope=scope,
            place=args.place,
            target_id=self.account.id,
            group_id="prometheusMetrics",
            zones=("prometheus",),
            parent=self,
        )
        endpoint = args.workspace.collection_endpoint(name, "metrics", parent=self)
        rule = self._rule(endpoint)
        monitor.DataCollectionRuleAssociation(
            f"{name}-association",
            association_name="ContainerInsightsMetricsExtension",
            resource_uri=args.cluster.id,
            data_collection_rule_id=rule.id,
            opts=scope.options(self),
        )
        for target in args.scraped:
            self._scrape(target)
        self.register_outputs({"accountId": self.account.id})

    def _rule(self, endpoint: monitor.DataCollectionEndpoint) -> monitor.DataCollectionRule:
        args, scope = self._args, self._args.scope
        return monitor.DataCollectionRule(
            f"{self._name}-rule",
            data_collection_rule_name=scope.names.of("dcr", "metrics"),
            resource_group_name=args.resource_group,
            location=scope.region,
            kind="Linux",
            data_collection_endpoint_id=endpoint.id,
            data_sources=monitor.DataCollectionRuleDataSourcesArgs(
                prometheus_forwarder=[
                    monitor.PrometheusForwarderDataSourceArgs(
                        name="PrometheusDataSource", streams=[STREAM], label_include_filter={}
                    )
                ]
            ),
            destinations=monitor.DataCollectionRuleDestinationsArgs(
                monitoring_accounts=[
                    monitor.MonitoringAccountDestinationArgs(name="account", account_resource_id=self.account.id)
                ]
            ),
            data_flows=[monitor.DataFlowArgs(streams=[STREAM], destinations=["account"])],
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )

    def _scrape(self, target: Scraped) -> None:
        CustomResource(
            "-".join((self._name, *(() if target.tenant == SHARED else (target.tenant,)), target.name)),
            api_version="azmonitoring.coreos.com/v1",
            kind="PodMonitor",
            metadata=meta.ObjectMetaArgs(name=target.name, namespace=target.namespace),
            spec={
                "selector": {"matchLabels": {"app.kubernetes.io/name": target.name}},
                "podMetricsEndpoints": [
                    {
                        "port": target.port,
                        "path": target.path,
                        "interval": "15s",
                        "metricRelabelings": [
                            {"action": "drop", "sourceLabels": ["__name__"], "regex": "|".join(UNREAD)}
                        ],
                    }
                ],
                # A label that holds a person's identifier would keep it for eighteen months.
                "labelLimit": MOST_LABELS,
                "labelValueLengthLimit": MOST_CHARACTERS,
            },
            opts=ResourceOptions(parent=self, provider=self._args.provider),
        )
