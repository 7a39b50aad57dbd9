"""The portal: from permitted countries, through a web firewall that prevents, to a private origin."""

from collections.abc import Iterable, Mapping

from plan.model import MISSING, UNKNOWN, PlannedResource, Value
from policies.require import items, require, same, show
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, judged, rule, stack_rule
from policies.types import APPLICATION_GATEWAY, FRONT_DOOR_WAF, PROFILE, REGIONAL_WAF
from policies.verdict import PASSED, Verdict, all_of, not_evaluated, refused, refused_for

ROUTE = "azure-native:cdn:Route"
ORIGIN = "azure-native:cdn:AFDOrigin"
DOMAIN = "azure-native:cdn:AFDCustomDomain"
ENDPOINT = "azure-native:cdn:AFDEndpoint"
SECURITY = "azure-native:cdn:SecurityPolicy"
WAFS = (FRONT_DOOR_WAF, REGIONAL_WAF)
MOST_CODES = 10
"""Country codes that one geo condition takes: learn.microsoft.com/azure/web-application-firewall, "Geo-filtering"."""


@rule(
    "portal.waf-prevents",
    title="The web firewall prevents, and reads the body",
    severity=Severity.CRITICAL,
    applies_to=WAFS,
    fix="set policySettings.mode to Prevention, enabled, with requestBodyCheck",
    example="a WAF policy in mode Detection",
)
def waf_prevents(waf: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Detection writes down the attack and lets it through."""
    state = "policySettings.enabledState" if waf.type == FRONT_DOOR_WAF else "policySettings.state"
    return all_of(
        (
            require(waf, "policySettings.mode", equals="Prevention"),
            require(waf, state, equals="Enabled"),
            require(waf, "policySettings.requestBodyCheck", one_of=("Enabled", True)),
        )
    )


@rule(
    "portal.waf-has-managed-rules",
    title="The web firewall has Microsoft's default rule set 2.x and the bot rules",
    severity=Severity.HIGH,
    applies_to=WAFS,
    fix="keep MANAGED_RULES of components/waf.py",
    example="a WAF policy without managed rules",
)
def waf_managed(waf: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Own rules know our countries; these know yesterday's attacks."""
    sets = items(waf.get("managedRules.managedRuleSets"))
    names = {str(item.get("ruleSetType")): str(item.get("ruleSetVersion")) for item in sets}
    default = names.get("Microsoft_DefaultRuleSet", "")
    if not default.startswith("2."):
        return refused(f"default rule set is {show(default or 'not there')}")
    return PASSED if "Microsoft_BotManagerRuleSet" in names else refused("has no bot rules")


@rule(
    "portal.admits-permitted-countries-only",
    title="The web firewall blocks every country that the jurisdiction does not permit",
    severity=Severity.CRITICAL,
    applies_to=WAFS,
    fix="set bailiwick:portal.countries in Pulumi.<stack>.yaml to a part of the jurisdiction's portal_countries",
    example="a geo rule that admits US in stack eu-prod",
)
def permitted_countries(waf: PlannedResource, stack: StackUnderReview) -> Verdict:
    """An answer that is shown abroad has been transferred abroad."""
    rule_ = _geo_block(waf)
    if rule_ is None:
        return refused("has no rule that blocks by country")
    codes = [code for condition in _geo_conditions(rule_) for code in _values(condition)]
    if any(code is UNKNOWN for code in codes):
        return not_evaluated("its countries are known only after deployment")
    permitted = (
        {*stack.jurisdiction.portal_countries, "ZZ"}
        if _unknown_on_record(stack)
        else {*stack.jurisdiction.portal_countries}
    )
    foreign = sorted({str(code) for code in codes} - permitted)
    return (
        refused(f"admits {', '.join(foreign)}; permitted: {', '.join(stack.jurisdiction.portal_countries)}")
        if (foreign or not codes)
        else PASSED
    )


def _unknown_on_record(stack: StackUnderReview) -> bool:
    return any(
        exception.id == "unknown-country" and exception.expires >= stack.as_of
        for exception in stack.jurisdiction.residency_exceptions
    )


@rule(
    "portal.geo-rule-holds",
    title="The geo rule is one block with negated conditions of at most ten codes, on the peer's own address",
    severity=Severity.CRITICAL,
    applies_to=WAFS,
    fix="let components/waf.py write the rule",
    example="a geo rule on RemoteAddr, which is what X-Forwarded-For claims",
)
def geo_rule_holds(waf: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Two block rules with ten countries each block everybody; RemoteAddr at Front Door is a header anyone can send."""
    rule_ = _geo_block(waf)
    if rule_ is None:
        return refused("has no rule that blocks by country")
    front_door = waf.type == FRONT_DOOR_WAF
    faults = []
    for condition in _geo_conditions(rule_):
        if not 0 < len(_values(condition)) <= MOST_CODES:
            faults.append(f"a condition has {len(_values(condition))} codes")
        if condition.get("negateCondition" if front_door else "negationConditon") is not True:
            faults.append("a condition is not negated")
        variable = condition.get("matchVariable") if front_door else _first_variable(condition)
        if not same(variable, "SocketAddr" if front_door else "RemoteAddr"):
            faults.append(f"it looks at {show(variable)}")
    blocks = [r for r in items(_custom(waf)) if _geo_conditions(r) and same(r.get("action"), "Block")]
    if len(blocks) != 1:
        faults.append(f"{len(blocks)} rules block by country")
    earlier = [
        r
        for r in items(_custom(waf))
        if same(r.get("action"), "Allow") and _number(r.get("priority")) < _number(rule_.get("priority"))
    ]
    if earlier:
        faults.append(f"rule {show(earlier[0].get('name'))} lets pass before it")
    return refused_for(dict.fromkeys(faults))


def _custom(waf: PlannedResource) -> object:
    return waf.get("customRules.rules") if waf.type == FRONT_DOOR_WAF else waf.get("customRules")


def _geo_conditions(rule_: dict[str, object]) -> list[dict[str, object]]:
    return [c for c in items(rule_.get("matchConditions")) if same(c.get("operator"), "GeoMatch")]


def _values(condition: dict[str, object]) -> list[object]:
    found = condition.get("matchValue", condition.get("matchValues"))
    return list(found) if isinstance(found, list) else []


def _first_variable(condition: dict[str, object]) -> object:
    variables = items(condition.get("matchVariables"))
    return variables[0].get("variableName") if variables else MISSING


def _geo_block(waf: PlannedResource) -> dict[str, object] | None:
    for rule_ in items(_custom(waf)):
        disabled = same(rule_.get("enabledState", rule_.get("state", "Enabled")), "Disabled")
        if _geo_conditions(rule_) and same(rule_.get("action"), "Block") and not disabled:
            return rule_
    return None


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


@rule(
    "portal.floods-are-limited",
    title="The web firewall limits the rate of one address",
    severity=Severity.MEDIUM,
    applies_to=WAFS,
    fix="set bailiwick:portal.rateLimitPerMinute in Pulumi.<stack>.yaml",
    example="a WAF policy without a rate-limit rule",
)
def floods_limited(waf: PlannedResource, stack: StackUnderReview) -> Verdict:
    """GPUs are few: one script can take the service from every ward."""
    found = [r for r in items(_custom(waf)) if same(r.get("ruleType"), "RateLimitRule")]
    return PASSED if found else refused("has no rate-limit rule")


@rule(
    "portal.logs-are-scrubbed",
    title="The web firewall's logs leave out addresses and arguments",
    severity=Severity.MEDIUM,
    applies_to=(FRONT_DOOR_WAF, PROFILE),
    fix="keep logScrubbing as components/waf.py writes it",
    example="a WAF policy without logScrubbing",
    remediate=True,
)
def logs_scrubbed(resource: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A blocked request's log would hold what the patient typed."""
    # The SDK flattens the web firewall's scrubbing into its settings.
    state, rules = (
        ("logScrubbing.state", "logScrubbing.scrubbingRules")
        if resource.type == PROFILE
        else ("policySettings.state", "policySettings.scrubbingRules")
    )
    return all_of(
        (
            require(resource, state, equals="Enabled"),
            require(resource, f"{rules}[*].matchVariable", present=True),
        )
    )


@rule(
    "portal.https-only",
    title="The portal speaks HTTPS to visitors and to its origin",
    severity=Severity.CRITICAL,
    applies_to=ROUTE,
    fix="set httpsRedirect Enabled, forwardingProtocol HttpsOnly",
    example="a route with forwardingProtocol MatchRequest",
    remediate=True,
)
def https_only(route: PlannedResource, stack: StackUnderReview) -> Verdict:
    """On plain HTTP everybody on the way reads along."""
    return all_of(
        (
            require(route, "httpsRedirect", equals="Enabled"),
            require(route, "forwardingProtocol", equals="HttpsOnly"),
        )
    )


@rule(
    "portal.caches-nothing",
    title="The edge caches nothing",
    severity=Severity.CRITICAL,
    applies_to=ROUTE,
    fix="remove cacheConfiguration from the route",
    example="a route with cacheConfiguration",
)
def caches_nothing(route: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A cached answer lies on machines in other countries, and is given to the next who asks."""
    return require(route, "cacheConfiguration", absent=True)


@rule(
    "portal.tls-is-modern",
    title="The portal's name is served with TLS 1.2 or newer",
    severity=Severity.HIGH,
    applies_to=DOMAIN,
    fix="set tlsSettings.minimumTlsVersion to TLS12 or newer",
    example="a custom domain with minimumTlsVersion TLS10",
    remediate=True,
)
def tls_modern(domain: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Old protocols are broken."""
    return all_of(
        (
            require(domain, "tlsSettings.minimumTlsVersion", one_of=("TLS12", "TLS13"), cure="TLS12"),
            require(domain, "tlsSettings.certificateType", one_of=("ManagedCertificate", "CustomerCertificate")),
        )
    )


@rule(
    "portal.origin-is-private",
    title="The edge reaches the gateway through Private Link only",
    severity=Severity.CRITICAL,
    applies_to=ORIGIN,
    fix="give the origin sharedPrivateLinkResource, as components/portal_front_door.py does",
    example="an origin without sharedPrivateLinkResource, which is a public one",
    remediate=True,
)
def origin_private(origin: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A public origin is reached by anyone who finds it, past the web firewall."""
    link = "sharedPrivateLinkResource"
    if origin.get(f"{link}.privateLink.id") is MISSING:
        return refused("is reached over the internet")
    return all_of(
        (
            require(origin, f"{link}.privateLinkLocation", present=True),
            require(origin, "enforceCertificateNameCheck", equals=True),
        )
    )


@stack_rule(
    "portal.waf-on-every-name",
    title="Every endpoint and name of the portal is behind the web firewall",
    severity=Severity.CRITICAL,
    applies_to=(ENDPOINT, DOMAIN, SECURITY, APPLICATION_GATEWAY),
    fix="name endpoint and domain in the security policy",
    example="a Front Door endpoint that no security policy names",
)
def waf_on_every_name(stack: StackUnderReview) -> Iterable[Judged]:
    """The edge's own name works beside the portal's, and leads to the same origin."""
    path = "parameters.associations[*].domains[*].id"
    covered = {target.urn for policy in stack.of_type(SECURITY) for target in stack.targets(policy, path)}
    yield from judged(
        stack.of_type(ENDPOINT, DOMAIN),
        lambda name: PASSED if name.urn in covered else refused("is not behind a web firewall"),
    )
    yield from judged(
        stack.of_type(APPLICATION_GATEWAY),
        lambda gateway: all_of(
            (
                require(gateway, "sku.tier", equals="WAF_v2"),
                stack.require_target(gateway, "firewallPolicy.id", REGIONAL_WAF),
            )
        ),
    )


@stack_rule(
    "portal.has-web-firewall",
    title="A stack with a portal has a web firewall",
    severity=Severity.CRITICAL,
    applies_to=(PROFILE, APPLICATION_GATEWAY, *WAFS),
    fix="let components/portal.py make portal and web firewall together",
    example="a Front Door profile in a plan without a WAF policy",
)
def has_web_firewall(stack: StackUnderReview) -> Iterable[Judged]:
    """Absence of a policy is absence of the geo rule too."""
    return [
        *judged(
            stack.of_type(PROFILE),
            lambda _: PASSED if stack.of_type(FRONT_DOOR_WAF) else refused("has no WAF policy"),
        ),
        *judged(
            stack.of_type(APPLICATION_GATEWAY),
            lambda _: PASSED if stack.of_type(REGIONAL_WAF) else refused("has no WAF policy"),
        ),
    ]


@rule(
    "portal.profile-premium",
    title="Front Door is Premium",
    severity=Severity.HIGH,
    applies_to=PROFILE,
    fix="set sku.name to Premium_AzureFrontDoor",
    example="a profile of Standard_AzureFrontDoor, which has no Private Link",
)
def profile_premium(profile: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Private Link origins and managed rules are Premium's."""
    return require(profile, "sku.name", equals="Premium_AzureFrontDoor")


MODERN = ("AppGwSslPolicy20220101S", "AppGwSslPolicy20220101")
"""Those before them still take TLS 1.0: learn.microsoft.com/azure/application-gateway, "TLS policy overview"."""


def _newer(gateway: PlannedResource, _stack: StackUnderReview) -> Mapping[str, Value]:
    # Beside a policy of somebody's own, Azure takes no name.
    return {"sslPolicy.policyName": MODERN[0]} if gateway.get("sslPolicy.policyType") == "Predefined" else {}


@rule(
    "portal.gateway-tls-is-modern",
    title="A regional portal takes HTTPS with TLS 1.2 or newer only",
    severity=Severity.HIGH,
    applies_to=APPLICATION_GATEWAY,
    fix="set sslPolicy.policyName to AppGwSslPolicy20220101S or newer, and listeners to Https",
    example="an application gateway whose listener is Http without a redirect",
    remediate=_newer,
)
def gateway_tls(gateway: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Predefined policies before 2022 still take TLS 1.0."""
    listeners = items(gateway.get("httpListeners"))
    plain = [str(listener.get("name")) for listener in listeners if not same(listener.get("protocol"), "Https")]
    backends = items(gateway.get("backendHttpSettingsCollection"))
    open_ = [str(item.get("name")) for item in backends if not same(item.get("protocol"), "Https")]
    if plain or open_ or not listeners:
        return refused(f"plain HTTP: {', '.join(plain + open_) or 'no listener'}")
    return require(gateway, "sslPolicy.policyName", one_of=MODERN)
