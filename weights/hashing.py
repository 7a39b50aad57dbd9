"""SHA-256 of many large files at the disk's speed, and not again where it was done.

hashlib lets go of the interpreter while it reads a large buffer, so files are hashed side by side, each in one pass,
with no copy of it in memory. A SHA-256 can't be halted and gone on with, so what a run resumes at is a file: shards
have some gigabytes at most.

What was hashed is kept as one line for each file, with who the file was (device, inode, bytes, times). A line counts
only where all of that is as it was. So the notes must lie where only this container writes: whoever can write there
and keep a file's times could as well replace what reads it.
"""

import hashlib
import json
import os
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

BUFFER = 8 * 2**20
"""Bytes at a time: large enough that the interpreter's part is nought, small enough to stay in the cache's reach."""

Identity = tuple[int, int, int, int, int]
Told = Callable[[int], None]
"""Hears how many bytes more were hashed."""


def sha256(path: Path, *, told: Told = lambda _: None) -> tuple[str, Identity]:
    """Of one file, in hex, with who it was when it was hashed. Raises OSError; also where it is a link or changed."""
    opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(opened, "rb", buffering=0, closefd=True) as file:  # noqa: PTH123 the descriptor that is no link
        before = _identity(os.fstat(opened))
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(opened, 0, 0, os.POSIX_FADV_SEQUENTIAL)
        digest, buffer = hashlib.sha256(), memoryview(bytearray(BUFFER))
        while count := file.readinto(buffer):
            digest.update(buffer[:count])
            told(count)
        if _identity(os.fstat(opened)) != before:
            raise OSError(f"{path.name} changed while it was read")
    return digest.hexdigest(), before


def hashed(
    folder: Path, paths: Sequence[str], *, notes: Path | None = None, threads: int = 4, told: Told = lambda _: None
) -> Generator[tuple[str, str | OSError], None, None]:
    """Each path with its SHA-256, as they are done, or with what kept it from being read."""
    known = _known(notes) if notes else {}
    waiting: list[str] = []
    for path in paths:
        try:
            found = known.get((path, _identity((folder / path).lstat())))
        except OSError as error:
            yield path, error
            continue
        if found is None:
            waiting.append(path)
        else:
            told((folder / path).lstat().st_size)
            yield path, found
    # The largest first, so that no thread begins one when the others are done.
    waiting.sort(key=lambda path: -(folder / path).lstat().st_size)
    with ThreadPoolExecutor(max(1, threads), "hash") as pool:
        running = {pool.submit(sha256, folder / path, told=told): path for path in waiting}
        for done in as_completed(running):
            path = running[done]
            try:
                digest, identity = done.result()
            except OSError as error:
                yield path, error
                continue
            if notes:
                _note(notes, path, identity, digest)
            yield path, digest


def _identity(stat: os.stat_result) -> Identity:
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


def _known(notes: Path) -> Mapping[tuple[str, Identity], str]:
    found: dict[tuple[str, Identity], str] = {}
    try:
        lines = notes.read_bytes().splitlines()
    except OSError:
        return found
    for line in lines:
        try:
            told = json.loads(line)
            found[told["path"], (*map(int, told["identity"]),)] = str(told["sha256"])  # type: ignore[index] # five
        except (ValueError, KeyError, TypeError):
            continue  # a line that a killed process cut: its file is hashed again
    return found


def _note(notes: Path, path: str, identity: Identity, digest: str) -> None:
    line = json.dumps({"path": path, "identity": identity, "sha256": digest}).encode()
    opened = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        # A line's end on both sides: what a killed process left half written must not swallow it.
        os.write(opened, b"\n" + line + b"\n")
    finally:
        os.close(opened)
