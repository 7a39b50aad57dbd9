"""Azure's own command, asked and answered: each line can be shown, and a dry run shows it instead of running it."""

import json
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

EVERY_SECONDS = 30
"""Between two looks at something that takes a while."""


class AzFailed(Exception):
    """A command failed, or its answer was not what was asked for."""

    def __init__(self, reason: str, words: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.line = shown(words) if words else ""


class TookTooLong(AzFailed):
    """It was waited for, and did not come."""


def shown(words: Sequence[str]) -> str:
    """The command, as a person would type it."""
    return shlex.join(("az", *words))


class Az:
    """Runs `az`. `sample` is what a dry run takes for the answer, so that it comes to the same lines."""

    dry = False

    def __init__(self) -> None:
        found = shutil.which("az")
        if found is None:
            raise click.ClickException("Azure's command `az` is not on PATH; --dry-run prints what it would be told")
        self._program = found

    def note(self, line: str) -> None:
        """A line for the dry run alone."""

    def text(self, *words: str, sample: str = "") -> str:
        """What the command prints. Raises AzFailed with Azure's reason."""
        # Words are a list, never a shell's text: nothing in a stack file or in an answer can become a command.
        done = subprocess.run(  # noqa: S603 no shell
            [self._program, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise AzFailed((done.stderr.strip().splitlines() or ["no reason given"])[-1], words)
        return done.stdout.strip()

    def ask(self, *words: str, sample: Any = None) -> Any:  # noqa: ANN401 JSON of Azure's
        """The answer, as JSON; None where there is none."""
        text = self.text(*words, "--output", "json")
        try:
            return json.loads(text) if text else None
        except ValueError as error:
            raise AzFailed(f"the answer is not JSON: {text[:80]}", words) from error

    def until(self, done: Callable[[Any], bool], *words: str, minutes: int, sample: Any = None) -> Any:  # noqa: ANN401
        """Ask again until it is done. Raises AzFailed where it takes longer."""
        for _ in range(minutes * 60 // EVERY_SECONDS + 1):
            answer = self.ask(*words, sample=sample)
            if done(answer):
                return answer
            time.sleep(EVERY_SECONDS)
        raise TookTooLong(f"not done after {minutes} minutes", words)

    def insist(self, *words: str, minutes: int) -> None:
        """Try again while it fails: a right that was just given takes some minutes to be known everywhere."""
        for left in range(minutes * 60 // EVERY_SECONDS, -1, -1):
            try:
                self.text(*words)
            except AzFailed:
                if left == 0:
                    raise
                time.sleep(EVERY_SECONDS)
            else:
                return

    def upload(self, content: bytes, *words: str) -> None:
        """Send a blob."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "canary"
            file.write_bytes(content)
            self.text(*words, "--file", str(file))

    def download(self, *words: str, minutes: int, sample: bytes = b"") -> bytes:
        """Fetch a blob."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "canary"
            self.insist(*words, "--file", str(file), minutes=minutes)
            return file.read_bytes() if file.exists() else b""


class Dry(Az):
    """Runs nothing: each line goes to `tell`, and the samples are the answers."""

    dry = True

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell

    def note(self, line: str) -> None:
        """Print a line that is not `az`."""
        self._tell(line)

    def text(self, *words: str, sample: str = "") -> str:
        """Print it."""
        self._tell(shown(words))
        return sample

    def ask(self, *words: str, sample: Any = None) -> Any:  # noqa: ANN401 as above
        """Print it."""
        self._tell(shown(words))
        return sample

    def upload(self, content: bytes, *words: str) -> None:
        """Print it, with a file name that says what it is."""
        self.text(*words, "--file", "canary.txt")

    def download(self, *words: str, minutes: int, sample: bytes = b"") -> bytes:
        """Print it, likewise."""
        self.text(*words, "--file", "restored.txt")
        return sample


def dig(answer: Any, *path: str) -> Any:  # noqa: ANN401 JSON of Azure's
    """A value in an answer. Raises AzFailed where Azure did not say it: what is not known must not read as fine."""
    value = answer
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
        if value is None:
            raise AzFailed(f"Azure's answer has no {'.'.join(path)}")
    return value


def moment(text: object) -> datetime:
    """A time of Azure's. Raises AzFailed for anything else."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise AzFailed(f"'{text}' is no time") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def minutes_since(then: datetime) -> float:
    """Minutes from then until now."""
    return max(0.0, (datetime.now(UTC) - then).total_seconds() / 60)
