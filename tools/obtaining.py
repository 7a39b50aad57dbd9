"""How programs are obtained: commands, what went wrong in words, and the stamp that says what a thing was made of."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


class CannotObtain(RuntimeError):
    """What is missing, and how to get it."""


def need_go(what: str) -> None:
    """Raises CannotObtain where there is no Go to make `what` with."""
    if not shutil.which("go"):
        raise CannotObtain(f"{what}: no go on PATH; tools/go.mod says which version")


def digest(*files: Path) -> str:
    """SHA-256 of what makes a thing: it is made again when one of these changes."""
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def reads(stamp: Path, state: str) -> bool:
    """Whether a thing was made of this state."""
    return stamp.exists() and stamp.read_text(encoding="utf-8") == state


def succeeds(words: Sequence[str], folder: str) -> bool:
    """Whether a command ends well."""
    done = subprocess.run(words, cwd=folder, capture_output=True, check=False)  # noqa: S603 no shell, our own words
    return done.returncode == 0


def run(words: Sequence[str], folder: Path | str, **surroundings: str) -> str:
    """A command's output. Its complaints pass through, so that a slow download or build can be watched."""
    try:
        done = subprocess.run(  # noqa: S603 no shell, our own words
            words, cwd=folder, env={**os.environ, **surroundings}, stdout=subprocess.PIPE, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise CannotObtain(f"{' '.join(words[:4])} … failed: {error}") from error
    return done.stdout


def say(text: str) -> None:
    """For whoever waits."""
    sys.stderr.write(f"{text}\n")
