"""The plan file: a public format, read strictly."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plan.file import FORMAT, MASKED, PlanFileError, parse, read, to_json
from plan.model import UNKNOWN

RESOURCE = {
    "urn": "urn:pulumi:eu-prod::bailiwick::azure-native:storage:StorageAccount::a",
    "type": "azure-native:storage:StorageAccount",
    "name": "a",
    "inputs": {"x": 1},
}
PLAN = {"format": FORMAT, "project": "bailiwick", "stack": "eu-prod", "jurisdiction": "eu", "resources": [RESOURCE]}


def _parse(**changes: object):  # type: ignore[no-untyped-def]  # noqa: ANN202 whatever parse gives
    return parse(json.dumps({**PLAN, **changes}), "plan.json")


class TestBadPlansAreRefusedWithWords:
    """A plan that can't be read must never look like a plan with nothing wrong."""

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"format": "bailiwick-plan/2"}, "this version reads"),
            ({"format": None}, "this version reads"),
            ({"stack": ""}, "'stack'"),
            ({"stack": 3}, "'stack'"),
            ({"stack": "eu-stage"}, "names no environment"),
            ({"jurisdiction": "uk"}, "says jurisdiction 'eu'"),
            ({"resources": []}, "no resource"),
            ({"resources": [{**RESOURCE, "inputs": {"x": "\ud800"}}]}, "half of a character"),
            ({"resources": "many"}, "must be a list"),
            ({"resources": [3]}, "resources[0]"),
            ({"resources": [{**RESOURCE, "type": "thing"}]}, "no Pulumi token"),
            ({"resources": [{**RESOURCE, "inputs": []}, 1]}, "resources[1]"),
            ({"resources": [{**RESOURCE, "inputs": "x"}]}, "'inputs'"),
            ({"resources": [{**RESOURCE, "dependencies": "x"}]}, "'dependencies'"),
            ({"resources": [RESOURCE, RESOURCE]}, "stands twice"),
            ({"resources": [{**RESOURCE, "type": "pulumi:pulumi:Stack"}]}, "no resource"),
        ],
    )
    def test_it_says_what_and_where(self, changes: dict[str, object], says: str) -> None:
        with pytest.raises(PlanFileError, match="plan.json") as error:
            _parse(**changes)
        assert says in str(error.value)

    @pytest.mark.parametrize("text", ["", "[]", "3", "{", "null", "[" * 100_000])
    def test_what_is_no_json_object_is_no_plan(self, text: str) -> None:
        with pytest.raises(PlanFileError):
            parse(text, "plan.json")

    @given(st.text(max_size=200))
    def test_no_text_at_all_makes_it_fall_over(self, text: str) -> None:
        with pytest.raises(PlanFileError):
            parse(text, "plan.json")

    def test_a_file_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(PlanFileError, match=r"none\.json"):
            read(tmp_path / "none.json")

    def test_a_file_that_is_not_text_is_named(self, tmp_path: Path) -> None:
        path = tmp_path / "binary.json"
        path.write_bytes(b"\xff\xfe\x00")
        with pytest.raises(PlanFileError, match="not UTF-8"):
            read(path)


class TestValuesSurvive:
    """Unknowns stay unknown, and secrets never reach a file."""

    def test_an_unknown_is_read_and_written_as_pulumi_marks_it(self) -> None:
        plan = _parse(resources=[{**RESOURCE, "inputs": {"x": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"}}])
        assert plan.resources[0].get("x") is UNKNOWN
        assert parse(to_json(plan), "x") == plan

    def test_a_character_beyond_the_basic_plane_is_whole(self) -> None:
        plan = _parse(resources=[{**RESOURCE, "inputs": {"x": "𝔞"}}])
        assert plan.resources[0].get("x") == "𝔞"

    def test_a_secret_is_masked(self) -> None:
        secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": '"hunter2"'}
        plan = _parse(resources=[{**RESOURCE, "inputs": {"x": secret}}])
        assert plan.resources[0].get("x") == MASKED
        assert "hunter2" not in to_json(plan)

    def test_the_export_of_a_deployed_stack_is_a_plan(self) -> None:
        export = {
            "version": 3,
            "deployment": {
                "resources": [
                    {"urn": "urn:pulumi:eu-prod::bailiwick::pulumi:pulumi:Stack::x", "type": "pulumi:pulumi:Stack"},
                    {**RESOURCE, "id": "/subscriptions/s/a", "custom": True},
                    {**RESOURCE, "urn": f"{RESOURCE['urn']}-old", "delete": True},
                ]
            },
        }
        plan = parse(json.dumps(export), "export.json")
        assert (plan.stack, plan.jurisdiction, plan.project) == ("eu-prod", "eu", "bailiwick")
        assert [resource.id for resource in plan.resources if not resource.is_component] == ["/subscriptions/s/a"]
