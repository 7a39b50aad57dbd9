"""A real training of a toy: by Opacus and peft, in the environment that has them, as a process of its own."""

import hashlib
import json
import os
import subprocess
import time
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
    for population in ("toys", "dolls", "bears"):
        (folder / "store" / population).mkdir(parents=True)
        (folder / "store" / population / "toy.jsonl").write_text("\n".join(map(json.dumps, LINES)))
    for population, epsilon in (("toys", 100), ("dolls", 2.5)):
        done = asked(folder, "budget", population=population, epsilon=epsilon, delta=0.01, by="D. Officer", why="a toy")
        assert done.returncode == 0, done.stderr
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


def asked(place: Path, verb: str, *flags: str, **said: object) -> subprocess.CompletedProcess[str]:
    """The command, as a person types it."""
    named = {"ledger": place / "ledger", **{name.replace("_", "-"): value for name, value in said.items()}}
    words = [str(word) for name, value in named.items() for word in (f"--{name}", value)]
    command = [str(PYTHON), "-m", "model_images.fine_tuning", verb, *words, *flags]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=_environment(place), cwd=place, timeout=300
    )


def trained(place: Path, out: str, population: str = "toys", **more: object) -> subprocess.CompletedProcess[str]:
    """A training of the toy."""
    said: dict[str, object] = {
        "base": place / "base",
        "base-name": "toy",
        "base-revision": "a" * 40,
        "base-sha256": "b" * 64,
        "data": place / "store" / population / "toy.jsonl",
        "out": place / out,
        "name": "toy-lora",
        "stack": "eu-prod",
        "use-case": "clinical-notes",
        "prompt": "clinical-notes",
        "prompt-version": "1.0.0",
        "prompt-sha256": "c" * 64,
        "by": "A. Author",
        "most-epsilon": 20,
        "noise": 1.0,
        "steps": 12,
        "batch": 8,
        "tokens": 16,
        **more,
    }
    return asked(place, "train", **said)


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
        raw = (place / "store" / "toys" / "toy.jsonl").read_bytes()
        assert found["dataset"]["sha256"] == hashlib.sha256(raw).hexdigest()
        assert (found["dataset"]["records"], found["base"]["revision"]) == (32, "a" * 40)
        assert found["dataset"]["population"] == "toys"
        entry = place / "ledger" / "toys" / f"{privacy['ledger_entry']:06d}.json"
        assert hashlib.sha256(entry.read_bytes()).hexdigest() == privacy["ledger_sha256"]
        assert json.loads(entry.read_text())["epsilon"] == pytest.approx(privacy["epsilon"])

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
        done = trained(place, "dear", most_epsilon=0.5)
        assert done.returncode == 3
        assert "epsilon would be" in done.stderr
        assert not (place / "dear").exists()

    def test_where_delta_protects_nobody(self, place: Path) -> None:
        asked(place, "budget", population="bears", epsilon=8, delta=0.5, by="D. Officer", why="a toy")
        done = trained(place, "loose", "bears")
        assert (done.returncode, "protects nobody" in done.stderr) == (3, True)

    def test_what_takes_no_step_is_no_training(self, place: Path) -> None:
        done = trained(place, "idle", steps=0, noise=0)
        assert done.returncode == 2
        assert {"--steps 0: a number over 0", "--noise 0: a number over 0"} <= set(done.stderr.splitlines())


class TestTrainingsOnOnePopulationAddUp:
    """Two adapters at epsilon 5 each, of the same patients, tell more of them than one at 5."""

    def test_up_to_what_was_given_and_no_further(self, place: Path) -> None:
        made = []
        for number in range(6):
            done = trained(place, f"doll-{number}", "dolls", noise=2.0)
            if done.returncode:
                break
            made.append(_record(place, f"doll-{number}")["privacy"])
        assert 2 <= len(made) < 6
        assert done.returncode == 3
        assert f"of all {len(made) + 1} trainings on dolls" in done.stderr
        assert "D. Officer" in done.stderr
        assert not (place / f"doll-{len(made)}").exists()
        totals = [privacy["total"] for privacy in made]
        assert totals == sorted(set(totals))
        assert totals[-1] <= 2.5
        # Renyi divergences are added, not epsilons: less than their sum, and more than any of them.
        own = made[0]["epsilon"]
        assert all(privacy["epsilon"] == pytest.approx(own) for privacy in made)
        assert own < totals[1] < 2 * own
        told = json.loads(asked(place, "spent", "--json", population="dolls").stdout)
        assert told["spent"] == pytest.approx(totals[-1])
        assert [one["adapter"] for one in told["trainings"]] == ["toy-lora"] * len(made)
        assert f"{totals[-1]:.3f} of 2.5 spent" in asked(place, "spent", population="dolls").stdout

    def test_where_nobody_gave_a_budget_nothing_is_trained(self, place: Path) -> None:
        (place / "store" / "nobodys").mkdir()
        (place / "store" / "nobodys" / "toy.jsonl").write_text("\n".join(map(json.dumps, LINES)))
        done = trained(place, "free", "nobodys")
        assert (done.returncode, "nobody has said what its data may cost" in done.stderr) == (3, True)
        assert not (place / "free").exists()

    def test_one_that_breaks_off_has_spent_what_it_was_going_to(self, place: Path) -> None:
        def spent() -> int:
            return len(json.loads(asked(place, "spent", "--json", population="toys").stdout)["trainings"])

        before = spent()
        with pytest.raises(subprocess.TimeoutExpired):
            _killed_in_its_first_step(place)
        assert spent() == before + 1

    def test_a_changed_ledger_trains_nothing(self, place: Path) -> None:
        (place / "store" / "rabbits").mkdir()
        (place / "store" / "rabbits" / "toy.jsonl").write_text("\n".join(map(json.dumps, LINES)))
        for epsilon in (90, 80):
            asked(place, "budget", population="rabbits", epsilon=epsilon, delta=0.01, by="D. Officer", why="a toy")
        entry = place / "ledger" / "rabbits" / "000000.json"
        entry.write_text(entry.read_text().replace("90", "70"))
        done = trained(place, "forged", "rabbits")
        assert (done.returncode, "can't be relied on" in done.stderr) == (1, True)
        assert not (place / "forged" / "adapter_model.safetensors").exists()


def _killed_in_its_first_step(place: Path) -> None:
    """Killed once the ledger has it, after which a training of so many steps goes on for hours."""
    entries = place / "ledger" / "toys"
    there = len(list(entries.iterdir()))
    said = {"base": place / "base", "data": place / "store" / "toys" / "toy.jsonl", "out": place / "broken-off"}
    said |= {"ledger": place / "ledger"}
    names = ("base-name", "base-revision", "base-sha256", "name", "stack", "use-case", "prompt", "prompt-version")
    words = [f"--{name}={value}" for name, value in said.items()]
    words += [f"--{name}=x" for name in (*names, "prompt-sha256", "by")]
    words += ["--most-epsilon=100", "--noise=50", "--steps=1000000", "--tokens=16"]
    process = subprocess.Popen(
        [str(PYTHON), "-m", "model_images.fine_tuning", "train", *words], env=_environment(place)
    )
    try:
        deadline = time.monotonic() + 120
        while len(list(entries.iterdir())) == there:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        process.wait(0.5)
    finally:
        process.kill()
        process.wait()
