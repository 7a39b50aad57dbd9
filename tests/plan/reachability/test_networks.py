"""Networks are read as Azure would make them, and what is not understood is said."""

from typing import Any

import pytest

from plan.model import UNKNOWN, PlannedResource
from plan.reachability.model import Attachment, Route, SecurityRule, Subnet
from plan.reachability.networks import estate
from tests.plan.reachability.written import VNET, arm, plan_of, resource, subnet, subnet_id, urn, vnet
from tests.plans import CORE, compliant

NSG = arm("Microsoft.Network/networkSecurityGroups", "nsg")
TABLE = arm("Microsoft.Network/routeTables", "rt")


def group(*rules: dict[str, Any]) -> PlannedResource:
    inputs = {"networkSecurityGroupName": "nsg", "securityRules": list(rules)}
    return resource("network:NetworkSecurityGroup", "nsg", inputs, identifier=NSG)


def rule(**changes: object) -> dict[str, Any]:
    return {
        "name": "r",
        "priority": 200,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "Tcp",
        "sourceAddressPrefix": "10.0.1.0/24",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "443",
        **changes,
    }


def only(*resources: PlannedResource) -> Subnet:
    found, _ = estate(plan_of(*resources))
    return found.networks[0].subnets[0]


def rules(*written: dict[str, Any]) -> tuple[SecurityRule, ...]:
    found = only(group(*written), vnet(subnet("a", "10.0.0.0/24", networkSecurityGroup={"id": NSG})))
    assert found.group is not None
    return found.group.rules


def attached(*resources: PlannedResource) -> list[Attachment]:
    found, _ = estate(plan_of(*resources))
    return list(found.attachments)


def unjudged(*resources: PlannedResource) -> list[str]:
    return [hop.what for hop in estate(plan_of(*resources))[1]]


class TestACommittedStackIsUnderstood:
    """What is not judged can't be called safe: a stack of ours must leave nothing out."""

    @pytest.mark.parametrize("stack", CORE)
    def test_nothing_is_left_unjudged(self, stack: str) -> None:
        assert estate(compliant(stack))[1] == ()

    def test_every_subnet_has_a_group_but_those_of_the_firewall(self) -> None:
        (network,) = estate(compliant())[0].networks
        bare = {item.name for item in network.subnets if item.group is None}
        assert bare == {"AzureFirewallSubnet", "AzureFirewallManagementSubnet"}

    def test_every_default_route_leads_to_the_firewall(self) -> None:
        found, _ = estate(compliant())
        (wall,) = found.firewalls
        routes = [route for item in found.networks[0].subnets if item.table for route in item.table.routes]
        assert len(routes) == 7
        assert {(route.prefix, route.hop, route.appliance) for route in routes} == {
            ("0.0.0.0/0", "VirtualAppliance", wall.id)
        }

    def test_an_address_that_the_plan_made_up_is_not_taken_for_one(self) -> None:
        found, _ = estate(compliant())
        assert found.firewalls[0].address is None
        assert all(not item.addresses for item in found.attachments if "virtualMachines" in item.place)

    def test_no_subnet_has_a_hidden_way_out(self) -> None:
        (network,) = estate(compliant())[0].networks
        assert not any(item.default_outbound or item.nat_gateway or item.service_endpoints for item in network.subnets)
        assert all(item.endpoints_filtered and item.endpoints_routed for item in network.subnets)

    def test_the_address_of_each_entry_is_the_one_chosen(self) -> None:
        found, _ = estate(compliant())
        chosen = {item.place: item.addresses for item in found.attachments if item.place.startswith("service:")}
        assert chosen == {
            "service:gateway/partners": ("10.40.3.202/32",),
            "service:gateway/portal": ("10.40.3.203/32",),
        }


class TestDefaultsAreAzures:
    """What a plan does not say, Azure decides; a reader who guesses better than that hides a way out."""

    def test_a_bare_subnet_has_a_way_out_and_unguarded_endpoints(self) -> None:
        found = only(vnet(subnet("a", "10.0.0.0/24")))
        assert found.default_outbound
        assert (found.endpoints_filtered, found.endpoints_routed) == (False, False)
        assert (found.group, found.table, found.nat_gateway) == (None, None, False)

    @pytest.mark.parametrize(
        ("written", "filtered", "routed"),
        [
            ("Enabled", True, True),
            ("NetworkSecurityGroupEnabled", True, False),
            ("RouteTableEnabled", False, True),
            ("Disabled", False, False),
            (UNKNOWN, False, False),
        ],
    )
    def test_policies_for_endpoints(self, *, written: object, filtered: bool, routed: bool) -> None:
        found = only(vnet(subnet("a", "10.0.0.0/24", privateEndpointNetworkPolicies=written)))
        assert (found.endpoints_filtered, found.endpoints_routed) == (filtered, routed)

    def test_a_nat_gateway_and_service_endpoints_count_also_when_not_known_yet(self) -> None:
        found = only(vnet(subnet("a", "10.0.0.0/24", natGateway={"id": UNKNOWN}, serviceEndpoints=UNKNOWN)))
        assert found.nat_gateway
        assert "Microsoft.Storage" in found.service_endpoints

    def test_a_route_table_takes_learnt_routes_unless_it_says_not_to(self) -> None:
        table = resource("network:RouteTable", "rt", {"routeTableName": "rt"}, identifier=TABLE)
        found = only(table, vnet(subnet("a", "10.0.0.0/24", routeTable={"id": TABLE})))
        assert found.table is not None
        assert found.table.gateway_routes


class TestRulesOfAGroupAreRead:
    """Inline or apart, with one peer or many: the same rule."""

    def test_inline_and_apart_together(self) -> None:
        apart = resource(
            "network:SecurityRule",
            "extra",
            {**rule(name=None), "securityRuleName": "extra", "networkSecurityGroupName": "nsg"},
            identifier=f"{NSG}/securityRules/extra",
        )
        found = only(group(rule()), apart, vnet(subnet("a", "10.0.0.0/24", networkSecurityGroup={"id": NSG})))
        assert found.group is not None
        assert [item.name for item in found.group.rules] == ["r", "extra"]

    def test_many_peers_groups_and_ports(self) -> None:
        asg = arm("Microsoft.Network/applicationSecurityGroups", "web")
        (found,) = rules(
            rule(
                sourceAddressPrefix=None,
                sourceAddressPrefixes=["10.0.1.4", "Internet"],
                destinationAddressPrefix=None,
                destinationApplicationSecurityGroups=[{"id": asg}],
                destinationPortRange=None,
                destinationPortRanges=["443", "8000-8100"],
            )
        )
        assert found.sources == ("10.0.1.4/32", "Internet")
        assert found.destinations == (asg,)
        assert found.destination_ports == ("443", "8000-8100")

    def test_what_is_not_known_yet_allows_everything_and_denies_nothing(self) -> None:
        found = rules(
            rule(name="in", sourceAddressPrefix=UNKNOWN, priority=UNKNOWN, destinationPortRange=UNKNOWN),
            rule(name="no", access="Deny", sourceAddressPrefix=UNKNOWN),
            rule(name="late", access="Deny", priority=UNKNOWN),
        )
        assert [item.name for item in found] == ["in", "late"]
        assert (found[0].sources, found[0].destination_ports, found[0].priority) == (("*",), ("*",), 100)
        assert found[1].priority == 4096

    def test_a_rule_with_an_unknown_direction_allows_both_ways(self) -> None:
        assert [item.direction for item in rules(rule(direction=UNKNOWN))] == ["Inbound", "Outbound"]

    def test_a_group_outside_of_the_plan_guards_nothing_and_is_said(self) -> None:
        other = arm("Microsoft.Network/networkSecurityGroups", "elsewhere")
        net = vnet(subnet("a", "10.0.0.0/24", networkSecurityGroup={"id": other}))
        assert only(net).group is None
        assert unjudged(net) == [
            "unjudged: the NetworkSecurityGroup of subnet 'a' is not in this plan, or not known yet"
        ]

    def test_a_subnet_as_a_resource_of_its_own(self) -> None:
        apart = resource(
            "network:Subnet",
            "b",
            {
                "subnetName": "b",
                "virtualNetworkName": "vnet",
                "addressPrefixes": ["10.0.7.0/24"],
                "networkSecurityGroup": {"id": UNKNOWN},
            },
            identifier=subnet_id("b"),
            made_from={"networkSecurityGroup": (urn("network:NetworkSecurityGroup", "nsg"),)},
        )
        found, notes = estate(plan_of(group(rule()), vnet(subnet("a", "10.0.0.0/24")), apart))
        assert [(item.name, item.prefixes) for item in found.networks[0].subnets] == [
            ("a", ("10.0.0.0/24",)),
            ("b", ("10.0.7.0/24",)),
        ]
        assert found.networks[0].subnets[1].group is not None
        assert notes == ()


FIREWALL = resource(
    "network:AzureFirewall",
    "afw",
    {
        "azureFirewallName": "afw",
        "ipConfigurations": [{"name": "a", "subnet": {"id": subnet_id("AzureFirewallSubnet")}}],
    },
    identifier=arm("Microsoft.Network/azureFirewalls", "afw"),
)


class TestARouteLeadsToTheFirewallThatItMeans:
    """A default route to an address is a wall or a hole: which, says who has the address."""

    def route(self, address: object, **more: Any) -> tuple[Route, list[str]]:  # noqa: ANN401 of a resource
        inputs = {
            "routeName": "out",
            "routeTableName": "rt",
            "addressPrefix": "0.0.0.0/0",
            "nextHopType": "VirtualAppliance",
        }
        table = resource("network:RouteTable", "rt", {"routeTableName": "rt"}, identifier=TABLE)
        made = resource(
            "network:Route", "out", {**inputs, "nextHopIpAddress": address}, identifier=f"{TABLE}/routes/out", **more
        )
        net = vnet(subnet("a", "10.0.0.0/24", routeTable={"id": TABLE}), subnet("AzureFirewallSubnet", "10.0.9.0/26"))
        found, notes = estate(plan_of(table, made, net, FIREWALL))
        table_found = found.networks[0].subnets[0].table
        assert table_found is not None
        return table_found.routes[0], [hop.what for hop in notes]

    def test_by_an_address_in_the_firewalls_subnet(self) -> None:
        found, notes = self.route("10.0.9.4")
        assert found.appliance == FIREWALL.outputs["id"]
        assert notes == []

    def test_by_what_the_address_is_computed_from(self) -> None:
        found, notes = self.route(UNKNOWN, made_from={"nextHopIpAddress": (FIREWALL.urn,)})
        assert (found.appliance, found.address) == (FIREWALL.outputs["id"], None)
        assert notes == []

    @pytest.mark.parametrize("address", ["10.0.0.99", UNKNOWN])
    def test_another_appliance_is_not_understood(self, address: object) -> None:
        found, notes = self.route(address)
        assert found.appliance is None
        assert len(notes) == 1
        assert "leads to an appliance" in notes[0]


class TestPeeringsAndGateways:
    """Networks that are joined are one, as far as their settings say."""

    def peering(self, **settings: object) -> PlannedResource:
        inputs = {"virtualNetworkPeeringName": "p", "virtualNetworkName": "vnet", **settings}
        return resource("network:VirtualNetworkPeering", "p", inputs, identifier=f"{VNET}/virtualNetworkPeerings/p")

    def test_a_peering_is_open_for_what_starts_there_and_closed_for_what_is_forwarded(self) -> None:
        other = vnet(subnet("b", "10.1.0.0/24"), name="hub")
        found, notes = estate(plan_of(vnet(), other, self.peering(remoteVirtualNetwork={"id": other.outputs["id"]})))
        (made,) = found.networks[0].peerings
        assert (made.remote, made.access, made.forwarded) == (other.outputs["id"], True, False)
        assert notes == ()

    def test_a_peering_with_a_network_outside_is_said(self) -> None:
        remote = arm("Microsoft.Network/virtualNetworks", "hub", "99999999-9999-9999-9999-999999999999")
        found, notes = estate(plan_of(vnet(), self.peering(remoteVirtualNetwork={"id": remote})))
        assert found.networks[0].peerings[0].remote == remote
        assert "not in this plan" in notes[0].what

    def gateway(self, *more: PlannedResource, **settings: object) -> tuple[str, ...]:
        made = resource(
            "network:VirtualNetworkGateway",
            "gw",
            {
                "gatewayType": "Vpn",
                "ipConfigurations": [{"subnet": {"id": subnet_id("GatewaySubnet")}}],
                **settings,
            },
            identifier=arm("Microsoft.Network/virtualNetworkGateways", "gw"),
        )
        found, _ = estate(plan_of(vnet(subnet("GatewaySubnet", "10.0.8.0/27")), made, *more))
        return found.networks[0].gateway_prefixes

    def site(self, **settings: object) -> tuple[PlannedResource, PlannedResource]:
        site = arm("Microsoft.Network/localNetworkGateways", "clinic")
        inputs = {"localNetworkAddressSpace": {"addressPrefixes": ["192.168.0.0/24"]}}
        return (
            resource("network:LocalNetworkGateway", "clinic", inputs, identifier=site),
            resource(
                "network:VirtualNetworkGatewayConnection",
                "c",
                {
                    "connectionType": "IPsec",
                    "virtualNetworkGateway1": {"id": arm("Microsoft.Network/virtualNetworkGateways", "gw")},
                    "localNetworkGateway2": {"id": site},
                    **settings,
                },
                identifier=arm("Microsoft.Network/connections", "c"),
            ),
        )

    def test_behind_a_tunnel_lies_what_its_site_names(self) -> None:
        assert self.gateway(*self.site()) == ("192.168.0.0/24",)

    def test_behind_routes_that_are_learnt_lies_anything(self) -> None:
        assert self.gateway(*self.site(enableBgp=True)) == ("*",)
        assert self.gateway(*self.site(), enableBgp=True) == ("*",)

    def test_behind_a_gateway_without_connections_lies_anything(self) -> None:
        assert self.gateway() == ("*",)
        assert self.gateway(*self.site(), gatewayType="ExpressRoute") == ("*",)

    def test_without_a_gateway_lies_nothing(self) -> None:
        assert estate(plan_of(vnet()))[0].networks[0].gateway_prefixes == ()


class TestWhoStandsInASubnet:
    """Whatever has an address there is found, with what guards it and whether it is public."""

    net = vnet(subnet("a", "10.0.0.0/24"), subnet("b", "10.0.1.0/24"))

    def interface(self, **configuration: object) -> PlannedResource:
        return resource(
            "network:NetworkInterface",
            "nic",
            {"ipConfigurations": [{"name": "x", "subnet": {"id": subnet_id("a")}, **configuration}]},
            identifier=arm("Microsoft.Network/networkInterfaces", "nic"),
        )

    def test_a_machine_by_its_interface(self) -> None:
        machine = resource(
            "compute:VirtualMachine",
            "vm",
            {"networkProfile": {"networkInterfaces": [{"id": arm("Microsoft.Network/networkInterfaces", "nic")}]}},
            identifier=arm("Microsoft.Compute/virtualMachines", "vm"),
        )
        (found,) = attached(self.net, self.interface(privateIPAddress="10.0.0.9"), machine)
        assert (found.place, found.addresses, found.public) == (machine.outputs["id"], ("10.0.0.9/32",), False)

    @pytest.mark.parametrize(
        "configuration",
        [
            {"publicIPAddress": {"id": UNKNOWN}},
            {"loadBalancerBackendAddressPools": [{"id": arm("Microsoft.Network/loadBalancers", "x") + "/pools/y"}]},
        ],
    )
    def test_an_address_of_its_own_or_of_an_unknown_balancer_is_public(self, configuration: dict[str, Any]) -> None:
        (found,) = attached(self.net, self.interface(**configuration))
        assert found.public

    def test_nodes_leave_by_a_public_balancer_unless_told_otherwise(self) -> None:
        pools = [{"name": "system", "mode": "System", "vnetSubnetID": subnet_id("a")}]

        def public(**profile: str) -> bool:
            cluster = resource(
                "containerservice:ManagedCluster",
                "aks",
                {"agentPoolProfiles": pools, "networkProfile": profile},
                identifier=arm("Microsoft.ContainerService/managedClusters", "aks"),
            )
            return attached(self.net, cluster)[0].public

        assert public()
        assert public(outboundType="loadBalancer")
        assert not public(outboundType="userDefinedRouting")

    def test_a_pool_whose_subnet_is_not_known_yet_could_stand_in_any_of_the_network(self) -> None:
        pool = resource(
            "containerservice:AgentPool",
            "gpu",
            {"agentPoolName": "gpu", "vnetSubnetID": UNKNOWN},
            made_from={"vnetSubnetID": (self.net.urn,)},
        )
        assert {item.subnet for item in attached(self.net, pool)} == {subnet_id("a"), subnet_id("b")}

    def test_a_subnet_not_known_yet_is_the_one_that_azure_asks_for(self) -> None:
        delegation = [{"name": "jobs", "serviceName": "Microsoft.App/environments"}]
        net = vnet(subnet("a", "10.0.0.0/24"), subnet("jobs", "10.0.1.0/24", delegations=delegation))
        environment = resource(
            "app:ManagedEnvironment",
            "cae",
            {"vnetConfiguration": {"internal": True, "infrastructureSubnetId": UNKNOWN}},
            made_from={"vnetConfiguration": (net.urn,)},
        )
        assert [item.subnet for item in attached(net, environment)] == [subnet_id("jobs")]

    def test_a_private_endpoint_starts_nothing(self) -> None:
        endpoint = resource(
            "network:PrivateEndpoint",
            "pe",
            {"subnet": {"id": subnet_id("a")}},
            identifier=arm("Microsoft.Network/privateEndpoints", "pe"),
        )
        (found,) = attached(self.net, endpoint)
        assert found.is_endpoint

    def test_an_application_gateway_with_a_public_frontend(self) -> None:
        gateway = resource(
            "network:ApplicationGateway",
            "agw",
            {
                "gatewayIPConfigurations": [{"subnet": {"id": subnet_id("b")}}],
                "frontendIPConfigurations": [{"publicIPAddress": {"id": "x"}}],
            },
            identifier=arm("Microsoft.Network/applicationGateways", "agw"),
        )
        (found,) = attached(self.net, gateway)
        assert (found.subnet, found.public, found.is_endpoint) == (subnet_id("b"), True, False)


class TestNothingIsSilentlyIgnored:
    """The one type that nobody thought of is the way out."""

    @pytest.mark.parametrize(
        "short",
        [
            "network:VirtualHub",
            "network:VirtualWan",
            "network:RoutingIntent",
            "network:NetworkVirtualAppliance",
            "network:AdminRule",
            "network:VirtualHubBgpConnection",
            "network:VirtualNetworkTap",
            "network/v20230901:VirtualNetwork",
        ],
    )
    def test_types_that_are_not_read(self, short: str) -> None:
        (said,) = unjudged(resource(short, "x"))
        assert short in said

    def test_something_in_a_subnet_that_is_not_understood(self) -> None:
        strange = resource("sql:ManagedInstance", "mi", {"subnetId": subnet_id("a")}, identifier=arm("M/s", "mi"))
        (said,) = unjudged(vnet(subnet("a", "10.0.0.0/24")), strange)
        assert "names subnet 'a'" in said

    def test_an_interface_that_forwards(self) -> None:
        made = resource(
            "network:NetworkInterface",
            "nic",
            {"enableIPForwarding": True, "ipConfigurations": [{"subnet": {"id": subnet_id("a")}}]},
            identifier=arm("Microsoft.Network/networkInterfaces", "nic"),
        )
        (said,) = unjudged(vnet(subnet("a", "10.0.0.0/24")), made)
        assert "forwards packets" in said

    def test_a_firewall_of_a_virtual_hub(self) -> None:
        hub = resource("network:AzureFirewall", "afw", {"virtualHub": {"id": "x"}}, identifier="x/y/afw")
        (said,) = unjudged(hub)
        assert "stands in no subnet" in said

    def test_addresses_of_the_sixth_version(self) -> None:
        net = vnet(subnet("a", "10.0.0.0/24"), addressSpace={"addressPrefixes": ["10.0.0.0/16", "fd00::/48"]})
        (said,) = unjudged(net)
        assert "IPv6" in said
