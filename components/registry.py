"""The container registry: the only place that nodes take images from."""

from dataclasses import dataclass

from pulumi import ComponentResource, Input, ResourceOptions
from pulumi_azure_native import containerregistry, managedidentity

from components.customer_key import CustomerKey
from components.diagnostics import Diagnosed
from components.private_endpoint import EndpointPlace, private_endpoint
from components.roles import Role, grant
from components.scope import Scope


@dataclass(frozen=True, kw_only=True)
class RegistryArgs:
    """What a registry needs."""

    scope: Scope
    resource_group: Input[str]
    place: EndpointPlace
    key: CustomerKey


class Registry(ComponentResource):
    """Premium, without passwords, anonymous pulls or exports. Not replicated: a copy would need a place in law."""

    registry: containerregistry.Registry
    diagnosed: list[Diagnosed]

    def __init__(self, name: str, args: RegistryArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:registry:Registry", name, None, opts)
        self._name, self._args = name, args
        scope = args.scope
        self.registry = containerregistry.Registry(
            f"{name}-registry",
            registry_name=scope.config.registry_name,
            resource_group_name=args.resource_group,
            location=scope.region,
            sku=containerregistry.SkuArgs(name="Premium"),
            admin_user_enabled=False,
            anonymous_pull_enabled=False,
            # Layers come from a host of this registry's own: without it the firewall would have to open shared storage.
            data_endpoint_enabled=True,
            public_network_access="Disabled",
            network_rule_set=containerregistry.NetworkRuleSetArgs(default_action="Deny", ip_rules=[]),
            network_rule_bypass_options="None",
            zone_redundancy="Enabled" if scope.zones else "Disabled",
            identity=containerregistry.IdentityPropertiesArgs(
                type=containerregistry.ResourceIdentityType.USER_ASSIGNED,
                user_assigned_identities=args.key.identity.id.apply(
                    lambda identity: {identity: containerregistry.UserIdentityPropertiesArgs()}
                ),
            ),
            encryption=containerregistry.EncryptionPropertyArgs(
                status="enabled",
                key_vault_properties=containerregistry.KeyVaultPropertiesArgs(
                    identity=args.key.identity.client_id, key_identifier=args.key.uri
                ),
            ),
            policies=containerregistry.PoliciesArgs(
                # An image can be pulled once a scan has let it go.
                quarantine_policy=containerregistry.QuarantinePolicyArgs(status="enabled"),
                retention_policy=containerregistry.RetentionPolicyArgs(status="enabled", days=30),
                export_policy=containerregistry.ExportPolicyArgs(status="disabled"),
                azure_ad_authentication_as_arm_policy=containerregistry.AzureADAuthenticationAsArmPolicyArgs(
                    status="disabled"
                ),
            ),
            tags=scope.tags("confidential"),
            opts=scope.options(self, holds_data=True, depends_on=args.key.ready),
        )
        private_endpoint(
            name,
            scope=scope,
            place=args.place,
            target_id=self.registry.id,
            group_id="registry",
            zones=("registry",),
            parent=self,
        )
        self.diagnosed = [Diagnosed(name=name, resource_id=self.registry.id)]
        self.register_outputs({"registryId": self.registry.id, "loginServer": self.registry.login_server})

    def grant_pull(self, name: str, identity: managedidentity.UserAssignedIdentity) -> None:
        """Let an identity pull images, and do nothing else."""
        grant(
            f"{self._name}-{name}",
            scope=self._args.scope,
            on=self.registry.id,
            to=identity.principal_id,
            role=Role.ACR_PULL,
            parent=self,
        )
