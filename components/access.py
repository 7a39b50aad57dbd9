"""People: groups by role, rights that nobody holds standing, reviews each quarter, and the directory's own logs.

Privileged Identity Management of groups, not of Azure roles: eligibility there is deleted and changed through code
without the faults of the resource manager's interface (docs/adr/0018).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi_azuread as azuread
from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_azure_native import aadiam, authorization
from pulumi_random import RandomUuid

from components.conditional_access import ConditionalAccess, ConditionalAccessArgs
from components.own_role import OwnRole, give
from components.scope import Scope
from components.tables import table

ACTIVATION = "PT8H"
"""Longest activation: a shift."""
ELIGIBLE_FOR = "P180D"
"""An eligibility ends with the half-year unless somebody renews it."""
REVIEW_START = "2026-01-01T00:00:00Z"
"""A fixed date, so that a plan does not change from day to day."""
DIRECTORY_LOGS = (
    "AuditLogs",
    "SignInLogs",
    "NonInteractiveUserSignInLogs",
    "ServicePrincipalSignInLogs",
    "ManagedIdentitySignInLogs",
    "RiskyUsers",
    "UserRiskEvents",
)


@dataclass(frozen=True, kw_only=True)
class AccessArgs:
    """What the rights of people need."""

    scope: Scope
    provider: azuread.Provider
    workspace_id: Input[str]


class Access(ComponentResource):
    """Groups, their role definitions and assignments, eligibility, reviews, and directory logs."""

    group_ids: Mapping[str, Output[str]]
    """Object ids, by role of `people_roles.yaml`."""

    def __init__(self, name: str, args: AccessArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:access:Access", name, None, opts)
        self._name, self._args = name, args
        self._directory = ResourceOptions(parent=self, provider=args.provider)
        groups = {role: self._group(role, spec) for role, spec in people_roles().items()}
        self.group_ids = {role: group.object_id for role, group in groups.items()}
        for role, spec in people_roles().items():
            self._may(role, spec)
            self._eligible(role)
        self._review()
        if args.scope.config.access.directory_logs:
            self._directory_logs()
        ConditionalAccess(
            f"{name}-sign-in",
            ConditionalAccessArgs(
                scope=args.scope,
                provider=args.provider,
                groups=[group_id for role, group_id in self.group_ids.items() if role != "break-glass"],
                break_glass=self.group_ids["break-glass"],
            ),
            ResourceOptions(parent=self),
        )
        self.register_outputs({"groups": self.group_ids})

    def _group(self, role: str, spec: Mapping[str, Any]) -> azuread.Group:
        scope = self._args.scope
        return azuread.Group(
            f"{self._name}-{role}",
            display_name=scope.names.of("grp", role, limit=120),
            description=f"{scope.config.stack}: {spec['title']}. Membership is activated, never standing.",
            security_enabled=True,
            # Only such a group is guarded from administrators of ordinary groups.
            assignable_to_role=True,
            prevent_duplicate_names=True,
            owners=[scope.config.access.approvers_owner],
            opts=self._directory,
        )

    def _may(self, role: str, spec: Mapping[str, Any]) -> None:
        give(
            f"{self._name}-{role}-role",
            f"{self._name}-{role}-assignment",
            scope=self._args.scope,
            role=OwnRole(
                title=role,
                description=str(spec["title"]),
                actions=spec["actions"],
                not_actions=spec["not_actions"],
            ),
            to=self.group_ids[role],
            kind="Group",
            parent=self,
        )

    def _eligible(self, role: str) -> None:
        access, group_id = self._args.scope.config.access, self.group_ids[role]
        emergency = role == "break-glass"
        azuread.GroupRoleManagementPolicy(
            f"{self._name}-{role}-activation",
            group_id=group_id,
            role_id="member",
            activation_rules=azuread.GroupRoleManagementPolicyActivationRulesArgs(
                maximum_duration=ACTIVATION,
                # In an emergency nobody may be there to approve; the alarm and the review take its place.
                require_approval=not emergency,
                approval_stage=None
                if emergency
                else azuread.GroupRoleManagementPolicyActivationRulesApprovalStageArgs(
                    primary_approvers=[
                        azuread.GroupRoleManagementPolicyActivationRulesApprovalStagePrimaryApproverArgs(
                            object_id=access.approvers_group, type="groupMembers"
                        )
                    ]
                ),
                require_justification=True,
                require_ticket_info=not emergency,
                require_multifactor_authentication=True,
            ),
            eligible_assignment_rules=azuread.GroupRoleManagementPolicyEligibleAssignmentRulesArgs(
                expiration_required=True, expire_after=ELIGIBLE_FOR
            ),
            active_assignment_rules=azuread.GroupRoleManagementPolicyActiveAssignmentRulesArgs(
                expiration_required=True,
                expire_after="P15D",
                require_justification=True,
                require_multifactor_authentication=True,
            ),
            opts=self._directory,
        )
        for person in (people for known, members in access.eligible.items() if known == role for people in members):
            azuread.PrivilegedAccessGroupEligibilitySchedule(
                f"{self._name}-{role}-{person}",
                group_id=group_id,
                principal_id=person,
                assignment_type="member",
                duration=ELIGIBLE_FOR,
                justification=f"named in Pulumi.{self._args.scope.config.stack}.yaml",
                opts=self._directory,
            )

    def _review(self) -> None:
        """Each quarter somebody says of each right whether it is still needed; silence takes it away."""
        scope = self._args.scope
        authorization.AccessReviewScheduleDefinitionById(
            f"{self._name}-review",
            schedule_definition_id=RandomUuid(f"{self._name}-review-guid", opts=scope.options(self)).result,
            display_name=f"Rights on {scope.config.stack}, each quarter",
            description_for_reviewers="Who no longer needs a right loses it. Ask the person before you confirm.",
            reviewers=[authorization.AccessReviewReviewerArgs(principal_id=scope.config.access.approvers_owner)],
            type=authorization.AccessReviewRecurrencePatternType.ABSOLUTE_MONTHLY,
            interval=3,
            instance_duration_in_days=14,
            range=authorization.AccessReviewRecurrenceRangeArgs(
                type=authorization.AccessReviewRecurrenceRangeType.NO_END, start_date=REVIEW_START
            ),
            justification_required_on_approval=True,
            mail_notifications_enabled=True,
            reminder_notifications_enabled=True,
            recommendations_enabled=True,
            auto_apply_decisions_enabled=True,
            default_decision_enabled=True,
            default_decision=authorization.DefaultDecisionType.DENY,
            opts=scope.options(self),
        )

    def _directory_logs(self) -> None:
        aadiam.DiagnosticSetting(
            f"{self._name}-directory-logs",
            name=self._args.scope.names.of("entra"),
            workspace_id=self._args.workspace_id,
            logs=[aadiam.LogSettingsArgs(category=category, enabled=True) for category in DIRECTORY_LOGS],
            opts=self._args.scope.options(self),
        )


def people_roles() -> Mapping[str, Mapping[str, Any]]:
    """The roles of `people_roles.yaml`, in its order."""
    found: Mapping[str, Mapping[str, Any]] = table("people_roles.yaml")
    return found
