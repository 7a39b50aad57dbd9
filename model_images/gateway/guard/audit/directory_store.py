"""A folder where each file is written once: the spool of an edge site, whose disk or gatherer makes it write-once."""

import asyncio
import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from model_images.gateway.guard.audit.anchor import StoreConflict, StoreUnavailable

READ_ONLY = 0o400


class DirectoryStore:
    """Files appear whole, read-only, and are never opened for writing again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, name: str, data: bytes | Path) -> None:
        """Put it there once. Raises StoreUnavailable, StoreConflict."""
        try:
            await asyncio.to_thread(self._put, name, data)
        except OSError as error:
            raise StoreUnavailable(f"{name}: {os.strerror(error.errno or 0)}") from None

    async def names(self, prefix: str) -> Sequence[str]:
        """Names that begin so. Raises StoreUnavailable."""

        def found() -> list[str]:
            names = (path.relative_to(self._folder).as_posix() for path in self._folder.rglob("*") if path.is_file())
            return sorted(name for name in names if name.startswith(prefix) and not name.endswith(".part"))

        return await asyncio.to_thread(found)

    async def get(self, name: str) -> bytes:
        """What lies there. Raises StoreUnavailable."""
        try:
            return await asyncio.to_thread(self._path(name).read_bytes)
        except OSError as error:
            raise StoreUnavailable(f"{name}: {os.strerror(error.errno or 0)}") from None

    def _path(self, name: str) -> Path:
        found = self._folder / name
        if ".." in found.parts or not found.is_relative_to(self._folder):
            raise StoreUnavailable("a name leads out of the store")
        return found

    def _put(self, name: str, data: bytes | Path) -> None:
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = data if isinstance(data, bytes) else data.read_bytes()
        part = path.with_name(path.name + ".part")
        with contextlib.suppress(FileNotFoundError):
            part.unlink()
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, READ_ONLY)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            # A link fails where the name is taken; a rename would replace what lies there.
            os.link(part, path)
        except FileExistsError:
            if path.read_bytes() != raw:
                raise StoreConflict(name) from None
        finally:
            with contextlib.suppress(FileNotFoundError):
                part.unlink()
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
