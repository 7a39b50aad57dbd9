"""Role definitions of our own, given on the stack's subscription or on one thing: no built-in role is as narrow."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pulumi import Input, Resource
from pulumi_azure_native import authorization
from pulumi_random import RandomUuid

from components.scope import Scope


@dataclass(frozen=True, kw_only=True)
class OwnRole:
    """What somebody may do. Nobody who is given such a role reads data: a data action adds some, or is not here."""

    title: str
    """Part of the role's name in the directory."""
    description: str
    actions: Sequence[str]
    not_actions: Sequence[str] = ()
    data_actions: Sequence[str] = ()


def give(
    definition: str,
    assignment: str,
    *,
    scope: Scope,
    role: OwnRole,
    to: Input[str],
    kind: Literal["Group", "ServicePrincipal"],
    parent: Resource,
    on: Input[str] | None = None,
) -> authorization.RoleAssignment:
    """Define a role, and assign it to a principal id, for the subscription or for `on` alone.

    `definition` and `assignment` are the logical names of the two resources.
    """
    options = scope.options(parent)
    subscription = f"/subscriptions/{scope.config.subscription_id}"
    defined = authorization.RoleDefinition(
        definition,
        role_definition_id=RandomUuid(f"{definition}-guid", opts=options).result,
        role_name=f"Bailiwick {role.title} ({scope.config.stack})",
        description=role.description,
        role_type="CustomRole",
        scope=subscription,
        assignable_scopes=[subscription],
        permissions=[
            authorization.PermissionArgs(
                actions=list(role.actions),
                not_actions=list(role.not_actions),
                data_actions=list(role.data_actions),
                not_data_actions=[],
            )
        ],
        opts=options,
    )
    return authorization.RoleAssignment(
        assignment,
        role_assignment_name=RandomUuid(f"{assignment}-guid", opts=options).result,
        scope=on if on is not None else subscription,
        principal_id=to,
        principal_type=kind,
        role_definition_id=defined.id,
        opts=options,
    )
