"""Grafana, reached privately and without keys, and its dashboards as code; a workbook that evidences residency."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_azure_native import applicationinsights, dashboard, managedidentity, monitor

from components.diagnostics import Diagnosed
from components.private_endpoint import EndpointPlace, private_endpoint
from components.roles import Role, grant
from components.scope import Scope
from components.tables import table

WIDTH, HEIGHT = 8, 8
"""Of a panel, in Grafana's grid of 24 columns."""


@dataclass(frozen=True, kw_only=True)
class DashboardsArgs:
    """What the dashboards need."""

    scope: Scope
    resource_group: Input[str]
    place: EndpointPlace
    account: monitor.AzureMonitorWorkspace
    workspace_id: Input[str]
    identity: managedidentity.UserAssignedIdentity
    """Grafana's: reads numbers, and nothing else."""


class Dashboards(ComponentResource):
    """Grafana, a managed endpoint to the numbers, a dashboard for each reader, and the residency workbook."""

    diagnosed: list[Diagnosed]

    def __init__(self, name: str, args: DashboardsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:monitoring:Dashboards", name, None, opts)
        self._name, self._args = name, args
        scope = args.scope
        grant(
            f"{name}-numbers",
            scope=scope,
            on=args.account.id,
            to=args.identity.principal_id,
            role=Role.MONITORING_DATA_READER,
            parent=self,
        )
        self.grafana = dashboard.Grafana(
            f"{name}-grafana",
            # 23 characters at most.
            workspace_name=scope.names.of("amg", limit=23),
            resource_group_name=args.resource_group,
            location=scope.region,
            sku=dashboard.ResourceSkuArgs(name="Standard"),
            identity=dashboard.ManagedServiceIdentityArgs(
                type="UserAssigned", user_assigned_identities=[args.identity.id]
            ),
            properties=dashboard.ManagedGrafanaPropertiesArgs(
                public_network_access="Disabled",
                api_key="Disabled",
                deterministic_outbound_ip="Disabled",
                zone_redundancy="Enabled" if scope.zones and scope.is_prod else "Disabled",
                grafana_major_version="11",
                grafana_integrations=dashboard.GrafanaIntegrationsArgs(
                    azure_monitor_workspace_integrations=[
                        dashboard.AzureMonitorWorkspaceIntegrationArgs(
                            azure_monitor_workspace_resource_id=args.account.id
                        )
                    ]
                ),
                grafana_configurations=dashboard.GrafanaConfigurationsArgs(
                    # A snapshot published outside is a copy that nobody takes back.
                    snapshots=dashboard.SnapshotsArgs(external_enabled=False),
                    users=dashboard.UsersArgs(viewers_can_edit=False),
                    security=dashboard.SecurityArgs(csrf_always_check=True),
                    smtp=dashboard.SmtpArgs(enabled=False),
                ),
            ),
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )
        private_endpoint(
            name,
            scope=scope,
            place=args.place,
            target_id=self.grafana.id,
            group_id="grafana",
            zones=("grafana",),
            parent=self,
        )
        dashboard.ManagedPrivateEndpoint(
            f"{name}-to-numbers",
            managed_private_endpoint_name="numbers",
            workspace_name=self.grafana.name,
            resource_group_name=args.resource_group,
            location=scope.region,
            private_link_resource_id=args.account.id,
            private_link_resource_region=scope.region,
            group_ids=["prometheusMetrics"],
            request_message=f"dashboards of {scope.config.stack}",
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )
        for spec in table("dashboards.yaml"):
            self._dashboard(spec)
        self._workbook()
        self.diagnosed = [Diagnosed(name="grafana", resource_id=self.grafana.id)]
        self.register_outputs({"grafanaId": self.grafana.id})

    def _dashboard(self, spec: Mapping[str, Any]) -> None:
        args, scope = self._args, self._args.scope
        board = dashboard.Dashboard(
            f"{self._name}-{spec['name']}",
            dashboard_name=scope.names.of("board", spec["name"]),
            resource_group_name=args.resource_group,
            location=scope.region,
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )
        dashboard.DashboardDefinition(
            f"{self._name}-{spec['name']}-definition",
            definition_name="default",
            dashboard_name=board.name,
            resource_group_name=args.resource_group,
            properties=dashboard.DashboardDefinitionPropertiesArgs(
                serialized_data=json.dumps(grafana_model(spec), sort_keys=True)
            ),
            opts=scope.options(self),
        )

    def _workbook(self) -> None:
        args, scope = self._args, self._args.scope
        applicationinsights.Workbook(
            f"{self._name}-residency",
            # Workbooks are named by GUIDs.
            resource_name_=str(uuid5(NAMESPACE_URL, f"bailiwick/{scope.config.stack}/workbook/residency")),
            resource_group_name=args.resource_group,
            location=scope.region,
            kind="shared",
            category="workbook",
            display_name=f"Residency of {scope.config.stack}",
            source_id=args.workspace_id,
            serialized_data=Output.json_dumps(residency_workbook(), sort_keys=True),
            version="Notebook/1.0",
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )


def grafana_model(spec: Mapping[str, Any]) -> dict[str, object]:
    """A dashboard as Grafana stores it: three panels in a row, the data source chosen by the reader."""
    source = {"type": "prometheus", "uid": "${numbers}"}
    return {
        "title": spec["title"],
        "uid": f"bailiwick-{spec['name']}",
        "schemaVersion": 39,
        "editable": False,
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [{"name": "numbers", "type": "datasource", "query": "prometheus"}]},
        "panels": [
            {
                "id": index + 1,
                "type": "timeseries",
                "title": panel["title"],
                "datasource": source,
                "gridPos": {"h": HEIGHT, "w": WIDTH, "x": index % 3 * WIDTH, "y": index // 3 * HEIGHT},
                "fieldConfig": {"defaults": {"unit": panel["unit"]}, "overrides": []},
                "targets": [
                    {"refId": chr(ord("A") + number), "expr": expression, "datasource": source}
                    for number, expression in enumerate(panel["expressions"])
                ],
            }
            for index, panel in enumerate(spec["panels"])
        ],
    }


def residency_workbook() -> dict[str, object]:
    """Where each store is, what crossed the firewall and to which country, and who changed where things may be."""
    questions = table("residency_workbook.yaml")
    return {
        "version": "Notebook/1.0",
        "items": [
            {
                "type": 3,
                "name": question["name"],
                "content": {
                    "version": "KqlItem/1.0",
                    "title": question["title"],
                    "query": question["query"],
                    "size": 0,
                    # 0: the log workspace; 1: the resource graph.
                    "queryType": 1 if question.get("graph") else 0,
                    "resourceType": "microsoft.resourcegraph/resources"
                    if question.get("graph")
                    else "microsoft.operationalinsights/workspaces",
                    "visualization": question.get("visualization", "table"),
                },
            }
            for question in questions
        ],
    }
