"""A stack's plan as it was at a git revision: files in a folder of their own, the program in a process of its own.

Nothing is checked out and nothing is left behind, also when it is stopped: `git archive` writes into a temporary one.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from cli import exits
from cli.planning import ROOT
from plan.file import PlanFileError, read
from plan.model import Plan
from repository.git import GitFailed, answer, command

_PLANNED = (exits.OK, exits.REFUSED, exits.NOT_EVALUATED)


@dataclass(frozen=True)
class Planned:
    """A plan, and what is to be known of it."""

    plan: Plan
    note: str = ""


def commit_of(revision: str) -> str | None:
    """The commit that a word names, None where it names none. Raises click.ClickException without git."""
    try:
        return answer(ROOT, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except GitFailed as error:
        if error.code is None:
            raise click.ClickException(f"{error}; a revision needs it") from error
        return None


def plans_at(commits: Sequence[str], stack: str) -> list[Planned]:
    """The stack's plan at each commit, side by side. Raises click.ClickException with what the planner said."""
    with tempfile.TemporaryDirectory(prefix="bailiwick-diff-") as name, _stopped_by_term():
        folders = [Path(name) / str(index) for index in range(len(commits))]
        running: list[subprocess.Popen[str]] = []
        try:
            for commit, folder in zip(commits, folders, strict=True):
                _unpack(commit, folder / "tree")
                running.append(_start(folder, stack))
            return [
                _finished(process, commit, folder, stack)
                for process, commit, folder in zip(running, commits, folders, strict=True)
            ]
        finally:
            for process in running:
                process.kill()
                process.wait()


def _unpack(commit: str, folder: Path) -> None:
    folder.mkdir(parents=True)
    with subprocess.Popen(command(ROOT, "archive", "--format=tar", commit), stdout=subprocess.PIPE) as archive:  # noqa: S603
        assert archive.stdout is not None
        with tarfile.open(fileobj=archive.stdout, mode="r|") as files:
            files.extractall(folder, filter="data")
        # tarfile stops at the end mark; git may still have a block of noughts to write, and would die of a shut pipe.
        while archive.stdout.read(1 << 16):
            pass
    if archive.returncode:
        raise exits.ToolFailed(f"git archive {commit[:12]} ended with {archive.returncode}")


def _start(folder: Path, stack: str) -> subprocess.Popen[str]:
    # Its own `preview`, not ours: the file it writes is a public format, what is inside may be anything.
    words = ("-m", "cli.main", "preview", stack, "--quiet", "--json", "--save", str(folder / "plan.json"))
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONSAFEPATH")}
    return subprocess.Popen(  # noqa: S603 no shell, our own interpreter
        (sys.executable, *words),
        cwd=folder / "tree",
        env=environment | {"PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=(folder / "said").open("w"),
        text=True,
    )


def _finished(process: subprocess.Popen[str], commit: str, folder: Path, stack: str) -> Planned:
    code = process.wait()
    saved = folder / "plan.json"
    if code not in _PLANNED or not saved.is_file():
        said = (folder / "said").read_text(encoding="utf-8", errors="replace").strip()
        kind = click.ClickException if code == exits.USAGE else exits.ToolFailed
        raise kind(f"{stack} can't be planned at {commit[:12]}: {said or f'its process ended with {code}'}")
    try:
        plan = read(saved)
    except PlanFileError as error:
        raise exits.ToolFailed(f"the plan at {commit[:12]} can't be read: {error}") from error
    lock = folder / "tree" / "uv.lock"
    same = lock.is_file() and lock.read_bytes() == (ROOT / "uv.lock").read_bytes()
    note = "" if same else f"planned at {commit[:12]} with this environment, whose uv.lock is another than it had"
    return Planned(plan, note)


@contextlib.contextmanager
def _stopped_by_term() -> Iterator[None]:
    """SIGTERM as Ctrl-C: whoever stops a job in CI sends it, and it would leave the folder and the processes."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
