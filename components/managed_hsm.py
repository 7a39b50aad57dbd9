"""A Managed HSM: single-tenant hardware whose security domain the operator alone holds.

What a plan can't hold, and docs/guides/first-deployment.md does by hand, because it is data plane: the activation by
three owners, the keys themselves, and the HSM's local roles. So `pulumi up` runs twice: `--target` this component
first, then, once its owners have activated it and made the keys, the rest.
"""

from dataclasses import dataclass

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_azure_native import keyvault, managedidentity

from components.customer_key import CustomerKey
from components.diagnostics import Diagnosed
from components.private_endpoint import EndpointPlace, private_endpoint
from components.scope import Scope


@dataclass(frozen=True, kw_only=True)
class ManagedHsmArgs:
    """What a managed HSM needs."""

    scope: Scope
    resource_group: Input[str]
    place: EndpointPlace


class ManagedHsm(ComponentResource):
    """FIPS 140-3 level 3 hardware in the stack's region, without a public address, that nobody can purge."""

    hsm: keyvault.ManagedHsm
    diagnosed: list[Diagnosed]

    def __init__(self, name: str, args: ManagedHsmArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:keys:ManagedHsm", name, None, opts)
        self._name, self._args = name, args
        scope = args.scope
        self.hsm = keyvault.ManagedHsm(
            f"{name}-hsm",
            name=scope.names.globally_unique("hsm", "keys", limit=24, dashes=True),
            resource_group_name=args.resource_group,
            location=scope.region,
            sku=keyvault.ManagedHsmSkuArgs(family="B", name=keyvault.ManagedHsmSkuName.STANDARD_B1),
            properties=keyvault.ManagedHsmPropertiesArgs(
                tenant_id=scope.config.tenant_id,
                initial_admin_object_ids=list(scope.config.people.hsm_administrators),
                enable_soft_delete=True,
                soft_delete_retention_in_days=90,
                enable_purge_protection=True,
                public_network_access="Disabled",
                # Its keys are there too when the first region isn't. Not every region can be extended to:
                # learn.microsoft.com/azure/key-vault/managed-hsm/multi-region-replication.
                regions=[
                    keyvault.MHSMGeoReplicatedRegionArgs(name=scope.region, is_primary=True),
                    keyvault.MHSMGeoReplicatedRegionArgs(name=scope.region_facts.pair, is_primary=False),
                ]
                if scope.config.continuity.copies and scope.region_facts.pair
                else None,
                network_acls=keyvault.MHSMNetworkRuleSetArgs(
                    default_action="Deny", bypass="AzureServices", ip_rules=[], virtual_network_rules=[]
                ),
            ),
            tags=scope.tags("confidential"),
            opts=scope.options(self, holds_data=True),
        )
        private_endpoint(
            name,
            scope=scope,
            place=args.place,
            target_id=self.hsm.id,
            group_id="managedhsm",
            zones=("managedhsm",),
            parent=self,
        )
        self.diagnosed = [Diagnosed(name=name, resource_id=self.hsm.id)]
        self.register_outputs({"hsmId": self.hsm.id})

    def key(self, purpose: str, identity: managedidentity.UserAssignedIdentity) -> CustomerKey:
        """Refer to the key that the owners make for a purpose; its name is the purpose."""
        uri = self.hsm.properties.apply(lambda properties: str(properties.hsm_uri))
        return CustomerKey(
            purpose=purpose,
            name=purpose,
            uri=Output.concat(uri, "keys/", purpose),
            versioned_uri=None,
            custodian_uri=uri,
            custodian_id=self.hsm.id,
            identity=identity,
            ready=(self.hsm,),
        )
