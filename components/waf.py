"""The web firewall's rules: who may come from where, how often, and what is never let through.

Geo logic: the conditions of one rule must all hold, so one rule with a negated condition per ten countries blocks
exactly the visitors who are in none of the lists. Two such rules would each block the other's visitors.
"""

from collections.abc import Sequence

from pulumi_azure_native import frontdoor, network

MOST_CODES = 10
"""learn.microsoft.com/azure/web-application-firewall/afds/waf-front-door-tutorial-geo-filtering"""

UNKNOWN_COUNTRY = "ZZ"
"""An address that Azure knows no country for."""

MANAGED_RULES = {"Microsoft_DefaultRuleSet": "2.1", "Microsoft_BotManagerRuleSet": "1.1"}
"""learn.microsoft.com/azure/web-application-firewall/afds/waf-front-door-drs"""

GEO_PRIORITY, RATE_PRIORITY = 10, 20

SCRUBBED = (
    "RequestIPAddress",
    "RequestUri",
    "QueryStringArgNames",
    "RequestHeaderNames",
    "RequestCookieNames",
    "RequestBodyPostArgNames",
    "RequestBodyJsonArgNames",
)
"""Front Door's: all that its firewall could log of a request. Headers and cookies carry sessions."""

REGIONAL_SCRUBBED = (
    "RequestIPAddress",
    "RequestArgNames",
    "RequestHeaderNames",
    "RequestCookieNames",
    "RequestPostArgNames",
    "RequestJSONArgNames",
)
"""Application Gateway's names for the same; it has none for the path."""

NOBODY = "255.255.255.255/32"
"""No client has this address."""


def batches(countries: Sequence[str], *, admit_unknown: bool) -> list[list[str]]:
    """Country codes in lists that one condition takes, sorted, so that a plan does not change with their order."""
    codes = sorted({*countries, *([UNKNOWN_COUNTRY] if admit_unknown else [])})
    return [codes[start : start + MOST_CODES] for start in range(0, len(codes), MOST_CODES)]


def front_door_rules(
    countries: Sequence[str], *, admit_unknown: bool, rate_per_minute: int
) -> list[frontdoor.CustomRuleArgs]:
    """Geo and rate rules of Front Door, on the address of the peer itself: RemoteAddr is a header anyone can send."""
    return [
        frontdoor.CustomRuleArgs(
            name="BlockCountriesNotPermitted",
            priority=GEO_PRIORITY,
            rule_type="MatchRule",
            action="Block",
            enabled_state="Enabled",
            match_conditions=[
                frontdoor.MatchConditionArgs(
                    match_variable="SocketAddr", operator="GeoMatch", negate_condition=True, match_value=codes
                )
                for codes in batches(countries, admit_unknown=admit_unknown)
            ],
        ),
        frontdoor.CustomRuleArgs(
            name="LimitRate",
            priority=RATE_PRIORITY,
            rule_type="RateLimitRule",
            action="Block",
            enabled_state="Enabled",
            rate_limit_duration_in_minutes=1,
            rate_limit_threshold=rate_per_minute,
            group_by=[frontdoor.GroupByVariableArgs(variable_name="SocketAddr")],
            # A condition is mandatory; this one holds for every request.
            match_conditions=[
                frontdoor.MatchConditionArgs(
                    match_variable="SocketAddr", operator="IPMatch", match_value=["0.0.0.0/0", "::/0"]
                )
            ],
        ),
    ]


def regional_rules(
    countries: Sequence[str], *, admit_unknown: bool, rate_per_minute: int
) -> list[network.WebApplicationFirewallCustomRuleArgs]:
    """The same for Application Gateway, whose RemoteAddr is the connection's other end, for it has no SocketAddr.

    So nothing may stand before it: behind a proxy every visitor would be in the proxy's country.
    learn.microsoft.com/azure/web-application-firewall/ag/custom-waf-rules-overview
    """

    def condition(operator: str, values: list[str], *, negate: bool) -> network.MatchConditionArgs:
        return network.MatchConditionArgs(
            match_variables=[network.MatchVariableArgs(variable_name="RemoteAddr")],
            operator=operator,
            # Azure's own spelling.
            negation_conditon=negate,
            match_values=values,
        )

    return [
        network.WebApplicationFirewallCustomRuleArgs(
            name="BlockCountriesNotPermitted",
            priority=GEO_PRIORITY,
            rule_type="MatchRule",
            action="Block",
            state="Enabled",
            match_conditions=[
                condition("GeoMatch", codes, negate=True) for codes in batches(countries, admit_unknown=admit_unknown)
            ],
        ),
        network.WebApplicationFirewallCustomRuleArgs(
            name="LimitRate",
            priority=RATE_PRIORITY,
            rule_type="RateLimitRule",
            action="Block",
            state="Enabled",
            rate_limit_duration="OneMin",
            rate_limit_threshold=rate_per_minute,
            group_by_user_session=[
                network.GroupByUserSessionArgs(
                    group_by_variables=[network.GroupByVariableArgs(variable_name="ClientAddr")]
                )
            ],
            # "Not nobody" is how Azure says everybody here: learn.microsoft.com, ag/rate-limiting-configure
            match_conditions=[condition("IPMatch", [NOBODY], negate=True)],
        ),
    ]
