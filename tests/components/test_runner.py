"""The runner's rights: enough for what the stacks plan, in Azure and in the directory, and no more."""

import re

import pytest

from cli.planning import ROOT
from components.detection_rules import detection_rules
from components.roles import Role
from components.runner import START, allowed, directory_permissions, runner_roles
from plan.arm_types import arm_type
from policies.review import review
from policies.rules import ALL
from tests.plans import CORE, changed, compliant, first_preview, where

GUIDE = ROOT / "docs" / "guides" / "first-deployment.md"
BY_A_PERSON = frozenset({"microsoft.aadiam/diagnosticsettings"})
"""What Entra ID logs: no role of a subscription reaches it, and the guide says who sets it."""

IN_TEMPLATES = frozenset({"microsoft.web"})
"""The playbook's connection to Sentinel comes by a nested template: components/quarantine.py."""


def _may_write(arm: str, actions: list[str]) -> bool:
    wanted = f"{arm}/write".lower()
    patterns = (re.escape(action.lower()).replace(r"\*", ".*") for action in actions)
    return any(re.fullmatch(pattern, wanted) for pattern in patterns)


class TestTheJobCanDeployWhatThePlanHolds:
    """A right that is missing is found in the middle of a deployment, when half of it stands."""

    @pytest.mark.parametrize("stack", [*CORE, "us-prod"])
    def test_every_planned_type_of_azure_may_be_written(self, stack: str) -> None:
        actions = allowed(runner_roles()["apply"])
        planned = {arm_type(kind).type for kind in compliant(stack).types if kind.startswith("azure-native:")}
        lacking = {arm for arm in planned if not _may_write(arm, actions)}
        assert {arm.lower() for arm in lacking} <= BY_A_PERSON

    @pytest.mark.parametrize("stack", CORE)
    def test_every_planned_type_of_the_directory_has_its_permissions_written_down(self, stack: str) -> None:
        planned = {kind for kind in compliant(stack).types if kind.startswith("azuread:")}
        assert planned <= set(directory_permissions())

    def test_the_guide_asks_for_each_of_them(self) -> None:
        guide = GUIDE.read_text(encoding="utf-8")
        wanted = {permission for permissions in directory_permissions().values() for permission in permissions}
        assert {permission for permission in wanted if f"`{permission}`" not in guide} == set()


class TestSomebodyCanStartIt:
    """A job that nobody may start deploys nothing; one that anybody may start deploys anything."""

    @pytest.mark.parametrize("stack", CORE)
    def test_people_who_activated_start_the_job_that_deploys_and_the_pipeline_the_other(self, stack: str) -> None:
        plan = first_preview(stack)
        found = {}
        for given in plan.of_type("azure-native:authorization:RoleAssignment"):
            allowed_here = [
                action
                for role in plan.of_type("azure-native:authorization:RoleDefinition")
                if role.urn in given.property_dependencies.get("roleDefinitionId", ())
                for _, action in role.each("permissions[*].actions[*]")
            ]
            if "Microsoft.App/jobs/start/action" in allowed_here:
                assert set(allowed_here) == set(START)
                (job,) = given.property_dependencies["scope"]
                (who,) = given.property_dependencies["principalId"]
                found[job.rpartition("::")[2]] = (given.get("principalType"), who.rpartition("::")[2])
        assert found == {
            "runner-apply": ("Group", "access-platform"),
            "runner-preview": ("ServicePrincipal", "runner-pipeline-identity"),
        }

    @pytest.mark.parametrize("stack", CORE)
    def test_what_only_plans_takes_the_kubeconfig_and_is_nobody_in_the_cluster(self, stack: str) -> None:
        plan, held = first_preview(stack), []
        for given in plan.of_type("azure-native:authorization:RoleAssignment"):
            who, where = (given.property_dependencies.get(key, ()) for key in ("principalId", "scope"))
            if any(urn.endswith("::runner-preview-identity") for urn in who) and any(
                "::cluster-" in urn for urn in where
            ):
                held.append(str(given.get("roleDefinitionId")).rpartition("/")[2])
        assert held == [Role.CLUSTER_USER.value]

    def test_the_right_to_start_is_on_one_job_and_never_on_the_stack(self) -> None:
        plan = compliant()
        (job,) = [job.id for job in plan.of_type("azure-native:app:Job") if str(job.get("jobName")).endswith("-apply")]
        wide = changed(plan, "authorization:RoleAssignment", "scope", "/subscriptions/x", only=where(scope=job))
        refused = review(wide, [rule for rule in ALL if rule.id == "identity.rights-on-one-thing"]).of_state("refused")
        assert [finding.rule.id for finding in refused] == ["identity.rights-on-one-thing"]

    def test_every_start_of_it_is_told_of(self) -> None:
        (rule,) = [rule for rule in detection_rules() if rule.id == "deployment-started"]
        for stack in CORE:
            names = [str(job.get("jobName")) for job in compliant(stack).of_type("azure-native:app:Job")]
            assert [name.endswith("-apply") for name in sorted(names)] == [True, False]
        assert 'endswith "-apply"' in rule.query


class TestTheJobCanDoNoMore:
    """Who deploys is the first whose rights are stolen."""

    def test_no_provider_is_named_that_no_stack_plans(self) -> None:
        planned = {
            arm_type(kind).type.partition("/")[0].lower()
            for stack in CORE
            for kind in compliant(stack).types
            if kind.startswith("azure-native:")
        }
        named = {name.lower() for name in runner_roles()["apply"]["providers"]}
        assert named - planned == IN_TEMPLATES

    def test_what_only_plans_only_reads(self) -> None:
        assert allowed(runner_roles()["preview"]) == ["*/read"]

    def test_no_right_removes_a_lock_a_policy_or_an_exemption(self) -> None:
        actions = allowed(runner_roles()["apply"])
        for kept in ("locks", "policyAssignments", "policyDefinitions", "policyExemptions"):
            assert not any(action.lower() == f"microsoft.authorization/{kept}/delete".lower() for action in actions)
        assert not any(action.lower().startswith("microsoft.authorization/*") for action in actions)
