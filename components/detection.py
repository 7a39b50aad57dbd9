"""Sentinel: onboarded, connected, and with rules that know this platform. Public templates stop after the first."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_azure_native import securityinsights

from components.detection_rules import DetectionRule, country_names, detection_rules, quoted
from components.scope import Scope
from components.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class DetectionArgs:
    """What detection needs."""

    scope: Scope
    resource_group: Input[str]
    workspace: Workspace
    known_clients: Sequence[Output[str]]
    """Client ids of the identities that may use keys."""
    playbook_id: Input[str]
    """The workflow that quarantines."""


class Detection(ComponentResource):
    """Onboarding after the workspace's own key is in place: it can't be given a customer's key later."""

    def __init__(self, name: str, args: DetectionArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:detection:Detection", name, None, opts)
        self._name, self._args = name, args
        scope = args.scope
        self._onboarding = securityinsights.SentinelOnboardingState(
            f"{name}-onboarding",
            sentinel_onboarding_state_name="default",
            workspace_name=args.workspace.workspace.name,
            resource_group_name=args.resource_group,
            customer_managed_key=scope.is_prod,
            opts=scope.options(self, depends_on=args.workspace.ready),
        )
        self._connect()
        clients = Output.all(*args.known_clients)
        for order, rule in enumerate(detection_rules(), start=1):
            alert = self._alert(rule, clients)
            self._own(rule, order, alert)
        self.register_outputs({"rules": len(detection_rules())})

    def _connect(self) -> None:
        """The directory's alerts and Defender's; activity and resource logs come by diagnostic settings."""
        args, scope = self._args, self._args.scope
        on = "Enabled"
        securityinsights.AADDataConnector(
            f"{self._name}-entra",
            data_connector_id=_id(scope.config.stack, "connector/entra"),
            kind="AzureActiveDirectory",
            tenant_id=scope.config.tenant_id,
            data_types=securityinsights.AlertsDataTypeOfDataConnectorArgs(
                alerts=securityinsights.DataConnectorDataTypeCommonArgs(state=on)
            ),
            workspace_name=args.workspace.workspace.name,
            resource_group_name=args.resource_group,
            opts=scope.options(self, depends_on=[self._onboarding]),
        )
        securityinsights.ASCDataConnector(
            f"{self._name}-defender",
            data_connector_id=_id(scope.config.stack, "connector/defender"),
            kind="AzureSecurityCenter",
            subscription_id=scope.config.subscription_id,
            data_types=securityinsights.AlertsDataTypeOfDataConnectorArgs(
                alerts=securityinsights.DataConnectorDataTypeCommonArgs(state=on)
            ),
            workspace_name=args.workspace.workspace.name,
            resource_group_name=args.resource_group,
            opts=scope.options(self, depends_on=[self._onboarding]),
        )

    def _alert(self, rule: DetectionRule, clients: Output[list[str]]) -> securityinsights.ScheduledAlertRule:
        args, scope = self._args, self._args.scope
        return securityinsights.ScheduledAlertRule(
            f"{self._name}-rule-{rule.id}",
            rule_id=_id(scope.config.stack, f"rule/{rule.id}"),
            kind="Scheduled",
            display_name=rule.title,
            description=f"Bailiwick: {rule.id}, stack {scope.config.stack}",
            enabled=True,
            severity=rule.severity,
            tactics=list(rule.tactics),
            techniques=list(rule.techniques),
            query=self._query(rule, clients),
            query_frequency=rule.frequency,
            query_period=rule.period,
            trigger_operator=securityinsights.TriggerOperator.GREATER_THAN,
            trigger_threshold=0,
            suppression_enabled=False,
            suppression_duration="PT1H",
            entity_mappings=[
                securityinsights.EntityMappingArgs(
                    entity_type=kind,
                    field_mappings=[
                        securityinsights.FieldMappingArgs(identifier=identifier, column_name=column)
                        for identifier, column in fields.items()
                    ],
                )
                for kind, fields in rule.entities.items()
            ],
            incident_configuration=securityinsights.IncidentConfigurationArgs(
                create_incident=True,
                grouping_configuration=securityinsights.GroupingConfigurationArgs(
                    enabled=True,
                    lookback_duration="PT5H",
                    matching_method="AllEntities",
                    reopen_closed_incident=False,
                ),
            ),
            workspace_name=args.workspace.workspace.name,
            resource_group_name=args.resource_group,
            opts=scope.options(self, depends_on=[self._onboarding]),
        )

    def _query(self, rule: DetectionRule, clients: Output[list[str]]) -> Input[str]:
        scope = self._args.scope
        text = (
            rule.query.replace("$countries", quoted(country_names(scope.jurisdiction.portal_countries)))
            .replace("$regions", quoted(_regions(scope)))
            .replace("$breakglass", quoted(scope.config.access.eligible.get("break-glass", ()) or ("none",)))
        )
        if "$apps" not in text:
            return text
        return clients.apply(lambda ids: text.replace("$apps", quoted(tuple(ids))))

    def _own(self, rule: DetectionRule, order: int, alert: securityinsights.ScheduledAlertRule) -> None:
        """An incident goes to the security group at once, active, with its rule's name on it."""
        args, scope = self._args, self._args.scope
        securityinsights.AutomationRule(
            f"{self._name}-own-{rule.id}",
            automation_rule_id=_id(scope.config.stack, f"automation/{rule.id}"),
            display_name=f"Owner for: {rule.title}"[:500],
            order=order,
            triggering_logic=securityinsights.AutomationRuleTriggeringLogicArgs(
                is_enabled=True,
                triggers_on="Incidents",
                triggers_when="Created",
                conditions=[
                    securityinsights.PropertyConditionPropertiesArgs(
                        condition_type="Property",
                        condition_properties=securityinsights.AutomationRulePropertyValuesConditionArgs(
                            property_name="IncidentRelatedAnalyticRuleIds",
                            operator="Contains",
                            property_values=[alert.id],
                        ),
                    )
                ],
            ),
            actions=[
                *self._playbook(rule),
                securityinsights.AutomationRuleModifyPropertiesActionArgs(
                    action_type="ModifyProperties",
                    order=1,
                    action_configuration=securityinsights.IncidentPropertiesActionArgs(
                        status="Active",
                        severity=rule.severity,
                        owner=securityinsights.IncidentOwnerInfoArgs(
                            object_id=scope.config.people.security_group, owner_type="Group"
                        ),
                        labels=[securityinsights.IncidentLabelArgs(label_name=rule.id)],
                    ),
                ),
            ],
            workspace_name=args.workspace.workspace.name,
            resource_group_name=args.resource_group,
            opts=scope.options(self),
        )

    def _playbook(self, rule: DetectionRule) -> list[securityinsights.AutomationRuleRunPlaybookActionArgs]:
        if not rule.playbook:
            return []
        return [
            securityinsights.AutomationRuleRunPlaybookActionArgs(
                action_type="RunPlaybook",
                order=2,
                action_configuration=securityinsights.PlaybookActionPropertiesArgs(
                    logic_app_resource_id=self._args.playbook_id, tenant_id=self._args.scope.config.tenant_id
                ),
            )
        ]


def _regions(scope: Scope) -> tuple[str, ...]:
    """Where this stack's own deployments make something: its region and, where it has copies, the pair."""
    pair = scope.region_facts.pair
    return (scope.region, pair) if scope.config.continuity.copies and pair is not None else (scope.region,)


def _id(stack: str, what: str) -> str:
    """A GUID that stays the same for the same rule: Sentinel names rules by GUIDs."""
    return str(uuid5(NAMESPACE_URL, f"bailiwick/{stack}/{what}"))
