"""Azure Policy: what a plan may not contain, the subscription denies to whoever comes by another way.

Every assignment is enforced. Exemptions come from the jurisdiction's own list and end when it says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi import ComponentResource, Input, Resource, ResourceOptions
from pulumi_azure_native import authorization, managedidentity, policyinsights

from components.guardrails_data import BuiltIn, Own, built_ins, filled, own
from components.roles import Role, grant
from components.scope import Scope

SYSTEM_NAMESPACES = (
    "kube-system",
    "gatekeeper-system",
    "azure-arc",
    "azure-extensions-usage-system",
    "dataprotection-microsoft",
)
"""Namespaces of Azure's own add-ons: the definitions' default, and the backup extension's."""


@dataclass(frozen=True, kw_only=True)
class GuardrailsArgs:
    """What the assignments need."""

    scope: Scope
    resource_group: Input[str]
    """Where the remediating identity lies."""
    workspace_id: Input[str]
    zone_ids: Mapping[str, Input[str]]
    groups: Mapping[str, Input[str]]
    """Resource groups' ids by concern: exemptions are on one of them."""


class Guardrails(ComponentResource):
    """Definitions, assignments, one identity for all remediations, its rights, tasks, and exemptions."""

    assignments: Mapping[str, authorization.PolicyAssignment]
    """By key."""

    def __init__(self, name: str, args: GuardrailsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:guardrails:Guardrails", name, None, opts)
        self._name, self._args = name, args
        scope = args.scope
        group = scope.config.governance.management_group
        self.scope_id = (
            f"/providers/Microsoft.Management/managementGroups/{group}"
            if group
            else f"/subscriptions/{scope.config.subscription_id}"
        )
        self.identity = managedidentity.UserAssignedIdentity(
            f"{name}-remediation",
            resource_name_=scope.names.of("id", "remediation"),
            resource_group_name=args.resource_group,
            location=scope.region,
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )
        cloud = scope.jurisdiction.cloud.name
        # What Azure China lists was not found: there, definitions of our own hold alone.
        offered = [item for item in built_ins() if cloud == "public" or (cloud == "usgovernment" and item.government)]
        rights = self._rights(offered)
        self.assignments = {item.key: self._assign_built_in(item, rights) for item in offered} | {
            item.key: self._assign_own(item) for item in own()
        }
        for item in offered:
            if item.remediates and not item.initiative:
                self._remediate(item.key)
        self._exempt()
        self.register_outputs({"assignments": len(self.assignments)})

    @property
    def _known(self) -> dict[str, Any]:
        args, scope = self._args, self._args.scope
        return {
            "regions": sorted(scope.jurisdiction.regions),
            "workspace": args.workspace_id,
            "images": rf"^{scope.config.registry_name}\..+@sha256:[0-9a-f]{{64}}$",
            "system_namespaces": list(SYSTEM_NAMESPACES),
            "jurisdiction": scope.jurisdiction.id,
            "environment": scope.environment,
            "subscription": f"/subscriptions/{scope.config.subscription_id}/",
            **{f"zone.{service}": zone for service, zone in args.zone_ids.items()},
        }

    def _rights(self, items: list[BuiltIn]) -> list[Resource]:
        """Exactly the roles that the remediations ask for, where the policies hold."""
        asked = sorted({role for item in items for role in item.roles})
        return [
            grant(
                f"{self._name}-{Role(role).name.lower()}",
                scope=self._args.scope,
                # A private endpoint's names are written where the endpoints are; logs wherever a resource is made.
                on=self._args.groups["network"] if Role(role) is Role.NETWORK_CONTRIBUTOR else self.scope_id,
                to=self.identity.principal_id,
                role=Role(role),
                parent=self,
            )
            for role in asked
        ]

    def _assign_built_in(self, item: BuiltIn, rights: list[Resource]) -> authorization.PolicyAssignment:
        parameters = {"effect": item.effect, **filled(item.parameters or {}, self._known)}
        return self._assign(item.key, item.name, item.id, parameters, item, rights)

    def _assign_own(self, item: Own) -> authorization.PolicyAssignment:
        rule = {"if": filled(item.condition, self._known), "then": {"effect": item.effect}}
        shared: dict[str, Any] = {
            "policy_definition_name": self._args.scope.names.of("policy", item.key, limit=64),
            "display_name": f"Bailiwick: {item.name}",
            "mode": item.mode,
            "policy_type": "Custom",
            "policy_rule": rule,
            "metadata": {"category": "Bailiwick", "version": "1.0.0"},
            "opts": self._args.scope.options(self),
        }
        group = self._args.scope.config.governance.management_group
        definition: authorization.PolicyDefinition | authorization.PolicyDefinitionAtManagementGroup = (
            authorization.PolicyDefinitionAtManagementGroup(
                f"{self._name}-{item.key}-definition", management_group_id=group, **shared
            )
            if group
            else authorization.PolicyDefinition(f"{self._name}-{item.key}-definition", **shared)
        )
        return self._assign(item.key, item.name, definition.id, {}, None, [])

    def _assign(
        self,
        key: str,
        title: str,
        definition_id: Input[str],
        parameters: Mapping[str, Any],
        item: BuiltIn | None,
        rights: list[Resource],
    ) -> authorization.PolicyAssignment:
        scope = self._args.scope
        remediates = item is not None and item.remediates
        return authorization.PolicyAssignment(
            f"{self._name}-{key}",
            # 24 characters is what a management group takes.
            policy_assignment_name=_short(key),
            scope=self.scope_id,
            policy_definition_id=definition_id,
            definition_version=item.pinned if item else None,
            display_name=f"Bailiwick: {title}"[:128],
            # Reference architectures ship a third of theirs unenforced.
            enforcement_mode="Default",
            non_compliance_messages=[
                authorization.NonComplianceMessageArgs(message=(item.says if item and item.says else title)[:500])
            ],
            parameters={
                name: authorization.ParameterValuesValueArgs(value=value) for name, value in parameters.items()
            },
            location=scope.region if remediates else None,
            identity=authorization.IdentityArgs(
                type=authorization.ResourceIdentityType.USER_ASSIGNED, user_assigned_identities=[self.identity.id]
            )
            if remediates
            else None,
            metadata={"assignedBy": "Bailiwick", "stack": scope.config.stack},
            opts=scope.options(self, depends_on=rights if remediates else ()),
        )

    def _remediate(self, key: str) -> None:
        """A task for what stood before the assignment; later resources are seen to as they come."""
        scope = self._args.scope
        shared: dict[str, Any] = {
            "remediation_name": scope.names.of("remediate", key, limit=90),
            "policy_assignment_id": self.assignments[key].id,
            "resource_discovery_mode": "ReEvaluateCompliance"
            if not scope.config.governance.management_group
            else "ExistingNonCompliant",
            "parallel_deployments": 5,
            "opts": scope.options(self),
        }
        group = scope.config.governance.management_group
        if group:
            policyinsights.RemediationAtManagementGroup(
                f"{self._name}-remediate-{key}",
                management_group_id=group,
                management_groups_namespace="Microsoft.Management",
                **shared,
            )
        else:
            policyinsights.RemediationAtSubscription(f"{self._name}-remediate-{key}", **shared)

    def _exempt(self) -> None:
        """What the jurisdiction accepts by name, on one resource group, for as long as it says."""
        scope = self._args.scope
        for exception in scope.jurisdiction.residency_exceptions:
            if scope.environment not in exception.environments:
                continue
            for key, concern in exception.policies.items():
                if key in self.assignments and self._needed(exception.id):
                    authorization.PolicyExemption(
                        f"{self._name}-exempt-{exception.id}-{key}",
                        policy_exemption_name=f"{exception.id}-{key}"[:64],
                        scope=self._args.groups[concern],
                        policy_assignment_id=self.assignments[key].id,
                        exemption_category="Waiver",
                        expires_on=f"{exception.expires.isoformat()}T23:59:59Z",
                        display_name=exception.title[:128],
                        description=f"{exception.legal_basis} Compensated by: {exception.compensating_control}"[:512],
                        metadata={"approver": exception.approver_role, "exception": exception.id},
                        opts=scope.options(self),
                    )

    def _needed(self, exception_id: str) -> bool:
        """An exemption that nothing needs is a hole that nobody sees."""
        return exception_id != "front-door-edge" or self._args.scope.config.portal.mode == "front-door"


def _short(key: str) -> str:
    return f"bw-{key}"[:24].rstrip("-")
