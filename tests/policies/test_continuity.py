"""What the rules of continuity see: claims in tags, and whether the plan bears them out."""

from dataclasses import replace

import pytest

from plan.model import UNKNOWN, Plan
from policies.review import Finding, review
from policies.rules import ALL
from tests.plans import added, changed, compliant, swapped, where, without

SECOND = where(originName="standby")
GROUP = "resources:ResourceGroup"
RULES = [rule for rule in ALL if rule.concern == "continuity"]


def _refused(plan: Plan) -> dict[str, Finding]:
    return {finding.rule.id: finding for finding in review(plan, RULES).findings}


class TestAStandbyNeedsNoThirdRegion:
    """Else every standby would need one; and if the claim were enough, any stack could be rid of its second."""

    def test_a_standby_is_let_be(self) -> None:
        assert _refused(compliant("eu-prod-b")) == {}

    def test_one_that_runs_a_portal_is_refused(self) -> None:
        for entry in ("cdn:Profile", "network:ApplicationGateway"):
            found = _refused(added(compliant("eu-prod-b"), entry, {}))
            assert "runs a portal" in found["continuity.second-region-stands"].message

    def test_a_first_stack_that_claims_to_be_one_is_refused(self) -> None:
        plan = compliant("eu-prod-b")
        renamed = replace(plan, stack="eu-prod")
        assert "is not named" in _refused(renamed)["continuity.second-region-stands"].message

    def test_one_that_stands_by_for_another_stack_is_refused(self) -> None:
        plan = changed(compliant("eu-prod-b"), GROUP, "tags.continuity-of", "uk-prod")
        assert "continuity.second-region-stands" in _refused(plan)

    def test_one_in_a_region_that_is_nobodys_pair_is_refused(self) -> None:
        plan = changed(compliant("eu-prod-b"), GROUP, "location", "italynorth")
        assert "continuity.second-region-stands" in _refused(plan)

    def test_a_second_stack_that_claims_nothing_is_asked_for_a_second_region(self) -> None:
        plan = compliant("eu-prod-b")
        for _ in plan.of_type("azure-native:resources:ResourceGroup"):
            plan = changed(plan, GROUP, "tags.continuity", None, where(tags__continuity="standby"))
        assert set(_refused(plan)) == {"continuity.second-region-stands", "continuity.objectives-can-be-kept"}


class TestAShorterPromiseNeedsASecondOrigin:
    """Two hours are promised to patients on the strength of a gateway that stands: the plan has to show it."""

    def test_half_an_hour_is_let_pass_where_traffic_turns_by_itself_and_less_is_not(self) -> None:
        group = "tags.rto-minutes-phi"
        has = where(tags__continuity="warm")
        assert _refused(changed(compliant(), GROUP, group, "30", has)) == {}
        assert (
            "30 at least"
            in _refused(changed(compliant(), GROUP, group, "29", has))["continuity.objectives-can-be-kept"].message
        )

    def test_the_tag_alone_is_not_enough(self) -> None:
        found = _refused(without(compliant(), "cdn:AFDOrigin", only=SECOND))
        assert "240 at least" in found["continuity.objectives-can-be-kept"].message

    def test_nor_is_the_origin_alone(self) -> None:
        plan = changed(compliant(), GROUP, "tags.continuity", "cold", where(tags__continuity="warm"))
        assert "240 at least" in _refused(plan)["continuity.objectives-can-be-kept"].message

    def test_a_regional_portal_shows_no_second_origin_so_its_promise_stays_as_it_is(self) -> None:
        plan = changed(compliant("uk-prod"), GROUP, "tags.continuity", "warm", where(tags__continuity="cold"))
        assert _refused(plan) == {}
        plan = changed(plan, GROUP, "tags.rto-minutes-phi", "120", where(tags__continuity="warm"))
        assert set(_refused(plan)) == {"continuity.objectives-can-be-kept"}


class TestFailoverNeedsProbesAndTwoOrigins:
    """Each of these leaves a second origin in the portal that is never used, or used when it should not be."""

    @pytest.mark.parametrize(
        ("short", "path", "value", "says"),
        [
            ("cdn:AFDOriginGroup", "healthProbeSettings", None, "probePath is not set"),
            ("cdn:AFDOriginGroup", "healthProbeSettings.probePath", "/", "probePath is '/'"),
            ("cdn:AFDOriginGroup", "healthProbeSettings.probeProtocol", "Http", "probeProtocol"),
            ("cdn:AFDOrigin", "enabledState", "Disabled", "has 1 enabled"),
            ("cdn:AFDOrigin", "priority", 1, "have one priority"),
            ("cdn:AFDOrigin", "priority", None, "priority is not set"),
            ("cdn:AFDOrigin", "hostName", "gateway.eu-prod.hospital.example", "one host name"),
            ("cdn:AFDOrigin", "sharedPrivateLinkResource.privateLink", None, "privateLink.id is not set"),
        ],
    )
    def test_one_thing_is_broken(self, short: str, path: str, value: object, says: str) -> None:
        plan = changed(compliant(), short, path, value, SECOND if short == "cdn:AFDOrigin" else None)
        assert says in _refused(plan)["continuity.front-door-fails-over"].message

    def test_an_origin_group_must_be_there_at_all(self) -> None:
        assert "continuity.front-door-fails-over" in _refused(without(compliant(), "cdn:AFDOriginGroup"))


class TestBeforeDeployment:
    """With the real engine names and ids of what is still to be made are unknown: that alone is no fault."""

    def test_an_origin_whose_group_and_service_come_with_the_deployment_is_let_pass(self) -> None:
        plan = compliant()
        for origin in plan.of_type("azure-native:cdn:AFDOrigin"):
            link = origin.get("sharedPrivateLinkResource")
            assert isinstance(link, dict)
            unknown = {**origin.inputs, "originGroupName": UNKNOWN}
            unknown["sharedPrivateLinkResource"] = {**link, "privateLink": {"id": UNKNOWN}}
            assert "originGroupName" in origin.property_dependencies
            plan = swapped(plan, origin, replace(origin, inputs=unknown))
        assert _refused(plan) == {}


class TestTheStandbyLiesInside:
    """Front Door moves traffic by itself, at night, to wherever an origin says."""

    def test_another_region_of_the_jurisdiction_is_not_where_the_copies_are(self) -> None:
        plan = changed(
            compliant(), "cdn:AFDOrigin", "sharedPrivateLinkResource.privateLinkLocation", "italynorth", SECOND
        )
        found = _refused(plan)
        assert set(found) == {"continuity.standby-is-inside"}
        assert "where the copies are" in found["continuity.standby-is-inside"].message
