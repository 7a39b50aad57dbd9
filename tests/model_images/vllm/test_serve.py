"""The entrypoint in a process of its own, as the container runs it, up to the moment at which vLLM would begin."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from model_images.vllm.choice import Choice
from model_images.vllm.command import command, environment
from model_images.vllm.settings import read
from tests.model_images.vllm.test_settings import told
from tests.weights.models import NAME, REVISION, Key, folder, key, signed

ROOT = Path(__file__).parents[3]


@pytest.fixture
def mount(tmp_path: Path) -> tuple[Path, Key, str]:
    """Weights as a pod mounts them, who signed them, and the checksum that the plan pins."""
    place, signer = folder(tmp_path / NAME / REVISION), key()
    digest = signed(place, signer).digest
    (tmp_path / "keys.pem").write_text(signer.pem)
    return place, signer, digest


def run(mount: tuple[Path, Key, str], *arguments: str, part: str = "serve") -> "subprocess.CompletedProcess[str]":
    place, _, digest = mount
    home = place.parents[1]
    said = told(
        model=str(place), manifest_sha256=digest, weights_keys=str(home / "keys.pem"), gpus="0", max_model_len="256"
    )
    return subprocess.run(
        [sys.executable, "-m", "model_images.vllm", part, *said, f"--home={home}", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class TestNothingStartsOnWhatWasNotPinned:
    """Whoever can write to the store must not choose what answers patients."""

    def test_altered_weights_are_refused_by_name(self, mount: tuple[Path, Key, str]) -> None:
        file = mount[0] / "model-00001-of-00002.safetensors"
        raw = bytearray(file.read_bytes())
        raw[-1] ^= 1
        file.write_bytes(raw)
        done = run(mount)
        assert done.returncode == 3
        assert "model-00001-of-00002.safetensors has sha256" in done.stderr
        assert "nothing was started" in done.stderr
        assert "Traceback" not in done.stderr

    def test_weights_that_nobody_trusted_signed_are_refused(self, mount: tuple[Path, Key, str]) -> None:
        (mount[0].parents[1] / "keys.pem").write_text(key().pem)
        done = run(mount)
        assert done.returncode == 3
        assert "trusted" in done.stderr

    @pytest.mark.parametrize("text", ["", "no key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
    def test_without_a_key_nothing_is_trusted(self, text: str, mount: tuple[Path, Key, str]) -> None:
        (mount[0].parents[1] / "keys.pem").write_text(text)
        done = run(mount)
        assert done.returncode == 2
        assert "--weights-keys" in done.stderr
        assert "Traceback" not in done.stderr

    def test_a_model_that_is_none_is_said_after_it_was_verified(self, mount: tuple[Path, Key, str]) -> None:
        done = run(mount)
        assert done.returncode == 1
        assert "verified" in done.stderr
        assert "config.json does not describe a decoder" in done.stderr

    def test_a_part_that_is_none_is_said(self, mount: tuple[Path, Key, str]) -> None:
        done = run(mount, part="shell")
        assert done.returncode == 2
        assert "say serve or proxy" in done.stderr

    def test_arguments_that_are_none_are_said(self, mount: tuple[Path, Key, str]) -> None:
        done = run(mount, "--trust-remote-code")
        assert done.returncode == 2
        assert "--name=value" in done.stderr


class TestWhatVllmIsToldIsAllHere:
    """An environment is a second command line: what the pod says in it does not reach the server."""

    @pytest.mark.parametrize(
        "name",
        ["VLLM_SERVER_DEV_MODE", "VLLM_ALLOW_RUNTIME_LORA_UPDATING", "VLLM_ALLOW_INSECURE_SERIALIZATION", "HF_TOKEN",
         "HF_ENDPOINT", "HTTPS_PROXY", "VLLM_API_KEY", "PYTHONSTARTUP", "VLLM_USE_MODELSCOPE", "VLLM_TRACE_FUNCTION",
         "VLLM_DEBUG_LOG_API_SERVER_RESPONSE"],
    )  # fmt: skip
    def test_is_not_passed_on(self, name: str) -> None:
        assert name not in environment(read(told()), {name: "1", "PATH": "/bin"})

    def test_what_is_fixed_is_not_undone_from_outside(self) -> None:
        around = {"HF_HUB_OFFLINE": "0", "VLLM_NO_USAGE_STATS": "0", "VLLM_LOGGING_LEVEL": "DEBUG", "VLLM_PLUGINS": "x"}
        found = environment(read(told()), around)
        assert (found["HF_HUB_OFFLINE"], found["VLLM_NO_USAGE_STATS"], found["VLLM_LOGGING_LEVEL"]) == (
            "1",
            "1",
            "WARNING",
        )
        assert found["VLLM_PLUGINS"] == ""

    def test_it_listens_on_a_socket_and_on_no_port(self) -> None:
        words = command(read(told()), Choice("bfloat16", 1, None, ""))
        assert "--uds=/run/vllm/vllm.sock" in words
        assert not [word for word in words if word.startswith(("--host", "--port", "--api-key"))]
        assert "--no-trust-remote-code" in words
        assert "--load-format=safetensors" in words
