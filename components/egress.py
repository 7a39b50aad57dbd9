"""The only way out: an Azure Firewall Premium that names every host, and refuses the rest.

TLS of the cluster's own traffic is not opened: it goes to hosts of Azure that pin their certificates, and carries no
patient data. Where a stack may ask an external model, what is sent there is opened and inspected.
"""

from dataclasses import dataclass

from pulumi import ComponentResource, Input, Output, Resource, ResourceOptions
from pulumi_azure_native import managedidentity, network

from components.diagnostics import Diagnosed
from components.egress_rules import external_rules, node_rules, runner_rules
from components.key_vault import KeyVault
from components.network import Network
from components.scope import Scope
from components.security_groups import NODES


@dataclass(frozen=True, kw_only=True)
class EgressArgs:
    """What the way out needs."""

    scope: Scope
    resource_group: Input[str]
    network: Network
    workspace_id: Input[str]
    certificates: KeyVault
    """Holds the authority that opens TLS, where the stack asks for that."""
    identity: managedidentity.UserAssignedIdentity
    """The firewall's."""


class Egress(ComponentResource):
    """Firewall, policy and default route. Everything that is not named is denied and logged."""

    firewall: network.AzureFirewall
    ready: list[Resource]
    """What must stand before a cluster may be made: the route, and the rules it leads to."""
    diagnosed: list[Diagnosed]

    def __init__(self, name: str, args: EgressArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:egress:Egress", name, None, opts)
        self._name, self._args = name, args
        self.policy = self._policy()
        rules = self._rules()
        self._addresses = {role: self._address(role) for role in ("firewall", "firewall-management")}
        self.firewall = self._firewall(rules)
        route = network.Route(
            f"{name}-default-route",
            route_name="default-to-firewall",
            route_table_name=args.network.route_table.name,
            resource_group_name=args.resource_group,
            address_prefix="0.0.0.0/0",
            next_hop_type="VirtualAppliance",
            next_hop_ip_address=self.firewall.ip_configurations.apply(_first_address),
            opts=args.scope.options(self),
        )
        self.ready = [route, *rules]
        self.diagnosed = [
            Diagnosed(name="firewall", resource_id=self.firewall.id),
            *(Diagnosed(name=f"ip-{role}", resource_id=address.id) for role, address in self._addresses.items()),
        ]
        self.register_outputs({"firewallId": self.firewall.id})

    def _policy(self) -> network.FirewallPolicy:
        args, scope = self._args, self._args.scope
        workspace = network.SubResourceArgs(id=args.workspace_id)
        return network.FirewallPolicy(
            f"{self._name}-policy",
            firewall_policy_name=scope.names.of("afwp"),
            resource_group_name=args.resource_group,
            location=scope.region,
            sku=network.FirewallPolicySkuArgs(tier="Premium"),
            threat_intel_mode="Deny",
            intrusion_detection=network.FirewallPolicyIntrusionDetectionArgs(
                mode="Deny",
                configuration=network.FirewallPolicyIntrusionDetectionConfigurationArgs(
                    bypass_traffic_settings=[], signature_overrides=[]
                ),
            ),
            # The network's only resolver: lookups are logged, and rules by name mean the addresses that nodes got.
            dns_settings=network.DnsSettingsArgs(enable_proxy=True),
            identity=network.ManagedServiceIdentityArgs(
                type=network.ResourceIdentityType.USER_ASSIGNED, user_assigned_identities=[args.identity.id]
            )
            if scope.config.egress.tls_inspection
            else None,
            transport_security=network.FirewallPolicyTransportSecurityArgs(
                certificate_authority=network.FirewallPolicyCertificateAuthorityArgs(
                    name="inspection-ca", key_vault_secret_id=self._authority()
                )
            )
            if scope.config.egress.tls_inspection
            else None,
            sql=network.FirewallPolicySQLArgs(allow_sql_redirect=False),
            insights=network.FirewallPolicyInsightsArgs(
                is_enabled=True,
                retention_days=scope.config.retention.interactive_days,
                log_analytics_resources=network.FirewallPolicyLogAnalyticsResourcesArgs(default_workspace_id=workspace),
            ),
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )

    def _authority(self) -> Output[str]:
        """The intermediate authority's certificate, in the vault of certificates; the firewall alone reads it."""
        args = self._args
        args.certificates.grant_certificates("firewall", args.identity)
        uri = args.certificates.vault.properties.apply(lambda properties: str(properties.vault_uri))
        return Output.concat(uri, "secrets/inspection-ca")

    def _rules(self) -> list[network.FirewallPolicyRuleCollectionGroup]:
        """Bands: 300 the nodes', 400 the runner's. Lower numbers are kept for an emergency's denials."""
        plan = self._args.network.plan
        wanted = {
            "nodes": (300, node_rules(self._args.scope, [str(plan[role]) for role in NODES])),
            "runner": (400, runner_rules(self._args.scope, [str(plan["runner"])])),
            # From the gateway's nodes alone; a network policy there lets only the gateway out.
            "external": (500, external_rules(self._args.scope, [str(plan["workload"])])),
        }
        groups: list[network.FirewallPolicyRuleCollectionGroup] = []
        for role, (priority, rules) in wanted.items():
            if not rules:
                continue
            groups.append(
                network.FirewallPolicyRuleCollectionGroup(
                    f"{self._name}-rules-{role}",
                    rule_collection_group_name=role,
                    firewall_policy_name=self.policy.name,
                    resource_group_name=self._args.resource_group,
                    priority=priority,
                    rule_collections=[
                        network.FirewallPolicyFilterRuleCollectionArgs(
                            rule_collection_type="FirewallPolicyFilterRuleCollection",
                            name=f"allow-{role}",
                            priority=priority,
                            action=network.FirewallPolicyFilterRuleCollectionActionArgs(type="Allow"),
                            rules=list(rules),
                        )
                    ],
                    # One group at a time: Azure refuses concurrent changes of a policy.
                    opts=self._args.scope.options(self, depends_on=groups[-1:]),
                )
            )
        return groups

    def _address(self, role: str) -> network.PublicIPAddress:
        scope = self._args.scope
        return network.PublicIPAddress(
            f"{self._name}-ip-{role}",
            public_ip_address_name=scope.names.of("pip", role),
            resource_group_name=self._args.resource_group,
            location=scope.region,
            sku=network.PublicIPAddressSkuArgs(name="Standard", tier="Regional"),
            public_ip_allocation_method="Static",
            zones=list(scope.zones) or None,
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )

    def _firewall(self, rules: list[network.FirewallPolicyRuleCollectionGroup]) -> network.AzureFirewall:
        args, scope = self._args, self._args.scope

        def configuration(role: str, subnet: str) -> network.AzureFirewallIPConfigurationArgs:
            return network.AzureFirewallIPConfigurationArgs(
                name=role,
                subnet=network.SubResourceArgs(id=args.network.subnet_ids[subnet]),
                public_ip_address=network.SubResourceArgs(id=self._addresses[role].id),
            )

        return network.AzureFirewall(
            f"{self._name}-firewall",
            azure_firewall_name=scope.names.of("afw"),
            resource_group_name=args.resource_group,
            location=scope.region,
            sku=network.AzureFirewallSkuArgs(name="AZFW_VNet", tier="Premium"),
            firewall_policy=network.SubResourceArgs(id=self.policy.id),
            threat_intel_mode="Deny",
            ip_configurations=[configuration("firewall", "firewall")],
            # Azure's own management comes in by a path of its own, so that the data path can be closed at will.
            management_ip_configuration=configuration("firewall-management", "firewall_management"),
            zones=list(scope.zones) or None,
            tags=scope.tags("internal"),
            # Rules first: a firewall without them would cut off, or worse, one with stale ones would let pass.
            opts=scope.options(self, depends_on=rules),
        )


def _first_address(configurations: object) -> str:
    found = configurations if isinstance(configurations, list) else []
    return str(found[0].private_ip_address)


def default_route_address(egress: Egress) -> Output[str]:
    """The firewall's private address, for the stack's outputs."""
    return egress.firewall.ip_configurations.apply(_first_address)
