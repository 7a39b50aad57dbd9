"""The bill of materials: valid by CycloneDX's own schema, and nothing that is deployed is missing from it."""

import json
import re
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pytest

from evidence.formats.cyclonedx import UNPINNED, cyclonedx
from evidence.pack.subject import Subject
from plan.file import to_json
from plan.model import Plan
from tests.evidence.pack import subjects
from tests.plans import CORE, added, changed, compliant, where

STACKS = ["eu-prod", *(pytest.param(stack, marks=pytest.mark.slow) for stack in CORE if stack != "eu-prod")]
PINNED = re.compile(r"([\w.-]+\.azurecr\.\w+)/([\w./-]+)@sha256:([0-9a-f]{64})")


@lru_cache(maxsize=8)
def bill(stack: str) -> dict[str, Any]:
    """Of a committed stack."""
    return _bill(compliant(stack))


class TestItIsValid:
    """A scanner that can't read it looks for no vulnerability in anything."""

    @pytest.mark.parametrize("stack", STACKS)
    def test_by_the_formats_own_schema(self, stack: str) -> None:
        _strict(cyclonedx(subjects.of(stack, weak=False)).decode())

    @pytest.mark.parametrize("stack", STACKS)
    def test_every_reference_is_of_one_component(self, stack: str) -> None:
        found = bill(stack)
        refs = [each["bom-ref"] for each in found["components"]]
        root = found["metadata"]["component"]["bom-ref"]
        assert len(set(refs)) == len(refs) > 5
        assert {each["ref"] for each in found["dependencies"]} == {root, *refs}
        assert set(found["dependencies"][0]["dependsOn"]) == set(refs)

    def test_the_same_inputs_have_one_number_and_others_another(self) -> None:
        again = _bill(compliant())
        subject = subjects.sound()
        stack = replace(subject.stack, as_of=subjects.DAY.replace(day=23))
        later = json.loads(cyclonedx(replace(subject, report=replace(subject.report, stack=stack))))
        assert again == bill("eu-prod")
        assert later["serialNumber"] != again["serialNumber"]
        assert again["metadata"]["timestamp"] == "2026-11-22T00:00:00Z"


class TestNothingThatRunsIsMissing:
    """What is not in the bill is looked after by nobody when its vulnerability is published."""

    @pytest.mark.parametrize("stack", STACKS)
    def test_every_image_that_a_container_names_is_there_by_its_digest(self, stack: str) -> None:
        """Held against the text of the plan, not against what the register reads of it."""
        named = {match[3] for match in PINNED.finditer(_containers_text(compliant(stack)))}
        there = {each["hashes"][0]["content"] for each in _of(bill(stack), "container") if "hashes" in each}
        assert named
        assert named <= there

    def test_an_edge_sites_images_are_there(self) -> None:
        names = {each["name"] for each in _of(bill("eu-prod"), "container")}
        assert {"edge/gateway", "edge/model-server", "edge/weights"} <= names

    def test_models_have_their_revision_manifest_licence_and_base(self) -> None:
        found = {each["name"]: each for each in _of(bill("eu-prod"), "machine-learning-model")}
        assert set(found) == {"clinical-notes-27b-fp8", "clinical-notes-4b-q4"}
        model = found["clinical-notes-27b-fp8"]
        assert model["version"] == "2b214ddf3326016519afcb268f63623b80b91a65"
        assert model["hashes"][0]["content"].startswith("9d26d614")
        assert model["licenses"][0]["license"]["name"].startswith("Health AI Developer Foundations")
        assert model["pedigree"]["ancestors"][0]["purl"] == "pkg:huggingface/google/medgemma-27b-text-it"

    def test_azure_is_there_with_the_versions_that_are_asked_for(self) -> None:
        found = {each["name"]: each.get("version") for each in bill("eu-prod")["components"]}
        assert found["Azure Kubernetes Service"] == "1.34"
        assert found["PostgreSQL"] == "17"
        assert found["microsoft.flux"] == "1.17.3"
        assert found["ubuntu-24_04-lts/cvm"] == "24.04.202510010"
        assert found["vector"] is None

    def test_the_tool_and_its_libraries_are_the_metadatas(self) -> None:
        tools = {each["name"]: each["version"] for each in bill("eu-prod")["metadata"]["tools"]["components"]}
        assert tools == dict(subjects.MADE.tools)

    @pytest.mark.parametrize(
        ("token", "inputs"),
        [
            ("kubernetes:batch/v1:CronJob", {"spec": {"jobTemplate": {"spec": {"template": {"spec": {"X": 1}}}}}}),
            ("kubernetes:core/v1:Pod", {"spec": {"X": 1}}),
            ("kubernetes:apps/v1:StatefulSet", {"spec": {"template": {"spec": {"X": 1}}}}),
        ],
    )
    @pytest.mark.parametrize("kind", ["containers", "initContainers", "ephemeralContainers"])
    def test_whatever_form_holds_the_container(self, token: str, inputs: dict[str, Any], kind: str) -> None:
        image = f"registry.example/team/tool@sha256:{'a' * 64}"
        text = json.dumps(inputs).replace('"X": 1', json.dumps({kind: [{"image": image}]})[1:-1])
        found = _of(_bill(added(compliant(), token, json.loads(text))), "container")
        (one,) = [each for each in found if each["name"] == "team/tool"]
        assert one["hashes"] == [{"alg": "SHA-256", "content": "a" * 64}]
        assert {"name": "bailiwick:note", "value": "not in models/images.yaml"} in one["properties"]

    def test_a_chart_is_there(self) -> None:
        inputs = {"chart": "ingress", "version": "4.1.0", "repositoryOpts": {"repo": "https://charts.example"}}
        found = _bill(added(compliant(), "kubernetes:helm.sh/v3:Release", inputs))["components"]
        (one,) = [each for each in found if each["name"] == "ingress"]
        assert (one["version"], one["publisher"]) == ("4.1.0", "https://charts.example")


class TestWhatIsNotPinnedSaysSo:
    """A tag is a promise of somebody else's."""

    def test_a_tag_has_no_hash_and_a_note(self) -> None:
        path = "spec.template.spec.containers.0.image"
        plan = changed(
            compliant(), "kubernetes:apps/v1:Deployment", path, "nginx:1.29", where(metadata__name="retrieval")
        )
        (one,) = [each for each in _of(_bill(plan), "container") if each["name"] == "nginx"]
        assert one["version"] == "1.29"
        assert "hashes" not in one
        assert {"name": "bailiwick:note", "value": UNPINNED} in one["properties"]

    def test_strange_names_stay_valid(self) -> None:
        names = ("", "@sha256:zz", "a b@sha256:" + "A" * 64, "ü/ö:\n", "\ud800")
        plan = added(compliant(), "kubernetes:core/v1:Pod", {"spec": {"containers": [{"image": one} for one in names]}})
        written = cyclonedx(_unjudged(plan)).decode()
        assert len(_of(json.loads(written), "container")) == len(_of(bill("eu-prod"), "container")) + len(names)
        _strict(written)


def _bill(plan: Plan) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(cyclonedx(_unjudged(plan)))
    return found


def _unjudged(plan: Plan) -> Subject:
    """A bill is of the plan: another plan under the verdict of the first spares the judging."""
    report = replace(subjects.sound().report, stack=replace(subjects.sound().stack, plan=plan))
    return replace(subjects.sound(), report=report)


def _of(found: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each for each in found["components"] if each["type"] == kind]


def _containers_text(plan: Plan) -> str:
    """The lines of the plan's file that name an image."""
    return "\n".join(line for line in to_json(plan).splitlines() if line.strip().startswith('"image":'))


def _strict(text: str) -> None:
    validation = pytest.importorskip("cyclonedx.validation.json")
    schema = pytest.importorskip("cyclonedx.schema")
    assert validation.JsonStrictValidator(schema.SchemaVersion.V1_6).validate_str(text) is None
