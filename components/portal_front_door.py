"""Front Door Premium: the nearest edge ends TLS, so this entry is a residency exception on record.

The origin is reached through Private Link. Azure makes that endpoint in a subscription of its own and leaves it
pending; who approves it, and how, is in docs/guides/first-deployment.md, because its name is not known to a plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi import ComponentResource, Input, ResourceOptions
from pulumi_azure_native import cdn, frontdoor

from components.diagnostics import Diagnosed
from components.gateway_settings import HEALTH_PATH
from components.scope import Scope
from components.waf import MANAGED_RULES, SCRUBBED, front_door_rules


@dataclass(frozen=True, kw_only=True)
class Origin:
    """A gateway that the edge may send to."""

    name: str
    host: str
    """On the gateway's certificate, and no other origin's: names must differ (the SDK's AFDOrigin.host_name), and the
    certificate must hold the origin's (learn.microsoft.com/azure/frontdoor/end-to-end-tls)."""
    private_link_service_id: Input[str]
    region: str
    """The service's own: another would pull traffic through a second country."""


@dataclass(frozen=True, kw_only=True)
class FrontDoorArgs:
    """What the entry needs."""

    scope: Scope
    resource_group: Input[str]
    origins: tuple[Origin, ...]
    """The first gets everything while it answers; each other one, when those before it don't."""


class FrontDoor(ComponentResource):
    """HTTPS only, no cache, a web firewall on every name, and a private origin."""

    diagnosed: list[Diagnosed]

    def __init__(self, name: str, args: FrontDoorArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:portal:FrontDoor", name, None, opts)
        self._name, self._args = name, args
        scope = args.scope
        self.waf = self._waf()
        self.profile = cdn.Profile(
            f"{name}-profile",
            profile_name=scope.names.of("afd"),
            resource_group_name=args.resource_group,
            location="Global",
            sku=cdn.SkuArgs(name="Premium_AzureFrontDoor"),
            # A clinical answer takes its time; Azure's most is 240 seconds.
            origin_response_timeout_seconds=120,
            log_scrubbing=cdn.ProfileLogScrubbingArgs(
                state="Enabled",
                scrubbing_rules=[
                    cdn.ProfileScrubbingRulesArgs(
                        match_variable=variable, selector_match_operator="EqualsAny", state="Enabled"
                    )
                    for variable in ("RequestIPAddress", "RequestUri", "QueryStringArgNames")
                ],
            ),
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )
        endpoint = cdn.AFDEndpoint(
            f"{name}-endpoint",
            endpoint_name=scope.names.of("fde", limit=46),
            profile_name=self.profile.name,
            resource_group_name=args.resource_group,
            location="Global",
            enabled_state="Enabled",
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )
        domain = cdn.AFDCustomDomain(
            f"{name}-domain",
            custom_domain_name=scope.config.portal.host.replace(".", "-"),
            host_name=scope.config.portal.host,
            profile_name=self.profile.name,
            resource_group_name=args.resource_group,
            tls_settings=cdn.AFDDomainHttpsParametersArgs(
                certificate_type="ManagedCertificate", minimum_tls_version=cdn.AfdMinimumTlsVersion.TLS12
            ),
            opts=scope.options(self),
        )
        route = self._route(endpoint, domain)
        cdn.SecurityPolicy(
            f"{name}-security",
            security_policy_name=scope.names.of("sp"),
            profile_name=self.profile.name,
            resource_group_name=args.resource_group,
            parameters=cdn.SecurityPolicyWebApplicationFirewallParametersArgs(
                type="WebApplicationFirewall",
                waf_policy=cdn.ResourceReferenceArgs(id=self.waf.id),
                associations=[
                    cdn.SecurityPolicyWebApplicationFirewallAssociationArgs(
                        # The edge's own name leads to the same origin: both must be behind the web firewall.
                        domains=[
                            cdn.ActivatedResourceReferenceArgs(id=endpoint.id),
                            cdn.ActivatedResourceReferenceArgs(id=domain.id),
                        ],
                        patterns_to_match=["/*"],
                    )
                ],
            ),
            opts=scope.options(self, depends_on=[route]),
        )
        self.diagnosed = [Diagnosed(name="portal", resource_id=self.profile.id)]
        self.register_outputs({"profileId": self.profile.id})

    def _waf(self) -> frontdoor.Policy:
        scope, portal = self._args.scope, self._args.scope.config.portal
        return frontdoor.Policy(
            f"{self._name}-waf",
            # Letters and digits only: learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
            policy_name=scope.names.of("waf").replace("-", ""),
            resource_group_name=self._args.resource_group,
            location="Global",
            sku=frontdoor.SkuArgs(name="Premium_AzureFrontDoor"),
            policy_settings=frontdoor.PolicySettingsArgs(
                enabled_state="Enabled",
                mode="Prevention",
                request_body_check="Enabled",
                custom_block_response_status_code=403,
                state="Enabled",
                scrubbing_rules=[
                    frontdoor.WebApplicationFirewallScrubbingRulesArgs(
                        match_variable=variable, selector_match_operator="EqualsAny", state="Enabled"
                    )
                    for variable in SCRUBBED
                ],
            ),
            custom_rules=frontdoor.CustomRuleListArgs(
                rules=front_door_rules(
                    portal.countries,
                    admit_unknown=portal.unknown_country == "allow",
                    rate_per_minute=portal.rate_limit_per_minute,
                )
            ),
            managed_rules=frontdoor.ManagedRuleSetListArgs(
                managed_rule_sets=[
                    frontdoor.ManagedRuleSetArgs(
                        rule_set_type=kind,
                        rule_set_version=version,
                        rule_set_action="Block" if kind == "Microsoft_DefaultRuleSet" else None,
                    )
                    for kind, version in MANAGED_RULES.items()
                ]
            ),
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )

    def _route(self, endpoint: cdn.AFDEndpoint, domain: cdn.AFDCustomDomain) -> cdn.Route:
        args, scope = self._args, self._args.scope
        group = cdn.AFDOriginGroup(
            f"{self._name}-origins",
            origin_group_name="gateway",
            profile_name=self.profile.name,
            resource_group_name=args.resource_group,
            session_affinity_state="Disabled",
            health_probe_settings=cdn.HealthProbeParametersArgs(
                probe_path=HEALTH_PATH,
                probe_protocol=cdn.ProbeProtocol.HTTPS,
                probe_request_type=cdn.HealthProbeRequestType.HEAD,
                probe_interval_in_seconds=30,
            ),
            load_balancing_settings=cdn.LoadBalancingSettingsParametersArgs(
                sample_size=4, successful_samples_required=3, additional_latency_in_milliseconds=50
            ),
            opts=scope.options(self),
        )
        origins: list[cdn.AFDOrigin] = []
        for priority, origin in enumerate(args.origins, start=1):
            origins.append(self._origin(group, origin, priority, after=origins))
        return cdn.Route(
            f"{self._name}-route",
            route_name="portal",
            endpoint_name=endpoint.name,
            profile_name=self.profile.name,
            resource_group_name=args.resource_group,
            origin_group=cdn.ResourceReferenceArgs(id=group.id),
            custom_domains=[cdn.ActivatedResourceReferenceArgs(id=domain.id)],
            # The redirect needs both: plain HTTP is taken only to be sent on to HTTPS, and never reaches the origin.
            supported_protocols=["Http", "Https"],
            https_redirect="Enabled",
            forwarding_protocol="HttpsOnly",
            link_to_default_domain="Disabled",
            patterns_to_match=["/*"],
            enabled_state="Enabled",
            # No cache_configuration: an answer must not lie on an edge, nor be given to the next who asks.
            opts=scope.options(self, depends_on=origins),
        )

    def _origin(
        self, group: cdn.AFDOriginGroup, origin: Origin, priority: int, *, after: Sequence[cdn.AFDOrigin]
    ) -> cdn.AFDOrigin:
        """One of the origins; a standby is added after the first, so that it never stands there alone."""
        args, scope = self._args, self._args.scope
        return cdn.AFDOrigin(
            f"{self._name}-origin" if priority == 1 else f"{self._name}-origin-{origin.name}",
            origin_name=origin.name,
            origin_group_name=group.name,
            profile_name=self.profile.name,
            resource_group_name=args.resource_group,
            host_name=origin.host,
            origin_host_header=scope.config.gateway.host,
            https_port=443,
            priority=priority,
            weight=1000,
            enabled_state="Enabled",
            enforce_certificate_name_check=True,
            shared_private_link_resource=cdn.SharedPrivateLinkResourcePropertiesArgs(
                private_link=cdn.ResourceReferenceArgs(id=origin.private_link_service_id),
                private_link_location=origin.region,
                request_message=f"portal of {scope.config.stack}",
            ),
            opts=scope.options(self, depends_on=list(after)),
        )
