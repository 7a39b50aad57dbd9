"""The runner's rights: enough for what the stacks plan, in Azure and in the directory, and no more."""

import re

import pytest

from cli.planning import ROOT
from components.runner import allowed, directory_permissions, runner_roles
from plan.arm_types import arm_type
from tests.plans import CORE, compliant

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
