"""Who may call the gateway: an Entra application each, without a secret, with the roles for what it may ask.

Entra issues the tokens; nothing of ours signs one. The gateway's application is what they are for, and its roles say
use case, purpose and class of data, to whom identifiers come back, and who may erase. That a token ends after minutes
is no property of any resource here: the policy that does it is a step of docs/guides/first-deployment.md, and the
gateway is told what age to refuse (docs/adr/0027).

A workload in Azure is a caller by an application too, which trusts its identity: the lifetime of a managed identity's
own tokens can't be configured (learn.microsoft.com/entra/identity-platform/configurable-token-lifetimes).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

import pulumi_azuread as azuread
from pulumi import ComponentResource, Input, ResourceOptions

from components.scope import Scope
from config.callers import PURPOSES, Caller

MAX_AGE_SECONDS = 900
"""Fifteen minutes from `iat` to `exp`: what the gateway takes at most."""
EXCHANGE = {
    "public": "api://AzureADTokenExchange",
    "usgovernment": "api://AzureADTokenExchangeUSGov",
    "china": "api://AzureADTokenExchangeChina",
}
"""Audience of the token by which a managed identity proves itself, by cloud; an outside workload's is the first:
learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity."""


@dataclass(frozen=True, kw_only=True)
class CallersArgs:
    """What callers need."""

    scope: Scope
    provider: azuread.Provider


class Callers(ComponentResource):
    """The gateway's application with its roles, and every caller's with its proof. A standby makes none of these."""

    audience: Input[str]
    """Client id of the gateway's application: claim `aud` of every v2.0 token for it, whatever URI was asked for
    (learn.microsoft.com/entra/identity-platform/access-token-claims-reference)."""

    def __init__(self, name: str, args: CallersArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:callers:Callers", name, None, opts)
        self._name, self._scope = name, args.scope
        self._options = ResourceOptions(parent=self, provider=args.provider)
        first = args.scope.config.continuity.token_audience
        self.audience = first if first is not None else self._register()
        self.register_outputs({"audience": self.audience})

    @property
    def environment(self) -> Mapping[str, Input[str]]:
        """What the gateway holds a token against; the keys come with its image or by a mount, never from the net."""
        return {
            "TOKEN_ISSUER": issuer(self._scope),
            "TOKEN_AUDIENCE": self.audience,
            "TOKEN_MAX_AGE_SECONDS": str(MAX_AGE_SECONDS),
        }

    def _register(self) -> Input[str]:
        config = self._scope.config
        gateway = self._application(
            "gateway",
            "The gateway to the models, as callers ask for tokens for it.",
            # A URI with the tenant's id, as Entra asks since 2025: nobody else's application can be taken for this one
            # (learn.microsoft.com/entra/identity-platform/identifier-uri-restrictions).
            identifier_uris=[f"api://{config.tenant_id}/{config.organisation}-{config.stack}-gateway"],
            # Tells a workload's token from a person's, which this gateway takes from nobody.
            optional_claims=azuread.ApplicationOptionalClaimsArgs(
                access_tokens=[azuread.ApplicationOptionalClaimsAccessTokenArgs(name="idtyp")]
            ),
            app_roles=[
                azuread.ApplicationAppRoleArgs(
                    id=self._role_id(value),
                    value=value,
                    display_name=value,
                    description=description,
                    allowed_member_types=["Application"],
                    enabled=True,
                )
                for value, description in self._roles()
            ],
        )
        principal = self._principal("gateway", gateway)
        for caller in config.callers:
            self._caller(caller, principal)
        return gateway.client_id

    def _caller(self, caller: Caller, gateway: azuread.ServicePrincipal) -> None:
        application = self._application(caller.name, f"Calls the gateway for {', '.join(caller.purposes)}.")
        principal = self._principal(caller.name, application)
        outside = caller.federated
        azuread.ApplicationFederatedIdentityCredential(
            f"{self._name}-{caller.name}-proof",
            application_id=application.id,
            display_name=f"caller-{caller.name}",
            issuer=outside.issuer if outside is not None else issuer(self._scope),
            subject=outside.subject if outside is not None else str(caller.managed_identity),
            audiences=[EXCHANGE["public" if outside is not None else self._scope.jurisdiction.cloud.name]],
            opts=self._options,
        )
        for value in roles_of(caller):
            azuread.AppRoleAssignment(
                f"{self._name}-{caller.name}-{value}",
                app_role_id=self._role_id(value),
                principal_object_id=principal.object_id,
                resource_object_id=gateway.object_id,
                opts=self._options,
            )

    def _application(
        self,
        role: str,
        description: str,
        *,
        identifier_uris: Sequence[str] | None = None,
        optional_claims: azuread.ApplicationOptionalClaimsArgs | None = None,
        app_roles: Sequence[azuread.ApplicationAppRoleArgs] | None = None,
    ) -> azuread.Application:
        """Of this tenant alone; without redirect, password or certificate, and without an owner, who could add one."""
        return azuread.Application(
            f"{self._name}-{role}",
            display_name=f"{self._scope.names.of('app')}-{role}",
            description=f"{self._scope.config.stack}: {description}",
            sign_in_audience="AzureADMyOrg",
            fallback_public_client_enabled=False,
            prevent_duplicate_names=True,
            identifier_uris=identifier_uris,
            # Version 1, the provider's default, names the audience as the caller wrote it, and some tenants refuse to
            # create an application with it (terraform-provider-azuread #1374, terraform-provider-azurerm #29853).
            api=azuread.ApplicationApiArgs(requested_access_token_version=2),
            optional_claims=optional_claims,
            app_roles=app_roles,
            opts=self._options,
        )

    def _principal(self, role: str, application: azuread.Application) -> azuread.ServicePrincipal:
        return azuread.ServicePrincipal(
            f"{self._name}-{role}-principal",
            client_id=application.client_id,
            # Without it every application of the tenant gets a token for the gateway, though one without roles.
            app_role_assignment_required=True,
            opts=self._options,
        )

    def _roles(self) -> Iterator[tuple[str, str]]:
        """Every use case for every purpose, and the classes of data that any use case takes."""
        use_cases = self._scope.config.use_cases
        for item in use_cases:
            for purpose, meaning in PURPOSES.items():
                yield f"use-case.{item.name}.{purpose}", f"Ask {item.name} for {purpose}: {meaning}."
            # Of one use case: who may have a note's identifiers back has no business with another's.
            yield f"re-identify.{item.name}", f"Get answers of {item.name} with the identifiers that were sent."
            # Not the right above: who answers requests for erasure (GDPR Art. 17) has no need to read, and who writes
            # the record none to destroy. By use case like it, as a conversation is of one; but a person is erased
            # whole, and rows tell no use cases apart, so what was minted for a patient goes in all of the tenant's.
            yield f"erase.{item.name}", f"Erase conversations of {item.name}, and patients in all of the tenant's."
        for name in sorted({name for item in use_cases for name in item.data_classes}):
            yield f"data-class.{name}", f"Send data of class {name}."
        for tenant in self._scope.config.tenants:
            yield f"tenant.{tenant.name}", f"Speak for {tenant.controller}, and for nobody else."

    def _role_id(self, value: str) -> str:
        """The same in every deployment, and known before the first."""
        config = self._scope.config
        return str(uuid5(UUID(config.tenant_id), f"{config.organisation}-{config.stack}-gateway/{value}"))


def roles_of(caller: Caller) -> tuple[str, ...]:
    """What its token carries, and nothing else."""
    asked = (f"use-case.{name}.{purpose}" for name in caller.use_cases for purpose in caller.purposes)
    tenant = () if caller.tenant is None else (f"tenant.{caller.tenant}",)
    back = (f"re-identify.{name}" for name in caller.use_cases if caller.reidentifies)
    out = (f"erase.{name}" for name in caller.use_cases if caller.erases)
    return (*asked, *(f"data-class.{name}" for name in caller.data_classes), *back, *out, *tenant)


def issuer(scope: Scope) -> str:
    """Who signs v2.0 tokens of the stack's tenant. Not verified for China, where tokens may name another host."""
    return f"https://{scope.jurisdiction.cloud.active_directory}/{scope.config.tenant_id}/v2.0"
