"""Record, draft and notes: filled from the plan, and open where a plan can't know."""

import json
from datetime import date

import pytest

from evidence.document.html import html
from evidence.papers.impact import impact
from evidence.papers.processing import processing
from evidence.papers.transfers import transfers
from evidence.registers.activities import activities, callers
from evidence.registers.risks import risks, stands
from evidence.regulations import State
from policies.rules import ALL
from policies.types import KEY_VALUE
from tests.evidence.pack.subjects import refused, sound, subject
from tests.plans import CORE, changed, compliant


class TestTheRecordOfProcessing:
    """GDPR Art. 30(1), letter by letter."""

    def test_a_use_case_has_purposes_classes_and_callers(self) -> None:
        (activity,) = activities(compliant())
        assert activity.name == "clinical-notes"
        assert activity.classes == ("personal", "phi")
        assert set(activity.purposes) == {"operations", "payment", "treatment"}
        assert activity.callers == ("app-bw-eu-prod-crm-bridge", "app-bw-eu-prod-telehealth-portal")
        assert activity.restored_for == activity.callers
        assert not activity.external

    def test_a_caller_without_a_role_is_no_recipient(self) -> None:
        assert {each.name for each in callers(compliant())} == {
            "app-bw-eu-prod-crm-bridge",
            "app-bw-eu-prod-telehealth-portal",
        }

    def test_what_the_plan_can_not_know_is_open(self) -> None:
        page = html(processing(sound())).decode()
        assert page.count("to be filled in by the controller") >= 4
        assert "GDPR Art. 30" in page

    def test_where_no_law_asks_for_it_that_is_said(self) -> None:
        assert "No framework in force" in html(processing(subject(compliant("usgov-prod")))).decode()
        assert "UK GDPR Art. 30" in html(processing(subject(compliant("uk-prod")))).decode()

    def test_a_use_case_that_can_not_be_read_is_left_to_the_rule_that_refuses_it(self) -> None:
        plan = changed(compliant(), KEY_VALUE, "value", "not json")
        assert activities(plan) == ()
        assert "No use case is pinned" in html(processing(subject(plan))).decode()


class TestTheDraftOfAnAssessment:
    """A risk without a rule, or a rule that is gone, would look like a risk that is held."""

    def test_every_risk_is_held_by_rules_that_exist(self) -> None:
        concerns, ids = {rule.concern for rule in ALL}, {rule.id for rule in ALL}
        for risk in risks():
            assert risk.rules(ALL)
            for name in risk.held_by:
                assert name in (ids if "." in name else concerns), f"{risk.id}: {name}"

    def test_a_refusal_is_told_under_its_risk(self) -> None:
        page = html(impact(refused())).decode()
        (finding,) = refused().report.of_state("refused")
        held = [risk for risk in risks() if finding.rule in risk.rules(ALL)]
        assert f"not held by {finding.rule.id}" in page or not held
        assert any(stands(risk, refused()).get(State.REFUSED) for risk in risks()) == bool(held)

    def test_a_refused_residency_shows_under_foreign_reach(self) -> None:
        plan = changed(compliant(), "storage:StorageAccount", "location", "eastus")
        (risk,) = [each for each in risks() if each.id == "foreign-access"]
        judged = subject(plan)
        assert stands(risk, judged)[State.REFUSED] >= 1
        assert "not held by " in html(impact(judged)).decode()

    def test_nothing_is_weighed(self) -> None:
        page = html(impact(sound())).decode().lower()
        assert page.count("likelihood and gravity") == len(risks())
        for word in ("low risk", "acceptable risk", "residual risk is"):
            assert word not in page


class TestTheNotesOnTransfers:
    """Every way out is in the table, on record or not."""

    @pytest.mark.parametrize("stack", CORE)
    def test_every_place_outside_that_is_reached_is_there(self, stack: str) -> None:
        judged = subject(compliant(stack))
        page = html(transfers(judged)).decode()
        graph = judged.stack.graph
        reached = {edge.target for edge in graph.edges if graph.places[edge.target].outside}
        assert reached
        for place in reached:
            assert f"<code>{graph.places[place].name}</code>" in page
        assert "NOT ON RECORD" not in page

    def test_an_exception_that_has_ended_is_told_as_ended(self) -> None:
        page = html(transfers(subject(compliant(), as_of=date(2029, 1, 1)))).decode()
        assert "2027-11-30 (ended)" in page


def test_the_pinned_use_case_is_read_as_it_is_written() -> None:
    told = [item.get("value") for item in compliant().of_type(KEY_VALUE)]
    assert any(json.loads(str(value)).get("dataClasses") for value in told)
