"""`bailiwick models`: what it lists and explains, what it refuses, and an import from end to end by the command."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli import exits
from cli.main import bailiwick
from cli.planning import ROOT
from intake.signing import from_file
from models.fit import Fit
from policies.review import review
from policies.rules import ALL
from policies.rules import models as rules
from policies.verdict import Verdict
from tests.intake.conftest import REVISION, SCANNER, key_file
from tests.intake.weights import model, safetensors
from tests.plans import compliant
from weights.form import MANIFEST

H100 = "Standard_NCC40ads_H100_v5"


def run(*words: str) -> Result:
    return CliRunner().invoke(bailiwick, ["models", *words], standalone_mode=False)


class TestItListsAndExplains:
    """What a person decides by: licence, size, what it may be used for, and whether it was ever tested."""

    def test_the_list(self) -> None:
        found = run("list")
        assert found.return_value == exits.OK
        assert "clinical-notes-27b-fp8" in found.output
        assert "never" in found.output

    def test_the_list_for_machines(self) -> None:
        rows = {row["name"]: row for row in json.loads(run("list", "--json").stdout)}
        assert rows["clinical-notes-27b-fp8"]["clinicalUse"] == "on-conditions"
        assert rows["clinical-notes-27b-fp8"]["evaluations"] == []
        assert rows["qwen3-30b-a3b"]["activatedParameters"] == 3_300_000_000
        assert rows["qwen3-30b-a3b"]["revisions"] == []

    def test_explained_on_a_size(self) -> None:
        found = run("explain", "clinical-notes-27b-fp8", "--gpu", H100, "--context", "32768", "--concurrency", "4")
        assert found.return_value == exits.OK
        assert "✓ 4 requests of 32768 tokens on 1 x NVIDIA H100 NVL" in found.output
        assert "28,438,023,920 B" in found.output
        assert "largest: 8 requests of 32768 tokens" in found.output

    def test_what_does_not_fit_is_a_refusal(self) -> None:
        found = run("explain", "clinical-notes-27b-fp8", "--gpu", H100, "--context", "131072", "--concurrency", "8")
        assert found.return_value == exits.REFUSED
        assert "does not fit" in found.output

    def test_for_machines(self) -> None:
        told = json.loads(run("explain", "clinical-notes-27b-fp8", "--gpu", H100, "--json").stdout)
        assert told["fit"][H100]["fits"] is True
        assert sum(told["fit"][H100]["bytes"].values()) == told["fit"][H100]["neededBytes"]

    def test_a_mistyped_model(self) -> None:
        assert "Did you mean clinical-notes-27b-fp8?" in str(run("explain", "clinical-notes-27b").exception)

    def test_a_mistyped_size(self) -> None:
        said = str(run("explain", "clinical-notes-4b", "--gpu", "Standard_NCC40ads_H100").exception)
        assert "no GPU of 'Standard_NCC40ads_H100' is on record. Did you mean Standard_NCC40ads_H100_v5?" in said

    def test_fit_of_a_stack(self) -> None:
        found = run("fit", "eu-prod", "--json")
        assert found.return_value == exits.OK
        told = json.loads(found.stdout)
        assert [item["serves"] for item in told] == [
            "clinical-notes: clinical-notes-27b-fp8",
            "edge site north-clinic: clinical-notes-4b-q4",
        ]
        assert all(item["fit"]["fits"] for item in told)

    def test_the_rule_and_the_verb_count_alike(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Two sums of one thing would differ some day: one is of the plan's own words, the other of the dials."""
        seen: list[Fit] = []
        own = rules._said

        def seeing(found: Fit) -> Verdict:
            seen.append(found)
            return own(found)

        monkeypatch.setattr(rules, "_said", seeing)
        review(compliant("uk-prod"), [rule for rule in ALL if rule.id == "models.fits-its-gpu"])
        assert seen
        told = json.loads(run("fit", "uk-prod", "--json").stdout)
        assert {item["fit"]["neededBytes"] for item in told} == {found.needed for found in seen}


class TestItVerifies:
    """The catalogue, the stacks against it, and a folder against its manifest."""

    def test_the_project_s_own(self) -> None:
        found = run("verify")
        assert found.return_value == exits.OK, found.output
        assert "every stack serves what is in the catalogue" in found.output
        assert "clinical-notes-27b-fp8: nobody evaluated it" in found.stderr

    def test_a_stack_that_serves_another(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from plan import stacks

        own = stacks.values

        def values(root: Path, stack: str) -> dict[str, object]:
            found = dict(own(root, stack))
            if stack == "eu-dev":
                found["bailiwick:useCases"] = [{"name": "x", "model": {"name": "notes-13b"}}]
            return found

        monkeypatch.setattr(stacks, "values", values)
        found = run("verify")
        assert found.return_value == exits.REFUSED
        assert "✗ Pulumi.eu-dev.yaml: x serves 'notes-13b', which is in no catalogue" in found.output

    def test_weights(self, tmp_path: Path, scanned: dict[str, str]) -> None:
        key, place = key_file(tmp_path), tmp_path / "store" / "notes" / REVISION
        assert self._imported(tmp_path, key).return_value == exits.OK
        public = tmp_path / "public.pem"
        public.write_text(from_file(key).public)
        assert run("verify", str(place), "--key", str(public)).return_value == exits.OK
        assert run("verify", str(place)).return_value == exits.NOT_EVALUATED
        (place / "LICENSE").chmod(0o644)
        (place / "LICENSE").write_text("apache License 2.0")
        found = run("verify", str(place), "--key", str(public))
        assert found.return_value == exits.REFUSED
        assert "✗ LICENSE has sha256" in found.output

    def _imported(self, tmp_path: Path, key: Path) -> Result:
        return run("import", *words(tmp_path, key))


def words(tmp_path: Path, key: Path) -> list[str]:
    """A whole command."""
    named = {
        "name": "notes",
        "revision": REVISION,
        "store": str(tmp_path / "store"),
        "staging": str(tmp_path / "staging"),
        "key": str(key),
        "who": "A. Engineer",
    }
    if not (tmp_path / "disk").exists():
        model(tmp_path / "disk")
    return [str(tmp_path / "disk"), *(part for key_, value in named.items() for part in (f"--{key_}", value))]


@pytest.fixture
def scanned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An environment whose clamscan is the stand-in."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "clamscan").write_text(SCANNER)
    (folder / "clamscan").chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.setenv("PATH", path)
    return {**os.environ, "PATH": path}


class TestItImports:
    """By the command, as the runner does."""

    def test_and_a_second_time_does_nothing(self, tmp_path: Path, scanned: dict[str, str]) -> None:
        key = key_file(tmp_path)
        first = run("import", *words(tmp_path, key))
        assert first.return_value == exits.OK, first.output
        manifest = (tmp_path / "store" / "notes" / REVISION / MANIFEST).read_bytes()
        assert f"manifest_sha256: {hashlib.sha256(manifest).hexdigest()}" in first.output
        again = run("import", *words(tmp_path, key))
        assert again.return_value == exits.OK
        assert "stands in the store already; nothing was done" in again.output

    def test_what_runs_is_refused_with_every_fault(self, tmp_path: Path, scanned: dict[str, str]) -> None:
        key, command = key_file(tmp_path), words(tmp_path, key_file(tmp_path))
        (tmp_path / "disk" / "modeling.py").write_text("")
        (tmp_path / "disk" / "config.json").write_text('{"auto_map": {}}')
        found = run("import", *command)
        assert found.return_value == exits.REFUSED
        assert "modeling.py may not lie among weights" in found.stderr
        assert "config.json: says 'auto_map'" in found.stderr
        assert key.exists()
        assert not (tmp_path / "store").exists()

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (["--revision", "main"], "is no commit of 40 hex digits"),
            (["--name", "../x"], "is letters, digits"),
            (["--no-malware-scan", "no"], "says why, in ten characters or more"),
            (["--key", "/no/such/key"], "is neither a file nor a key's address"),
        ],
    )
    def test_bad_words(self, tmp_path: Path, change: list[str], said: str) -> None:
        found = run("import", *words(tmp_path, key_file(tmp_path)), *change)
        assert said in str(found.exception)

    def test_an_address_needs_checksums(self, tmp_path: Path) -> None:
        command = words(tmp_path, key_file(tmp_path))
        command[0] = "https://huggingface.co/google/x/resolve/main"
        assert "--expect is needed for an address" in str(run("import", *command).exception)

    def test_an_address_that_nobody_approved(self, tmp_path: Path) -> None:
        command = words(tmp_path, key_file(tmp_path))
        command[0] = "https://huggingface.co.example/x"
        sums = tmp_path / "sums"
        sums.write_text(f"{'0' * 64}  config.json\n")
        found = run("import", *command, "--expect", str(sums))
        assert found.return_value == exits.REFUSED
        assert "huggingface.co.example is no approved source" in found.stderr

    def test_a_faulty_list_of_checksums_tells_every_line(self, tmp_path: Path) -> None:
        sums = tmp_path / "sums"
        sums.write_text(f"{'0' * 64}  ../x\nnonsense\n")
        found = run("import", *words(tmp_path, key_file(tmp_path)), "--expect", str(sums))
        assert found.return_value == exits.REFUSED
        assert f"{sums}:1: '../x' is no plain name" in found.stderr
        assert f"{sums}:2: is not" in found.stderr

    def test_killed_by_the_kernel_it_ends_in_the_same_weights(self, tmp_path: Path, scanned: dict[str, str]) -> None:
        """No handler runs on SIGKILL: what is on disk is all there is."""
        command = words(tmp_path, key_file(tmp_path))
        # A scanner that waits: the process is killed for certain in the middle.
        scanner = tmp_path / "bin" / "clamscan"
        scanner.write_text("#!/bin/sh\nsleep 30\n")
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "models", "import", *command],
            cwd=ROOT,
            env=scanned,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert process.stderr is not None
        deadline = time.monotonic() + 60
        while "scanning" not in process.stderr.readline():
            assert time.monotonic() < deadline
        os.killpg(process.pid, signal.SIGKILL)
        assert process.wait(30) == -signal.SIGKILL
        process.stderr.close()
        assert not (tmp_path / "store").exists()
        scanner.write_text(SCANNER)
        assert run("import", *command).return_value == exits.OK
        stored = tmp_path / "store" / "notes" / REVISION / "model.safetensors"
        assert stored.read_bytes() == safetensors(size=300_000)
