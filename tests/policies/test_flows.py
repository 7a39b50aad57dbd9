"""Is there any way for patient data to get out? Asked of the whole plan, and answered with the path."""

from collections.abc import Callable

import pytest

from cli.planning import stack_config
from plan.file import to_json
from plan.model import Plan
from plan.reachability.graph import graph_of
from policies.review import Finding, review
from policies.rule import registered
from policies.rules import ALL
from tests.plans import CORE, changed, compliant
from tests.policies import open_paths as opened

FLOWS = tuple(rule for rule in registered() if rule.concern == "flows")
assert ALL


def refusals(plan: Plan, rule_id: str = "flows.nothing-leaves-unlisted") -> list[Finding]:
    """What one of the rules about paths refuses."""
    report = review(plan, FLOWS)
    return [finding for finding in report.of_state("refused") if finding.rule.id == rule_id]


class TestACompliantStackLetsNothingOut:
    """What leaves is what is on record, and the rules say so of every kind of stack."""

    @pytest.mark.parametrize("stack", CORE)
    def test_every_rule_about_paths_is_evaluated_and_passes(self, stack: str) -> None:
        report = review(compliant(stack), FLOWS)
        assert report.verdict == "compliant"
        assert report.evaluated["flows.nothing-leaves-unlisted"] > 20


class TestThreeSettingsMakeAPath:
    """Each of them is half right by itself; together they are a way out that no single rule shows."""

    def test_a_group_that_lets_all_out_is_still_stopped_by_the_firewall(self) -> None:
        assert refusals(opened.out_of(compliant(), "confidential")) == []

    def test_a_subnet_without_the_route_is_still_private(self) -> None:
        assert refusals(opened.past_the_firewall(compliant(), "confidential")) == []

    def test_any_two_of_the_three_open_nothing(self) -> None:
        plan = compliant()
        assert refusals(opened.past_the_firewall(opened.out_of(plan, "confidential"), "confidential")) == []
        assert refusals(opened.with_outbound(opened.out_of(plan, "confidential"), "confidential")) == []
        assert refusals(opened.with_outbound(opened.past_the_firewall(plan, "confidential"), "confidential")) == []

    def test_the_three_together_are_refused_with_the_path_and_what_opens_it(self) -> None:
        (refusal,) = refusals(opened.straight_out(compliant()))
        assert "reaches the internet" in refusal.message
        assert "rule 'by-hand' (100)" in refusal.message
        assert "Internet" in refusal.message


class TestWhatLeavesIsOnRecord:
    """A list that nobody holds to is no list."""

    def test_a_host_that_is_not_listed_is_refused_by_its_rule(self) -> None:
        (refusal,) = refusals(opened.to_strange_host(compliant()))
        assert "api.example.com" in refusal.message
        assert "application rule 'base-0'" in refusal.message
        assert refusal.urn is not None
        assert "FirewallPolicyRuleCollectionGroup" in refusal.urn or "Firewall" in refusal.urn

    def test_a_region_outside_is_refused_where_something_is_copied_there(self) -> None:
        plan = changed(compliant(), "containerregistry:Replication", "location", "eastus")
        assert any("eastus" in refusal.message for refusal in refusals(plan))

    def test_logs_sent_to_another_subscription_are_refused(self) -> None:
        elsewhere = f"{opened.ELSEWHERE}/Microsoft.OperationalInsights/workspaces/theirs"
        plan = changed(compliant(), "monitor:DiagnosticSetting", "workspaceId", elsewhere)
        assert refusals(plan) or refusals(plan, "flows.jurisdictions-stay-apart")


BREACHES: dict[str, Callable[[Plan], Plan]] = {
    "flows.only-the-doors-are-open": opened.public_store,
    "flows.jurisdictions-stay-apart": opened.peered,
    "flows.only-the-gateway-reaches-models": opened.models_for_all,
    "flows.only-the-gateway-reaches-retrieval": opened.retrieval_for_all,
    "flows.the-gateway-has-known-callers": opened.gateway_for_all,
    "flows.managed-from-inside-alone": opened.api_for_vault,
    "flows.training-and-patients-apart": opened.learner_reads_patients,
    "flows.everything-is-understood": opened.with_hub,
}


class TestEachDoorHasItsKeeper:
    """Who may come to what is a short list, for each of the places that matter."""

    @pytest.mark.parametrize("rule_id", sorted(BREACHES))
    def test_the_breach_is_refused(self, rule_id: str) -> None:
        assert refusals(BREACHES[rule_id](compliant()), rule_id)

    def test_a_cluster_that_enforces_no_policies_lets_everyone_to_the_models(self) -> None:
        assert refusals(opened.unenforced(compliant()), "flows.only-the-gateway-reaches-models")

    def test_without_policies_the_gateway_is_open_to_all_pods(self) -> None:
        assert refusals(opened.unguarded(compliant()), "flows.the-gateway-has-known-callers")


class TestPassagesComeByOneWay:
    """Retrieval knows every tenant's passages: who reaches it, and what it reaches, is drawn from the whole plan."""

    @pytest.mark.parametrize("stack", CORE)
    def test_the_gateway_reaches_it_and_it_reaches_the_database_and_no_model(self, stack: str) -> None:
        graph = graph_of(compliant(stack))
        here = "pods:retrieval/Deployment/retrieval"
        sources = {graph.places[edge.source].purpose for edge in graph.edges if edge.target == here}
        assert sources == {"gateway", "system"}
        reached = [edge for edge in graph.edges if edge.source == here and edge.kind == "connects"]
        ends = [(graph.places[edge.target], edge.what) for edge in reached]
        assert any(end.name.endswith("-database") and "5432" in what for end, what in ends)
        assert not [end.name for end, _ in ends if end.kind == "pods" and end.purpose != "system"]

    def test_what_hands_out_gpus_reaches_nothing(self) -> None:
        graph = graph_of(compliant())
        operators = {place.id for place in graph.places.values() if place.purpose == "gpu-operators"}
        assert len(operators) == 2
        assert not [edge for edge in graph.edges if edge.source in operators and edge.kind == "connects"]


class TestStacksShareNothing:
    """Two laws meet where two stacks do; a standby alone is known to the stack that it stands by for."""

    def test_no_stack_names_the_subscription_of_another(self) -> None:
        named = {stack: stack_config(stack).subscription_id for stack in CORE}
        for stack in CORE:
            text = to_json(compliant(stack))
            strangers = {other for other, subscription in named.items() if other != stack and subscription in text}
            assert strangers == set(), stack
