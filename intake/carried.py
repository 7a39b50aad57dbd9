"""A carried disk, or any folder, as a source: copied file by file, and gone on with after the bytes that are right."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from intake.refusal import Interrupted, Refused
from weights.contents import files
from weights.form import safe

BUFFER = 8 * 2**20
Told = Callable[[int], None]


class CarriedFolder:
    """Weights in a folder that nobody trusts yet. Links are refused: they would lead out of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.described = folder.resolve().as_uri()
        """For the record of where it came from."""

    def paths(self) -> Sequence[str]:
        """Every file of it. Raises Refused where there is none, or something that is no plain file."""
        found = list(files(self._folder))
        faults = [f"{path!r} is no plain name" for path in found if not safe(path)]
        faults += [f"{path} is no plain file" for path in found if not _plain(self._folder / path)]
        if faults or not found:
            raise Refused(faults or [f"{self._folder} holds no file"])
        return found

    def fetch(self, path: str, part: Path, told: Told) -> None:
        """Copy one file to `part`, after the bytes of it that are there and are right. Raises Interrupted."""
        try:
            with _opened(self._folder / path) as source, part.open("a+b") as copy:
                copy.seek(0)
                while have := copy.read(BUFFER):
                    if source.read(len(have)) != have:
                        # A copy that was cut, or of another file: from the beginning.
                        source.seek(0)
                        copy.truncate(0)
                        break
                    told(len(have))
                copy.seek(0, os.SEEK_END)
                while chunk := source.read(BUFFER):
                    copy.write(chunk)
                    told(len(chunk))
                copy.flush()
                os.fsync(copy.fileno())
        except OSError as error:
            raise Interrupted(f"{path} can't be copied: {error.strerror or error}") from error


def _plain(file: Path) -> bool:
    return file.is_file() and not file.is_symlink()


def _opened(file: Path) -> BinaryIO:
    return os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")
