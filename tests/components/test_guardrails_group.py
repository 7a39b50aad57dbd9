"""A management group: what is the same for every stack of the jurisdiction stands there, and nothing else."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from cli.planning import ROOT
from components.guardrails import NAME_AT_GROUP, name_at_group
from components.guardrails_data import MOST_AT_A_SCOPE, BuiltIn, Own, built_ins, own
from jurisdictions import load
from plan import stacks
from plan.model import UNKNOWN, Plan, PlannedResource
from policies.review import review
from policies.rule import registered
from tests.plans import CORE, added, changed, compliant, swapped, where

ASSIGNED = "authorization:PolicyAssignment"
ASSIGNMENT = f"azure-native:{ASSIGNED}"
GROUP = "/providers/Microsoft.Management/managementGroups/mg-bw-us"
RULE = "guardrails.groups-hold-what-all-share"
ITEMS: list[BuiltIn | Own] = [*built_ins(), *own()]
KEPT = {item.key for item in ITEMS if item.of_stack}
"""Keys of what is told something of the stack, or acts with its identity."""


def _places(stack: str) -> dict[str, PlannedResource]:
    """Assignments by key."""
    return {found.name.removeprefix("guardrails-"): found for found in compliant(stack).of_type(ASSIGNMENT)}


def _judged(plan: Plan) -> list[tuple[str, str]]:
    (rule,) = [rule for rule in registered() if rule.id == RULE]
    return [(found.state, found.message) for found in review(plan, [rule]).findings]


class TestWhatStandsWhere:
    """One stack's registry, written at the group, would refuse the images of every other."""

    def test_the_data_tells_both_kinds_apart(self) -> None:
        assert {"diagnostics", "pods-images-allowed", "names-of-vaults", "mandatory-tags"} <= KEPT
        assert {"logs-stay-in-workspace", "endpoints-stay-in-subscription"} <= KEPT
        assert not {"allowed-locations", "pods-restricted", "storage-stays-in-region", "vault-private"} & KEPT

    def test_what_is_the_stack_s_own_stays_at_its_subscription_and_the_rest_is_at_the_group(self) -> None:
        lifted = {key for item in load("us").residency_exceptions for key in item.policies}
        places = _places("us-prod")
        assert {key for key, found in places.items() if found.get("scope") != GROUP} == (KEPT | lifted) & places.keys()
        for key in (KEPT | lifted) & places.keys():
            assert str(places[key].get("scope")).startswith("/subscriptions/")

    def test_a_definition_of_ours_stands_where_it_is_assigned(self) -> None:
        for key, found in _places("us-prod").items():
            definition = str(found.get("policyDefinitionId"))
            if key in {item.key for item in own()}:
                assert definition.startswith(
                    f"{found.get('scope')}/providers/Microsoft.Authorization/policyDefinitions/"
                )

    def test_an_exemption_is_of_an_assignment_that_no_other_stack_has(self) -> None:
        (exemption,) = compliant("us-prod").of_type("azure-native:authorization:PolicyExemption")
        assert str(exemption.get("policyAssignmentId")).startswith("/subscriptions/")

    def test_what_remediates_acts_in_the_stack_s_subscription_alone(self) -> None:
        plan = compliant("us-prod")
        assert not plan.of_type("azure-native:policyinsights:RemediationAtManagementGroup")
        assert plan.of_type("azure-native:policyinsights:RemediationAtSubscription")
        for right in plan.of_type("azure-native:authorization:RoleAssignment"):
            assert str(right.get("scope")).startswith("/subscriptions/")
        for found in _places("us-prod").values():
            assert found.get("scope") != GROUP or not found.get("identity")

    @pytest.mark.parametrize("stack", CORE)
    def test_without_a_group_everything_is_at_the_subscription(self, stack: str) -> None:
        assert {str(found.get("scope")).split("/")[1] for found in _places(stack).values()} == {"subscriptions"}

    def test_the_whole_stack_is_compliant(self) -> None:
        assert [found for found in review(compliant("us-prod"), registered()).findings if found.state != "exempt"] == []


class TestStacksThatShareAGroup:
    """The second stack to be deployed must not fail on the first one's names, nor take them over."""

    def test_names_fit_and_no_two_meet(self) -> None:
        names = [name_at_group(item.key, stack) for item in ITEMS for stack in ("bw-bw-us-prod", "bw-bw-us-dev")]
        assert len(set(names)) == len(names)
        assert max(len(name) for name in names) <= NAME_AT_GROUP

    def test_a_scope_holds_the_assignments_of_two_stacks(self) -> None:
        """The second stack's deployment would stop at the one that is too many."""
        at_group = [item for item in ITEMS if not item.of_stack]
        assert 2 * len(at_group) < MOST_AT_A_SCOPE
        assert len(ITEMS) < MOST_AT_A_SCOPE

    def test_definitions_at_the_group_are_named_after_the_stack(self) -> None:
        for found in compliant("us-prod").of_type("azure-native:authorization:PolicyDefinitionAtManagementGroup"):
            assert "us-prod" in str(found.get("policyDefinitionName"))

    def test_a_group_is_named_by_stacks_of_one_jurisdiction(self) -> None:
        owners: dict[str, set[str]] = {}
        for stack in stacks.available(ROOT):
            governance = stacks.values(ROOT, stack)["bailiwick:governance"]
            assert isinstance(governance, dict)
            if group := governance.get("managementGroup"):
                owners.setdefault(group, set()).add(stack.partition("-")[0])
        assert owners
        assert all(len(found) == 1 for found in owners.values()), owners


def _at_group(key: str) -> Callable[[Plan], Plan]:
    return lambda plan: changed(plan, ASSIGNED, "scope", GROUP, where(policyAssignmentName=f"bw-{key}"))


def _unknown(plan: Plan) -> Plan:
    plan = _at_group("storage-private")(plan)
    found = next(item for item in plan.of_type(ASSIGNMENT) if item.get("policyAssignmentName") == "bw-storage-private")
    return swapped(plan, found, replace(found, inputs={**found.inputs, "parameters": {"x": {"value": UNKNOWN}}}))


def _long(plan: Plan) -> Plan:
    plan = _at_group("storage-private")(plan)
    only = where(policyAssignmentName="bw-storage-private")
    return changed(plan, ASSIGNED, "policyAssignmentName", "bw-storage-accounts-private", only)


BREACHES: dict[str, tuple[Callable[[Plan], Plan], str]] = {
    "another stack's images": (_at_group("pods-images-allowed"), "names this stack's registry"),
    "the stack's workspace": (_at_group("diagnostics"), "which is this stack's alone"),
    "an identity": (_at_group("names-of-vaults"), "identity is"),
    "a definition of one subscription": (_at_group("backup-stays-in-region"), "is of a definition in one subscription"),
    "an exempted one": (_at_group("global-types-known"), "is lifted by an exemption here"),
    "a long name": (_long, "takes 24 characters"),
    "a definition that names the environment": (
        lambda plan: added(
            plan,
            "authorization:PolicyDefinitionAtManagementGroup",
            {"policyRule": {"if": {"field": "tags['environment']", "notEquals": "prod"}, "then": {"effect": "Deny"}}},
        ),
        "policyRule holds 'prod'",
    ),
    "a remediation": (
        lambda plan: added(plan, "policyinsights:RemediationAtManagementGroup", {"managementGroupId": "mg"}),
        "acts in every subscription",
    ),
    "a role": (
        lambda plan: added(plan, "authorization:RoleAssignment", {"scope": GROUP.upper(), "principalId": "p"}),
        "gives rights in every subscription",
    ),
    "a role in the whole tenant": (
        lambda plan: added(plan, "authorization:RoleAssignment", {"scope": "/", "principalId": "p"}),
        "gives rights in every subscription",
    ),
}


class TestTheRule:
    """Who writes a stack's own policy at the group is told which value is to blame."""

    @pytest.mark.parametrize("breach", BREACHES)
    def test_refuses(self, breach: str) -> None:
        breaks, told = BREACHES[breach]
        ((state, message),) = _judged(breaks(compliant("eu-prod")))
        assert state == "refused"
        assert told in message

    def test_does_not_judge_what_is_known_only_after_deployment(self) -> None:
        ((state, _),) = _judged(_unknown(compliant("eu-prod")))
        assert state == "not-evaluated"

    def test_lets_pass_what_all_share(self) -> None:
        assert _judged(_at_group("allowed-locations")(compliant("eu-prod"))) == []
