"""The policies of the subscription: those of the data file, enforced, with what each needs, and nothing beside them."""

import pytest

from components.guardrails_data import BuiltIn, built_ins, filled, own
from plan.model import PlannedResource
from policies.rules.guardrails import REMEDIATION_ROLES, REQUIRED
from tests.plans import CORE, compliant

ASSIGNMENT = "azure-native:authorization:PolicyAssignment"


def _assigned(stack: str) -> dict[str, PlannedResource]:
    return {str(found.get("policyDefinitionId")).lower(): found for found in compliant(stack).of_type(ASSIGNMENT)}


class TestThePlanHoldsTheDataFile:
    """The file is what an auditor reads; the plan is what is assigned."""

    @pytest.mark.parametrize("item", built_ins(), ids=lambda item: item.key)
    def test_each_is_assigned_with_its_effect_and_name(self, item: BuiltIn) -> None:
        found = _assigned("eu-prod")[item.id.lower()]
        assert found.get("parameters.effect.value") == item.effect
        assert found.get("displayName") == f"Bailiwick: {item.name}"[:128]
        assert str(found.get("definitionVersion")).split(".")[0] == item.version.split(".")[0]

    @pytest.mark.parametrize("stack", CORE)
    def test_nothing_else_is_assigned(self, stack: str) -> None:
        known = {item.id.lower() for item in built_ins()}
        other = [key for key in _assigned(stack) if key not in known]
        assert len(other) == len(own())
        assert all("/policydefinitions/policy-" in key for key in other)

    def test_keys_and_ids_stand_once(self) -> None:
        items = built_ins()
        assert len({item.key for item in items}) == len({item.id for item in items}) == len(items)

    def test_what_the_rules_require_is_in_the_file(self) -> None:
        assert set(REQUIRED) <= {item.definition or item.initiative for item in built_ins()}

    def test_a_weaker_effect_than_deny_has_its_reason(self) -> None:
        for item in built_ins():
            if item.effect == "Audit":
                assert item.why_not_deny, item.key


class TestRemediation:
    """What acts by itself must not be able to do more than its task."""

    def test_every_role_in_the_file_is_allowed_by_the_rule(self) -> None:
        assert {role for item in built_ins() for role in item.roles} <= set(REMEDIATION_ROLES)

    def test_what_remediates_has_an_identity_and_a_region(self) -> None:
        for item in built_ins():
            found = _assigned("eu-prod")[item.id.lower()]
            if item.remediates:
                assert found.get("identity.userAssignedIdentities")
                assert found.get("location") == "westeurope"
            else:
                assert not found.get("identity")


class TestPlaceholders:
    """A placeholder that nobody fills would be assigned as it stands."""

    def test_an_unknown_one_stops_the_program(self) -> None:
        with pytest.raises(KeyError):
            filled({"x": ["$nowhere"]}, {})

    def test_known_ones_are_filled_at_any_depth(self) -> None:
        assert filled({"x": ["$a", {"y": "$b"}], "z": 1}, {"a": [1], "b": "c"}) == {"x": [[1], {"y": "c"}], "z": 1}
