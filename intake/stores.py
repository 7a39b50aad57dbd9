"""Where weights are laid down: once, and never over what stands there. This is a folder; `blob_store` is Azure's."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from intake.refusal import Refused

BUFFER = 8 * 2**20
Told = Callable[[int], None]


class Store(Protocol):
    """A place for weights; paths are `<model>/<revision>/<file>`."""

    described: str
    """For the record."""

    def read(self, path: str) -> bytes | None:
        """A small file; None where it is not there. Raises Interrupted."""

    def lay(self, path: str, file: Path, sha256: str, told: Told) -> bool:
        """Lay a file down; False where the same stands there already.

        Raises Refused where another content does, Interrupted where the store fails.
        """


class FolderStore:
    """A folder of this machine, or a mount. Files are made read-only; what is immutable there is the mount's to say."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.described = folder.resolve().as_uri()

    def read(self, path: str) -> bytes | None:
        """A small file; None where it is not there."""
        try:
            return (self._folder / path).read_bytes()
        except FileNotFoundError:
            return None

    def lay(self, path: str, file: Path, sha256: str, told: Told) -> bool:
        """Copy beside its place, then link into it: nobody sees half a file, and none is written over."""
        target = self._folder / path
        if target.exists():
            if _sha256(target) != sha256:
                raise Refused([f"{path} stands in the store with another content; what stands there is not replaced"])
            told(target.stat().st_size)
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.laying")
        digest = hashlib.sha256()
        with file.open("rb") as source, beside.open("wb") as copy:
            while chunk := source.read(BUFFER):
                digest.update(chunk)
                copy.write(chunk)
                told(len(chunk))
            copy.flush()
            os.fsync(copy.fileno())
        if digest.hexdigest() != sha256:
            beside.unlink()
            raise Refused([f"{path} changed after it was hashed; the staging folder is not this run's alone"])
        beside.chmod(0o444)
        try:
            os.link(beside, target)
        finally:
            beside.unlink()
        return True


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
