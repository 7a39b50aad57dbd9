"""Where a log stands, read from its disk: what the gateway does before it writes, and after a disk failed.

A torn last line is cut: a line is only reported as kept when all of it is on disk, so nobody was told of this one.
Anything else that is not as it was written is damage, and nobody goes on from damage.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from audit_log import form
from audit_log.checkpoint import Checkpoint, trusted
from audit_log.merkle import Tree, leaf_hash
from audit_log.note import Verifier


class Damaged(Exception):
    """The log on disk is not one to go on from; says where, and repeats nothing of it."""


@dataclass(frozen=True)
class Standing:
    """Where the log stands."""

    path: Path
    """The last segment."""
    tree: Tree
    chain: str
    end: int
    """Bytes of the segment."""
    note: str
    """The last checkpoint."""
    head: Checkpoint
    last: bytes
    """JSON of the last record; empty where the segment has none."""
    cut: int
    """Bytes of torn lines that were taken away."""


def recover(folder: Path, origin: str, keys: Sequence[Verifier]) -> Standing | None:
    """The log's standing, with torn lines cut; None where there is no log yet. Raises Damaged, OSError."""
    found = form.segments(folder)
    if not found:
        _no_orphans(folder, None, 0)
        return None
    path = found[-1]
    notes, cut = _notes(path, origin, keys)
    with path.open("rb") as file:
        tree, chain = _begin(file.readline(form.MOST_LINE), path, origin, notes[0][1])
        waiting, number, last = [head for _, head in notes], 1, b""
        waiting = _met(waiting, tree, chain, path)
        end = file.tell()
        while line := file.readline(form.MOST_LINE):
            if not line.endswith(b"\n"):
                break
            number += 1
            try:
                record = form.read(line[:-1])
            except form.BadLine as error:
                raise Damaged(f"{path.name}:{number}: {error}") from error
            if (record.index, record.previous) != (tree.size, chain):
                raise Damaged(f"{path.name}:{number}: does not follow the line before it")
            tree.append(leaf_hash(line[:-1]))
            chain, last = record.hash, record.record
            end += len(line)
            waiting = _met(waiting, tree, chain, path)
    if waiting:
        raise Damaged(f"{path.name}: a checkpoint commits to {waiting[-1].size} records, and {tree.size} are there")
    _no_orphans(folder, path, tree.size)
    cut += _cut(path, end)
    note, head = notes[-1]
    return Standing(path, tree, chain, end, note, head, last, cut)


def _begin(line: bytes, path: Path, origin: str, vouched: Checkpoint) -> tuple[Tree, str]:
    try:
        head = form.read_header(line.removesuffix(b"\n"))
        tree = head.tree()
    except ValueError as error:
        raise Damaged(f"{path.name}:1: {error}") from error
    if head.origin != origin:
        raise Damaged(f"{path.name} is of another log")
    if (head.first, tree.root(), head.previous) != (vouched.size, vouched.root, vouched.chain):
        raise Damaged(f"{path.name}:1: its checkpoint vouches for another beginning")
    return tree, head.previous


def _met(waiting: list[Checkpoint], tree: Tree, chain: str, path: Path) -> list[Checkpoint]:
    while waiting and waiting[0].size == tree.size:
        head, *waiting = waiting
        if (head.root, head.chain) != (tree.root(), chain):
            raise Damaged(f"{path.name}: the checkpoint at {head.size} records has another root")
    return waiting


def _notes(path: Path, origin: str, keys: Sequence[Verifier]) -> tuple[list[tuple[str, Checkpoint]], int]:
    held = form.checkpoints(path)
    found: list[tuple[str, Checkpoint]] = []
    try:
        raw = held.read_bytes()
        whole = raw[: raw.rfind(b"\n") + 1]
        for line in whole.split(b"\n")[:-1]:
            note = form.read_note(line)
            head = trusted(note, keys)
            if head.origin != origin or (found and head.size < found[-1][1].size):
                raise Damaged(f"{held.name}: a checkpoint of another log, or out of its order")
            found.append((note, head))
    except FileNotFoundError as error:
        raise Damaged(f"{held.name} is not there") from error
    except ValueError as error:
        raise Damaged(f"{held.name}: {error}") from error
    if not found:
        raise Damaged(f"{held.name} holds no checkpoint")
    return found, _cut(held, len(whole))


def _cut(path: Path, end: int) -> int:
    """Take away what lies after `end`; how much that was."""
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        torn = os.fstat(descriptor).st_size - end
        if torn:
            os.ftruncate(descriptor, end)
            os.fsync(descriptor)
        return torn
    finally:
        os.close(descriptor)


def _no_orphans(folder: Path, last: Path | None, size: int) -> None:
    """Checkpoints without a segment: of a segment that was about to begin, or of one that was taken away."""
    for held in sorted(folder.glob("*" + form.CHECKPOINTS)):
        beside = held.with_name(held.name.removesuffix(form.CHECKPOINTS) + form.SEGMENT)
        if beside.exists() or (last is not None and held.name < last.name):
            continue
        if held.name != form.checkpoints(form.segment(folder, size)).name or held.read_bytes().count(b"\n") > 1:
            raise Damaged(f"{held.name}: its segment is not there")
        held.unlink()
