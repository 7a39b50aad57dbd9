"""Admission as data, and in the plan: every policy stands, fails closed, is bound, and comes before what it judges."""

import re

import pytest

from components.admission_data import FILES, LEFT_OUT, Policy, policies
from components.guardrails import SYSTEM_NAMESPACES
from components.tables import table
from plan.model import Plan
from policies.rules import ALL
from policies.rules.admission import ADMISSION, BINDING
from policies.walls import walls
from tests.plans import CORE, compliant
from tests.policies.third_wall import VALUES, WALL, text

VARIABLE = re.compile(r"variables\.([a-z_]+)")
NAMED = re.compile(r"^[a-z][a-z-]*$")


def _spec(policy: Policy) -> dict[str, object]:
    return policy.spec(dict.fromkeys(VALUES, "''"))


class TestTheData:
    """A name that is misspelt in CEL is found by the API server alone, and refuses everything."""

    def test_keys_and_checks_are_named_once(self) -> None:
        keys = [policy.key for policy in policies()]
        assert len(keys) == len(set(keys)) >= 20
        assert all(NAMED.match(key) for key in keys)
        for policy in policies():
            names = [check.name for check in policy.checks]
            assert len(names) == len(set(names)) > 0, policy.key
            assert not set(names) & {*VALUES, *table(FILES[0])["shared"]}, policy.key

    @pytest.mark.parametrize("policy", policies(), ids=lambda policy: policy.key)
    def test_every_variable_is_given_before_it_is_used(self, policy: Policy) -> None:
        given: set[str] = set()
        for variable in _spec(policy)["variables"]:  # type: ignore[attr-defined]
            assert set(VARIABLE.findall(variable["expression"])) <= given, variable["name"]
            given.add(variable["name"])

    @pytest.mark.parametrize("policy", policies(), ids=lambda policy: policy.key)
    def test_it_fails_closed_and_says_why_in_a_sentence_that_cel_can_hold(self, policy: Policy) -> None:
        assert _spec(policy)["failurePolicy"] == "Fail"
        for check in policy.checks:
            assert check.says
            assert '"' not in check.says
            assert "\n" not in check.says

    @pytest.mark.parametrize("policy", policies(), ids=lambda policy: policy.key)
    def test_it_exempts_nobody_but_what_is_going_away(self, policy: Policy) -> None:
        conditions = _spec(policy).get("matchConditions", [])
        assert conditions in ([], [{"name": "stays", "expression": "!has(object.metadata.deletionTimestamp)"}])
        # Sessions say who asked; what the verifier keeps of policies, it alone writes.
        asking = [check.name for check in policy.checks if "userInfo" in check.find]
        assert asking == {"sessions": ["opened"], "image-settings": ["forged"]}.get(policy.key, [])

    @pytest.mark.parametrize("policy", policies(), ids=lambda policy: policy.key)
    def test_rules_that_it_holds_are_there_and_say_so(self, policy: Policy) -> None:
        known = {rule.id for rule in ALL}
        assert set(policy.holds) <= known
        behind = {rule_id for rule_id, each in walls().items() if f"admission/{policy.name}" in each.cluster}
        assert behind == set(policy.holds)

    def test_only_namespaces_of_azures_own_are_left_out(self) -> None:
        assert set(LEFT_OUT) <= set(SYSTEM_NAMESPACES)

    def test_the_digests_are_those_of_the_data(self) -> None:
        assert WALL.read_text(encoding="utf-8") == text(), (
            "review the change, then: python -m tests.policies.third_wall"
        )


@pytest.mark.parametrize("stack", CORE)
class TestThePlan:
    """What the data says stands in every stack, with the stack's own values."""

    def test_every_policy_is_planned_and_bound(self, stack: str) -> None:
        plan, names = compliant(stack), {policy.name for policy in policies()}
        assert {found.get("metadata.name") for found in plan.of_type(ADMISSION)} == names
        assert {found.get("spec.policyName") for found in plan.of_type(BINDING)} == names

    def test_no_namespace_that_the_stack_makes_is_left_out(self, stack: str) -> None:
        made = {space.get("metadata.name") for space in compliant(stack).of_type("kubernetes:core/v1:Namespace")}
        assert made
        assert not made & set(LEFT_OUT)

    def test_every_pod_waits_for_every_binding(self, stack: str) -> None:
        plan: Plan = compliant(stack)
        bindings = {binding.urn for binding in plan.of_type(BINDING)}
        pods = plan.of_type("kubernetes:apps/v1:Deployment", "kubernetes:apps/v1:DaemonSet")
        assert pods
        assert {pod.name: sorted(bindings - set(pod.dependencies)) for pod in pods} == {pod.name: [] for pod in pods}
