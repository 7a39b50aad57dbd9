"""Three walls: what a page claims to stand must stand, and a critical rule that stands alone says why."""

import re

import pytest
import yaml

from cli.planning import ROOT
from components.guardrails_data import built_ins, own
from plan.model import Plan
from policies.require import texts
from policies.rule import Severity
from policies.rules import ALL
from policies.walls import NOT_YET, WallsError, parse, walls
from tests.plans import CORE, compliant

KUBERNETES = ("pods-", "arc-pods-", "services-")
"""Keys of the policies that Gatekeeper holds inside a cluster."""
NAMED = {key for each in walls().values() for key in each.subscription}
ADMISSION = {
    name.partition("/")[2] for each in walls().values() for name in each.cluster if name.startswith("admission/")
}
OURS = "bailiwick-"
"""How the cluster's own begin; others are a site's."""
KIND = "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmission"
HELD_IN_CLUSTER = {name.partition("/")[2] for each in walls().values() for name in each.cluster if "policy/" in name}


def _assigned(plan: Plan) -> set[str]:
    found = plan.of_type("azure-native:authorization:PolicyAssignment")
    return {str(item.get("policyAssignmentName")).removeprefix("bw-") for item in found}


class TestACriticalRuleHasTwoWallsOrAReason:
    """The first wall sees only what comes through Pulumi: a hand in the portal goes around it."""

    @pytest.mark.parametrize("rule_id", [rule.id for rule in ALL if rule.severity is Severity.CRITICAL])
    def test_it_has_another_wall_or_says_why_not(self, rule_id: str) -> None:
        assert rule_id in walls(), f"policies/walls.yaml says nothing of {rule_id}: name a wall, or only_plan: <why>"
        reason = walls()[rule_id].only_plan.removeprefix(NOT_YET).strip("; ")
        assert walls()[rule_id].others or reason, f"{rule_id}: '{NOT_YET}' alone is no reason: what limits the harm?"

    def test_every_rule_named_is_there(self) -> None:
        assert set(walls()) <= {rule.id for rule in ALL}


class TestWhatIsNamedStands:
    """A wall on paper is worse than none: nobody looks behind it."""

    def test_each_policy_is_assigned_in_the_plan(self) -> None:
        assert (NAMED | HELD_IN_CLUSTER) - _assigned(compliant("eu-prod")) == set()

    def test_a_definition_that_no_stack_assigns_would_be_found(self) -> None:
        unassigned = parse("a.b: {subscription: [no-such-policy]}")["a.b"]
        assert set(unassigned.subscription) - _assigned(compliant("eu-prod"))

    def test_what_holds_in_a_cluster_and_in_the_subscription_is_not_mixed_up(self) -> None:
        assert not [key for key in NAMED if key.startswith(KUBERNETES)]
        assert all(key.startswith(KUBERNETES) for key in HELD_IN_CLUSTER)

    def test_each_admission_policy_is_among_the_sites_manifests_bound_and_denying(self) -> None:
        documents = [
            document
            for path in sorted((ROOT / "edge" / "policies").glob("*.yaml"))
            for document in yaml.safe_load_all(path.read_text())
        ]
        bound = {
            document["spec"]["policyName"]
            for document in documents
            if document["kind"] == "ValidatingAdmissionPolicyBinding"
            and "Deny" in document["spec"]["validationActions"]
        }
        named = {name for name in ADMISSION if not name.startswith(OURS)}
        assert named
        assert named <= bound

    @pytest.mark.parametrize("stack", CORE)
    def test_each_admission_policy_of_the_cluster_is_in_the_plan_bound_and_denying(self, stack: str) -> None:
        plan = compliant(stack)
        planned = {str(found.get("metadata.name")) for found in plan.of_type(f"{KIND}Policy")}
        bound = {
            str(found.get("spec.policyName"))
            for found in plan.of_type(f"{KIND}PolicyBinding")
            if "Deny" in texts(found.get("spec.validationActions"))
        }
        named = {name for name in ADMISSION if name.startswith(OURS)}
        assert named
        assert named - (planned & bound) == set()

    def test_an_admission_policy_that_no_stack_plans_would_be_found(self) -> None:
        (name,) = parse("a.b: {cluster: [admission/bailiwick-nothing]}")["a.b"].cluster
        planned = {f"admission/{found.get('metadata.name')}" for found in compliant().of_type(f"{KIND}Policy")}
        assert name not in planned

    def test_every_admission_policy_of_the_cluster_holds_some_rule(self) -> None:
        planned = {str(found.get("metadata.name")) for found in compliant().of_type(f"{KIND}Policy")}
        assert planned - ADMISSION == BEYOND_THE_PLAN

    def test_the_level_of_pod_security_is_the_namespaces_own(self) -> None:
        named = {name for each in walls().values() for name in each.cluster if name.startswith("pod-security/")}
        spaces = compliant("eu-prod").of_type("kubernetes:core/v1:Namespace")
        # The one whose pods need a folder of the node has a policy of its own: tests/components/test_gpu_operators.py.
        held = [space for space in spaces if space.get("metadata.name") != "gpu-operators"]
        labels = [space.get("metadata.labels") for space in held]
        levels = {found["pod-security.kubernetes.io/enforce"] for found in labels if isinstance(found, dict)}
        assert named == {f"pod-security/{level}" for level in levels}

    def test_every_policy_that_denies_holds_some_rule(self) -> None:
        denying = {item.key for item in built_ins() if item.effect == "Deny"}
        denying |= {item.key for item in own() if item.effect == "Deny"}
        assert denying - NAMED - HELD_IN_CLUSTER == UNMATCHED


BEYOND_THE_PLAN = {f"bailiwick-{key}" for key in ("debugging", "nodes", "sessions")}
"""Admission of what no plan shows: sessions, containers added to pods that run, nodes that join."""
UNMATCHED = {"pods-not-in-default"}
"""Policies beyond what a rule of the plan asks: a wall more, for what no plan shows."""


class TestTheFileIsRefusedWhereItContradictsItself:
    """Half a claim reads as a whole one."""

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("[]", "must be a mapping"),
            ("a.b: 3", "a.b: must be a mapping"),
            ("a.b: {}", "not neither"),
            ("a.b: {subscription: [x], only_plan: y}", "not both"),
            ("a.b: {subscription: x}", "must be a list"),
            ("a.b: {only_plan: y, but: z}", "there is none"),
            ("a.b: {cluster: [x]}", "pod-security/<name>"),
            ("a.b: {subscripton: [x]}", "unknown: subscripton; allowed"),
        ],
    )
    def test_it_says_where_and_what(self, text: str, says: str) -> None:
        with pytest.raises(WallsError, match=re.escape(says)):
            parse(text)


class TestThePageShowsEveryRule:
    """An auditor reads the page, not the file."""

    def test_each_rule_has_its_row(self) -> None:
        from docs.generate import three_walls

        rows = [line for line in "\n".join(three_walls()).splitlines() if line.startswith("| `")]
        assert [row.split("`")[1] for row in rows] == [rule.id for rule in ALL]
        of = {row.split("`")[1]: row for row in rows}
        assert "Allowed locations (Deny)" in of["residency.region-inside-jurisdiction"]
        assert "Pod Security restricted" in of["workload.no-privileges"]
