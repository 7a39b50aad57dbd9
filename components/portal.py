"""The portal: how the internet reaches the gateway. Chosen by the stack: Front Door, regional, or not at all."""

from dataclasses import dataclass

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_azure_native import managedidentity

from components.diagnostics import Diagnosed
from components.gateway import portal_service_id
from components.key_vault import KeyVault
from components.naming import Names
from components.portal_front_door import FrontDoor, FrontDoorArgs, Origin
from components.portal_regional import Regional, RegionalArgs
from components.scope import Scope

STANDBY = "standby"
"""First label of the standby's name as an origin; its gateway's certificate holds it beside `gateway.host`."""


@dataclass(frozen=True, kw_only=True)
class PortalArgs:
    """What a portal needs."""

    scope: Scope
    resource_group: Input[str]
    private_link_service_id: Input[str]
    """The gateway's, for Front Door."""
    gateway_address: str
    """The gateway's, for a regional portal."""
    portal_subnet_id: Input[str] | None
    """For a regional portal."""
    certificates: KeyVault
    """Holds the regional portal's certificate, named `portal`."""
    identity: managedidentity.UserAssignedIdentity
    """Reads that certificate."""


class NoPortalSubnet(ValueError):
    """A regional portal is asked for, and the network has no subnet for it."""


class Portal(ComponentResource):
    """One of two entries, or none. Both end at the gateway's private side, behind the same geo rule."""

    diagnosed: list[Diagnosed]

    def __init__(self, name: str, args: PortalArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:portal:Portal", name, None, opts)
        scope, child = args.scope, ResourceOptions(parent=self)
        entry: FrontDoor | Regional | None = None
        if scope.config.portal.mode == "front-door":
            entry = FrontDoor(
                f"{name}-front-door",
                FrontDoorArgs(
                    scope=scope,
                    resource_group=args.resource_group,
                    origins=self._origins(args),
                ),
                child,
            )
        elif scope.config.portal.mode == "regional":
            if args.portal_subnet_id is None:
                raise NoPortalSubnet("bailiwick:portal.mode is regional, but the network made no subnet 'portal'")
            args.certificates.grant_certificates("portal", args.identity)
            vault_uri = args.certificates.vault.properties.apply(lambda properties: str(properties.vault_uri))
            entry = Regional(
                f"{name}-regional",
                RegionalArgs(
                    scope=scope,
                    resource_group=args.resource_group,
                    subnet_id=args.portal_subnet_id,
                    certificate_secret_id=Output.concat(vault_uri, "secrets/portal"),
                    identity_id=args.identity.id,
                    gateway_address=args.gateway_address,
                ),
                child,
            )
        self.diagnosed = entry.diagnosed if entry else []
        self.register_outputs({})

    def _origins(self, args: PortalArgs) -> tuple[Origin, ...]:
        scope, config = args.scope, args.scope.config
        first = Origin(
            name="gateway",
            host=config.gateway.host,
            private_link_service_id=args.private_link_service_id,
            region=scope.region,
        )
        standby, pair = config.continuity.standby, scope.region_facts.pair
        if standby is None or pair is None:
            return (first,)
        names = Names(config.organisation, standby)
        second = Origin(
            name="standby",
            host=f"{STANDBY}.{config.gateway.host}",
            # A plain string: the other stack's names follow from its own, and nothing of it is read.
            private_link_service_id=portal_service_id(
                config.continuity.standby_subscription_id or config.subscription_id,
                names.resource_group("nodes"),
                names,
            ),
            region=pair,
        )
        return (first, second)
