"""A virtual network with no public entry. The way out is not made here: see `egress.py`."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network

from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions
from pulumi_azure_native import network

from components.address_plan import address_plan, first_usable
from components.diagnostics import Diagnosed
from components.known_id import known_id
from components.scope import Scope
from components.security_groups import flows, rules

AZURE_NAMES = {"firewall": "AzureFirewallSubnet", "firewall_management": "AzureFirewallManagementSubnet"}
"""Subnets whose names Azure fixes; they take neither security group nor route table of ours."""

ROUTED = ("system", "workload", "gpu", "gateway", "endpoints", "confidential", "runner")
"""Subnets whose default route is the firewall. The API server's subnet is Azure's to route, and an Application
Gateway answers patients directly: neither has a way out of its own."""


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """What a network needs."""

    scope: Scope
    resource_group: Input[str]


class Network(ComponentResource):
    """One virtual network per stack: subnets by role, a security group on each, and no default way out."""

    vnet: network.VirtualNetwork
    route_table: network.RouteTable
    plan: Mapping[str, IPv4Network]
    subnet_ids: Mapping[str, Output[str]]
    """By role of `SUBNETS`."""
    diagnosed: list[Diagnosed]

    def __init__(self, name: str, args: NetworkArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:network:Network", name, None, opts)
        self._name, self._args = name, args
        scope = args.scope
        self.plan = address_plan(scope.config.network.address_space)
        if scope.config.portal.mode != "regional":
            self.plan = {role: subnet for role, subnet in self.plan.items() if role != "portal"}
        self.route_table = network.RouteTable(
            f"{name}-routes",
            route_table_name=scope.names.of("rt"),
            resource_group_name=args.resource_group,
            location=scope.region,
            # Routes learnt from a gateway could lead around the firewall.
            disable_bgp_route_propagation=True,
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )
        self.groups = self._groups()
        self.vnet = self._vnet()
        within = f"virtualNetworks/{scope.names.of('vnet')}/subnets"
        self.subnet_ids = {role: self._id(f"{within}/{AZURE_NAMES.get(role, role)}", self.vnet) for role in self.plan}
        self.diagnosed = [
            Diagnosed(name="vnet", resource_id=self.vnet.id),
            *(
                Diagnosed(name=f"nsg-{role}", resource_id=group.id, metrics=False)
                for role, group in self.groups.items()
            ),
        ]
        self.register_outputs({"vnetId": self.vnet.id, "subnetIds": self.subnet_ids})

    def _groups(self) -> Mapping[str, network.NetworkSecurityGroup]:
        scope = self._args.scope
        table = flows(
            self.plan if "portal" in self.plan else {**self.plan, "portal": self.plan["gateway"]},
            pods=scope.config.network.pod_cidr,
            region_tag=scope.region_facts.tag,
            portal="portal" in self.plan,
        )
        return {
            role: network.NetworkSecurityGroup(
                f"{self._name}-nsg-{role}",
                network_security_group_name=scope.names.of("nsg", role),
                resource_group_name=self._args.resource_group,
                location=scope.region,
                security_rules=rules(self.plan[role], allowed),
                tags=scope.tags("internal"),
                opts=scope.options(self),
            )
            for role, allowed in table.items()
        }

    def _vnet(self) -> network.VirtualNetwork:
        scope, settings = self._args.scope, self._args.scope.config.network
        plan = self._ddos_plan() if settings.ddos_protection else None
        return network.VirtualNetwork(
            f"{self._name}-vnet",
            virtual_network_name=scope.names.of("vnet"),
            resource_group_name=self._args.resource_group,
            location=scope.region,
            address_space=network.AddressSpaceArgs(address_prefixes=[str(settings.address_space)]),
            # Names are resolved by the firewall alone, which logs them. The firewall takes the first free address of
            # its subnet; it can't be referred to here, because it needs this network first.
            dhcp_options=network.DhcpOptionsArgs(dns_servers=[str(first_usable(self.plan["firewall"]))]),
            encryption=network.VirtualNetworkEncryptionArgs(enabled=True, enforcement="AllowUnencrypted"),
            enable_ddos_protection=plan is not None,
            ddos_protection_plan=network.SubResourceArgs(id=plan.id) if plan else None,
            subnets=[self._subnet(role, subnet) for role, subnet in self.plan.items()],
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )

    def _ddos_plan(self) -> network.DdosProtectionPlan:
        scope = self._args.scope
        return network.DdosProtectionPlan(
            f"{self._name}-ddos",
            ddos_protection_plan_name=scope.names.of("ddos"),
            resource_group_name=self._args.resource_group,
            location=scope.region,
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )

    def _subnet(self, role: str, subnet: IPv4Network) -> network.SubnetArgs:
        group = self.groups.get(role)
        delegated = {
            "apiserver": network.DelegationArgs(name="aks", service_name="Microsoft.ContainerService/managedClusters"),
            "runner": network.DelegationArgs(name="jobs", service_name="Microsoft.App/environments"),
        }
        return network.SubnetArgs(
            name=AZURE_NAMES.get(role, role),
            address_prefix=str(subnet),
            # Without this Azure gives every machine a hidden way to the internet.
            default_outbound_access=False,
            network_security_group=network.NetworkSecurityGroupArgs(
                id=self._id(f"networkSecurityGroups/{self._args.scope.names.of('nsg', role)}", group)
            )
            if group
            else None,
            route_table=network.RouteTableArgs(
                id=self._id(f"routeTables/{self._args.scope.names.of('rt')}", self.route_table)
            )
            if role in ROUTED
            else None,
            # Security groups and routes hold for private endpoints too.
            private_endpoint_network_policies="Enabled",
            # A private link service takes its addresses from here, and Azure asks for this.
            private_link_service_network_policies="Disabled" if role == "gateway" else "Enabled",
            delegations=[delegated[role]] if role in delegated else None,
        )

    def _id(self, path: str, of: Resource) -> Output[str]:
        return known_id(self._args.scope, "network", f"Microsoft.Network/{path}", of)
