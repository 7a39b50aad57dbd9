"""What containers print goes to the workspace, privately; what the models print goes nowhere.

The agent of AKS's monitoring add-on reads its settings and sends by a data collection endpoint inside the private
link scope: learn.microsoft.com/azure/azure-monitor/containers/kubernetes-monitoring-private-link. Names of the two
associations, of the extension and of its streams are fixed by the agent: microsoft/Docker-Provider,
scripts/onboarding/aks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Input, ResourceOptions
from pulumi_azure_native import containerservice, monitor
from pulumi_kubernetes import Provider
from pulumi_kubernetes.core import v1 as core
from pulumi_kubernetes.meta import v1 as meta

from components.scope import Scope
from components.workspace import Workspace

STREAMS = (
    "Microsoft-ContainerLogV2",
    "Microsoft-KubeEvents",
    "Microsoft-KubePodInventory",
    "Microsoft-KubeNodeInventory",
)
AGENT_SETTINGS = "container-azm-ms-agentconfig"
"""The name under which the agent looks for its ConfigMap in kube-system."""


@dataclass(frozen=True, kw_only=True)
class ContainerLogsArgs:
    """What the collection needs."""

    scope: Scope
    resource_group: Input[str]
    workspace: Workspace
    cluster: containerservice.ManagedCluster
    provider: Provider
    unread: Sequence[str]
    """Namespaces whose containers' output is never read: a model's may hold what a patient said."""


class ContainerLogs(ComponentResource):
    """Endpoint, rule, their associations with the cluster, and the agent's settings."""

    def __init__(self, name: str, args: ContainerLogsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:detection:ContainerLogs", name, None, opts)
        self._name, self._args = name, args
        endpoint = args.workspace.collection_endpoint(name, None, parent=self)
        rule = self._rule(endpoint)
        self._associate("ContainerInsightsExtension", rule=rule)
        # Where the agent asks for its rules: without it, it asks the public handler, which nothing here reaches.
        self._associate("configurationAccessEndpoint", endpoint=endpoint)
        core.ConfigMap(
            f"{name}-settings",
            metadata=meta.ObjectMetaArgs(name=AGENT_SETTINGS, namespace="kube-system"),
            data=agent_settings(args.unread),
            opts=ResourceOptions(parent=self, provider=args.provider),
        )
        self.register_outputs({})

    def _rule(self, endpoint: monitor.DataCollectionEndpoint) -> monitor.DataCollectionRule:
        args, scope = self._args, self._args.scope
        return monitor.DataCollectionRule(
            f"{self._name}-rule",
            data_collection_rule_name=scope.names.of("dcr", "containers"),
            resource_group_name=args.resource_group,
            location=scope.region,
            kind="Linux",
            data_collection_endpoint_id=endpoint.id,
            data_sources=monitor.DataCollectionRuleDataSourcesArgs(
                extensions=[
                    monitor.ExtensionDataSourceArgs(
                        name="ContainerInsightsExtension",
                        extension_name="ContainerInsights",
                        streams=list(STREAMS),
                        extension_settings={
                            "dataCollectionSettings": {
                                "interval": "1m",
                                "namespaceFilteringMode": "Off",
                                "enableContainerLogV2": True,
                            }
                        },
                    )
                ]
            ),
            destinations=monitor.DataCollectionRuleDestinationsArgs(
                log_analytics=[
                    monitor.LogAnalyticsDestinationArgs(
                        name="workspace", workspace_resource_id=args.workspace.workspace.id
                    )
                ]
            ),
            data_flows=[monitor.DataFlowArgs(streams=list(STREAMS), destinations=["workspace"])],
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )

    def _associate(
        self,
        kind: str,
        *,
        rule: monitor.DataCollectionRule | None = None,
        endpoint: monitor.DataCollectionEndpoint | None = None,
    ) -> None:
        monitor.DataCollectionRuleAssociation(
            f"{self._name}-{kind.lower()}",
            association_name=kind,
            resource_uri=self._args.cluster.id,
            data_collection_rule_id=rule.id if rule else None,
            data_collection_endpoint_id=endpoint.id if endpoint else None,
            opts=self._args.scope.options(self),
        )


def agent_settings(unread: Sequence[str]) -> Mapping[str, str]:
    """The agent's ConfigMap: what it does not read, and no environment variables at all."""
    names = ", ".join(f'"{namespace}"' for namespace in unread)
    streams = "\n".join(
        f"[log_collection_settings.{stream}]\n   enabled = true\n   exclude_namespaces = [{names}]"
        for stream in ("stdout", "stderr")
    )
    return {
        "schema-version": "v1",
        "config-version": "ver1",
        "log-data-collection-settings": (
            f"[log_collection_settings]\n{streams}\n"
            "[log_collection_settings.env_var]\n   enabled = false\n"
            '[log_collection_settings.schema]\n   containerlog_schema_version = "v2"\n'
        ),
    }
