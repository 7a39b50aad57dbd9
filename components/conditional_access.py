"""How people sign in: a key that can't be phished, from a device that is looked after, in a permitted country.

Break-glass accounts are left out of every policy, and each of their sign-ins is an incident. Built-in authentication
strengths: learn.microsoft.com/entra/identity/authentication/concept-authentication-strengths.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_azuread as azuread
from pulumi import ComponentResource, Input, ResourceOptions

from components.scope import Scope

PHISHING_RESISTANT = "/policies/authenticationStrengthPolicies/00000000-0000-0000-0000-000000000004"
LEGACY = ("exchangeActiveSync", "other")
"""Clients that can't be asked for a second factor."""


@dataclass(frozen=True, kw_only=True)
class ConditionalAccessArgs:
    """What the policies need."""

    scope: Scope
    provider: azuread.Provider
    groups: Sequence[Input[str]]
    """Groups whose members they hold for."""
    break_glass: Input[str]
    """Group whose members they never hold for."""


class ConditionalAccess(ComponentResource):
    """Named location, and four policies."""

    def __init__(self, name: str, args: ConditionalAccessArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:access:ConditionalAccess", name, None, opts)
        self._name, self._args = name, args
        scope = args.scope
        self._options = ResourceOptions(parent=self, provider=args.provider)
        location = azuread.NamedLocation(
            f"{name}-countries",
            display_name=f"Bailiwick {scope.config.stack}: permitted countries",
            country=azuread.NamedLocationCountryArgs(
                countries_and_regions=sorted(scope.jurisdiction.portal_countries),
                include_unknown_countries_and_regions=False,
                country_lookup_method="clientIpAddress",
            ),
            opts=self._options,
        )
        self._policy(
            "strong-sign-in",
            grant=azuread.ConditionalAccessPolicyGrantControlsArgs(
                operator="AND",
                authentication_strength_policy_id=PHISHING_RESISTANT,
                built_in_controls=["compliantDevice"],
            ),
        )
        self._policy("block-legacy", clients=LEGACY, grant=_block())
        self._policy(
            "block-elsewhere",
            locations=azuread.ConditionalAccessPolicyConditionsLocationsArgs(
                included_locations=["All"], excluded_locations=[location.object_id]
            ),
            grant=_block(),
        )
        self._policy(
            "short-sessions",
            session=azuread.ConditionalAccessPolicySessionControlsArgs(
                sign_in_frequency=4, sign_in_frequency_period="hours", persistent_browser_mode="never"
            ),
        )
        self.register_outputs({})

    def _policy(
        self,
        title: str,
        *,
        clients: Sequence[str] = ("all",),
        locations: azuread.ConditionalAccessPolicyConditionsLocationsArgs | None = None,
        grant: azuread.ConditionalAccessPolicyGrantControlsArgs | None = None,
        session: azuread.ConditionalAccessPolicySessionControlsArgs | None = None,
    ) -> None:
        args = self._args
        azuread.ConditionalAccessPolicy(
            f"{self._name}-{title}",
            display_name=f"Bailiwick {args.scope.config.stack}: {title}",
            state="enabled"
            if args.scope.config.access.conditional_access == "enforced"
            else "enabledForReportingButNotEnforced",
            conditions=azuread.ConditionalAccessPolicyConditionsArgs(
                client_app_types=list(clients),
                applications=azuread.ConditionalAccessPolicyConditionsApplicationsArgs(included_applications=["All"]),
                users=azuread.ConditionalAccessPolicyConditionsUsersArgs(
                    included_groups=list(args.groups), excluded_groups=[args.break_glass]
                ),
                locations=locations,
            ),
            grant_controls=grant,
            session_controls=session,
            opts=self._options,
        )


def _block() -> azuread.ConditionalAccessPolicyGrantControlsArgs:
    return azuread.ConditionalAccessPolicyGrantControlsArgs(operator="OR", built_in_controls=["block"])
