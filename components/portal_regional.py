"""A regional portal: Application Gateway WAF v2 ends TLS in the stack's own region, under the same geo rule."""

from dataclasses import dataclass

from pulumi import ComponentResource, Input, ResourceOptions
from pulumi_azure_native import network

from components.diagnostics import Diagnosed
from components.scope import Scope
from components.waf import MANAGED_RULES, REGIONAL_SCRUBBED, regional_rules

TLS_POLICY = "AppGwSslPolicy20220101S"
"""TLS 1.2 and 1.3 with strong suites: learn.microsoft.com/azure/application-gateway, "TLS policy overview"."""


@dataclass(frozen=True, kw_only=True)
class RegionalArgs:
    """What the entry needs."""

    scope: Scope
    resource_group: Input[str]
    subnet_id: Input[str]
    certificate_secret_id: Input[str]
    """Key Vault secret, without version: renewals are taken up by themselves."""
    identity_id: Input[str]
    gateway_address: str
    """The portal listener's; the gateway's name leads to the partners'."""


class Regional(ComponentResource):
    """HTTPS on 443 and nothing else; there is no listener on 80 to redirect from."""

    diagnosed: list[Diagnosed]

    def __init__(self, name: str, args: RegionalArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:portal:Regional", name, None, opts)
        self._name, self._args = name, args
        scope = args.scope
        waf = self._waf()
        address = network.PublicIPAddress(
            f"{name}-ip",
            public_ip_address_name=scope.names.of("pip", "portal"),
            resource_group_name=args.resource_group,
            location=scope.region,
            sku=network.PublicIPAddressSkuArgs(name="Standard", tier="Regional"),
            public_ip_allocation_method="Static",
            zones=list(scope.zones) or None,
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )
        gateway = self._gateway(waf, address)
        self.diagnosed = [
            Diagnosed(name="portal", resource_id=gateway.id),
            Diagnosed(name="ip-portal", resource_id=address.id),
        ]
        self.register_outputs({"gatewayId": gateway.id})

    def _waf(self) -> network.WebApplicationFirewallPolicy:
        scope, portal = self._args.scope, self._args.scope.config.portal
        return network.WebApplicationFirewallPolicy(
            f"{self._name}-waf",
            policy_name=scope.names.of("waf"),
            resource_group_name=self._args.resource_group,
            location=scope.region,
            policy_settings=network.PolicySettingsArgs(
                state="Enabled",
                mode="Prevention",
                request_body_check=True,
                request_body_enforcement=True,
                log_scrubbing=network.PolicySettingsLogScrubbingArgs(
                    state="Enabled",
                    scrubbing_rules=[
                        network.WebApplicationFirewallScrubbingRulesArgs(
                            match_variable=variable, selector_match_operator="EqualsAny", state="Enabled"
                        )
                        for variable in REGIONAL_SCRUBBED
                    ],
                ),
            ),
            custom_rules=regional_rules(
                portal.countries,
                admit_unknown=portal.unknown_country == "allow",
                rate_per_minute=portal.rate_limit_per_minute,
            ),
            managed_rules=network.ManagedRulesDefinitionArgs(
                managed_rule_sets=[
                    network.ManagedRuleSetArgs(rule_set_type=kind, rule_set_version=version)
                    for kind, version in MANAGED_RULES.items()
                ]
            ),
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )

    def _gateway(
        self, waf: network.WebApplicationFirewallPolicy, address: network.PublicIPAddress
    ) -> network.ApplicationGateway:
        args, scope = self._args, self._args.scope
        name = scope.names.of("agw")
        own = (
            f"/subscriptions/{scope.config.subscription_id}/resourceGroups/{scope.names.resource_group('portal')}"
            f"/providers/Microsoft.Network/applicationGateways/{name}"
        )

        def part(kind: str, item: str) -> network.SubResourceArgs:
            # Parts of a gateway name each other by ids that exist only with it.
            return network.SubResourceArgs(id=f"{own}/{kind}/{item}")

        return network.ApplicationGateway(
            f"{self._name}-gateway",
            application_gateway_name=name,
            resource_group_name=args.resource_group,
            location=scope.region,
            sku=network.ApplicationGatewaySkuArgs(name="WAF_v2", tier="WAF_v2"),
            autoscale_configuration=network.ApplicationGatewayAutoscaleConfigurationArgs(
                min_capacity=2 if scope.is_prod else 1, max_capacity=10
            ),
            zones=list(scope.zones) or None,
            enable_http2=True,
            firewall_policy=network.SubResourceArgs(id=waf.id),
            force_firewall_policy_association=True,
            identity=network.ManagedServiceIdentityArgs(
                type=network.ResourceIdentityType.USER_ASSIGNED, user_assigned_identities=[args.identity_id]
            ),
            ssl_policy=network.ApplicationGatewaySslPolicyArgs(policy_type="Predefined", policy_name=TLS_POLICY),
            ssl_certificates=[
                network.ApplicationGatewaySslCertificateArgs(
                    name="portal", key_vault_secret_id=args.certificate_secret_id
                )
            ],
            gateway_ip_configurations=[
                network.ApplicationGatewayIPConfigurationArgs(
                    name="subnet", subnet=network.SubResourceArgs(id=args.subnet_id)
                )
            ],
            frontend_ip_configurations=[
                network.ApplicationGatewayFrontendIPConfigurationArgs(
                    name="public", public_ip_address=network.SubResourceArgs(id=address.id)
                )
            ],
            frontend_ports=[network.ApplicationGatewayFrontendPortArgs(name="https", port=443)],
            http_listeners=[
                network.ApplicationGatewayHttpListenerArgs(
                    name="portal",
                    protocol="Https",
                    host_name=scope.config.portal.host,
                    require_server_name_indication=True,
                    frontend_ip_configuration=part("frontendIPConfigurations", "public"),
                    frontend_port=part("frontendPorts", "https"),
                    ssl_certificate=part("sslCertificates", "portal"),
                )
            ],
            probes=[
                network.ApplicationGatewayProbeArgs(
                    name="gateway",
                    protocol="Https",
                    host=scope.config.gateway.host,
                    path="/healthz",
                    interval=30,
                    timeout=10,
                    unhealthy_threshold=3,
                )
            ],
            backend_address_pools=[
                network.ApplicationGatewayBackendAddressPoolArgs(
                    name="gateway",
                    backend_addresses=[network.ApplicationGatewayBackendAddressArgs(ip_address=args.gateway_address)],
                )
            ],
            backend_http_settings_collection=[
                network.ApplicationGatewayBackendHttpSettingsArgs(
                    name="gateway",
                    protocol="Https",
                    port=443,
                    host_name=scope.config.gateway.host,
                    cookie_based_affinity="Disabled",
                    request_timeout=120,
                    probe=part("probes", "gateway"),
                )
            ],
            request_routing_rules=[
                network.ApplicationGatewayRequestRoutingRuleArgs(
                    name="portal",
                    rule_type="Basic",
                    priority=100,
                    http_listener=part("httpListeners", "portal"),
                    backend_address_pool=part("backendAddressPools", "gateway"),
                    backend_http_settings=part("backendHttpSettingsCollection", "gateway"),
                )
            ],
            tags=scope.tags("phi"),
            opts=scope.options(self),
        )
