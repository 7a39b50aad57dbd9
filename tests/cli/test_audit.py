"""`bailiwick audit`: what it says, and how it ends."""

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from audit_log import form
from cli.exits import ToolFailed
from cli.main import bailiwick
from tests.model_images.gateway.audit_world import ORIGIN, anchors, signer, small

KEY = signer()
VKEY = KEY.verifier.vkey()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    anchors(tmp_path / "store", small(tmp_path / "log", KEY))
    return tmp_path / "log"


def run(*words: object) -> Result:
    return CliRunner().invoke(bailiwick, ["audit", *map(str, words)], standalone_mode=False)


class TestVerifySaysWhatItProves:
    """An auditor reads the line and the exit code."""

    def test_an_intact_log(self, log: Path) -> None:
        result = run("verify", log, "--key", VKEY, "--anchors", log.parent / "store")
        assert result.return_value == 0
        assert result.stdout.startswith(f"✓ {ORIGIN}: records 0 to 8 in 3 segments are what the gateway wrote\n")
        assert "7 checkpoints commit to 9 records; 7 of the store's were held against them" in result.stdout
        assert result.stderr == ""

    def test_what_cannot_show_without_anchors_is_said(self, log: Path) -> None:
        result = run("verify", log, "--key", VKEY)
        assert result.return_value == 0
        assert "without --anchors a tail that was cut with its checkpoints does not show" in result.stderr

    def test_without_a_key_nothing_is_evaluated(self, log: Path) -> None:
        result = run("verify", log)
        assert result.return_value == 4
        assert "no key was given" in result.stdout

    def test_a_changed_record_and_where(self, log: Path) -> None:
        path = form.segments(log)[1]
        path.write_bytes(path.read_bytes().replace(b'{"n":4}', b'{"n":5}'))
        result = run("verify", log, "--key", VKEY)
        assert result.return_value == 3
        assert f"✗ {path.name}:3: record 4: changed" in result.stdout

    def test_as_json(self, log: Path) -> None:
        form.segments(log)[1].unlink()
        result = run("verify", log, "--key", VKEY, "--json")
        assert result.return_value == 3
        document = json.loads(result.stdout)
        assert document["verdict"] == "tampered"
        assert document["findings"][1] == {
            "file": form.segments(log)[1].name,
            "line": 1,
            "index": 3,
            "what": "records 3 to 5 are not there: a segment, or its end, is gone",
        }

    def test_segments_in_any_order_and_the_latter_ones_alone(self, log: Path) -> None:
        assert run("verify", *reversed(form.segments(log)), "--key", VKEY).return_value == 0
        result = run("verify", form.segments(log)[2], "--key", VKEY)
        assert result.return_value == 0
        assert "records before 6 are not here" in result.stderr

    @pytest.mark.parametrize(
        "words", [["--key", "no key"], ["--key", VKEY, "--anchors", "{log}/lost"], ["{log}/lost"], ["{log}/lock"]]
    )
    def test_wrong_words(self, log: Path, words: list[str]) -> None:
        result = run("verify", log, *(word.replace("{log}", str(log)) for word in words))
        assert isinstance(result.exception, click.ClickException)
        assert not isinstance(result.exception, ToolFailed)

    def test_an_anchor_that_nobody_signed_is_no_anchor(self, log: Path) -> None:
        (log.parent / "store" / "x.note").write_text("nothing of the kind")
        result = run("verify", log, "--key", VKEY, "--anchors", log.parent / "store")
        assert "x.note" in str(result.exception)


class TestProofsAreForOthers:
    """A proof is a file that a third party checks without the log."""

    def test_of_a_record(self, log: Path, tmp_path: Path) -> None:
        proof = tmp_path / "proof.json"
        proof.write_text(run("prove", log, 4).stdout)
        result = run("check-proof", proof, "--key", VKEY)
        assert result.return_value == 0
        assert result.stdout.startswith(f"✓ record 4 is in {ORIGIN}")

    def test_of_growth(self, log: Path, tmp_path: Path) -> None:
        proof = tmp_path / "proof.json"
        proof.write_text(run("prove", log, 2, "--until", 9).stdout)
        result = run("check-proof", proof, "--key", VKEY)
        assert result.stdout == f"✓ {ORIGIN} only grew from 2 to 9 records\n"

    def test_one_that_does_not_hold(self, log: Path, tmp_path: Path) -> None:
        proof = tmp_path / "proof.json"
        proof.write_text(run("prove", log, 4).stdout.replace('\\"n\\":4', '\\"n\\":5'))
        result = run("check-proof", proof, "--key", VKEY)
        assert result.return_value == 3
        assert result.stdout.startswith("✗ ")

    def test_what_is_none(self, log: Path, tmp_path: Path) -> None:
        (tmp_path / "none").write_text("{}")
        for words in (
            ("check-proof", tmp_path / "none", "--key", VKEY),
            ("check-proof", tmp_path / "none"),
            ("prove", log, 9),
            ("prove", log, 4, "--until", 9),
        ):
            assert isinstance(run(*words).exception, click.ClickException)


class TestStatisticsAreReleasedWithinABudget:
    """Whoever asks sees what it costs, and that it is spent."""

    def test_there_again_and_spent(self, log: Path, tmp_path: Path) -> None:
        budget = tmp_path / "budget.json"
        assert run("budget", budget, "--tenant", "north", "--epsilon", "1").stdout == "north has 1 left\n"
        words = ("statistics", log, "--tenant", "north", "--budget-file", budget, "--use-case", "notes")
        first = run(*words, "--day", "2026-01-01", "--epsilon", "0.6")
        assert first.return_value == 0
        assert json.loads(first.stdout)["format"] == "bailiwick-statistics/1"
        again = run(*words, "--day", "2026-01-01", "--epsilon", "0.6")
        assert (again.stdout, again.return_value) == (first.stdout, 0)
        assert "nothing was spent" in again.stderr
        spent = run(*words, "--day", "2026-01-02", "--epsilon", "0.6")
        assert spent.return_value == 3
        assert "north has 0.4 of its 1 left" in spent.stderr
        assert run("budget", budget, "--tenant", "north").stdout == "north has 0.4 left\n"

    @pytest.mark.parametrize("epsilon", ["0", "-1", "nan", "much", "1000"])
    def test_an_epsilon_that_is_none(self, tmp_path: Path, epsilon: str) -> None:
        result = run("budget", tmp_path / "budget.json", "--tenant", "north", "--epsilon", epsilon)
        assert isinstance(result.exception, click.ClickException)
        assert not (tmp_path / "budget.json").exists()

    def test_a_budget_that_is_not_there(self, log: Path, tmp_path: Path) -> None:
        assert "hint" in str(run("budget", tmp_path / "lost", "--tenant", "north").exception)
        run("budget", tmp_path / "budget.json", "--tenant", "south", "--epsilon", "1")
        words = ("--budget-file", tmp_path / "budget.json", "--use-case", "notes", "--epsilon", "1")
        result = run("statistics", log, "--tenant", "north", "--day", "2026-01-01", *words)
        assert "nothing for tenant 'north'" in str(result.exception)
