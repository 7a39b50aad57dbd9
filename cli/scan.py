"""The scan of a tree for secrets: what is there, what is allowed, and which allowance is void."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from cli.allowed import NAME, Allowed, read
from cli.tree import LARGEST, TextFile, texts, tracked, within
from plan.secret_walk import find_in_file


@dataclass(frozen=True)
class Hit:
    """One secret in one file, without itself."""

    path: str
    line: int
    kind: str
    what: str
    preview: str
    sha256: str

    def is_allowed_by(self, entry: Allowed) -> bool:
        """Whether an entry speaks of this value in this file."""
        return (self.path, self.kind, self.sha256) == (entry.path, entry.kind, entry.sha256)


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What a scan came to."""

    files: int
    refused: tuple[Hit, ...]
    allowed: int
    """Values found that are allowed."""
    faults: tuple[str, ...]
    """Allowances that match nothing."""
    skipped: tuple[str, ...]
    """What was not read, and why."""


def scan(root: Path, paths: Sequence[Path]) -> Scan:
    """Scan what is named, or everything that git tracks.

    Raises click.UsageError for a faulty list of allowances, and where there is no tree.
    """
    entries = read(root)
    files = list(texts(within(paths) if paths else tracked(root), root))
    if not files:
        raise click.UsageError("there is no text file to scan; nothing can be said of nothing")
    hits = [hit for file in files for hit in _hits(file)]
    refused = tuple(hit for hit in hits if not any(hit.is_allowed_by(entry) for entry in entries))
    scanned = {file.path for file in files}
    void = [
        entry
        for entry in entries
        # Where only some files are read, an entry for another had no chance to match.
        if not (paths and entry.path not in scanned) and not any(hit.is_allowed_by(entry) for hit in hits)
    ]
    return Scan(
        files=sum(file.text is not None for file in files),
        refused=refused,
        allowed=len(hits) - len(refused),
        faults=tuple(f"{NAME}: the entry for {e.path} ({e.kind}) matches nothing\n  hint: remove it" for e in void),
        skipped=tuple(
            f"{file.path}: not scanned, larger than {LARGEST // 1024**2} MiB" for file in files if file.text is None
        ),
    )


def _hits(file: TextFile) -> Iterator[Hit]:
    text = file.text or ""
    line, at = 1, 0
    for found in sorted(find_in_file(text), key=lambda found: found.start):
        line, at = line + text.count("\n", at, found.start), found.start
        yield Hit(file.path, line, found.kind, found.what, found.preview, found.digest)
