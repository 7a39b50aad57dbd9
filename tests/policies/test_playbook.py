"""The playbook may change every store: where it calls is Azure's own resource manager, to the slash behind its name."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from policies.review import review
from policies.rules import ALL
from tests.plans import changed, compliant

RULE = "guardrails.playbooks-answer-sentinel-alone"
WORKFLOW = "logic:Workflow"


def calls(actions: Any) -> list[dict[str, Any]]:  # noqa: ANN401 JSON of any shape
    """The inputs of every action that asks something by HTTP, however deep."""
    found = []
    if isinstance(actions, dict):
        if actions.get("type") == "Http":
            found.append(actions["inputs"])
        found += [call for part in actions.values() for call in calls(part)]
    return found


def actions() -> dict[str, Any]:
    (workflow,) = compliant().of_type("azure-native:logic:Workflow")
    told: Any = workflow.get("definition.actions")
    made: dict[str, Any] = copy.deepcopy(told)
    return made


def refused(made: dict[str, Any]) -> list[str]:
    report = review(changed(compliant(), WORKFLOW, "definition.actions", made), ALL)
    return [finding.message for finding in report.of_state("refused") if finding.rule.id == RULE]


class TestItCallsAzureAlone:
    """Each call carries a token that changes stores: at another host it would be somebody else's."""

    def test_the_stacks_own_passes(self) -> None:
        assert len(calls(actions())) >= 5
        assert refused(actions()) == []

    @pytest.mark.parametrize(
        "uri",
        [
            "https://management.evil.example/x",
            "http://management.azure.com/x",
            "https://management.azure.com@{triggerBody()?['id']}",
            "@{triggerBody()?['url']}",
            "https://management.azure.com.evil.example/x",
        ],
    )
    def test_another_host_is_refused(self, uri: str) -> None:
        made = actions()
        calls(made)[0]["uri"] = uri
        assert refused(made)

    @pytest.mark.parametrize("broken", [lambda call: call.pop("uri"), lambda call: call.update(uri={"@": "x"})])
    def test_a_call_whose_place_is_not_told_is_refused(self, broken: Callable[[dict[str, Any]], object]) -> None:
        made = actions()
        broken(calls(made)[0])
        assert refused(made)


class TestItClosesTheAccountOfAChild:
    """An incident may name a blob service: a PATCH of it closes nothing."""

    def test_by_the_first_nine_parts_of_the_id(self) -> None:
        uris = [call["uri"] for call in calls(actions())]
        assert uris
        assert all("@{join(skip(take(split(" in uri and ", 9), 1), '/')}" in uri for uri in uris)
