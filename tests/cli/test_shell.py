"""What a shell is offered, and what `--help` shows: quickly, by task, and in colours only where they are wanted."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli import machine
from cli.completion import SHELLS
from cli.grouping import TASKS, by_task
from cli.machine import Found, Need
from cli.main import TRACEBACK, VERBS, main
from cli.planning import ROOT, known_stacks
from plan.file import to_json
from policies.catalogue import available
from policies.packs import PACKS
from tests.cli.test_command import run
from tests.plan.diff.made import plan, resource


def _offered(*words: str, more: str = "") -> subprocess.CompletedProcess[str]:
    """What the shell gets for the last of these words; and, with `more`, what Python says after it."""
    script = f"import sys\nfrom cli.main import main\ntry:\n    main([])\nexcept SystemExit:\n    pass\n{more}"
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={
            **os.environ,
            "_BAILIWICK_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(["bailiwick", *words]),
            "COMP_CWORD": str(len(words)),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def _names(*words: str) -> set[str]:
    return {line.partition(",")[2] for line in _offered(*words).stdout.splitlines()}


class TestTheShellIsOfferedWhatThereIs:
    """Nobody types residency.region-inside-jurisdiction."""

    def test_verbs(self) -> None:
        assert _names("re") == {"regulations"}
        assert _names("") >= set(VERBS)

    def test_subverbs_and_options(self) -> None:
        assert _names("models", "ex") == {"explain"}
        assert _names("diff", "--mark") == {"--markdown"}

    @pytest.mark.parametrize(
        "words", [("preview",), ("flows",), ("budget",), ("drill",), ("canary", "status"), ("regulations", "--stack")]
    )
    def test_stacks(self, words: tuple[str, ...]) -> None:
        assert _names(*words, "eu-") == {stack for stack in known_stacks() if stack.startswith("eu-")}

    def test_rules_packs_regulations_models(self) -> None:
        assert _names("rules", "residency.region") == {"residency.region-inside-jurisdiction"}
        assert _names("rules", "--pack", "p") == {pack for pack in PACKS if pack.startswith("p")}
        assert _names("regulations", "g") == {name for name in available() if name.startswith("g")}
        assert "clinical-notes-4b" in _names("models", "explain", "clin")

    def test_a_file_where_no_stack_begins_so(self) -> None:
        assert _offered("flows", "/tm").stdout.strip() == "file,/tm"

    def test_it_waits_for_no_sdk_and_no_verb(self) -> None:
        """A key that takes two seconds is a key that nobody presses twice."""
        more = "print([name for name in ('pulumi', 'rich', 'config', 'cli.preview') if name in sys.modules])"
        assert _offered("p", more=more).stdout.splitlines()[-1] == "[]"
        more = "print([name for name in ('pulumi', 'rich', 'policies') if name in sys.modules])"
        assert _offered("preview", "eu", more=more).stdout.splitlines()[-1] == "[]"

    @pytest.mark.skipif(not shutil.which("bash"), reason="no bash on PATH")
    def test_bash_itself_completes_with_the_script(self) -> None:
        script = run("completion", "bash").stdout
        line = 'COMP_WORDS=(bailiwick manif) COMP_CWORD=1; _bailiwick_completion bailiwick; echo "${COMPREPLY[@]}"'
        folder = Path(sys.executable).parent
        done = subprocess.run(
            ["bash", "-c", f"{script}\n{line}"],
            env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.strip() == "manifests", done.stderr

    @pytest.mark.parametrize("shell", SHELLS)
    def test_every_shell_has_a_script_that_names_the_command(self, shell: str) -> None:
        done = run("completion", shell)
        assert done.returncode == 0
        assert "_BAILIWICK_COMPLETE" in done.stdout


class TestHelpIsByTask:
    """Twenty verbs in one list are read by nobody."""

    def test_every_verb_has_a_task_and_none_has_two(self) -> None:
        listed = [name for names in TASKS.values() for name in names]
        assert set(VERBS) <= set(listed)
        assert len(listed) == len(set(listed))

    def test_help_lists_every_verb_under_its_task(self) -> None:
        text = run("--help").stdout
        for task, rows in by_task(VERBS):
            assert f"{task}:" in text
            assert all(f"  {name} " in text for name, _ in rows)
        assert "More:" not in text

    def test_a_verb_without_a_task_is_listed_all_the_same(self) -> None:
        assert dict(by_task({**VERBS, "new": "New."}))["More"] == [("new", "New.")]


class TestColoursAreWhereTheyAreWanted:
    """https://no-color.org: a log with escape codes is a log that can't be searched."""

    @pytest.fixture
    def words(self, tmp_path: Path) -> list[str]:
        """A difference that loses data, in red."""
        base, head = tmp_path / "base.json", tmp_path / "head.json"
        store = resource("azure-native:storage:StorageAccount", "a", {})
        other = resource("azure-native:network:Subnet", "b", {})
        base.write_text(to_json(plan(store, other)))
        head.write_text(to_json(plan(other)))
        return ["diff", str(base), str(head)]

    def test_red_on_a_terminal_and_plain_in_a_pipe_and_under_no_color(
        self, words: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("NO_COLOR", raising=False)
        assert "\x1b[" not in run(*words).stdout
        monkeypatch.setenv("FORCE_COLOR", "1")
        assert "\x1b[1;31mDATA IS LOST (1)" in run(*words).stdout
        monkeypatch.setenv("NO_COLOR", "1")
        bare = run(*words).stdout
        assert "DATA IS LOST (1)" in bare
        assert "\x1b[" not in bare.replace("\x1b[1m", "").replace("\x1b[0m", "")


def test_a_fault_of_the_tool_is_told_as_one_and_shows_where_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A traceback helps nobody but whoever mends it, and they can ask for it."""

    def look() -> Found:
        raise RuntimeError("many words\nthe last")

    broken = Need(name="x", needed_by="x", get="x", look=look)
    monkeypatch.setattr(machine, "NEEDS", (broken,))
    done = run("doctor")
    assert done.returncode == 1
    assert "bailiwick itself failed: RuntimeError: the last" in done.stderr
    monkeypatch.setenv(TRACEBACK, "1")
    with pytest.raises(RuntimeError):
        main(["doctor"])
