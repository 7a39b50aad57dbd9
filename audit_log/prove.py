"""Proofs that others check with a key and nothing else: that a record is in the log, and that the log only grew."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from audit_log import form, merkle
from audit_log.checkpoint import Checkpoint, trusted, unverified
from audit_log.note import Verifier

FORMAT = "bailiwick-audit-proof/1"


class NoProof(ValueError):
    """There is nothing to prove it with, or the proof doesn't hold; the message says why."""


def leaves(segments: Sequence[Path]) -> Iterator[bytes]:
    """Hashes of the records' lines, from the first record ever. Raises NoProof."""
    for line in lines(segments):
        yield merkle.leaf_hash(line)


def lines(segments: Sequence[Path]) -> Iterator[bytes]:
    """The records' lines, without their ends, from the first record ever. Raises NoProof."""
    expected = 0
    for path in segments:
        with path.open("rb") as file:
            try:
                head = form.read_header(file.readline(form.MOST_LINE).removesuffix(b"\n"))
            except form.BadLine as error:
                raise NoProof(f"{path.name}: {error}") from error
            if head.first != expected:
                raise NoProof(f"{path.name} begins with record {head.first}; a proof needs all from {expected}")
            while line := file.readline(form.MOST_LINE):
                if line.endswith(b"\n"):
                    yield line[:-1]
                    expected += 1


def notes(segments: Sequence[Path]) -> list[tuple[str, Checkpoint]]:
    """The log's own checkpoints, in their order. Raises NoProof."""
    found = []
    for path in segments:
        for line in form.checkpoints(path).read_bytes().split(b"\n")[:-1]:
            try:
                note = form.read_note(line)
                found.append((note, unverified(note)))
            except ValueError as error:
                raise NoProof(f"{form.checkpoints(path).name}: {error}") from error
    return found


def inclusion(segments: Sequence[Path], index: int) -> dict[str, object]:
    """That the record stands at `index`, by the log's last checkpoint. Raises NoProof, OSError."""
    known = notes(segments)
    if not known or known[-1][1].size <= index:
        most = known[-1][1].size if known else 0
        raise NoProof(f"no checkpoint commits to record {index} yet; the last commits to {most}")
    note, head = known[-1]
    kept: list[bytes] = []

    def hashed() -> Iterator[bytes]:
        for number, line in enumerate(lines(segments)):
            if number == index:
                kept.append(line)
            if number == head.size:
                return
            yield merkle.leaf_hash(line)

    # The record's own leaf comes as a range too: the pass must go as far as it.
    ranges = [*merkle.inclusion_ranges(index, head.size), (index, index + 1)]
    *path, _ = _proved(ranges, hashed())
    document: dict[str, object] = {
        "format": FORMAT,
        "proves": "inclusion",
        "index": index,
        "line": kept[0].decode(),
        "proof": [item.hex() for item in path],
        "checkpoint": note,
    }
    _inclusion_holds(document, head)
    return document


def consistency(segments: Sequence[Path], first: int, second: int) -> dict[str, object]:
    """That the checkpoint at `first` records begins the one at `second`. Raises NoProof, OSError."""
    known = {head.size: (note, head) for note, head in notes(segments)}
    missing = [size for size in (first, second) if size not in known]
    if missing or first > second:
        near = ", ".join(str(size) for size in sorted(known)[-10:])
        raise NoProof(f"no checkpoint commits to just {missing[0] if missing else first} records; the last are {near}")
    path = _proved(merkle.consistency_ranges(first, second), leaves(segments))
    document: dict[str, object] = {
        "format": FORMAT,
        "proves": "consistency",
        "proof": [item.hex() for item in path],
        "before": known[first][0],
        "checkpoint": known[second][0],
    }
    _consistency_holds(document, known[first][1], known[second][1])
    return document


def check(text: str, keys: Sequence[Verifier]) -> str:
    """What a proof proves, in words. Raises NoProof where it does not hold, ValueError where it isn't one."""
    try:
        document = json.loads(text)
    except RecursionError:
        raise ValueError("no proof is as deep") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f"not a proof of format {FORMAT}")
    if document.get("proves") == "inclusion":
        head = _note(document, "checkpoint", keys)
        _inclusion_holds(document, head)
        return f"record {document['index']} is in {head.origin}, as committed at {head.size} records, {head.at:%F %TZ}"
    if document.get("proves") == "consistency":
        before, head = _note(document, "before", keys), _note(document, "checkpoint", keys)
        if before.origin != head.origin:
            raise NoProof("the two checkpoints are of two logs")
        _consistency_holds(document, before, head)
        return f"{head.origin} only grew from {before.size} to {head.size} records"
    raise ValueError("a proof proves inclusion or consistency")


def _note(document: dict[str, Any], key: str, keys: Sequence[Verifier]) -> Checkpoint:
    try:
        return trusted(str(document.get(key)), keys)
    except ValueError as error:
        raise NoProof(f"{key}: {error}") from error


def _inclusion_holds(document: dict[str, Any], head: Checkpoint) -> None:
    try:
        line, index = document["line"].encode(), document["index"]
        named = form.read(line).index
        path = [bytes.fromhex(item) for item in document["proof"]]
        held = type(index) is int and named == index
        held = held and merkle.included(merkle.leaf_hash(line), index, head.size, path, head.root)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise NoProof("the proof is not in its form, or its record was changed") from error
    if not held:
        raise NoProof("the record is not in the tree that the checkpoint commits to")


def _consistency_holds(document: dict[str, Any], before: Checkpoint, head: Checkpoint) -> None:
    try:
        path = [bytes.fromhex(item) for item in document["proof"]]
    except (KeyError, TypeError, ValueError) as error:
        raise NoProof("the proof is not in its form") from error
    if not merkle.consistent(before.size, head.size, before.root, head.root, path):
        raise NoProof("the later checkpoint's tree does not begin with the earlier one's: history was written again")


def _proved(ranges: list[tuple[int, int]], hashed: Iterator[bytes]) -> list[bytes]:
    try:
        return merkle.prove(ranges, hashed)
    except ValueError as error:
        raise NoProof(str(error)) from error
