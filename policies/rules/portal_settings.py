"""The portal's settings beside its big switches: what the web firewall leaves out, which names and hosts it serves."""

from collections.abc import Iterable

from plan.model import MISSING, PlannedResource
from policies.addresses import is_private
from policies.require import items, require, same
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, rule, stack_rule
from policies.settled import SHUT, Among, AtLeast, settled
from policies.types import APPLICATION_GATEWAY, FRONT_DOOR_WAF, PROFILE, REGIONAL_WAF
from policies.verdict import PASSED, Verdict, all_of, refused, refused_for

ORIGIN = "azure-native:cdn:AFDOrigin"
ORIGINS = "azure-native:cdn:AFDOriginGroup"
DOMAIN = "azure-native:cdn:AFDCustomDomain"
ROUTE = "azure-native:cdn:Route"
GUARD = "azure-native:cdn:SecurityPolicy"
ENDPOINT = "azure-native:cdn:AFDEndpoint"
MOST_A_MINUTE = 1000
"""Requests of one address; more is a flood."""
LEAST_SETS = {"microsoft_defaultruleset": (2, 1), "microsoft_botmanagerruleset": (1, 1)}
SCRUBBED_AT_FRONT_DOOR = frozenset({"RequestIPAddress", "RequestUri", "QueryStringArgNames"})
"""Of the edge's own access log: learn.microsoft.com/azure/frontdoor/standard-premium/how-to-protect-sensitive-data"""


@rule(
    "portal.waf-leaves-nothing-out",
    title="The web firewall has no exclusion, override or exception, and every rule of it blocks",
    severity=Severity.CRITICAL,
    applies_to=(FRONT_DOOR_WAF, REGIONAL_WAF),
    fix="leave the rules to components/waf.py",
    example="a rule set with an override that switches SQL injection off",
    remediate=("policySettings.logScrubbing.state",),
)
def nothing_out(waf: PlannedResource, stack: StackUnderReview) -> Verdict:
    """An exclusion for one field is where the attack comes; a rule that allows ends the reading of all others."""
    edge = waf.type == FRONT_DOOR_WAF
    custom = "customRules.rules" if edge else "customRules"
    switch = "enabledState" if edge else "state"
    sets = "managedRules.managedRuleSets[*]"
    wanted: dict[str, object] = {
        f"{sets}.ruleGroupOverrides": SHUT,
        f"{sets}.exclusions": SHUT,
        "managedRules.exclusions": SHUT,
        "managedRules.exceptions": SHUT,
        "managedRules.exceptionsList.exceptions": SHUT,
        f"{custom}[*].action": "Block",
        f"{custom}[*].{switch}": Among(("Enabled",), unset=True),
        f"{custom}[*].rateLimitThreshold": Among(tuple(range(1, MOST_A_MINUTE + 1)), unset=True),
        "policySettings.requestBodyInspectLimitInKB": Among(tuple(range(128, 2049)), unset=True),
    }
    if not edge:
        # Unset, Azure enforces: learn.microsoft.com/azure/web-application-firewall/ag, request size limits.
        enforced = Among((True,), unset=True)
        wanted |= {f"policySettings.{key}": enforced for key in ("requestBodyEnforcement", "fileUploadEnforcement")}
        wanted["policySettings.logScrubbing.state"] = "Enabled"
    if edge:
        wanted |= {f"{sets}.ruleSetAction": Among(("Block",), unset=True), "sku.name": "Premium_AzureFrontDoor"}
    negated = "negateCondition" if edge else "negationConditon"
    kept = [
        f"{r.get('name')} holds for those it names, not for the rest"
        for r in items(waf.get(custom))
        for c in items(r.get("matchConditions"))
        if c.get("operator") == "GeoMatch" and c.get(negated) is not True
    ]
    old = [str(s.get("ruleSetType")) for s in items(waf.get("managedRules.managedRuleSets")) if _old(s)]
    kept += [f"{name} is of an old version" for name in old]
    return all_of((settled(waf, wanted), refused_for(kept)))


def _old(rule_set: dict[str, object]) -> bool:
    least = LEAST_SETS.get(str(rule_set.get("ruleSetType")).lower())
    parts = tuple(int(p) for p in str(rule_set.get("ruleSetVersion")).split(".") if p.isdigit())
    return least is not None and parts < least


@rule(
    "portal.every-scrubbing-rule-is-on",
    title="Everything of a visitor that a log could hold is scrubbed: address, arguments, cookies, headers",
    severity=Severity.HIGH,
    applies_to=(PROFILE, FRONT_DOOR_WAF, REGIONAL_WAF),
    fix="leave scrubbing to components/portal_front_door.py and components/portal_regional.py",
    example="a web firewall that scrubs addresses and not what was posted",
    remediate=True,
)
def scrubbing_on(edge: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Logs outlive their reason: what was typed is in them, in clear, for years."""
    base = {
        PROFILE: "logScrubbing.scrubbingRules",
        FRONT_DOOR_WAF: "policySettings.scrubbingRules",
        REGIONAL_WAF: "policySettings.logScrubbing.scrubbingRules",
    }[edge.type]
    wanted = {PROFILE: SCRUBBED_AT_FRONT_DOOR, FRONT_DOOR_WAF: SCRUBBED_BY_EDGE, REGIONAL_WAF: SCRUBBED_BY_GATEWAY}[
        edge.type
    ]
    on = {str(r.get("matchVariable")) for r in items(edge.get(base)) if same(r.get("state"), "Enabled")}
    missing = wanted - on
    named = edge.each(f"{base}[*].matchVariable")
    cure = {path.removesuffix("matchVariable") + "state": "Enabled" for path, value in named if value in missing}
    return refused(f"doesn't scrub {', '.join(sorted(missing))}", cure) if missing else PASSED


SCRUBBED_BY_EDGE = frozenset(
    {
        "RequestIPAddress",
        "RequestUri",
        "QueryStringArgNames",
        "RequestHeaderNames",
        "RequestCookieNames",
        "RequestBodyPostArgNames",
        "RequestBodyJsonArgNames",
    }
)
SCRUBBED_BY_GATEWAY = frozenset(
    {
        "RequestIPAddress",
        "RequestArgNames",
        "RequestHeaderNames",
        "RequestCookieNames",
        "RequestPostArgNames",
        "RequestJSONArgNames",
    }
)


@stack_rule(
    "portal.serves-one-name",
    title="The edge serves names of this stack to origins of this stack, guarded on every path, and nowhere else",
    severity=Severity.CRITICAL,
    applies_to=(ROUTE, GUARD, DOMAIN, ORIGIN, ORIGINS, ENDPOINT),
    fix="leave Front Door to components/portal_front_door.py",
    example="a route that also answers to the endpoint's own azurefd.net name",
)
def one_name(stack: StackUnderReview) -> Iterable[Judged]:
    """A name that the web firewall's policy doesn't list is served without it."""
    own = {origin.get("hostName") for origin in stack.of_type(ORIGIN) if origin.get("originName") == "gateway"}
    ends = {".".join(str(name).split(".")[-2:]) for name in own}
    for route in stack.of_type(ROUTE):
        wanted = {"linkToDefaultDomain": "Disabled", "customDomains": AtLeast(1), "ruleSets": SHUT}
        yield route, all_of((settled(route, wanted), _speaks(route)))
    for guard in stack.of_type(GUARD):
        paths = [value for _, value in guard.each("parameters.associations[*].patternsToMatch[*]")]
        yield guard, PASSED if "/*" in paths else refused("guards some paths alone")
    for domain in stack.of_type(DOMAIN):
        name = str(domain.get("hostName"))
        known = not ends or (name.endswith(tuple(ends)) and stack.plan.stack in name)
        suite = settled(domain, {"tlsSettings.cipherSuiteSetType": Among(("TLS12_2022", "TLS12_2023"), unset=True)})
        yield domain, all_of((suite, PASSED if known else refused(f"serves {name}")))
    for origin in stack.of_type(ORIGIN):
        name, header = (str(origin.get(key)) for key in ("hostName", "originHostHeader"))
        first = origin.get("originName") == "gateway"
        family = stack.plan.stack.rsplit("-b", 1)[0] in name and header in {str(n) for n in own}
        yield (
            origin,
            all_of(
                (
                    settled(origin, {"azureOrigin": SHUT}),
                    PASSED if family else refused(f"leads to {name} as {header}"),
                    _linked(origin, stack) if first else PASSED,
                )
            ),
        )
    for group in stack.of_type(ORIGINS):
        wanted = {"healthProbeSettings.probeProtocol": "Https", "healthProbeSettings.probePath": "/healthz"}
        yield group, settled(group, wanted)
    routed = {route.get("endpointName") for route in stack.of_type(ROUTE)}
    for endpoint in stack.of_type(ENDPOINT):
        used = stack.partial or endpoint.get("endpointName") in routed
        yield endpoint, PASSED if used else refused("has no route, and so nothing that guards it")


def _speaks(route: PlannedResource) -> Verdict:
    spoken = route.get("supportedProtocols")
    return PASSED if isinstance(spoken, list | tuple) and "Https" in spoken else refused("doesn't speak HTTPS")


def _linked(origin: PlannedResource, stack: StackUnderReview) -> Verdict:
    """The first origin's private link is this stack's own: that of the standby is judged by `continuity`."""
    link = origin.get("sharedPrivateLinkResource.privateLink.id")
    ids = {str(r.id).split("/")[2] for r in stack.of_type(PROFILE) if isinstance(r.id, str) and r.id[:1] == "/"}
    if not isinstance(link, str) or not ids:
        return PASSED
    return PASSED if link.split("/")[2] in ids else refused("leads to a private link of another subscription")


@rule(
    "portal.gateway-adds-nothing",
    title="The regional portal passes requests to the stack's own address over HTTPS, and changes none",
    severity=Severity.CRITICAL,
    applies_to=APPLICATION_GATEWAY,
    fix="leave the gateway to components/portal_regional.py",
    example="a gateway with a redirect to another host, or a backend in public",
)
def adds_nothing(gateway: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A redirect, a rewrite or a second listener is a portal that nobody reviewed."""
    shut = (
        "webApplicationFirewallConfiguration",
        "redirectConfigurations",
        "rewriteRuleSets",
        "urlPathMaps",
        "privateLinkConfigurations",
        "listeners",
        "sslProfiles",
        "trustedRootCertificates",
        "httpListeners[*].firewallPolicy",
        "httpListeners[*].sslProfile",
        "sslCertificates[*].data",
        "backendAddressPools[*].backendAddresses[*].fqdn",
    )
    base = "backendAddressPools[*].backendAddresses[*].ipAddress"
    outside = [str(v) for _, v in gateway.each(base) if isinstance(v, str) and not is_private(v)]
    host = gateway.get("httpListeners.0.hostName")
    strange = isinstance(host, str) and stack.plan.stack not in host
    region = stack.jurisdiction.regions.get(str(gateway.get("location")).lower())
    zonal = {"zones": AtLeast(2)} if region is not None and region.zones else {}
    wanted = {
        **dict.fromkeys(shut, SHUT),
        "sku.name": "WAF_v2",
        "backendHttpSettingsCollection[*].protocol": "Https",
        "probes[*].protocol": "Https",
        "httpListeners[*].protocol": "Https",
        "autoscaleConfiguration.minCapacity": AtLeast(2 if stack.is_prod else 1),
        "sslPolicy.minProtocolVersion": Among(("TLSv1_2", "TLSv1_3"), unset=True),
        **zonal,
    }
    return all_of(
        (
            settled(gateway, wanted),
            refused(f"leads to {', '.join(outside)}") if outside else PASSED,
            refused(f"serves {host}") if strange else PASSED,
            require(gateway, "sslPolicy", present=True) if gateway.get("sslPolicy") is MISSING else PASSED,
        )
    )
