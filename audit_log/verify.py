"""Whether a log is what the gateway wrote: nothing altered, dropped, reordered, doubled or cut, and where if not.

Reads each segment once and holds one line of it. What each step can show:
the hash in a line, a changed line; index and chain, one that is gone, moved or there twice; checkpoints, a line written
again with all hashes after it; anchored checkpoints, a tail that was cut with its checkpoints, or a history written
again by whoever holds the key.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from audit_log import form
from audit_log.checkpoint import Checkpoint, digest, trusted, unverified
from audit_log.findings import Finding, Report
from audit_log.merkle import Tree, leaf_hash
from audit_log.note import BadNote, Verifier
from audit_log.noted import Notes

PROGRESS_BYTES = 1 << 22


class BadAnchor(ValueError):
    """An anchored checkpoint can't be read, or no known key signed it; names the file."""


def anchored(files: Iterable[Path], keys: Sequence[Verifier]) -> list[tuple[Path, str, Checkpoint]]:
    """Anchored checkpoints, the smallest first. Raises BadAnchor, OSError."""
    found = []
    for path in files:
        try:
            note = path.read_text(encoding="utf-8")
            found.append((path, note, trusted(note, keys) if keys else unverified(note)))
        except (BadNote, UnicodeDecodeError) as error:
            raise BadAnchor(f"{path}: {error}") from error
    return sorted(found, key=lambda item: item[2].size)


def verify(
    segments: Sequence[Path],
    keys: Sequence[Verifier],
    anchors: Sequence[tuple[Path, str, Checkpoint]] = (),
    progress: Callable[[int], None] = lambda _: None,
) -> Report:
    """Verify segments, in their order. Raises OSError; whatever is wrong with the log is in the report."""
    report = Report(signatures=bool(keys))
    walk = _Walk(report, keys, anchors, progress)
    for number, path in enumerate(segments):
        walk.segment(path, last=number == len(segments) - 1)
    if not segments:
        report.add(Finding("", 0, None, "there is no segment"))
    walk.end()
    return report


class _Walk:
    """Where a verification stands."""

    def __init__(
        self,
        report: Report,
        keys: Sequence[Verifier],
        anchors: Sequence[tuple[Path, str, Checkpoint]],
        progress: Callable[[int], None],
    ) -> None:
        self._report, self._keys, self._progress = report, keys, progress
        self._anchors = list(anchors)
        self._tree = Tree()
        self._begun = False
        self._chain: str | None = None
        self._whole = True
        """Whether the tree is still the one that was written: after a fault no root can be held against it."""
        self._notes = Notes(report, keys)
        self._folders: set[Path] = set()
        self._seen: set[Path] = set()
        self._file, self._line = "", 0

    def segment(self, path: Path, *, last: bool) -> None:
        """Read one segment with its checkpoints."""
        # Checkpoints first: a live log grows, and one read later would commit to records not read yet.
        notes = self._notes.read(path)
        self._report.segments += 1
        self._folders.add(path.parent)
        self._seen.add(path)
        self._file, self._line = path.name, 1
        with path.open("rb") as file:
            lines = self._lines(file.readline)
            if not self._begin(next(lines, b""), path):
                return
            waiting = self._carried(notes, path)
            for line in lines:
                self._line += 1
                self._record(line)
                waiting = self._meet(waiting)
        self._close(waiting, last=last)

    def _lines(self, readline: Callable[[int], bytes]) -> Iterator[bytes]:
        unsaid = 0
        while line := readline(form.MOST_LINE + 1):
            self._report.bytes += len(line)
            unsaid += len(line)
            if unsaid > PROGRESS_BYTES:
                self._progress(unsaid)
                unsaid = 0
            if not line.endswith(b"\n"):
                if len(line) > form.MOST_LINE:
                    self._line += 1
                    self._wrong(None, "a line longer than any that the gateway writes")
                    return
                self._report.torn += len(line)
                return
            yield line[:-1]
        self._progress(unsaid)

    def _begin(self, line: bytes, path: Path) -> bool:
        try:
            head = form.read_header(line)
            tree = head.tree()
        except ValueError as error:
            self._wrong(None, f"the segment's header: {error}")
            return self._begun
        if path != form.segment(path.parent, head.first):
            self._wrong(head.first, "the segment's name is not the index of its first record")
        if not self._begun:
            self._report.origin, self._report.first = head.origin, head.first
            if head.first == 0 and head.previous != form.BEGINNING:
                self._wrong(0, "the first record of all follows nothing")
        else:
            self._joins(head, tree)
        self._tree, self._chain, self._whole, self._begun = tree, head.previous, True, True
        return True

    def _joins(self, head: form.Header, tree: Tree) -> None:
        size = self._tree.size
        if head.origin != self._report.origin:
            self._wrong(head.first, "the segment is of another log")
        elif head.first > size:
            self._wrong(size, f"records {size} to {head.first - 1} are not there: a segment, or its end, is gone")
        elif head.first < size:
            self._wrong(head.first, "the segment begins with a record that was there before")
        elif self._whole and (head.previous != self._chain or tree.root() != self._tree.root()):
            self._wrong(head.first, "the segment does not go on from the one before")

    def _record(self, line: bytes) -> None:
        tree = self._tree
        expected = tree.size
        try:
            found = form.read(line)
        except form.BadLine as error:
            self._wrong(expected, f"changed: {error}")
            self._chain = None
        else:
            if found.index != expected:
                what = (
                    f"records {expected} to {found.index - 1} are not there"
                    if found.index > expected
                    else f"comes again, or out of its order: {expected} was expected"
                )
                self._wrong(found.index, what)
                self._tree = tree = _unknown(found.index)
            elif self._chain is not None and found.previous != self._chain:
                self._wrong(expected, "does not follow the line before it: one of the two was put there")
            self._chain = found.hash
        tree.append(leaf_hash(line))

    def _meet(self, waiting: list[tuple[int, Checkpoint]]) -> list[tuple[int, Checkpoint]]:
        """Hold the checkpoints at this size against the tree; the ones that are left."""
        size = self._tree.size
        while waiting and waiting[0][1].size == size:
            self._agrees(waiting.pop(0)[1], "a checkpoint")
        while self._anchors and self._anchors[0][2].size <= size:
            path, note, anchor = self._anchors.pop(0)
            self._anchor(path, note, anchor, size)
        return waiting

    def _anchor(self, path: Path, note: str, anchor: Checkpoint, size: int) -> None:
        if anchor.origin != self._report.origin:
            return
        if anchor.size < size:
            # Only those before the first segment: later ones were met at their own size.
            self._report.earlier += 1
            return
        self._report.anchors += 1
        self._agrees(anchor, f"the anchored checkpoint {path.name}")
        if digest(note) not in self._notes.held:
            # The records may well be as they were: the tree is held against what comes.
            what = f"the anchored checkpoint {path.name} is not among the log's own"
            self._report.add(Finding(self._file, self._line, anchor.size, what))

    def _agrees(self, checkpoint: Checkpoint, what: str) -> None:
        if not self._whole:
            return
        if checkpoint.root == self._tree.root() and checkpoint.chain == self._chain:
            self._report.committed = max(self._report.committed, checkpoint.size)
            return
        since = self._report.committed
        self._wrong(
            None,
            f"written again: {what} at {checkpoint.size} has another root; something in records {since} to "
            f"{checkpoint.size - 1} was changed, with the hashes after it",
        )

    def _carried(self, waiting: list[tuple[int, Checkpoint]], path: Path) -> list[tuple[int, Checkpoint]]:
        """Hold the first checkpoint, which vouches for the header, against it; the others, that come with records."""
        for line, found in waiting:
            if found.origin != self._report.origin:
                self._wrong(None, f"{form.checkpoints(path).name}:{line} is of another log")
        if not waiting or waiting[0][1].size != self._tree.size:
            self._wrong(self._tree.size, "no checkpoint vouches for the segment's beginning")
        return self._meet([item for item in waiting if item[1].size >= self._tree.size])

    def _close(self, waiting: list[tuple[int, Checkpoint]], *, last: bool) -> None:
        size = self._tree.size
        if waiting:
            most = waiting[-1][1].size
            self._line = 0
            self._wrong(size, f"cut: a checkpoint commits to {most} records, and the segment ends after {size}")
        elif not last and self._whole and self._report.committed != size:
            self._wrong(size, "the segment was closed, and no checkpoint commits to its end")

    def end(self) -> None:
        """Anchors that commit to more than there is."""
        size = self._tree.size
        self._report.size = size
        for path, _, anchor in self._anchors:
            if anchor.origin == self._report.origin or not self._report.origin:
                self._report.anchors += 1
                what = f"cut: the anchored checkpoint {path.name} commits to {anchor.size} records; {size} are there"
                self._report.add(Finding(self._file, 0, size, what))
        for path in sorted(self._folders):
            self._orphans(path, size)

    def _orphans(self, folder: Path, size: int) -> None:
        """Checkpoints whose segment is gone. A crash may leave a file of them that commits to nothing more."""
        for held in sorted(folder.glob("*" + form.CHECKPOINTS)):
            name = held.name.removesuffix(form.CHECKPOINTS) + form.SEGMENT
            if held.with_name(name) in self._seen or held.with_name(name).exists():
                continue
            most = max((head.size for _, head in Notes(self._report, self._keys).read(held.with_name(name))), default=0)
            if most > size:
                what = f"cut: its segment is gone, and a checkpoint commits to {most} records"
                self._report.add(Finding(held.name, 0, size, what))

    def _wrong(self, index: int | None, what: str) -> None:
        self._whole = False
        self._report.add(Finding(self._file, self._line, index, what))


def _unknown(size: int) -> Tree:
    """A tree that counts on from here; its root means nothing, and is not asked for before the next header."""
    return Tree(size, [bytes(32)] * size.bit_count())
