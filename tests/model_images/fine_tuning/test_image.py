"""The job's image as far as it can be judged unbuilt: what it is made of, and that this is enough to start."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from cli.planning import ROOT
from components.workload import USER
from tests.images.dockerfile import read

FOLDER = ROOT / "model_images" / "fine_tuning"
_, STAGES = read(FOLDER / "Dockerfile")


def _locked(name: str) -> dict[str, str]:
    found = tomllib.loads((ROOT / "model_images" / name / "uv.lock").read_text())
    return {one["name"]: one["version"] for one in found["package"]}


class TestItIsPinned:
    """The same sources make the same image, whoever has pushed what to a tag since."""

    def test_bases_are_the_gateways(self) -> None:
        of_gateway = {stage.image for stage in read(ROOT / "model_images" / "gateway" / "Dockerfile")[1]}
        assert {stage.image for stage in STAGES} <= of_gateway
        assert all("@sha256:" in stage.image for stage in STAGES)

    def test_every_wheel_by_its_hash_and_as_the_lock_file_has_it(self) -> None:
        text = (FOLDER / "requirements.txt").read_text()
        blocks = re.split(r"(?m)^(?=[a-z0-9])", text)[1:]
        wanted = dict(re.findall(r"(?m)^([a-z0-9._-]+)==([^ ;]+)", text))
        assert len(blocks) == len(wanted) > 40
        assert all("--hash=sha256:" in block for block in blocks)
        locked = _locked("fine_tuning")
        del locked["bailiwick-fine-tuning"]
        assert wanted == locked

    def test_what_counts_epsilon_is_what_the_tests_train_with(self) -> None:
        """They run in model_images/vllm's environment: another accountant might count otherwise."""
        own, tested = _locked("fine_tuning"), _locked("vllm")
        for name in ("torch", "opacus", "peft", "transformers", "safetensors", "tokenizers", "scipy", "msgspec"):
            assert own[name] == tested[name], name


class TestItHoldsWhatItStarts:
    """And not a shell, nor what could install one."""

    def test_the_last_stage_only_copies(self) -> None:
        last = STAGES[-1]
        assert "distroless" in last.image
        assert last.of("RUN") == []
        assert [one.rest for one in last.of("USER")] == [f"{USER}:{USER}"]
        (entry,) = last.of("ENTRYPOINT")
        assert entry.exec == ["/usr/bin/python3", "-m", "model_images.fine_tuning"]

    def test_what_is_copied_is_enough(self, tmp_path: Path) -> None:
        """Laid out as in the image, it gives a budget, and says of torch alone that it is missing."""
        for one in STAGES[-1].of("COPY"):
            if "from" not in one.flags:
                source, target = ROOT / one.words[0], tmp_path / one.words[1].lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
        packages = os.pathsep.join(path for path in sys.path if "site-packages" in path)
        given = ["--epsilon=8", "--delta=1e-6", "--by=D. Officer", "--why=agreed"]
        for verb, more, code, words in (("budget", given, 0, "entry 0"), ("spent", [], 1, "opacus is not installed")):
            done = subprocess.run(
                [
                    *(sys.executable, "-S", "-m", "model_images.fine_tuning", verb, "--population=hips", *more),
                    f"--ledger={tmp_path / 'ledger'}",
                ],
                cwd=tmp_path / "app",
                env={"PYTHONPATH": f"{tmp_path / 'app'}{os.pathsep}{packages}", "PYTHONSAFEPATH": "1"},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert (done.returncode, words in done.stdout + done.stderr) == (code, True), done.stderr
            assert "Traceback" not in done.stderr
