"""The web firewall's own rules, judged by what they do to a visitor from each country."""

import pytest
from pulumi_azure_native import frontdoor, network

from components.waf import (
    MOST_CODES,
    NOBODY,
    REGIONAL_SCRUBBED,
    SCRUBBED,
    front_door_rules,
    regional_rules,
)
from jurisdictions.countries import ISO_3166

ADMITTED = ("DE", "FR", "IT", "ES", "NL", "BE", "AT", "PL", "CZ", "DK", "SE", "FI")
"""More than one condition takes."""


def _blocked_at_front_door(country: str, rules: list[frontdoor.CustomRuleArgs]) -> bool:
    """Front Door's semantics: a rule applies if all its conditions hold; each is negated or not."""
    for rule in rules:
        if rule.rule_type != "MatchRule":
            continue
        conditions = rule.match_conditions
        assert isinstance(conditions, list)
        if all((country in condition.match_value) != condition.negate_condition for condition in conditions):
            return rule.action == "Block"
    return False


def _blocked_in_region(country: str, rules: list[network.WebApplicationFirewallCustomRuleArgs]) -> bool:
    for rule in rules:
        if rule.rule_type != "MatchRule":
            continue
        conditions = rule.match_conditions
        assert isinstance(conditions, list)
        if all((country in condition.match_values) != condition.negation_conditon for condition in conditions):
            return rule.action == "Block"
    return False


@pytest.mark.parametrize("unknown", [True, False])
class TestWhoIsBlocked:
    """Two block rules of ten countries each would block everybody, the patients first."""

    def test_front_door_admits_the_permitted_and_blocks_the_rest_of_the_world(self, unknown: bool) -> None:  # noqa: FBT001 drawn
        rules = front_door_rules(ADMITTED, admit_unknown=unknown, rate_per_minute=100)
        admitted = {code for code in {*ISO_3166, "ZZ"} if not _blocked_at_front_door(code, rules)}
        assert admitted == {*ADMITTED, *(["ZZ"] if unknown else [])}

    def test_the_regional_portal_admits_exactly_the_same(self, unknown: bool) -> None:  # noqa: FBT001 drawn
        rules = regional_rules(ADMITTED, admit_unknown=unknown, rate_per_minute=100)
        admitted = {code for code in {*ISO_3166, "ZZ"} if not _blocked_in_region(code, rules)}
        assert admitted == {*ADMITTED, *(["ZZ"] if unknown else [])}


class TestForm:
    """What Azure refuses, it refuses half an hour into a deployment."""

    def test_front_door_looks_at_the_peer_and_never_at_a_header(self) -> None:
        for rule in front_door_rules(ADMITTED, admit_unknown=False, rate_per_minute=100):
            conditions = rule.match_conditions
            assert isinstance(conditions, list)
            assert {condition.match_variable for condition in conditions} == {"SocketAddr"}
            assert all(len(condition.match_value) <= MOST_CODES for condition in conditions)

    def test_the_regional_rate_rule_holds_for_every_address(self) -> None:
        limit = regional_rules(ADMITTED, admit_unknown=False, rate_per_minute=100)[1]
        conditions = limit.match_conditions
        assert isinstance(conditions, list)
        assert [(c.operator, c.match_values, c.negation_conditon) for c in conditions] == [("IPMatch", [NOBODY], True)]

    def test_scrubbed_fields_are_those_that_each_firewall_knows(self) -> None:
        assert set(SCRUBBED) == {item.value for item in frontdoor.ScrubbingRuleEntryMatchVariable}
        assert set(REGIONAL_SCRUBBED) == {item.value for item in network.ScrubbingRuleEntryMatchVariable}
