"""What can't be used is said at once, and whole; what is dangerous can't be asked for."""

from typing import Any

import pytest
from pydantic.alias_generators import to_camel

from components.model_pod import pod
from components.naming import Names
from components.scope import Scope
from config import parse
from config.use_case import UseCase
from model_images.vllm.settings import BadSettings, Settings, read
from policies.rules.model_servers import KNOWN, NEEDED
from tests.tried import STACK, configured, values

GOOD = {
    "model": f"/models/notes-27b/{'a' * 40}",
    "manifest-sha256": "b" * 64,
    "weights-keys": "/etc/weights/keys.pem",
    "served-model-name": "clinical-notes",
    "max-model-len": "32768",
    "gpus": "1",
}


def told(**changes: str | None) -> list[str]:
    merged = {**GOOD, **{name.replace("_", "-"): value for name, value in changes.items()}}
    return [f"--{name}={value}" for name, value in merged.items() if value is not None]


class TestArgumentsAreReadStrictly:
    """A server that ignores what it does not know is one that nobody reviewed."""

    def test_good_ones_are_read(self) -> None:
        found = read(told())
        assert (found.name, found.revision, found.max_model_len) == ("notes-27b", "a" * 40, 32768)

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"model": "/models/notes-27b/main"}, "--model"),
            ({"model": "somebody/elses"}, "--model"),
            ({"model": f"/models/../etc/{'a' * 40}"}, "--model"),
            ({"manifest_sha256": None}, "--manifest-sha256"),
            ({"weights_keys": None}, "--weights-keys"),
            ({"max_model_len": "0"}, "--max-model-len"),
            ({"gpus": "9"}, "--gpus"),
            ({"served_model_name": "Notes!"}, "--served-model-name"),
            ({"kv_cache_dtype": "int4"}, "--kv-cache-dtype"),
            ({"tool_call_parser": "x; rm"}, "--tool-call-parser"),
        ],
    )
    def test_is_refused_by_name(self, changes: dict[str, str | None], words: str) -> None:
        with pytest.raises(BadSettings, match=words):
            read(told(**changes))

    @pytest.mark.parametrize(
        "argument",
        [
            "--trust-remote-code",
            "--trust-remote-code=true",
            "--api-key=x",
            "--enable-log-requests=true",
            "--host=0.0.0.0",
            "--port=8000",
            "--hf-token=x",
            "--enable-lora=true",
            "--middleware=x.y",
            "--load-format=pt",
        ],
    )
    def test_what_opens_a_server_is_no_argument(self, argument: str) -> None:
        with pytest.raises(BadSettings):
            read([*told(), argument])

    def test_a_slip_is_answered_with_what_was_meant(self) -> None:
        with pytest.raises(BadSettings, match="did you mean --max-model-len"):
            read([*told(), "--max-model-length=1"])

    def test_all_faults_are_told_at_once(self) -> None:
        with pytest.raises(BadSettings) as error:
            read(["--gpus=9", "--max-model-len=1", "--model=x", "--gpus=1", "loose"])
        for word in ("--gpus", "--max-model-len", "--model", "twice", "loose", "--manifest-sha256"):
            assert word in str(error.value)

    def test_a_plan_may_say_what_the_server_reads_and_no_more(self) -> None:
        """The rule's names are the server's, but for places inside the container, which no plan chooses."""
        names = {str(field.alias) for field in Settings.model_fields.values()}
        assert set(KNOWN) == names - {"socket", "home"}
        assert set(NEEDED) == {str(field.alias) for field in Settings.model_fields.values() if field.is_required()}


class TestWhatAStackFileSaysReachesTheServer:
    """Without its model's parser vLLM answers no request with tools; once there was no way to say which it is."""

    @pytest.mark.parametrize("name", ["tool_call_parser", "reasoning_parser"])
    def test_a_parser_of_its_models(self, name: str) -> None:
        config = configured()
        item = config.use_cases[0]
        scope = Scope(config=config, jurisdiction=config.jurisdiction, names=Names("bw", "eu-prod"))

        def served(use_case: UseCase) -> Settings:
            containers: Any = pod(use_case, {}, scope).containers
            part, *arguments = containers[0].args
            assert part == "serve"
            return read(arguments)

        assert getattr(served(item), name) is None
        assert getattr(served(item.model_copy(update={name: "hermes"})), name) == "hermes"
        # A candidate differs in what its trial changes alone.
        said = configured_with(**{to_camel(name): "hermes"})
        assert [getattr(one, name) for one in (said, said.candidate)] == ["hermes", "hermes"]

    def test_one_that_is_no_name_is_refused(self) -> None:
        found = values()
        found["bailiwick:useCases"][0]["toolCallParser"] = "hermes --trust-remote-code"
        config, faults = parse(STACK, found)
        assert config is None
        assert faults[0].key.endswith(".toolCallParser")


def configured_with(**changes: str) -> UseCase:
    """The first use case, as a stack file with these keys has it."""
    found = values()
    found["bailiwick:useCases"][0].update(changes)
    config, faults = parse(STACK, found)
    assert config is not None, faults
    return config.use_cases[0]
