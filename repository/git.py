"""Asking git. One question, one answer, one error."""

import os
import subprocess
from pathlib import Path
from typing import Final

SECONDS: Final = 60
"""That git may take for an answer."""


class GitFailed(Exception):
    """git can't be run, took too long, or ended with a failure; the message is what it said."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        """git's exit code; None where it was not run to its end."""


def command(root: Path, *words: str) -> tuple[str, ...]:
    """git's words for a question about the repository that `root` lies in; for no shell."""
    return ("git", "-C", str(root), *words)


def answer(root: Path, *words: str) -> str:
    """What git prints, without the line's end. Names that are no UTF-8 come as `os.fsdecode` gives them.

    Raises GitFailed.
    """
    try:
        done = subprocess.run(command(root, *words), capture_output=True, check=False, timeout=SECONDS)  # noqa: S603 no shell, and callers' own words
    except OSError as error:
        raise GitFailed(f"git can't be run: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise GitFailed(f"git {words[0]} took more than {SECONDS} s") from error
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip() or f"ended with {done.returncode}"
        raise GitFailed(f"git {words[0]}: {said}", done.returncode)
    return os.fsdecode(done.stdout).rstrip("\n")


def names(root: Path, *words: str) -> list[str]:
    """An answer of names with a zero byte between them (`-z`), which alone tells every name. Raises GitFailed."""
    return [name for name in answer(root, *words).split("\0") if name]


def lies_in_one(folder: Path) -> bool:
    """Whether a folder lies in a working tree, whether or not git can be run; in a worktree `.git` is a file."""
    return any((each / ".git").exists() for each in (folder.resolve(), *folder.resolve().parents))
