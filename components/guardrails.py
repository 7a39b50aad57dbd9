"""Azure Policy: what a plan may not contain, the subscription denies to whoever comes by another way.

Every assignment is enforced. Exemptions come from the jurisdiction's own list and end when it says. At a management
group, where one is configured, stands what is the same for every stack of the jurisdiction; what is told this stack's
registry, workspace or zones, what acts with its identity, what it may be exempted from, and most definitions of our own
stay at its subscription.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from pulumi import ComponentResource, Input, Resource, ResourceOptions
from pulumi_azure_native import authorization, managedidentity, policyinsights

from components.gpu_operators import NAMESPACE as OPERATORS
from components.guardrails_data import NEEDED_WHERE, BuiltIn, Own, built_ins, filled, own
from components.roles import Role, grant
from components.scope import Scope
from jurisdictions import Jurisdiction

SYSTEM_NAMESPACES = (
    "kube-system",
    "gatekeeper-system",
    "azure-arc",
    "azure-extensions-usage-system",
    "dataprotection-microsoft",
)
"""Namespaces of Azure's own add-ons: the definitions' default, and the backup extension's."""
EDGE_NAMESPACES = (
    "kube-system",
    "kube-public",
    "kube-node-lease",
    "azure-arc",
    "azure-arc-release",
    "flux-system",
    "gatekeeper-system",
    "mdc",
    "cert-manager",
    "azure-secret-store",
    "arc-workload-identity",
)
"""Of a site's distribution and of Arc's agents: those that `edge/policies` leaves out, as a test holds."""
UNKNOWN_COUNTRY = "ZZ"
"""What Azure's geo match calls an address whose country nobody knows; a jurisdiction's exception admits it by name."""
NAME_AT_GROUP = 24
"""Most characters of an assignment's name at a management group; elsewhere 64: learn.microsoft.com/azure/
azure-resource-manager/management/resource-name-rules."""


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
        self._group = scope.config.governance.management_group
        self._subscription_id = f"/subscriptions/{scope.config.subscription_id}"
        # An exemption lifts one assignment: at a group, that of another stack would go on refusing.
        self._lifted = {key for exception in scope.jurisdiction.residency_exceptions for key in exception.policies}
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
        offered = [
            item
            for item in built_ins()
            if (cloud == "public" or (cloud == "usgovernment" and item.government))
            and (scope.config.edge_sites or not item.edge)
        ]
        rights = self._rights(offered)
        self.assignments = {item.key: self._assign_built_in(item, rights) for item in offered} | {
            item.key: self._assign_own(item) for item in own() if scope.is_prod or not item.prod
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
            **held_by(scope.jurisdiction),
            "workspace": args.workspace_id,
            "images": rf"^{scope.config.registry_name}\..+@sha256:[0-9a-f]{{64}}$",
            "system_namespaces": list(SYSTEM_NAMESPACES),
            # At a management group it is one for all stacks: who takes the name meets admission in each.
            "unrestricted_namespaces": [*SYSTEM_NAMESPACES, OPERATORS],
            "edge_namespaces": list(EDGE_NAMESPACES),
            "environment": scope.environment,
            "subscription": f"{self._subscription_id}/",
            "node_group": f"/resourceGroups/{scope.names.resource_group('nodes')}/",
            "drill_group": f"/resourceGroups/{scope.names.resource_group('drill')}/",
            **{f"zone.{service}": zone for service, zone in args.zone_ids.items()},
        }

    def _rights(self, items: list[BuiltIn]) -> list[Resource]:
        """Exactly the roles that the remediations ask for, in the stack's subscription and nowhere else."""
        asked = sorted({role for item in items for role in item.roles})
        return [
            grant(
                f"{self._name}-{Role(role).name.lower()}",
                scope=self._args.scope,
                # A private endpoint's names are written where the endpoints are; logs wherever a resource is made.
                on=self._args.groups["network"] if Role(role) is Role.NETWORK_CONTRIBUTOR else self._subscription_id,
                to=self.identity.principal_id,
                role=Role(role),
                parent=self,
            )
            for role in asked
        ]

    def _place(self, item: BuiltIn | Own) -> str | None:
        """The management group that it is assigned at; None: the stack's subscription."""
        return None if item.of_stack or item.key in self._lifted else self._group

    def _assign_built_in(self, item: BuiltIn, rights: list[Resource]) -> authorization.PolicyAssignment:
        effect = {} if item.fixed else {"effect": item.effect}
        parameters = {**effect, **filled(item.parameters or {}, self._known)}
        return self._assign(item, item.id, parameters, rights)

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
        group = self._place(item)
        # Azure takes a definition at the assignment's own scope, or above it.
        definition: authorization.PolicyDefinition | authorization.PolicyDefinitionAtManagementGroup = (
            authorization.PolicyDefinitionAtManagementGroup(
                f"{self._name}-{item.key}-definition", management_group_id=group, **shared
            )
            if group
            else authorization.PolicyDefinition(f"{self._name}-{item.key}-definition", **shared)
        )
        return self._assign(item, definition.id, {}, [])

    def _assign(
        self, item: BuiltIn | Own, definition_id: Input[str], parameters: Mapping[str, Any], rights: list[Resource]
    ) -> authorization.PolicyAssignment:
        scope = self._args.scope
        group = self._place(item)
        built_in = item if isinstance(item, BuiltIn) else None
        remediates = built_in is not None and built_in.remediates
        return authorization.PolicyAssignment(
            f"{self._name}-{item.key}",
            policy_assignment_name=name_at_group(item.key, scope.names.of("bw")) if group else f"bw-{item.key}",
            scope=f"/providers/Microsoft.Management/managementGroups/{group}" if group else self._subscription_id,
            policy_definition_id=definition_id,
            definition_version=built_in.pinned(scope.jurisdiction.cloud.name) if built_in else None,
            display_name=f"Bailiwick: {item.name}"[:128],
            # Reference architectures ship a third of theirs unenforced.
            enforcement_mode="Default",
            non_compliance_messages=[
                authorization.NonComplianceMessageArgs(message=((built_in and built_in.says) or item.name)[:500])
            ],
            parameters={
                name: authorization.ParameterValuesValueArgs(value=value) for name, value in parameters.items()
            },
            # A site leaves out other namespaces than the cluster. That a selector narrows definitions of mode
            # Microsoft.Kubernetes.Data too is what policy-applicability says of all modes; it was not tried.
            resource_selectors=[
                authorization.ResourceSelectorArgs(
                    name="kind", selectors=[authorization.SelectorArgs(kind="resourceType", in_=[built_in.narrowed_to])]
                )
            ]
            if built_in and built_in.narrowed_to
            else None,
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
        policyinsights.RemediationAtSubscription(
            f"{self._name}-remediate-{key}",
            remediation_name=scope.names.of("remediate", key, limit=90),
            policy_assignment_id=self.assignments[key].id,
            resource_discovery_mode="ReEvaluateCompliance",
            parallel_deployments=5,
            opts=scope.options(self),
        )

    def _exempt(self) -> None:
        """What the jurisdiction accepts by name, on one resource group, for as long as it says."""
        scope = self._args.scope
        for exception in scope.jurisdiction.residency_exceptions:
            if scope.environment not in exception.environments:
                continue
            for key, concern in exception.policies.items():
                if key in self.assignments and self._needed(exception.resource_types):
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

    def _needed(self, types: Sequence[str]) -> bool:
        """An exemption that nothing needs is a hole that nobody sees."""
        return any(self._made(NEEDED_WHERE[kind]) if kind in NEEDED_WHERE else True for kind in types)

    def _made(self, where: tuple[str, str]) -> bool:
        dial, wanted = where
        return bool(attrgetter(dial)(self._args.scope.config) == wanted)


def held_by(jurisdiction: Jurisdiction) -> dict[str, Any]:
    """What a jurisdiction says of its stacks: the values of the placeholders that all of them share."""
    regions, exceptions = jurisdiction.regions, jurisdiction.residency_exceptions
    # A jurisdiction without confidential graphics processors takes others, by an exception on record.
    lifted = any("confidential.gpu-pool-confidential" in exception.rules for exception in exceptions)
    sizes = {
        size
        for region in regions.values()
        for size in (
            *region.confidential_vm_sizes,
            *region.confidential_gpu_sizes,
            *(region.gpu_sizes if lifted else ()),
        )
    }
    unknown = [UNKNOWN_COUNTRY] if any(exception.id == "unknown-country" for exception in exceptions) else []
    return {
        "jurisdiction": jurisdiction.id,
        "regions": sorted(regions),
        "paired_regions": sorted(name for name, region in regions.items() if region.pair is not None),
        "countries": [*sorted(jurisdiction.portal_countries), *unknown],
        "node_sizes": sorted(sizes),
        "audit_days": jurisdiction.retention.audit_log_days_min,
    }


def name_at_group(key: str, stack: str) -> str:
    """An assignment's name at a management group: another stack's has another; the key is there for reading."""
    mark = hashlib.sha256(f"{stack}/{key}".encode()).hexdigest()[:8]
    return f"bw-{key[: NAME_AT_GROUP - len('bw--') - len(mark)].rstrip('-')}-{mark}"
