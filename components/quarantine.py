"""A violation is answered before somebody reads of it: the resource loses its public side, is marked, and is told of.

Sentinel starts the playbook, a Logic App in the stack's own region. Its identity may do nothing but this. Workflow
definition: learn.microsoft.com/azure/logic-apps/logic-apps-workflow-definition-language. It was not run.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_azure_native import authorization, logic, managedidentity, resources

from components.diagnostics import Diagnosed
from components.known_id import known_id
from components.own_role import OwnRole, give
from components.roles import Role, grant
from components.scope import Scope

CLOSED: Mapping[str, str] = {
    "Microsoft.Storage/storageAccounts": "2024-01-01",
    "Microsoft.KeyVault/vaults": "2023-07-01",
    "Microsoft.ContainerRegistry/registries": "2023-07-01",
    "Microsoft.AppConfiguration/configurationStores": "2024-05-01",
}
"""Types that the playbook closes by PATCH of `properties.publicNetworkAccess`, with the API version that it asks."""
SCHEMA = "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#"


@dataclass(frozen=True, kw_only=True)
class QuarantineArgs:
    """What the playbook needs."""

    scope: Scope
    resource_group: Input[str]
    resource_group_id: Input[str]
    workspace_id: Input[str]


class Quarantine(ComponentResource):
    """Identity, its role, the connection to Sentinel, and the workflow."""

    workflow: logic.Workflow
    diagnosed: list[Diagnosed]

    def __init__(self, name: str, args: QuarantineArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:guardrails:Quarantine", name, None, opts)
        self._name, self._args = name, args
        scope = args.scope
        self.identity = managedidentity.UserAssignedIdentity(
            f"{name}-identity",
            resource_name_=scope.names.of("id", "quarantine"),
            resource_group_name=args.resource_group,
            location=scope.region,
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )
        rights = [self._right(), self._responder()]
        connection = self._connection()
        self.workflow = logic.Workflow(
            f"{name}-workflow",
            workflow_name=scope.names.of("logic", "quarantine"),
            resource_group_name=args.resource_group,
            location=scope.region,
            state="Enabled",
            identity=logic.ManagedServiceIdentityArgs(type="UserAssigned", user_assigned_identities=[self.identity.id]),
            definition=self._definition(),
            parameters={
                "$connections": logic.WorkflowParameterArgs(
                    value={
                        "azuresentinel": {
                            "connectionId": self._connection_id,
                            "connectionName": "azuresentinel",
                            "connectionProperties": {
                                "authentication": {"type": "ManagedServiceIdentity", "identity": self.identity.id}
                            },
                            "id": self._api,
                        }
                    }
                )
            },
            # Nobody starts it, or reads what it did, from anywhere but Sentinel and the resource manager.
            access_control=logic.FlowAccessControlConfigurationArgs(
                contents=logic.FlowAccessControlConfigurationPolicyArgs(
                    allowed_caller_ip_addresses=[logic.IpAddressRangeArgs(address_range="0.0.0.0-0.0.0.0")]
                ),
            ),
            tags=scope.tags("confidential"),
            opts=scope.options(self, depends_on=[*rights, connection]),
        )
        # Sentinel's own principal may start playbooks of this group, and no others.
        grant(
            f"{name}-sentinel",
            scope=scope,
            on=args.resource_group_id,
            to=scope.config.governance.sentinel_principal,
            role=Role.SENTINEL_AUTOMATION,
            parent=self,
        )
        self.diagnosed = [Diagnosed(name="quarantine", resource_id=self.workflow.id)]
        self.register_outputs({"workflowId": self.workflow.id})

    @property
    def _api(self) -> str:
        config = self._args.scope.config
        return (
            f"/subscriptions/{config.subscription_id}/providers/Microsoft.Web/locations/{config.region}"
            "/managedApis/azuresentinel"
        )

    @property
    def _connection_id(self) -> str:
        scope = self._args.scope
        group = scope.names.resource_group("security")
        group_id = f"/subscriptions/{scope.config.subscription_id}/resourceGroups/{group}"
        return f"{group_id}/providers/Microsoft.Web/connections/azuresentinel"

    def _connection(self) -> resources.Deployment:
        """The connection that uses an identity in place of a person's consent.

        By a template: the property that says so is in no published type of it, so that the provider would drop it.
        """
        scope = self._args.scope
        connection = {
            "type": "Microsoft.Web/connections",
            "apiVersion": "2016-06-01",
            "name": "azuresentinel",
            "location": scope.region,
            "tags": scope.tags("internal"),
            "properties": {
                "displayName": "Sentinel",
                "api": {"id": self._api},
                "parameterValueType": "Alternative",
            },
        }
        return resources.Deployment(
            f"{self._name}-connection",
            deployment_name=scope.names.of("deploy", "sentinel-connection", limit=64),
            resource_group_name=self._args.resource_group,
            properties=resources.DeploymentPropertiesArgs(
                mode=resources.DeploymentMode.INCREMENTAL,
                template={
                    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
                    "contentVersion": "1.0.0.0",
                    "resources": [connection],
                },
            ),
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )

    def _right(self) -> authorization.RoleAssignment:
        """Read, write and tag the types that it closes."""
        return give(
            f"{self._name}-role",
            f"{self._name}-assignment",
            scope=self._args.scope,
            role=OwnRole(
                title="quarantine",
                description="Closes the public side of a resource and tags it.",
                actions=[
                    *(f"{kind}/{verb}" for kind in CLOSED for verb in ("read", "write")),
                    "Microsoft.Resources/tags/read",
                    "Microsoft.Resources/tags/write",
                ],
            ),
            to=self.identity.principal_id,
            kind="ServicePrincipal",
            parent=self,
        )

    def _responder(self) -> authorization.RoleAssignment:
        """To read the incident and comment on it."""
        return grant(
            f"{self._name}-responder",
            scope=self._args.scope,
            on=self._args.workspace_id,
            to=self.identity.principal_id,
            role=Role.SENTINEL_RESPONDER,
            parent=self,
        )

    def _definition(self) -> Output[dict[str, object]]:
        manager = self._args.scope.jurisdiction.cloud.resource_manager
        name = f"Microsoft.ManagedIdentity/userAssignedIdentities/{self._args.scope.names.of('id', 'quarantine')}"
        identity = known_id(self._args.scope, "security", name, self.identity)
        return identity.apply(lambda known: workflow_definition(manager, known))


def workflow_definition(resource_manager: str, identity: str) -> dict[str, object]:
    """On an incident: close each resource that it names, mark it, and say so in the incident."""
    auth = {"type": "ManagedServiceIdentity", "identity": identity, "audience": f"https://{resource_manager}"}
    # /subscriptions/s/resourceGroups/g/providers/Namespace/type/name: of a child, as a blob service, its account is
    # closed, which alone has the property. The slash behind the host is ours, so that no id can lengthen its name.
    parts = "split(items('Each_resource')?['properties']?['resourceId'], '/')"
    base = f"https://{resource_manager}/@{{join(skip(take({parts}, 9), 1), '/')}}"
    host = {"connection": {"name": "@parameters('$connections')['azuresentinel']['connectionId']"}}
    cases = {
        f"Close_{kind.partition('/')[0].partition('.')[2]}": {
            "case": kind.lower(),
            "actions": {
                f"Patch_{kind.partition('/')[0].partition('.')[2]}": {
                    "type": "Http",
                    "inputs": {
                        "method": "PATCH",
                        "uri": f"{base}?api-version={version}",
                        "body": {"properties": {"publicNetworkAccess": "Disabled"}},
                        "authentication": auth,
                    },
                }
            },
        }
        for kind, version in CLOSED.items()
    }
    return {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": {"$connections": {"type": "Object", "defaultValue": {}}},
        "triggers": {
            "Incident": {
                "type": "ApiConnectionWebhook",
                "inputs": {
                    "host": host,
                    "path": "/incident-creation",
                    "body": {"callback_url": "@{listCallbackUrl()}"},
                },
            }
        },
        "actions": {
            "Resources": {
                "type": "Query",
                "inputs": {
                    "from": "@coalesce(triggerBody()?['object']?['properties']?['relatedEntities'], json('[]'))",
                    "where": "@equals(item()?['kind'], 'AzureResource')",
                },
                "runAfter": {},
            },
            "Each_resource": {
                "type": "Foreach",
                "foreach": "@body('Resources')",
                "runAfter": {"Resources": ["Succeeded"]},
                "actions": {
                    "Kind": {
                        "type": "Switch",
                        "expression": f"@toLower(concat({parts}[6], '/', {parts}[7]))",
                        "cases": cases,
                        "default": {"actions": {}},
                    },
                    "Mark": {
                        "type": "Http",
                        # Marked also where nothing could be closed: somebody has to look.
                        "runAfter": {"Kind": ["Succeeded", "Failed", "Skipped", "TimedOut"]},
                        "inputs": {
                            "method": "PATCH",
                            "uri": f"{base}/providers/Microsoft.Resources/tags/default?api-version=2021-04-01",
                            "body": {
                                "operation": "Merge",
                                "properties": {
                                    "tags": {
                                        "quarantined": "@{utcNow()}",
                                        "incident": "@{triggerBody()?['object']?['name']}",
                                    }
                                },
                            },
                            "authentication": auth,
                        },
                    },
                },
            },
            "Tell": {
                "type": "ApiConnection",
                "runAfter": {"Each_resource": ["Succeeded", "Failed", "Skipped", "TimedOut"]},
                "inputs": {
                    "host": host,
                    "method": "post",
                    "path": "/Incidents/Comment",
                    "body": {
                        "incidentArmId": "@triggerBody()?['object']?['id']",
                        "message": "Closed and marked: @{length(body('Resources'))} resources",
                    },
                },
            },
        },
        "outputs": {},
    }
