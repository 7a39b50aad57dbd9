"""A pack on disk: all of it, or what was there before."""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from evidence.pack.files import WRITERS, files
from evidence.pack.manifest import FILE, SIGNED, signed
from evidence.pack.subject import Subject
from weights.signature import Signer


class Occupied(ValueError):
    """The folder holds something that is no evidence; the message says what."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """What was written."""

    folder: Path
    files: dict[str, tuple[int, str]]
    """File to its bytes and SHA-256."""


def write(
    subject: Subject,
    folder: Path,
    signer: tuple[Signer, str] | None = None,
    heard: Callable[[str], None] | None = None,
) -> Written:
    """Write a pack to `folder`, which is new, empty, or held one before; `signer` is a function and its key's id.

    Written beside and moved into place at the end. Raises Occupied, and OSError.
    """
    check(folder)
    partial = partial_of(folder)
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        written: dict[str, tuple[int, str]] = {}
        for name, content in files(subject):
            if heard is not None:
                heard(name)
            keep(partial, name, content, written)
            if name == FILE and signer is not None:
                keep(partial, SIGNED, signed(content, *signer), written)
        if folder.exists():
            shutil.rmtree(folder)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Written(folder=folder, files=written)


def partial_of(folder: Path) -> Path:
    """Where a pack is written before it is moved to `folder`; left over where that was stopped."""
    return folder.with_name(f".{folder.name}.partial")


def own_files(folder: Path) -> frozenset[Path]:
    """Whole paths of the evidence that lies in `folder`: what is written there next does not stand on these."""
    if not (folder / FILE).is_file():
        return frozenset()
    return frozenset(folder.resolve() / name for name in (*WRITERS, FILE, SIGNED))


def check(folder: Path) -> None:
    """Raises Occupied where writing would take away what is no evidence."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise Occupied(f"{folder} is no folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / FILE).is_file():
        raise Occupied(f"{folder} holds files and no {FILE}: it is no evidence, and is left as it is")


def keep(folder: Path, name: str, content: bytes, written: dict[str, tuple[int, str]]) -> None:
    """Write a file, and note its bytes and SHA-256. Raises OSError."""
    (folder / name).write_bytes(content)
    written[name] = (len(content), hashlib.sha256(content).hexdigest())
