"""Private endpoints: the one door of each service, inside the network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi import Input, Resource
from pulumi_azure_native import network

from components.scope import Scope


@dataclass(frozen=True, kw_only=True)
class EndpointPlace:
    """Where private endpoints stand, and the zones that name them. Made once per stack."""

    resource_group: Input[str]
    subnet_id: Input[str]
    zone_ids: Mapping[str, Input[str]]
    """Private DNS zone id by service."""
    region: str
    """The network's: an endpoint stands there, also where its service is in another region."""


def private_endpoint(
    name: str,
    *,
    scope: Scope,
    place: EndpointPlace,
    target_id: Input[str],
    group_id: str,
    zones: Sequence[str],
    parent: Resource,
) -> network.PrivateEndpoint:
    """An endpoint for one service, with its names in the service's zones.

    `group_id` is the sub-resource, such as `blob`: learn.microsoft.com/azure/private-link/private-endpoint-overview.
    """
    endpoint = network.PrivateEndpoint(
        f"{name}-endpoint",
        private_endpoint_name=scope.names.of("pe", name, limit=80),
        resource_group_name=place.resource_group,
        location=place.region,
        subnet=network.SubnetArgs(id=place.subnet_id),
        custom_network_interface_name=scope.names.of("nic-pe", name, limit=80),
        private_link_service_connections=[
            network.PrivateLinkServiceConnectionArgs(name=name, private_link_service_id=target_id, group_ids=[group_id])
        ],
        tags=scope.tags("internal"),
        opts=scope.options(parent),
    )
    network.PrivateDnsZoneGroup(
        f"{name}-names",
        private_dns_zone_group_name="default",
        private_endpoint_name=endpoint.name,
        resource_group_name=place.resource_group,
        private_dns_zone_configs=[
            network.PrivateDnsZoneConfigArgs(name=zone, private_dns_zone_id=place.zone_ids[zone]) for zone in zones
        ],
        opts=scope.options(parent),
    )
    return endpoint
