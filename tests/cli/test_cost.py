"""The cost as `preview` tells it: before the verdict, beside the JSON only where it is asked for."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cli.planning import ROOT
from plan.file import to_json
from tests.cli.test_command import run
from tests.plans import changed, compliant, where


@pytest.fixture(autouse=True)
def _recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan is the recorded one: what is tried here is what follows it."""
    monkeypatch.setattr("cli.planning.plan_stack", lambda stack: (compliant(stack), ()))


class TestPreviewEndsWithTheCost:
    """What is not shown without asking is not looked at."""

    def test_the_estimate_comes_before_the_verdict(self) -> None:
        lines = run("preview", "eu-dev").stdout.splitlines()
        assert any(line.startswith("eu-dev in a month of 730 hours, USD") for line in lines)
        assert any(line.startswith("total ") for line in lines)
        assert "eu-dev: " in lines[-1]
        assert " rules, " in lines[-1]

    def test_quiet_leaves_it_out(self) -> None:
        assert "730 hours" not in run("preview", "eu-dev", "--quiet").stdout

    def test_every_charge_is_shown_on_request(self) -> None:
        text = run("preview", "eu-dev", "--quiet", "--cost").stdout
        assert "cluster-pool-workload: Standard_D8ds_v5, 1 to 3 × node at 0.48 per hour: 350.40" in text


class TestJsonHasItOnlyOnRequest:
    """Who reads today's keys gets today's keys."""

    def test_without_the_option_nothing_is_new(self) -> None:
        document = json.loads(run("preview", "eu-dev", "--json").stdout)
        assert set(document) == {"stack", "verdict", "rules", "evaluations", "findings"}

    def test_with_it_there_is_one_key_more(self) -> None:
        document = json.loads(run("preview", "eu-dev", "--json", "--cost").stdout)
        assert document["cost"]["currency"] == "USD"
        assert document["cost"]["total"] > 0


class TestABaselineTellsTheDifference:
    """A pull request is judged by what it changes."""

    def test_one_node_fewer_before_is_one_node_more_now(self, tmp_path: Path) -> None:
        saved = tmp_path / "plan.json"
        pool = where(agentPoolName="workload")
        saved.write_text(to_json(changed(compliant("eu-dev"), "containerservice:AgentPool", "minCount", 2, pool)))
        lines = run("preview", "eu-dev", "--quiet", "--baseline", str(saved)).stdout.splitlines()
        at = lines.index(f"Against eu-dev in {saved}, a month, USD")
        assert lines[at + 2].split() == ["cluster", "949.00", "598.60", "-350.40"]

    def test_a_baseline_that_is_no_plan_is_a_fault_of_usage(self, tmp_path: Path) -> None:
        saved = tmp_path / "plan.json"
        saved.write_text("[]")
        done = run("preview", "eu-dev", "--quiet", "--baseline", str(saved))
        assert done.returncode == 2
        assert "a plan file is a JSON object" in done.stderr

    def test_options_that_do_not_go_together_are_refused(self, tmp_path: Path) -> None:
        saved = tmp_path / "plan.json"
        saved.write_text("{}")
        assert run("preview", "--all", "--cost").returncode == 2
        assert run("preview", "eu-dev", "--json", "--baseline", str(saved)).returncode == 2


class TestCheckDoesNotWaitForIt:
    """`check` answers in a fraction of a second, and has nothing to do with prices."""

    def test_check_loads_nothing_of_it(self) -> None:
        code = "import sys, cli.check, cli.judging; print([m for m in sys.modules if 'cost' in m or 'prices' in m])"
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "[]"
