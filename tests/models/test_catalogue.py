"""The catalogue's files: read strictly, every fault at once with its line, and as their schemas say."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from cli.planning import ROOT
from config.use_case import DataClass
from models import catalogue, images
from models.form import DataClass as CataloguedClass
from models.gpus import parse as parse_gpus
from models.reading import Fault
from models.schema import SCHEMAS, schema

TEXT = catalogue.FILE.read_text(encoding="utf-8")


def written(**changes: Any) -> str:  # noqa: ANN401 what a model's entry may hold
    """The catalogue with other words about its first model; None leaves a key out."""
    found = yaml.safe_load(TEXT)
    entry = found["models"]["clinical-notes-27b-fp8"]
    entry |= changes
    found["models"]["clinical-notes-27b-fp8"] = {key: value for key, value in entry.items() if value is not None}
    return yaml.safe_dump(found, sort_keys=False)


def told(text: str) -> list[str]:
    model, faults = catalogue.parse(text)
    assert (model is None) == bool(faults)
    return [fault.what for fault in faults]


class TestAFaultyCatalogueKnowsNoModel:
    """A rule that relied on half a file would let the other half through."""

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"licence": "mit"}, "licence: no licence 'mit'; there: apache-2.0"),
            ({"architecture": "gemma"}, "architecture: no architecture 'gemma'"),
            ({"colour": "red"}, "models.clinical-notes-27b-fp8: unknown: colour"),
            ({"evaluations": None}, "evaluations: is missing"),
            ({"repository": "gemma"}, "repository: must be owner/name (found 'gemma')"),
            ({"quantisation": {"method": "fp8", "bits": 4}}, "quantisation.bits: fp8 has no 4 bits"),
            ({"quantisation": {"method": "awq", "bits": 4}}, "quantisation.group: awq has a scale for each group"),
            ({"server": "llama.cpp"}, "server: llama.cpp serves gguf, and vLLM everything else"),
            ({"allowed": None}, "has revisions, and says for nothing that it is allowed"),
            ({"accepted": None}, "licence: lets clinical use in on conditions"),
            (
                {"revisions": [{"commit": "main", "manifest_sha256": "0" * 64}]},
                "revisions.0.commit: must be a commit of 40 hex digits",
            ),
            (
                {"revisions": [{"commit": "a" * 40, "manifest_sha256": "0" * 64}] * 2},
                f"revisions: {'a' * 40} stands twice",
            ),
            (
                {"allowed": {"use_cases": [], "data_classes": ["phi"], "environments": ["prod"]}},
                "allowed.use_cases: names nothing",
            ),
        ],
    )
    def test_and_says_why(self, changes: dict[str, Any], said: str) -> None:
        assert said in " | ".join(told(written(**changes)))

    def test_the_project_s_own_has_no_fault(self) -> None:
        assert told(TEXT) == []

    def test_every_fault_is_told_at_once(self) -> None:
        assert len(told(written(licence="mit", architecture="gemma"))) == 2
        assert len(told(written(repository="x", colour="red", server="x"))) == 3

    def test_a_key_that_stands_twice(self) -> None:
        line = "    licence: hai-def\n"
        at = TEXT.index(line)
        assert "models.clinical-notes-27b-fp8.licence: stands twice" in told(TEXT[:at] + line + TEXT[at:])

    @pytest.mark.parametrize("text", ["", "[]", "a: [", "format: bailiwick-models/2", "a: 2026-02-31", "? [x]\n: y"])
    def test_what_is_no_catalogue(self, text: str) -> None:
        assert told(text)


class TestAFaultSaysItsLine:
    """Nobody searches three hundred lines for a typo."""

    def test_of_the_value(self) -> None:
        text = TEXT.replace("    licence: gemma\n", "    licence: gema\n")
        line = next(number for number, own in enumerate(text.splitlines(), 1) if own == "    licence: gema")
        assert Fault("models/models.yaml", line, "models.synthetic-notes-1b.licence") in [
            Fault(fault.file, fault.line, fault.what.partition(":")[0]) for fault in catalogue.parse(text)[1]
        ]

    def test_of_an_unknown_key(self) -> None:
        text = TEXT.replace("    layers: 62\n", "    layers: 62\n    laiers: 62\n")
        line = next(number for number, own in enumerate(text.splitlines(), 1) if own == "    laiers: 62")
        assert catalogue.parse(text)[1][0].words.startswith(f"models/models.yaml:{line}: ")


class TestImages:
    """One digest is one image, and an image says whose it is."""

    TEXT = images.FILE.read_text(encoding="utf-8")

    def test_the_project_s_own_has_no_fault(self) -> None:
        assert images.parse(self.TEXT)[1] == ()

    def test_a_digest_under_two_names(self) -> None:
        found = yaml.safe_load(self.TEXT)
        found["images"]["bailiwick/other"] = found["images"]["bailiwick/vllm"]
        assert "stands under bailiwick/vllm already" in images.parse(yaml.safe_dump(found, sort_keys=False))[1][0].what

    def test_a_tag_is_no_digest(self) -> None:
        found = yaml.safe_load(self.TEXT)
        found["images"]["bailiwick/vllm"]["versions"][0]["digest"] = "latest"
        assert "must be sha256:<64 hex digits>" in images.parse(yaml.safe_dump(found))[1][0].what

    def test_every_base_of_a_dockerfile_is_in_it(self) -> None:
        known, _ = images.parse(self.TEXT)
        assert known is not None
        bases = [
            line.split()[1]
            for file in (ROOT / "model_images").glob("*/Dockerfile")
            for line in file.read_text(encoding="utf-8").splitlines()
            if line.startswith("FROM ") and "@" in line
        ]
        assert bases
        for base in bases:
            name, _, digest = base.partition("@")
            repository = name.rpartition(":")[0] or name
            assert known.known(repository, digest) is not None, base


class TestGpus:
    """Sizes name what is there."""

    def test_a_size_of_an_unknown_accelerator(self) -> None:
        text = (
            (ROOT / "models" / "gpus.yaml")
            .read_text()
            .replace("{accelerator: a10, count: 1}", "{accelerator: a11, count: 1}")
        )
        assert "no accelerator 'a11'" in parse_gpus(text)[1][0].what

    def test_usable_is_less_than_what_is_sold(self) -> None:
        found, _ = parse_gpus((ROOT / "models" / "gpus.yaml").read_text())
        assert found is not None
        for item in found.accelerators.values():
            assert 0.85 * item.nominal_gb * 2**30 < item.usable < 1.07 * item.nominal_gb * 10**9


def accepts(shape: dict[str, Any], value: Any, root: dict[str, Any]) -> bool:  # noqa: ANN401 JSON
    """Whether a value is as a schema says: the part of JSON Schema that ours use, and nothing of ours beside it."""
    import re

    if "$ref" in shape:
        return accepts(root["$defs"][shape["$ref"].rpartition("/")[2]], value, root)
    if "anyOf" in shape:
        return any(accepts(item, value, root) for item in shape["anyOf"])
    if "enum" in shape:
        return value in shape["enum"]
    kinds: dict[str, Any] = {"null": type(None), "string": str, "integer": int, "number": (int, float), "boolean": bool}
    kind = shape["type"]
    if kind == "array":
        fine = isinstance(value, list) and len(value) >= shape.get("minItems", 0)
        return fine and all(accepts(shape["items"], item, root) for item in value)
    if kind == "object":
        if not isinstance(value, dict) or not set(shape.get("required", ())) <= set(value):
            return False
        known, rest = shape.get("properties", {}), shape.get("additionalProperties", True)
        return all(
            accepts(known[key], item, root) if key in known else rest is not False and accepts(rest, item, root)
            for key, item in value.items()
        )
    if not isinstance(value, kinds[kind]) or (isinstance(value, bool) and kind != "boolean"):
        return False
    if "pattern" in shape and not re.search(shape["pattern"], value):
        return False
    return value >= shape.get("minimum", value) if kind == "integer" else True


class TestTheSchemasSayTheSame:
    """An editor that judges by the schema must not let pass what the loader refuses for its form, nor the reverse."""

    @pytest.mark.parametrize("name", sorted(SCHEMAS))
    def test_they_are_made_of_the_loader_s_classes(self, name: str) -> None:
        committed = json.loads((ROOT / "models" / f"{name}.schema.json").read_text(encoding="utf-8"))
        assert committed == schema(SCHEMAS[name])

    @pytest.mark.parametrize("name", sorted(SCHEMAS))
    def test_the_files_are_as_they_say(self, name: str) -> None:
        found = json.loads(json.dumps(yaml.safe_load((ROOT / "models" / f"{name}.yaml").read_text()), default=str))
        assert accepts(schema(SCHEMAS[name]), found, schema(SCHEMAS[name]))

    @pytest.mark.parametrize(
        "changes",
        [
            {"colour": "red"},
            {"evaluations": None},
            {"repository": "gemma"},
            {"server": "x"},
            {"revisions": [{"commit": "main", "manifest_sha256": "0" * 64}]},
            {"quantisation": {"method": "fp9", "bits": 8}},
            {"quantisation": {"method": "fp8", "bits": 1}},
            {"quantisation": {"method": "fp8", "bits": "8"}},
            {"allowed": {"use_cases": [], "data_classes": ["phi"], "environments": ["prod"]}},
        ],
    )
    def test_what_the_loader_refuses_for_its_form_they_do(self, changes: dict[str, Any]) -> None:
        text, shape = written(**changes), schema(SCHEMAS["models"])
        assert told(text)
        assert not accepts(shape, json.loads(json.dumps(yaml.safe_load(text), default=str)), shape)


class TestTheDialsSayTheSame:
    """The classes of data are written in both."""

    def test_classes_of_data(self) -> None:
        assert get_args(CataloguedClass) == get_args(DataClass)


class TestTheSchemasLieBesideTheFiles:
    """`# yaml-language-server` and other tools look there."""

    def test_one_for_each(self) -> None:
        assert {file.name.partition(".")[0] for file in Path(ROOT / "models").glob("*.schema.json")} == set(SCHEMAS)
