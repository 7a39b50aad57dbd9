"""Templates: text in which any resource could come past the rules."""

from collections.abc import Mapping
from typing import Any

import pytest

from plan.model import UNKNOWN, Plan
from policies.review import review
from policies.rule import registered
from tests.plans import added, changed, compliant

RULE = "guardrails.nothing-hides-in-templates"
SNAPSHOTS = "Microsoft.AppConfiguration/configurationStores/snapshots"
STORAGE: dict[str, Any] = {"type": "Microsoft.Storage/storageAccounts", "name": "open"}
ALLOWED: dict[str, Any] = {"type": SNAPSHOTS, "name": "store/x"}
LINK = {"uri": "https://somewhere.example/template.json"}


def _judged(plan: Plan) -> list[tuple[str, str]]:
    (rule,) = [rule for rule in registered() if rule.id == RULE]
    return [(found.state, found.message) for found in review(plan, [rule]).findings]


def _deployed(template: object, **properties: object) -> Plan:
    inputs = {"properties": {"mode": "Incremental", "template": template, **properties}}
    return added(compliant("eu-dev"), "resources:Deployment", inputs)


SMUGGLED: Mapping[str, tuple[Plan | Mapping[str, object] | object, str]] = {
    "another type": ({"resources": [ALLOWED, STORAGE]}, "makes microsoft.storage/storageaccounts"),
    "by symbolic name": ({"resources": {"x": STORAGE}}, "makes microsoft.storage/storageaccounts"),
    "under a name in capitals": ({"Resources": [STORAGE]}, "makes microsoft.storage/storageaccounts"),
    "a type in capitals": ({"resources": [{"TYPE": STORAGE["type"]}]}, "makes microsoft.storage/storageaccounts"),
    "as a part of what is allowed": ({"resources": [{**ALLOWED, "resources": [STORAGE]}]}, "makes parts of"),
    "in a template within": (
        {"resources": [{"type": "Microsoft.Resources/deployments"}]},
        "makes microsoft.resources/",
    ),
    "by an expression": ({"resources": [{"type": "[variables('x')]"}]}, "makes [variables('x')]"),
    "without a type": ({"resources": [{"name": "x"}]}, "makes none"),
    "by a provider beside Azure's": ({"resources": [], "imports": {"k8s": {}}}, "its template has imports"),
    "with functions of its own": ({"resources": [], "functions": []}, "its template has functions"),
    "without a template": (None, "has no template of its own"),
    "as text": ('{"resources": []}', "has no template of its own"),
}


class TestNothingHides:
    """Packs judge resources: what a template makes is not one until it is too late."""

    @pytest.mark.parametrize("how", SMUGGLED)
    def test_a_resource_does_not_come_in(self, how: str) -> None:
        template, told = SMUGGLED[how]
        ((state, message),) = _judged(_deployed(template))
        assert state == "refused"
        assert told in message

    @pytest.mark.parametrize(
        ("properties", "told"),
        [
            ({"mode": "Complete"}, "mode is 'Complete'"),
            ({"templateLink": LINK}, "templateLink is"),
            ({"parametersLink": LINK}, "parametersLink is"),
            ({"parameters": {"x": {"value": 1}}}, "parameters is"),
            ({"onErrorDeployment": {"type": "LastSuccessful"}}, "onErrorDeployment is"),
            ({"debugSetting": {"detailLevel": "requestContent"}}, "debugSetting is"),
        ],
    )
    def test_nothing_is_brought_in_from_beside_and_nothing_deleted(self, properties: dict[str, Any], told: str) -> None:
        ((state, message),) = _judged(_deployed({"resources": [ALLOWED]}, **properties))
        assert state == "refused"
        assert told in message

    @pytest.mark.parametrize(
        "kind",
        [
            "Resource",
            "DeploymentAtSubscriptionScope",
            "DeploymentStackAtResourceGroup",
            "TemplateSpecVersion",
            "AzureCliScript",
        ],
    )
    def test_other_ways_to_make_anything_are_closed(self, kind: str) -> None:
        ((state, message),) = _judged(added(compliant("eu-dev"), f"resources:{kind}", {}))
        assert (state, message) == ("refused", f"a {kind} makes what no rule sees")

    @pytest.mark.parametrize(
        "template",
        [UNKNOWN, {"resources": UNKNOWN}, {"resources": [UNKNOWN]}, {"resources": [{"type": UNKNOWN}]}],
        ids=["all", "resources", "one", "its type"],
    )
    def test_what_is_not_known_yet_is_not_let_pass(self, template: object) -> None:
        assert [state for state, _ in _judged(_deployed(template))] == ["not-evaluated"]

    def test_a_snapshot_passes(self) -> None:
        assert _judged(_deployed({"$schema": "x", "contentVersion": "1.0.0.0", "resources": [ALLOWED]})) == []

    def test_a_stack_s_own_deployments_pass_and_a_changed_mode_does_not(self) -> None:
        plan = compliant("eu-dev")
        assert _judged(plan) == []
        assert _judged(changed(plan, "resources:Deployment", "properties.mode", UNKNOWN))[0][0] == "not-evaluated"
