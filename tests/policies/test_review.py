"""The judging itself: three outcomes, exceptions that end, and rules that throw."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jurisdictions import Jurisdiction, load
from plan.model import UNKNOWN, Plan, PlannedResource
from policies.require import require
from policies.review import StackUnderReview, judge, review
from policies.rule import Rule, Severity
from policies.rules import ALL
from policies.verdict import PASSED, Outcome, Verdict, all_of, not_evaluated, refused
from tests.plans import changed, compliant


def _resource(**inputs: object) -> PlannedResource:
    return PlannedResource(
        urn="urn:pulumi:eu-prod::bailiwick::azure-native:storage:StorageAccount::a",
        type="azure-native:storage:StorageAccount",
        name="a",
        inputs=inputs,
    )


class TestUnknownIsNeitherPassNorRefusal:
    """A green preview that was not evaluated is the trap of every policy tool."""

    def test_an_unknown_value_is_not_evaluated(self) -> None:
        assert require(_resource(x=UNKNOWN), "x", equals=1).outcome is Outcome.NOT_EVALUATED

    def test_an_unknown_parent_is_not_evaluated(self) -> None:
        assert require(_resource(x=UNKNOWN), "x.y.z", equals=1).outcome is Outcome.NOT_EVALUATED

    def test_a_missing_value_is_refused(self) -> None:
        assert require(_resource(), "x", equals=1).outcome is Outcome.REFUSED

    def test_an_empty_list_proves_nothing(self) -> None:
        assert require(_resource(x=[]), "x[*].y", equals=1).outcome is Outcome.REFUSED

    def test_a_number_does_not_pass_for_true(self) -> None:
        assert require(_resource(x=1), "x", equals=True).outcome is Outcome.REFUSED

    def test_texts_are_compared_as_arm_does(self) -> None:
        assert require(_resource(x="deny"), "x", equals="Deny") is PASSED

    def test_a_plan_with_an_unknown_that_matters_is_not_evaluated(self) -> None:
        plan = changed(compliant(), "storage:StorageAccount", "minimumTlsVersion", UNKNOWN)
        report = review(plan, ALL)
        assert report.verdict == "not-evaluated"
        assert {finding.rule.id for finding in report.of_state("not-evaluated")} == {"encryption.storage-in-transit"}

    @given(st.lists(st.sampled_from([PASSED, refused("r"), not_evaluated("n")])))
    def test_one_refusal_outweighs_everything_and_one_unknown_every_pass(self, verdicts: list[Verdict]) -> None:
        outcome = all_of(verdicts).outcome
        kinds = {verdict.outcome for verdict in verdicts}
        if Outcome.REFUSED in kinds:
            assert outcome is Outcome.REFUSED
        elif Outcome.NOT_EVALUATED in kinds:
            assert outcome is Outcome.NOT_EVALUATED
        else:
            assert outcome is Outcome.PASSED


class TestAThrowingRuleRefuses:
    """Code that can't judge must not let pass."""

    def test_the_error_is_the_reason(self) -> None:
        def broken(_resource: PlannedResource, _stack: StackUnderReview) -> Verdict:
            raise KeyError("no such thing")

        rule = Rule(
            id="x.y",
            title="t",
            severity=Severity.LOW,
            fix="f",
            rationale="r",
            applies_to=("azure-native:storage:StorageAccount",),
            example="e",
            resource_check=broken,
        )
        plan = Plan(project="p", stack="eu-prod", jurisdiction="eu", resources=(_resource(),))
        (verdict,) = [verdict for _, verdict in judge(rule, StackUnderReview(plan=plan, jurisdiction=_eu()))]
        assert verdict.outcome is Outcome.REFUSED
        assert "KeyError" in verdict.message


def _eu() -> Jurisdiction:
    return load("eu")


class TestAnExceptionEnds:
    """An exception that never ends is a law that nobody passed."""

    def test_front_door_is_exempt_while_the_exception_holds(self) -> None:
        report = review(compliant(), ALL, as_of=date(2027, 11, 30))
        assert [finding.exception for finding in report.of_state("exempt")] == ["front-door-edge"]

    def test_the_day_after_it_is_refused_and_says_so(self) -> None:
        report = review(compliant(), ALL, as_of=date(2027, 12, 1))
        refused = {finding.rule.id: finding.message for finding in report.of_state("refused")}
        # What is served is approved for a year, which has ended by then, too.
        ended = {"residency.no-global-data-plane", "guardrails.exemptions-are-on-record"}
        assert set(refused) == {*ended, "lifecycle.served-versions-are-active"}
        assert all("ended on 2027-11-30" in refused[rule] for rule in ended)


class TestReferencesResolveBeforeDeployment:
    """In the real engine's preview ids are unknown: the origin of a value stands for it, and nothing else does."""

    def test_an_unknown_reference_is_resolved_by_what_it_is_computed_from(self) -> None:
        plan = compliant()
        resources = tuple(replace(resource, outputs={}) for resource in plan.resources)
        blind = replace(plan, resources=resources)
        stack = StackUnderReview(plan=blind, jurisdiction=_eu())
        vnet = blind.of_type("azure-native:network:VirtualNetwork")[0]
        log = blind.of_type("azure-native:network:FlowLog")[0]
        unknown = replace(log, inputs={**log.inputs, "targetResourceId": UNKNOWN})
        assert stack.refers(unknown, "targetResourceId", vnet)

    def test_a_known_reference_to_elsewhere_is_not_saved_by_its_origin(self) -> None:
        plan = compliant()
        stack = StackUnderReview(plan=plan, jurisdiction=_eu())
        log = plan.of_type("azure-native:network:FlowLog")[0]
        foreign = replace(log, inputs={**log.inputs, "targetResourceId": "/subscriptions/x/elsewhere"})
        assert stack.targets(foreign, "targetResourceId") == ()


class TestAbsenceIsNeverCompliance:
    """No web firewall, no flow log, no Sentinel: what isn't there can't be right."""

    @pytest.mark.parametrize("kept", ["azure-native:resources:ResourceGroup", "azure-native:network:VirtualNetwork"])
    def test_a_plan_with_next_to_nothing_is_refused(self, kept: str) -> None:
        plan = compliant()
        few = replace(plan, resources=tuple(resource for resource in plan.resources if resource.type == kept))
        report = review(few, ALL)
        found = {finding.rule.id for finding in report.of_state("refused")}
        assert {"egress.firewall-stands", "detection.sentinel-onboarded", "backup.patient-data-covered"} <= found
        assert report.verdict == "refused"

    def test_a_plan_without_anything_is_not_compliant(self) -> None:
        assert review(Plan(project="p", stack="eu-prod", jurisdiction="eu", resources=()), ALL).verdict == "refused"
