"""Many stacks side by side: in order, so many at once, and none of them can stop the rest."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli.planning import ROOT
from cli.processes import AHEAD, in_order
from tests.cli.test_command import run


def _sleep(job: tuple[int, float]) -> int:
    time.sleep(job[1])
    return job[0]


def _die(job: int) -> str:
    if job == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    if job == 2:
        os._exit(7)
    return "done"


def _lost(job: object, code: int | None) -> str:
    return f"{job} lost with {code}"


def _mark(job: tuple[Path, int]) -> int:
    folder, index = job
    (folder / f"started-{index}").touch()
    time.sleep(1.0 if index == 0 else 0)
    return len(list(folder.glob("started-*")))


class TestResultsComeInOrder:
    """A reviewer compares two runs line by line."""

    def test_the_first_is_told_first_however_long_it_takes(self) -> None:
        jobs = [(0, 0.3), (1, 0.0), (2, 0.1), (3, 0.0)]
        assert list(in_order(_sleep, lambda job, code: -1, jobs, at_once=3)) == [0, 1, 2, 3]

    def test_nothing_to_do_is_done(self) -> None:
        assert list(in_order(_sleep, lambda job, code: -1, [], at_once=3)) == []


class TestAProcessThatIsKilledTakesOnlyItselfAlong:
    """Where memory runs out the kernel kills one of them; a pipeline that waits for it for ever says nothing at all."""

    def test_the_others_are_told_and_so_is_how_it_ended(self) -> None:
        told = list(in_order(_die, _lost, [0, 1, 2, 3], at_once=2))
        assert told == ["done", "1 lost with -9", "2 lost with 7", "done"]

    def test_the_command_fails_with_its_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def killed(stack: str) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        monkeypatch.setattr("cli.planning.plan_stack", killed)
        monkeypatch.setattr("cli.planning.known_stacks", lambda: ("eu-dev",))
        monkeypatch.setattr("cli.fleet.import_once", lambda: None)
        done = run("preview", "--all", "--quiet")
        assert done.returncode == 1
        assert "planning eu-dev failed: its process was stopped by SIGKILL" in done.stdout
        assert "hint: " in done.stdout


class TestResultsDoNotPileUp:
    """Two hundred stacks need no more memory than twenty."""

    def test_few_are_started_before_the_first_is_told(self, tmp_path: Path) -> None:
        jobs = [(tmp_path, index) for index in range(40)]
        first = next(iter(in_order(_mark, lambda job, code: -1, jobs, at_once=2)))
        assert first <= 2 * AHEAD
        assert len(list(tmp_path.iterdir())) <= 2 * AHEAD


class TestAChildImportsNothingOfTheSdk:
    """What each child imports for itself is paid for once per stack: a third of its time, before this was found."""

    @pytest.mark.slow
    def test_planning_after_the_one_import_loads_no_module_of_it(self) -> None:
        probe = (
            "import sys, cli.fleet\n"
            "cli.fleet.import_once()\n"
            "before = set(sys.modules)\n"
            "cli.fleet._one(('eu-prod', False, True))\n"
            "print([m for m in sys.modules if m not in before and m.startswith('pulumi')])"
        )
        done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "[]"
