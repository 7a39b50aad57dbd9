"""A log's own checkpoints, read segment by segment: each looked at by itself, and against the one before."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from audit_log import form
from audit_log.checkpoint import NONE_BEFORE, Checkpoint, digest, trusted, unverified
from audit_log.findings import Finding, Report
from audit_log.note import BadNote, Verifier


class Notes:
    """Reads them in their order, and puts what is wrong into the report."""

    def __init__(self, report: Report, keys: Sequence[Verifier]) -> None:
        self._report, self._keys = report, keys
        self._before: tuple[str, Checkpoint] | None = None
        self.held: set[str] = set()
        """Hashes of all notes that were read."""

    def read(self, path: Path) -> list[tuple[int, Checkpoint]]:
        """A segment's checkpoints, with their lines."""
        held = form.checkpoints(path)
        if not held.is_file():
            self._wrong(held, 0, None, "the segment's checkpoints are not there")
            return []
        found = []
        for line, note in self._lines(held):
            try:
                head = trusted(note, self._keys) if self._keys else unverified(note)
            except BadNote as error:
                self._wrong(held, line, None, f"a checkpoint was changed: {error}")
                continue
            self.held.add(digest(note))
            # Each segment's first is the last of the segment before, once more.
            if line > 1 or self._before is None or note != self._before[0]:
                self._report.checkpoints += 1
                self._follows(held, line, head)
            self._before = note, head
            found.append((line, head))
        return found

    def _lines(self, held: Path) -> Iterator[tuple[int, str]]:
        number = 0
        with held.open("rb") as file:
            while line := file.readline(form.MOST_LINE):
                number += 1
                if not line.endswith(b"\n"):
                    self._report.torn += len(line)
                    return
                try:
                    yield number, form.read_note(line[:-1])
                except form.BadLine as error:
                    self._wrong(held, number, None, f"a checkpoint was changed: {error}")

    def _follows(self, held: Path, line: int, head: Checkpoint) -> None:
        if self._before is None:
            if head.size == 0 and head.previous != NONE_BEFORE:
                self._wrong(held, line, None, "the first checkpoint of all follows none")
            return
        note, before = self._before
        if head.previous != digest(note):
            what = "a checkpoint does not follow the one before: one is gone, moved or was put there"
            self._wrong(held, line, head.size, what)
        elif head.size <= before.size or head.at < before.at:
            self._wrong(held, line, head.size, "a checkpoint goes back in size or time")

    def _wrong(self, held: Path, line: int, index: int | None, what: str) -> None:
        self._report.add(Finding(held.name, line, index, what))
