"""The model server's image as far as it can be judged unbuilt: what it is made of, and that this is enough to start."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from cli.planning import ROOT
from components.workload import USER
from model_images.vllm.proxy.start import ENVOY
from tests.images.dockerfile import Stage, read

FOLDER = ROOT / "model_images" / "vllm"
DIGEST = re.compile(r"[a-z0-9./-]+:[\w.-]+@sha256:[0-9a-f]{64}")


@pytest.fixture(scope="module")
def stages() -> list[Stage]:
    return read(FOLDER / "Dockerfile")[1]


class TestItIsPinned:
    """The same sources make the same image, whoever has pushed what to a tag since."""

    def test_every_image_by_its_digest(self, stages: list[Stage]) -> None:
        assert len(stages) == 4
        for stage in stages:
            assert DIGEST.fullmatch(stage.image), stage.image

    def test_bases_are_the_gateways(self, stages: list[Stage]) -> None:
        """One Envoy and one Python to look after, not two."""
        of_gateway = {stage.image for stage in read(ROOT / "model_images" / "gateway" / "Dockerfile")[1]}
        assert {stage.image for stage in stages} == of_gateway

    def test_every_wheel_by_its_hash_and_as_the_lock_file_has_it(self) -> None:
        text = (FOLDER / "requirements.txt").read_text()
        wanted = dict(re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;]+)", text, re.MULTILINE))
        assert text.count("--hash=sha256:") >= len(wanted) > 100
        lock = tomllib.loads((FOLDER / "uv.lock").read_text())
        known = {(one["name"], one["version"]) for one in lock["package"]}
        assert {(name.replace("_", "-"), version) for name, version in wanted.items()} <= known


class TestItHoldsWhatItStarts:
    """And not a shell, nor what could install one."""

    def test_the_last_stage_only_copies(self, stages: list[Stage]) -> None:
        last = stages[-1]
        assert "distroless" in last.image
        assert last.of("RUN") == []
        assert [one.rest for one in last.of("USER")] == [f"{USER}:{USER}"]
        (entry,) = last.of("ENTRYPOINT")
        assert entry.exec == ["/usr/bin/python3", "-m", "model_images.vllm"]
        assert any(one.words[-1] == ENVOY for one in last.of("COPY"))

    def test_what_is_copied_is_enough_for_both_parts(self, stages: list[Stage], tmp_path: Path) -> None:
        """Laid out as in the image, each part says what it lacks, and not that a module is missing."""
        for one in stages[-1].of("COPY"):
            if "from" not in one.flags:
                source, target = ROOT / one.words[0], tmp_path / one.words[1].lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
        packages = os.pathsep.join(path for path in sys.path if "site-packages" in path)
        for part, words in (("serve", "can't be used"), ("proxy", "nothing is served without a certificate")):
            done = subprocess.run(
                [sys.executable, "-S", "-m", "model_images.vllm", part, *(["--caller=x"] if part == "proxy" else [])],
                cwd=tmp_path / "app",
                env={"PYTHONPATH": f"{tmp_path / 'app'}{os.pathsep}{packages}", "PYTHONSAFEPATH": "1"},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert done.returncode == 2, done.stderr
            assert words in done.stderr
            assert "Traceback" not in done.stderr

    def test_no_shell_and_no_package_manager_comes_with_the_compiler(self, stages: list[Stage]) -> None:
        compiler = next(stage for stage in stages if stage.name == "compiler")
        (run,) = compiler.of("RUN")
        copied = [word for line in run.rest.split("&&") if "/out/" in line for word in line.split()]
        assert not {"/bin/sh", "/bin/bash", "/bin/dash", "/usr/bin/apt", "/usr/bin/dpkg", "/usr/bin"} & set(copied)
