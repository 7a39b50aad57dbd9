"""A real training of a toy: by Opacus and peft, in the environment that has them, as a process of its own."""

import hashlib
import json
import os
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cli.planning import ROOT
from records.lifecycle import read

PYTHON = Path(os.environ.get("BAILIWICK_SERVING_PYTHON", ROOT / ".tools" / "serving" / "bin" / "python"))
TOY = ["the note says cough", "the note says fever", "no fever and no cough", "cough for two weeks"]
LINES = [{"subject": f"s{number}", "text": f"{TOY[number % 4]} {number}"} for number in range(32)]
WORDS = " ".join(line["text"] for line in LINES)


def _why_not() -> str:
    if not PYTHON.exists():
        return f"no {PYTHON}: BAILIWICK_SERVING_PYTHON names a Python with torch, transformers, peft and opacus"
    asked = (
        "import importlib.util as u; print([n for n in ('torch','transformers','peft','opacus') if not u.find_spec(n)])"
    )
    found = subprocess.run([PYTHON, "-c", asked], capture_output=True, text=True, check=False)
    return "" if found.returncode == 0 and found.stdout.strip() == "[]" else f"{PYTHON} lacks {found.stdout.strip()}"


WHY_NOT = _why_not()
pytestmark = [pytest.mark.serving, pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base model, and a training store with a toy set."""
    folder = tmp_path_factory.mktemp("fine-tuning")
    (folder / "store").mkdir()
    (folder / "store" / "toy.jsonl").write_text("\n".join(map(json.dumps, LINES)))
    made = [str(PYTHON), str(Path(__file__).parent / "toy.py"), str(folder / "base"), WORDS]
    subprocess.run(made, check=True, capture_output=True, env=_environment(folder))
    return folder


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {
        **kept,
        "BAILIWICK_TRAINING_STORE": str(folder / "store"),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
    }


def trained(place: Path, out: str, **more: object) -> subprocess.CompletedProcess[str]:
    """The command, as a person types it."""
    said = {
        "base": place / "base",
        "base-name": "toy",
        "base-revision": "a" * 40,
        "base-sha256": "b" * 64,
        "data": place / "store" / "toy.jsonl",
        "out": place / out,
        "name": "toy-lora",
        "stack": "eu-prod",
        "use-case": "clinical-notes",
        "prompt": "clinical-notes",
        "prompt-version": "1.0.0",
        "prompt-sha256": "c" * 64,
        "by": "A. Author",
        "most-epsilon": 20,
        "delta": 0.01,
        "noise": 1.0,
        "steps": 12,
        "batch": 8,
        "tokens": 16,
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    words = [str(word) for name, value in said.items() for word in (f"--{name}", value)]
    command = [str(PYTHON), "-m", "model_images.fine_tuning", *words]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=_environment(place), cwd=place, timeout=300
    )


def _record(place: Path, out: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((place / out / "training.json").read_text())
    return found


@pytest.fixture(scope="module")
def adapter(place: Path) -> Path:
    """One that was trained."""
    done = trained(place, "adapter")
    assert done.returncode == 0, done.stderr
    return place / "adapter"


class TestAnAdapterComesWithWhatItCost:
    """Weights of which nobody can say what they tell of a patient are weights of patients."""

    def test_its_record_says_how_much_of_what(self, place: Path, adapter: Path) -> None:
        found = _record(place, "adapter")
        privacy = found["privacy"]
        assert (privacy["steps"], privacy["noise_multiplier"], privacy["max_grad_norm"]) == (12, 1.0, 1.0)
        assert (privacy["sample_rate"], privacy["delta"]) == (0.25, 0.01)
        # Opacus' RDP accountant, sampled Gaussian, q = 0.25, sigma = 1, 12 steps; the band is of its own bounds.
        assert 3 < privacy["epsilon"] < 8
        raw = (place / "store" / "toy.jsonl").read_bytes()
        assert found["dataset"]["sha256"] == hashlib.sha256(raw).hexdigest()
        assert (found["dataset"]["records"], found["base"]["revision"]) == (32, "a" * 40)
        assert privacy["noise_from_the_system"] is True

    def test_every_records_gradient_is_clipped(self, place: Path) -> None:
        """At a ten-thousandth of the usual norm every gradient is longer: unclipped, the sum would be far over 1."""
        done = trained(place, "clipped", clip=0.0001, steps=4)
        assert done.returncode == 0, done.stderr
        assert 0.01 < _record(place, "clipped")["training"]["largestSum"] <= 1 + 1e-4

    def test_its_manifest_names_its_bytes_and_nothing_else_lies_there(self, adapter: Path) -> None:
        files = json.loads((adapter / "manifest.json").read_text())["files"]
        assert {"adapter_model.safetensors", "adapter_config.json"} <= set(files)
        assert {name: hashlib.sha256((adapter / name).read_bytes()).hexdigest() for name in files} == files
        assert not list(adapter.rglob("*.bin")) + list(adapter.rglob("*.pt"))
        for name in files:
            assert b"cough" not in (adapter / name).read_bytes()

    def test_it_is_a_candidate_that_the_records_take_as_it_lies(self, adapter: Path) -> None:
        (path,) = (adapter / "lifecycle").rglob("*.yaml")
        life, faults = read(path.relative_to(adapter).as_posix(), path.read_text())
        assert faults == ()
        assert life is not None
        assert life.standing.state == "candidate"
        assert life.standing.since <= date.today()
        assert life.model.sha256 == hashlib.sha256((adapter / "manifest.json").read_bytes()).hexdigest()
        assert "epsilon" in str(life.history[0].why)

    def test_more_noise_costs_less_and_other_noise_gives_other_weights(self, place: Path, adapter: Path) -> None:
        done = trained(place, "noisy", noise=3.0)
        assert done.returncode == 0, done.stderr
        assert _record(place, "noisy")["privacy"]["epsilon"] < _record(place, "adapter")["privacy"]["epsilon"] / 2
        own, other = ((place / name / "adapter_model.safetensors").read_bytes() for name in ("noisy", "adapter"))
        assert own != other


class TestWhatIsNotAllowedIsNotTrained:
    """Before the first step, and with a reason."""

    def test_where_it_would_cost_too_much(self, place: Path) -> None:
        done = trained(place, "dear", **{"most-epsilon": 0.5})
        assert done.returncode == 3
        assert "epsilon would be" in done.stderr
        assert not (place / "dear").exists()

    def test_where_delta_protects_nobody(self, place: Path) -> None:
        done = trained(place, "loose", delta=0.5)
        assert (done.returncode, "protects nobody" in done.stderr) == (3, True)
