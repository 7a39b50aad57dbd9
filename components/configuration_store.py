"""A configuration store as every one here is: private, without access keys, under the operator's key.

Data roles are given by whoever owns the store: components/prompt_store.py, components/delivery.py.
"""

from pulumi import Input, Resource
from pulumi_azure_native import appconfiguration

from components.customer_key import CustomerKey
from components.private_endpoint import EndpointPlace, private_endpoint
from components.scope import Scope


def configuration_store(
    name: str,
    *,
    store_name: str,
    scope: Scope,
    resource_group: Input[str],
    place: EndpointPlace,
    key: CustomerKey,
    parent: Resource,
) -> appconfiguration.ConfigurationStore:
    """The store, and its private endpoint."""
    store = appconfiguration.ConfigurationStore(
        f"{name}-store",
        config_store_name=store_name,
        resource_group_name=resource_group,
        location=scope.region,
        # Premium, for its uptime promise; Standard takes private endpoints and keys as well.
        sku=appconfiguration.SkuArgs(name="Premium" if scope.is_prod else "Standard"),
        disable_local_auth=True,
        public_network_access="Disabled",
        enable_purge_protection=True,
        soft_delete_retention_in_days=7,
        # The resource manager writes through the private endpoint, as the caller and not by an access key.
        data_plane_proxy=appconfiguration.DataPlaneProxyPropertiesArgs(
            authentication_mode="Pass-through", private_link_delegation="Enabled"
        ),
        identity=appconfiguration.ResourceIdentityArgs(type="UserAssigned", user_assigned_identities=[key.identity.id]),
        encryption=appconfiguration.EncryptionPropertiesArgs(
            key_vault_properties=appconfiguration.KeyVaultPropertiesArgs(
                key_identifier=key.uri, identity_client_id=key.identity.client_id
            )
        ),
        tags=scope.tags("confidential"),
        opts=scope.options(parent, holds_data=True, depends_on=key.ready),
    )
    private_endpoint(
        name,
        scope=scope,
        place=place,
        target_id=store.id,
        group_id="configurationStores",
        zones=("configuration",),
        parent=parent,
    )
    return store


def store_host(scope: Scope, name: str) -> str:
    """Where a store of that name answers, inside, by its private endpoint."""
    zone = scope.jurisdiction.cloud.zone("configuration", scope.region)
    return f"{name}.{zone.removeprefix('privatelink.')}"
