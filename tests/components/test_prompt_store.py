"""The prompt store: every value that a use case was held to is kept, as it was."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from cli.planning import stack_config
from components.prompt_store import mark_of
from config.use_case import UseCase
from plan.model import UNKNOWN, Plan, PlannedResource
from policies.review import review
from policies.rule import registered
from tests.plans import CORE, changed, compliant, swapped

DEPLOYMENT, VALUE = "azure-native:resources:Deployment", "azure-native:appconfiguration:KeyValue"
RULE = "prompts.every-version-is-a-snapshot"
SNAPSHOT = "properties.template.resources.0"


def _snapshots(plan: Plan) -> list[PlannedResource]:
    return [found for found in plan.of_type(DEPLOYMENT) if found.name.endswith("-snapshot")]


def _is_snapshot(found: PlannedResource) -> bool:
    return found.name.endswith("-snapshot")


def _judged(plan: Plan) -> list[tuple[str, str]]:
    (rule,) = [rule for rule in registered() if rule.id == RULE]
    return [(found.state, found.message) for found in review(plan, [rule]).findings]


def _use_case() -> UseCase:
    return stack_config("eu-prod").use_cases[0]


class TestEveryValueHasItsSnapshot:
    """A value can be written over, with the access that a deployment has; a snapshot can't by anybody."""

    @pytest.mark.parametrize("stack", CORE)
    def test_one_for_each_use_case_and_after_its_value(self, stack: str) -> None:
        plan = compliant(stack)
        values = {str(found.get("keyValueName")): found for found in plan.of_type(VALUE)}
        made = {}
        for found in _snapshots(plan):
            (item,) = [value for _, value in found.each(f"{SNAPSHOT}.properties.filters[*]")]
            assert isinstance(item, dict)
            made[f"{item['key']}${item['label']}"] = found
        assert made.keys() == values.keys()
        for key, found in made.items():
            assert values[key].urn in found.dependencies

    def test_it_is_made_incrementally_and_in_the_store_s_group(self) -> None:
        plan = compliant("eu-prod")
        (store,) = plan.of_type("azure-native:appconfiguration:ConfigurationStore")
        for found in _snapshots(plan):
            assert found.get("properties.mode") == "Incremental"
            assert found.get("resourceGroupName") == store.get("resourceGroupName")
            assert str(found.get(f"{SNAPSHOT}.name")).startswith(f"{store.get('configStoreName')}/")

    def test_names_are_within_azure_s_limits(self) -> None:
        for stack in CORE:
            for found in _snapshots(compliant(stack)):
                assert len(str(found.get("deploymentName"))) <= 64
                assert len(str(found.get(f"{SNAPSHOT}.name")).partition("/")[2]) <= 256


class TestAnotherValueIsAnotherSnapshot:
    """Azure answers 409 to a second snapshot of one name: the first would go on saying what no longer holds."""

    def test_a_new_version_of_the_template_has_another_name(self) -> None:
        before = _use_case()
        after = before.model_copy(update={"prompt": before.prompt.model_copy(update={"version": "9.9.9"})})
        assert mark_of(before, "prod") != mark_of(after, "prod")

    def test_so_have_another_model_and_another_floor(self) -> None:
        before = _use_case()
        model = before.model_copy(update={"model": before.model.model_copy(update={"sha256": "0" * 64})})
        floor = before.model_copy(update={"accuracy_floor": 0.99})
        assert len({mark_of(item, "prod") for item in (before, model, floor)}) == 3

    def test_the_same_value_has_the_same_name(self) -> None:
        assert mark_of(_use_case(), "prod") == mark_of(_use_case(), "prod")


def _of(path: str, value: object) -> Callable[[Plan], Plan]:
    return lambda plan: changed(plan, "resources:Deployment", f"{SNAPSHOT}.{path}", value, _is_snapshot)


def _hurried(plan: Plan) -> Plan:
    found = _snapshots(plan)[0]
    return swapped(plan, found, replace(found, dependencies=()))


def _changed_value(plan: Plan) -> Plan:
    return changed(plan, "appconfiguration:KeyValue", "value", '{"model": {}}')


BREACHES: dict[str, tuple[Callable[[Plan], Plan], str]] = {
    "another label": (_of("properties.filters", [{"key": "use-case:clinical-notes", "label": "dev"}]), "no snapshot"),
    "everything": (_of("properties.filters", [{"key": "*"}]), "no snapshot"),
    "another store": (_of("name", "appcs-other/clinical-notes-1.0.0-abc"), "no snapshot"),
    "another type": (_of("type", "Microsoft.AppConfiguration/configurationStores/replicas"), "no snapshot"),
    "an old name": (_of("name", "appcs-bw-eu-prod/clinical-notes-1.0.0-000000000000"), "it is of another value"),
    "a value changed under its name": (_changed_value, "it is of another value"),
    "kept an hour": (_of("properties.retentionPeriod", 3600), "is kept 3600 s once archived"),
    "made too early": (_hurried, "does not wait for it"),
}


class TestTheRule:
    """What is not held as it is deployed is not held at all."""

    @pytest.mark.parametrize("breach", BREACHES)
    def test_refuses(self, breach: str) -> None:
        breaks, told = BREACHES[breach]
        ((state, message),) = _judged(breaks(compliant("eu-prod")))
        assert state == "refused"
        assert told in message

    def test_does_not_judge_a_value_that_is_known_only_after_deployment(self) -> None:
        ((state, _),) = _judged(changed(compliant("eu-prod"), "appconfiguration:KeyValue", "value", UNKNOWN))
        assert state == "not-evaluated"

    def test_a_store_whose_name_is_not_known_yet_is_found_by_its_origin(self) -> None:
        plan = compliant("eu-prod")
        value = plan.of_type(VALUE)[0]
        inputs = {**value.inputs, "configStoreName": UNKNOWN}
        assert _judged(swapped(plan, value, replace(value, inputs=inputs))) == []
