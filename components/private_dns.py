"""Private DNS: the names of Azure services resolve to addresses inside the network."""

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_azure_native import privatedns

from components.scope import Scope

SERVICES = (
    "blob",
    "dfs",
    "vault",
    "managedhsm",
    "registry",
    "aks",
    "attestation",
    "monitor",
    "oms",
    "ods",
    "agentsvc",
    "configuration",
    "learning",
    "notebooks",
    "postgres",
    "grafana",
    "prometheus",
)
"""Services that this platform reaches by private endpoint, by the keys of the cloud's file."""
EDGE_SERVICES = ("arc", "arc-guest", "arc-configuration")
"""And those that edge sites reach."""


@dataclass(frozen=True, kw_only=True)
class PrivateDnsArgs:
    """What the zones need."""

    scope: Scope
    resource_group: Input[str]
    vnet_id: Input[str]


class PrivateDns(ComponentResource):
    """A zone per service, linked to the stack's network and to no other."""

    zone_ids: Mapping[str, Output[str]]
    """By service."""

    def __init__(self, name: str, args: PrivateDnsArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:private_dns:PrivateDns", name, None, opts)
        self._name, self._args = name, args
        scope = args.scope
        cloud = scope.jurisdiction.cloud
        zones: dict[str, Output[str]] = {}
        for service in (*SERVICES, *(EDGE_SERVICES if scope.config.edge_sites else ())):
            zones[service] = self._zone(service, cloud.zone(service, scope.region)).id
        self.zone_ids = zones
        self.register_outputs({"zoneIds": zones})

    def name_host(self, role: str, host: str, address: str) -> None:
        """Let a host of ours be found inside the network: a zone of its own, so that no public name is shadowed."""
        zone = self._zone(role, host)
        privatedns.PrivateRecordSet(
            f"{self._name}-{role}-address",
            private_zone_name=zone.name,
            resource_group_name=self._args.resource_group,
            record_type="A",
            relative_record_set_name="@",
            ttl=300,
            a_records=[privatedns.ARecordArgs(ipv4_address=address)],
            opts=self._args.scope.options(self),
        )

    def _zone(self, role: str, zone_name: str) -> privatedns.PrivateZone:
        args, scope = self._args, self._args.scope
        zone = privatedns.PrivateZone(
            f"{self._name}-{role}",
            private_zone_name=zone_name,
            resource_group_name=args.resource_group,
            # Said, because the allowed-locations policy denies a zone whose location is left out.
            location="global",
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )
        privatedns.VirtualNetworkLink(
            f"{self._name}-{role}-link",
            virtual_network_link_name=scope.names.of("link"),
            private_zone_name=zone.name,
            resource_group_name=args.resource_group,
            location="global",
            # Machines must not be able to write names into a service's zone.
            registration_enabled=False,
            virtual_network=privatedns.SubResourceArgs(id=args.vnet_id),
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )
        return zone
