"""What was answered so far, item by item on disk: a run that was cut off goes on where it was.

A line holds no content: digests, the share, times. The first line says of what run it is; another run's is refused.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path


class AnotherRun(ValueError):
    """The journal is of another model, prompt, suite or endpoint."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one item."""

    suite: str
    id: str
    item_sha256: str
    task: str
    lang: str
    passed: bool
    share: float
    answer_sha256: str
    first_token_ms: float | None
    total_ms: float
    finish: str
    refused_by: str = ""
    attempts: int = 1
    error: str = ""
    """Why there is no answer; such an item is asked again when the run goes on."""


class Journal:
    """Appends outcomes, each on the disk before the next."""

    def __init__(self, path: Path, run: Mapping[str, object]) -> None:
        """Raises AnotherRun."""
        self._path, self._run = path, json.dumps(run, sort_keys=True)
        self.known = self._read()
        self._file = path.open("a", encoding="utf-8")
        if self._file.tell() == 0:
            self._write(self._run)

    def _read(self) -> dict[tuple[str, str], Outcome]:
        """Answered items; a last line that was cut off is as if it had not been."""
        if not self._path.exists() or not (raw := self._path.read_bytes()):
            return {}
        end = raw.rfind(b"\n") + 1
        if end != len(raw):
            with self._path.open("rb+") as file:
                file.truncate(end)
        lines = raw[:end].decode("utf-8").splitlines()
        if not lines:
            return {}
        if lines[0] != self._run:
            raise AnotherRun(
                f"{self._path} is of another model, prompt, suite or endpoint\nhint: name another --out, or remove it"
            )
        found = [Outcome(**json.loads(line)) for line in lines[1:]]
        return {(one.suite, one.id): one for one in found if not one.error}

    def add(self, outcome: Outcome) -> None:
        """Keep it."""
        self._write(json.dumps(asdict(outcome), sort_keys=True))
        if not outcome.error:
            self.known[outcome.suite, outcome.id] = outcome

    def _write(self, line: str) -> None:
        self._file.write(line + "\n")
        self._file.flush()

    def close(self) -> None:
        """The file is left as it is, for the next run or for nobody."""
        self._file.close()
