"""`diff` as it is typed: two files, a file and an export, two revisions; its codes, and what it leaves behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from plan.file import to_json
from plan.model import Plan
from tests.cli.test_command import dial, project, run
from tests.plan.diff.made import plan, resource
from tests.plans import changed, compliant, without

__all__ = ["project"]  # a fixture
KEY = "keys-cluster-learning"


def _saved(folder: Path, name: str, made: Plan) -> str:
    path = folder / name
    path.write_text(to_json(made), encoding="utf-8")
    return str(path)


@pytest.fixture
def base(tmp_path: Path) -> str:
    """eu-prod as it is."""
    return _saved(tmp_path, "base.json", compliant())


class TestItsCodeSaysWhetherToGoOn:
    """CI reads nothing but the code."""

    def test_the_same_plan_is_fine_also_by_exit_code(self, base: str) -> None:
        done = run("diff", base, base, "--exit-code")
        assert done.returncode == 0
        assert "nothing differs" in done.stdout

    def test_a_harmless_change_is_fine_and_drift_where_asked(self, base: str, tmp_path: Path) -> None:
        head = _saved(tmp_path, "head.json", changed(compliant(), "storage:StorageAccount", "tags.note", "x"))
        assert run("diff", base, head).returncode == 0
        assert run("diff", base, head, "--exit-code").returncode == 5

    def test_data_that_goes_is_refused_until_somebody_accepts_it_by_name(self, base: str, tmp_path: Path) -> None:
        gone = without(compliant(), "operationalinsights:Table")
        head = _saved(tmp_path, "head.json", gone)
        done = run("diff", base, head)
        lost = [line for line in done.stderr.splitlines() if line.startswith("✗ data would be lost: ")]
        assert done.returncode == 3
        assert lost
        names = [line.removeprefix("✗ data would be lost: ") for line in lost]
        accepted = run("diff", base, head, *(word for name in names for word in ("--accept", name)))
        assert "data would be lost" not in accepted.stderr
        assert accepted.stdout == done.stdout

    def test_a_name_that_does_not_go_is_not_accepted(self, base: str, tmp_path: Path) -> None:
        head = _saved(tmp_path, "head.json", without(compliant(), "keyvault:Key", only=lambda r: r.name == KEY))
        done = run("diff", base, head, "--accept", "learnin")
        assert done.returncode == 2
        assert "Did you mean learning?" in done.stderr

    def test_a_refused_head_is_refused(self, base: str, tmp_path: Path) -> None:
        bad = changed(compliant(), "storage:StorageAccount", "allowSharedKeyAccess", True)
        done = run("diff", base, _saved(tmp_path, "bad.json", bad))
        assert done.returncode == 3
        assert "compliant → refused" in done.stdout

    def test_mending_what_was_refused_is_fine(self, base: str, tmp_path: Path) -> None:
        bad = changed(compliant(), "storage:StorageAccount", "allowSharedKeyAccess", True)
        done = run("diff", _saved(tmp_path, "bad.json", bad), base)
        assert done.returncode == 0
        assert "refused → compliant" in done.stdout
        assert "gone " in done.stdout


class TestItsForms:
    """The same difference for a person, a pull request and a machine."""

    def test_json_is_json_and_names_every_change(self, base: str, tmp_path: Path) -> None:
        head = _saved(tmp_path, "head.json", changed(compliant(), "storage:StorageAccount", "location", "eastus"))
        document = json.loads(run("diff", base, head, "--json").stdout)
        assert document["format"] == "bailiwick-diff/1"
        assert document["losesData"] == 1
        (change,) = document["changes"]
        assert (change["kind"], change["properties"][0]["effect"]) == ("replaced", "replaces")
        assert document["findings"]["new"]

    def test_markdown_begins_with_the_verdict(self, base: str, tmp_path: Path) -> None:
        head = _saved(tmp_path, "head.json", changed(compliant(), "storage:StorageAccount", "tags.note", "x"))
        text = run("diff", base, head, "--markdown").stdout
        assert text.splitlines()[:2] == [
            "<!-- bailiwick-diff:eu-prod -->",
            "### ✅ `eu-prod: base.json → head.json`: compliant, as before",
        ]
        assert "<details><summary>Changed: 1</summary>" in text


class TestBadWordsAreToldApart:
    """A word may be a file, a stack or a revision; what it is not is said."""

    @pytest.mark.parametrize(
        ("words", "says"),
        [
            (["{base}"], "name HEAD, or --stack"),
            (["{base}", "eu-prdo"], "is no file, no stack and no git revision. Did you mean eu-prod?"),
            (["HEAD", "{base}"], "is a git revision: --stack says which"),
            (["{base}", "{base}", "--stack", "eu-prod"], "--stack goes with a git revision"),
            (["{base}", "--stack", "eu-prdo"], "no stack 'eu-prdo'. Did you mean eu-prod?"),
            (["{folder}", "{base}"], "is a folder"),
            (["{base}", "--output"], "No such option"),
            (["--upload-pack=x", "{base}"], "No such option"),
        ],
    )
    def test_with_what_is_wrong(self, words: list[str], says: str, base: str, tmp_path: Path) -> None:
        done = run("diff", *(word.format(base=base, folder=tmp_path) for word in words))
        assert done.returncode == 2
        assert says in done.stderr
        assert done.stdout == ""

    def test_a_file_that_is_no_plan(self, base: str, tmp_path: Path) -> None:
        other = tmp_path / "other.json"
        other.write_text("{}")
        done = run("diff", base, str(other))
        assert done.returncode == 2
        assert "this version reads" in done.stderr

    def test_an_export_is_judged_as_it_is_asked_for(self, base: str, tmp_path: Path) -> None:
        item = {"urn": "urn:pulumi:shop::shop::a:b:C::x", "type": "a:b:C", "custom": True, "inputs": {}}
        export = tmp_path / "export.json"
        export.write_text(json.dumps({"version": 3, "deployment": {"resources": [item]}}))
        assert "names no jurisdiction" in run("diff", str(export), base).stderr
        done = run("diff", str(export), base, "--jurisdiction", "eu", "--environment", "prod")
        assert "two stacks" in done.stdout


@pytest.mark.slow
class TestRevisions:
    """What a branch changes in a stack, by the branch's own program; and nothing is left on the machine."""

    @pytest.fixture
    def repository(self, project: Path) -> Path:
        """The project with a history of two commits, the second of which weakens a dial."""
        self._git(project, "init", "--quiet")
        self._git(project, "add", "--all")
        self._git(project, "commit", "--quiet", "-m", "one")
        dial(project, "eu-dev", "budget.monthly", 12345)
        self._git(project, "commit", "--quiet", "--all", "-m", "two")
        return project

    @staticmethod
    def _git(folder: Path, *words: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(("git", "-C", str(folder), *who, *words), check=True, capture_output=True)

    @staticmethod
    def _run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Two stacks are planned side by side: on a busy machine that takes minutes."""
        line = [sys.executable, "-m", "cli.main", "diff", *words]
        done = subprocess.run(line, cwd=cwd, capture_output=True, text=True, check=False, timeout=900)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def test_two_revisions_and_a_revision_against_the_tree(
        self, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "tmp").mkdir()
        monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
        document = json.loads(self._run("HEAD~1", "HEAD", "--stack", "eu-dev", "--json", cwd=repository).stdout)
        assert [change["type"] for change in document["changes"]] == ["azure-native:consumption:Budget"]
        tree = json.loads(self._run("HEAD~1", "--stack", "eu-dev", "--json", cwd=repository).stdout)
        assert tree["changes"] == document["changes"]
        assert not list((tmp_path / "tmp").iterdir())

    def test_a_revision_that_can_not_be_planned_says_why(self, repository: Path) -> None:
        dial(repository, "eu-dev", "budget.monthly", "much")
        self._git(repository, "commit", "--quiet", "--all", "-m", "three")
        done = self._run("HEAD~1", "HEAD", "--stack", "eu-dev", cwd=repository)
        assert done.returncode == 2
        assert "can't be planned at" in done.stderr
        assert "monthly" in done.stderr

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_stopped_it_leaves_no_folder_and_no_process(self, repository: Path, tmp_path: Path, number: int) -> None:
        place = tmp_path / "tmp"
        place.mkdir()
        running = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "diff", "HEAD~1", "HEAD", "--stack", "eu-dev"],
            cwd=repository,
            env={**os.environ, "TMPDIR": str(place)},
            stderr=subprocess.PIPE,
            text=True,
            # Whoever runs these tests in the background has had SIGINT ignored, and a child inherits that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        for _ in range(600):
            if len(list(place.glob("*/*/said"))) == 2:
                break
            time.sleep(0.1)
        running.send_signal(number)
        _, said = running.communicate(timeout=120)
        assert "Traceback" not in said
        assert running.returncode == 1
        assert not list(place.iterdir())
        left = subprocess.run(("pgrep", "-f", str(place)), capture_output=True, check=False)
        assert left.stdout == b""


def test_an_empty_side_is_a_fault_not_a_deletion_of_everything(tmp_path: Path) -> None:
    """A truncated plan must not read as a stack that goes."""
    base = _saved(tmp_path, "base.json", plan(resource("azure-native:storage:StorageAccount", "a", {})))
    empty = tmp_path / "empty.json"
    empty.write_text(to_json(plan()))
    done = run("diff", base, str(empty))
    assert done.returncode == 2
    assert "no resource" in done.stderr
