"""The rules on models and images, beside the one breach of each in the table: what they say, and on what they look."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from attrs import evolve

from components.model_pod import MEMORY_SHARE
from models import catalogue, images
from models.fit import SHARE
from plan.model import Plan
from policies.review import review
from policies.rules import ALL
from tests.plans import changed, compliant, where
from tests.policies.mutations_of_models import ARGUMENTS, noted, other_image, pinned, told

OWN = [rule for rule in ALL if rule.id.startswith("models.") or rule.id == "images.in-catalogue"]
FLUX = "kubernetesconfiguration:FluxConfiguration"
SITE = "kustomizations.manifests.postBuild.substitute"


def findings(plan: Plan) -> dict[str, str]:
    """What is said, by rule."""
    return {found.rule.id: found.message for found in review(plan, OWN).findings}


def catalogued(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, change: Callable[[dict[str, dict[str, object]]], object]
) -> None:
    """Another catalogue of models."""
    found = yaml.safe_load(catalogue.FILE.read_text(encoding="utf-8"))
    change(found)
    file = tmp_path / "models.yaml"
    file.write_text(yaml.safe_dump(found, sort_keys=False))
    monkeypatch.setattr(catalogue, "FILE", file)


class TestTheSizeIsJudged:
    """A refusal shows its sums, and how much would fit: whoever reads it has to decide what to give up."""

    def test_with_the_sums_and_what_would_fit(self) -> None:
        said = findings(told(compliant("eu-prod"), max_model_len=65_536, max_num_seqs=8))["models.fits-its-gpu"]
        assert said.startswith(
            "does not fit: weights 26.48 + activations 0.98 + runtime 2.00 + choosing tokens 0.02 + cache"
        )
        assert "= 103.30 GiB, of 83.70 (93.00 x 0.9 of NVIDIA H100 NVL (Standard_NCC40ads_H100_v5))" in said
        assert said.endswith("the largest context for 8 at once is 33408 tokens, and 5 of 65536 tokens fit")

    def test_and_what_it_says_fits_does(self) -> None:
        assert findings(told(compliant("eu-prod"), max_model_len=33_408, max_num_seqs=8)) == {}
        assert findings(told(compliant("eu-prod"), max_model_len=65_536, max_num_seqs=5)) == {}
        assert set(findings(told(compliant("eu-prod"), max_model_len=33_409 + 15, max_num_seqs=8))) == {
            "models.fits-its-gpu"
        }

    def test_on_another_pool(self) -> None:
        plan = changed(
            compliant("eu-prod"),
            "containerservice:AgentPool",
            "vmSize",
            "Standard_NC16as_T4_v3",
            where(agentPoolName="gpu"),
        )
        assert "does not fit" in findings(plan)["models.fits-its-gpu"]

    def test_a_cache_of_eight_bits_holds_twice_as_much(self) -> None:
        plan = told(compliant("eu-prod"), max_model_len=65_536, max_num_seqs=8)
        assert findings(told(plan, max_model_len=65_536, max_num_seqs=8, kv_cache_dtype="fp8")) == {}

    def test_more_context_than_it_was_made_for(self) -> None:
        said = findings(told(compliant("eu-prod"), max_model_len=262_144, max_num_seqs=1))["models.fits-its-gpu"]
        assert "a context of 262144 is more than the 131072 it was made for" in said

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ({"max_num_seqs": None}, "--max-num-seqs is 'not set'; a number from 1 is needed"),
            ({"max_num_seqs": 0}, "--max-num-seqs is '0'"),
            ({"max_model_len": "auto"}, "--max-model-len is 'auto'"),
            ({"gpu_memory_utilization": None}, "--gpu-memory-utilization is 'not set'"),
            ({"gpu_memory_utilization": "1.5"}, "--gpu-memory-utilization is '1.5'"),
            ({"kv_cache_dtype": "int2"}, "--kv-cache-dtype is 'int2'; known: auto"),
            ({"gpus": 2}, "has 1 GPUs, and is split over 2"),
        ],
    )
    def test_what_can_not_be_counted_is_refused(self, arguments: dict[str, object], said: str) -> None:
        assert said in findings(told(compliant("eu-prod"), **arguments))["models.fits-its-gpu"]

    @pytest.mark.parametrize("name", ["enable-lora", "max-model-l", "kv_cache_memory_bytes", "config"])
    def test_what_the_sums_do_not_know_is_refused(self, name: str) -> None:
        plan = compliant("eu-prod")
        said = findings(told(plan, **{name: 1}))["models.fits-its-gpu"]
        assert said == f"is told --{name.replace('_', '-')}, by which memory is taken that nobody counted"

    def test_without_a_gpu_the_cache_that_it_is_told_has_to_do(self) -> None:
        plan = told(compliant("usgov-prod"), cpu_kv_gib=4)
        assert findings(plan) == {}
        said = findings(told(plan, cpu_kv_gib=3))["models.fits-its-gpu"]
        assert said == "its cache is 3 GiB, and 4 requests take 4.00: --cpu-kv-gib"

    def test_another_container_s_words_are_not_the_server_s(self) -> None:
        server = where(metadata__name="vllm")
        plan = compliant("eu-prod")
        own = next(item for item in plan.of_type("kubernetes:apps/v1:Deployment") if server(item))
        box = own.get("spec.template.spec.containers.0")
        assert isinstance(box, dict)
        beside = {"name": "beside", "image": box["image"], "args": ["--max-model-len=256"]}
        large = told(plan, max_model_len=131_072, max_num_seqs=8)
        assert "does not fit" in findings(large)["models.fits-its-gpu"]
        first = next(item for item in large.of_type("kubernetes:apps/v1:Deployment") if server(item))
        both = [first.get("spec.template.spec.containers.0"), beside]
        two = changed(large, "kubernetes:apps/v1:Deployment", "spec.template.spec.containers", both, server)
        assert "does not fit" in findings(two)["models.fits-its-gpu"]

    def test_the_last_of_two_holds_as_the_server_takes_it(self) -> None:
        server = where(metadata__name="vllm")
        plan = compliant("eu-prod")
        own = next(item for item in plan.of_type("kubernetes:apps/v1:Deployment") if server(item)).get(ARGUMENTS)
        assert isinstance(own, list)
        for added in ("--max_model_len=131073", "--max-model-len=131073"):
            plan = changed(plan, "kubernetes:apps/v1:Deployment", ARGUMENTS, [*own, added], server)
            assert "a context of 131073" in findings(plan)["models.fits-its-gpu"]

    def test_a_server_without_a_gpu_by_its_container_s_memory(self) -> None:
        plan = changed(
            compliant("eu-dev"),
            "kubernetes:apps/v1:Deployment",
            "spec.template.spec.containers.0.resources.limits.memory",
            "4Gi",
            where(metadata__name="vllm"),
        )
        said = findings(plan)["models.fits-its-gpu"]
        assert "of 3.60 (4.00 x 0.9 of the container's memory)" in said

    def test_the_server_s_share_is_the_planner_s(self) -> None:
        assert float(MEMORY_SHARE) == float(SHARE)


class TestTheModelIsKnown:
    """By all three: a name is not a content."""

    @pytest.mark.parametrize(
        ("key", "value", "said"),
        [
            ("model-name", "notes-13b", "serves model 'notes-13b', which is not in models/models.yaml"),
            ("model-revision", "0" * 40, "serves revision '000000000000' of clinical-notes-27b-fp8; the catalogue has"),
            ("model-sha256", "0" * 64, "other weights under the same revision"),
        ],
    )
    def test_or_refused(self, key: str, value: str, said: str) -> None:
        assert said in findings(noted(compliant("eu-prod"), key, value))["models.in-catalogue"]

    def test_a_faulty_catalogue_refuses_everything(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        catalogued(monkeypatch, tmp_path, lambda found: found.pop("licences"))
        said = findings(compliant("eu-prod"))
        assert set(said) >= {"models.in-catalogue", "models.allowed-for-their-use", "models.fits-its-gpu"}
        assert "models/models.yaml:" in said["models.in-catalogue"]


class TestTheUseIsAllowed:
    """A licence, and somebody's decision, hold whether anybody reads them at night."""

    def test_for_the_data(self) -> None:
        said = findings(pinned(compliant("eu-prod"), dataClasses=["phi", "payment"]))["models.allowed-for-their-use"]
        assert said == "clinical-notes-27b-fp8 is not allowed for data of class payment"

    def test_for_the_environment(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        def only_dev(found: dict[str, dict[str, object]]) -> None:
            found["models"]["clinical-notes-27b-fp8"]["allowed"]["environments"] = ["dev"]  # type: ignore[index] # YAML

        catalogued(monkeypatch, tmp_path, only_dev)
        assert "is not allowed in prod, but in dev" in findings(compliant("eu-prod"))["models.allowed-for-their-use"]

    def test_for_the_use_case(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        def only_letters(found: dict[str, dict[str, object]]) -> None:
            found["models"]["clinical-notes-27b-fp8"]["allowed"]["use_cases"] = ["clinic-letters"]  # type: ignore[index] # YAML

        catalogued(monkeypatch, tmp_path, only_letters)
        said = findings(compliant("eu-prod"))["models.allowed-for-their-use"]
        assert "is not allowed for use case 'clinical-notes', but for clinic-letters" in said

    def test_a_model_to_plan_with_serves_nobody(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        said = findings(noted(compliant("eu-prod"), "model-name", "qwen3-32b-awq"))
        assert "nobody decided what qwen3-32b-awq may be used for" in said["models.allowed-for-their-use"]

    def test_by_a_licence_whose_conditions_somebody_met(self) -> None:
        """The loader refuses such an entry; the rule does not lean on it."""
        from policies.rules.models import _decided

        known = catalogue.load()
        model = evolve(known.models["clinical-notes-27b-fp8"], accepted=None)
        assert "nobody says that the conditions" in _decided(known, model, "x", "prod")[0]


class TestASiteIsJudgedToo:
    """A clinic's own box has no engineer beside it when its model does not fit."""

    @pytest.mark.parametrize(
        ("key", "value", "rule", "said"),
        [
            ("memory", "2Gi", "models.fits-its-gpu", "does not fit"),
            ("memory", "lots", "models.fits-its-gpu", "numbers are needed"),
            ("model_revision", "0" * 40, "models.in-catalogue", "serves revision"),
            ("weights_digest", "sha256:" + "0" * 64, "images.in-catalogue", "runs edge/weights@sha256:000000000000"),
        ],
    )
    def test_by_what_it_is_told(self, key: str, value: str, rule: str, said: str) -> None:
        plan = compliant("eu-prod")
        flux = next(item for item in plan.of_type(f"azure-native:{FLUX}") if "model_name" in str(item.inputs))
        path = next(path for path, _ in flux.each("kustomizations[*].postBuild.substitute"))
        assert said in findings(changed(plan, FLUX, f"{path}.{key}", value, lambda item: item.urn == flux.urn))[rule]


class TestImagesAreKnown:
    """By repository and digest; the registry's name is the stack's own."""

    def test_or_refused(self) -> None:
        said = findings(other_image(compliant("eu-prod")))["images.in-catalogue"]
        assert said.startswith(
            "runs bailiwick/vllm@sha256:000000000000, which is not in models/images.yaml (sha256:93f767d59503)"
        )

    def test_a_job_s_too(self) -> None:
        plan = changed(
            compliant("eu-prod"),
            "app:Job",
            "template.containers.0.image",
            "acrbweuprod.azurecr.io/x@sha256:" + "0" * 64,
        )
        assert "no such repository" in findings(plan)["images.in-catalogue"]

    def test_a_digest_under_another_repository_is_another_image(self) -> None:
        known = images.load()
        digest = known.images["bailiwick/vllm"].versions[0].digest
        assert known.known("bailiwick/vllm", digest) is not None
        assert known.known("bailiwick/gateway", digest) is None
