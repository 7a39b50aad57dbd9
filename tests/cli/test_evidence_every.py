"""`bailiwick evidence --all`, from a clean commit to one in which a stack can't be planned any more."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_command import dial, project

__all__ = ["project"]
STACKS = ("eu-dev", "us-prod")


@pytest.mark.slow
class TestEvidenceOfAllStacksOfAnEstate:
    """What was signed yesterday outlives today's typing error, and a folder in the project makes nothing unclean."""

    def test_it_is_written_and_then_kept(self, project: Path) -> None:
        for path in project.glob("Pulumi.*.yaml"):
            if path.name not in {f"Pulumi.{stack}.yaml" for stack in STACKS}:
                path.unlink()
        _commit(project, "one")
        first = _told(project, code=0)
        assert {each["stack"]: each["verdict"] for each in first["stacks"]} == dict.fromkeys(STACKS, "compliant")
        assert set(first["index"]["files"]) == {"index.html", "manifest.json"}

        dial(project, "eu-dev", "budget.monthly", "much")
        _commit(project, "two")
        second = _told(project, code=2)
        lost, again = second["stacks"]
        was = first["stacks"][0]
        assert lost["earlier"] == {
            "verdict": "compliant",
            "judgedAsOf": "2026-11-22",
            "commit": was["commit"],
            "asWritten": True,
        }
        assert any("budget.monthly" in fault for fault in lost["faults"])
        assert (project / "out" / "eu-dev" / "report.pdf").is_file()
        # Another commit, and a clean one, although the earlier evidence lies untracked inside the project.
        assert again["commit"] != first["stacks"][1]["commit"]
        assert not again["commit"].endswith("+")

        _run(project, "us-prod", "--out", "alone", "--as-of", "2026-11-22", code=0)
        both = [project / folder / "plan.json" for folder in ("alone", "out/us-prod")]
        assert both[0].read_bytes() == both[1].read_bytes()
        held = _run(project, "verify", "out", "--unsigned", code=0).stdout
        assert f"eu-dev: not planned; kept: evidence of commit {was['commit']}" in held
        page = (project / "out" / "index.html").read_text()
        assert f"commit {was['commit']}. That says nothing of the stack as it is now." in page


def _told(root: Path, *, code: int) -> dict[str, Any]:
    done = _run(root, "--all", "--out", "out", "--as-of", "2026-11-22", "--json", code=code)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _run(root: Path, *words: str, code: int) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "cli.main", "evidence", *words]
    done = subprocess.run(line, cwd=root, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == code, done.stderr
    return done


def _commit(root: Path, message: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    for words in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", message)):
        if words[0] != "init" or not (root / ".git").exists():
            paths = (":!out",) if words[0] == "add" else ()
            subprocess.run(("git", "-C", str(root), *who, *words, *paths), check=True, capture_output=True)
