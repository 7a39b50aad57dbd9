"""The policies of the subscription: those of the data file, enforced, with what each needs, and nothing beside them."""

from operator import attrgetter
from pathlib import Path

import pytest
import yaml

from cli.planning import stack_config
from components.guardrails import EDGE_NAMESPACES, SYSTEM_NAMESPACES
from components.guardrails_data import NEEDED_WHERE, BuiltIn, built_ins, filled, own
from plan.model import MISSING, PlannedResource
from policies.review import review
from policies.rule import registered
from policies.rules.guardrails import REMEDIATION_ROLES, REQUIRED
from tests.plans import CORE, compliant

ASSIGNMENT = "azure-native:authorization:PolicyAssignment"
EXEMPTION = "azure-native:authorization:PolicyExemption"
SITE = "azure-native:kubernetes:ConnectedCluster"
EDGE = Path(__file__).resolve().parents[2] / "edge" / "policies"


def _assigned(stack: str) -> dict[str, PlannedResource]:
    """By key: at a subscription an assignment is named after it."""
    found = compliant(stack).of_type(ASSIGNMENT)
    return {str(item.get("policyAssignmentName")).removeprefix("bw-"): item for item in found}


class TestThePlanHoldsTheDataFile:
    """The file is what an auditor reads; the plan is what is assigned."""

    @pytest.mark.parametrize("item", built_ins(), ids=lambda item: item.key)
    def test_each_is_assigned_with_its_effect_and_name(self, item: BuiltIn) -> None:
        found = _assigned("eu-prod")[item.key]
        assert found.get("policyDefinitionId") == item.id
        assert found.get("parameters.effect.value") == (MISSING if item.fixed else item.effect)
        assert found.get("displayName") == f"Bailiwick: {item.name}"[:128]
        assert str(found.get("definitionVersion")).split(".")[0] == item.version.split(".")[0]

    @pytest.mark.parametrize("stack", CORE)
    def test_nothing_else_is_assigned(self, stack: str) -> None:
        other = _assigned(stack).keys() - {item.key for item in built_ins()}
        assert other == {item.key for item in own() if stack.endswith("-prod") or not item.prod}
        for key in other:
            assert "/policyDefinitions/policy-" in str(_assigned(stack)[key].get("policyDefinitionId"))

    def test_keys_stand_once_and_an_id_once_for_each_type_that_it_is_narrowed_to(self) -> None:
        items = built_ins()
        assert len({item.key for item in items} | {item.key for item in own()}) == len(items) + len(own())
        assert len({(item.id, item.narrowed_to) for item in items}) == len(items)

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
            found = _assigned("eu-prod")[item.key]
            if item.remediates:
                assert found.get("identity.userAssignedIdentities")
                assert found.get("location") == "westeurope"
            else:
                assert not found.get("identity")


class TestSites:
    """A site in a clinic is held by the same policies as the cluster, and by those that only Arc knows."""

    def test_a_stack_without_sites_is_not_told_what_its_sites_lack(self) -> None:
        for stack in CORE:
            sites = bool(compliant(stack).of_type(SITE))
            wanted = {item.key for item in built_ins() if item.edge}
            assert (_assigned(stack).keys() & wanted) == (wanted if sites else set()), stack

    def test_both_kinds_of_cluster_are_looked_at_and_none_twice(self) -> None:
        for definition in {item.id for item in built_ins() if item.narrowed_to}:
            kinds = [item.narrowed_to for item in built_ins() if item.id == definition]
            assert sorted(kinds) == [
                "Microsoft.ContainerService/managedClusters",
                "Microsoft.Kubernetes/connectedClusters",
            ]

    def test_a_narrowed_assignment_selects_its_type_and_leaves_out_that_type_s_namespaces(self) -> None:
        for item in built_ins():
            found = _assigned("eu-prod")[item.key]
            selected = [value for _, value in found.each("resourceSelectors[*].selectors[*].in[*]")]
            assert selected == ([item.narrowed_to] if item.narrowed_to else [])
            if item.narrowed_to:
                at_site = item.narrowed_to.startswith("Microsoft.Kubernetes/")
                # What hands out GPUs mounts a folder of the node, which the restricted standard refuses whole.
                more = ["gpu-operators"] if item.key == "pods-restricted" else []
                wanted = EDGE_NAMESPACES if at_site else (*SYSTEM_NAMESPACES, *more)
                assert found.get("parameters.excludedNamespaces.value") == list(wanted)

    def test_the_site_s_own_admission_leaves_out_the_same_namespaces(self) -> None:
        for path in EDGE.glob("*.yaml"):
            for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
                if document["kind"] == "ValidatingAdmissionPolicyBinding":
                    (expression,) = document["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"]
                    assert set(expression["values"]) == set(EDGE_NAMESPACES), path.name


class TestVersions:
    """A version that a cloud does not list can't be assigned there."""

    def test_government_gets_its_own(self) -> None:
        found = _assigned("usgov-prod")["pods-images-allowed"]
        assert found.get("definitionVersion") == "10.*.*"
        assert _assigned("eu-prod")["pods-images-allowed"].get("definitionVersion") == "9.*.*"

    def test_a_preview_stays_one(self) -> None:
        (item,) = [item for item in built_ins() if item.key == "arc-is-watched"]
        assert (item.pinned("public"), item.pinned("usgovernment")) == ("6.*.*-preview", "4.*.*-preview")


class TestExemptions:
    """A hole is there for what the stack makes, and nowhere else."""

    @pytest.mark.parametrize("stack", CORE)
    def test_each_covers_a_type_that_the_plan_holds(self, stack: str) -> None:
        (rule,) = [rule for rule in registered() if rule.id == "guardrails.exemptions-are-needed"]
        assert review(compliant(stack), [rule]).findings == ()

    def test_the_stack_with_front_door_has_one_and_the_stack_without_has_none(self) -> None:
        assert compliant("eu-prod").of_type(EXEMPTION)
        assert not compliant("uk-prod").of_type(EXEMPTION)

    @pytest.mark.parametrize("stack", CORE)
    def test_the_dial_says_of_each_listed_type_whether_the_plan_holds_it(self, stack: str) -> None:
        for kind, (dial, value) in NEEDED_WHERE.items():
            assert bool(compliant(stack).of_type(kind)) == (attrgetter(dial)(stack_config(stack)) == value)


class TestPlaceholders:
    """A placeholder that nobody fills would be assigned as it stands."""

    def test_an_unknown_one_stops_the_program(self) -> None:
        with pytest.raises(KeyError):
            filled({"x": ["$nowhere"]}, {})

    def test_known_ones_are_filled_at_any_depth(self) -> None:
        assert filled({"x": ["$a", {"y": "$b"}], "z": 1}, {"a": [1], "b": "c"}) == {"x": [[1], {"y": "c"}], "z": 1}
