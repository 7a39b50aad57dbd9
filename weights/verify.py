"""Whether a folder holds what its pinned manifest says, and nothing else: every fault, not the first."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from weights.contents import faults, files
from weights.form import MANIFEST, MOST_MANIFEST, SIGNATURE, File, Malformed, Manifest, read
from weights.hashing import Told, hashed
from weights.signature import Unsigned, verified


@dataclass
class Verdict:
    """What was found of a folder."""

    manifest: Manifest | None = None
    faults: list[str] = field(default_factory=list)
    """In words that name the file; empty where the weights are what was pinned."""
    hashed: int = 0
    """Bytes that were read for it, or that the notes of an earlier run vouch for."""

    @property
    def sound(self) -> bool:
        """Whether a server may start on it."""
        return self.manifest is not None and not self.faults


@dataclass(frozen=True, kw_only=True)
class Pinned:
    """What the plan says is to lie there; what is None was not pinned, and is not held."""

    name: str | None = None
    revision: str | None = None
    sha256: str | None = None
    """Of the manifest."""
    keys: Sequence[str] = ()
    """Public keys in PEM, one of which must have signed the manifest; none: no signature is asked for."""


def verify(
    folder: Path, pinned: Pinned, *, notes: Path | None = None, threads: int = 4, told: Told = lambda _: None
) -> Verdict:
    """The folder, held against what is pinned. Never raises for what lies in it."""
    found = Verdict()
    try:
        encoded = _bytes(folder / MANIFEST)
        found.manifest = read(encoded)
    except OSError as error:
        found.faults.append(f"{MANIFEST} can't be read: {error.strerror or 'it is no plain file'}")
        return found
    except Malformed as error:
        found.faults += error.faults
        return found
    found.faults += _pins(folder, found.manifest, pinned)
    if found.faults:
        # Whoever wrote another manifest wrote the sums in it: nothing is gained by hashing.
        return found
    named = {file.path: file for file in found.manifest.files}
    there = list(files(folder))
    found.faults += [f"{path} is not in the manifest" for path in there if path not in named]
    found.faults += [f"{path} is in the manifest and not there" for path in sorted(named.keys() - set(there))]
    present = [path for path in there if path in named]
    found.faults += faults(folder, present)
    found.faults += [fault for path in present for fault in _other_size(folder / path, named[path])]
    if found.faults:
        return found

    def count(bytes_read: int) -> None:
        found.hashed += bytes_read
        told(bytes_read)

    for path, digest in hashed(folder, present, notes=notes, threads=threads, told=count):
        if isinstance(digest, OSError):
            found.faults.append(f"{path} can't be read: {digest.strerror or digest}")
        elif digest != named[path].sha256:
            found.faults.append(f"{path} has sha256 {digest[:12]}…; the manifest says {named[path].sha256[:12]}…")
    return found


def _pins(folder: Path, manifest: Manifest, pinned: Pinned) -> list[str]:
    found = []
    for what, is_there, wanted in (
        ("name", manifest.name, pinned.name),
        ("revision", manifest.revision, pinned.revision),
        ("sha256", manifest.digest, pinned.sha256),
    ):
        if wanted is not None and is_there != wanted:
            found.append(f"{MANIFEST}: {what} is {is_there}; the plan pins {wanted}")
    if pinned.keys:
        try:
            verified(_bytes(folder / SIGNATURE), pinned.keys, digest=manifest.digest)
        except OSError:
            found.append(f"{SIGNATURE} is not there: nobody stands for these weights")
        except Unsigned as error:
            found.append(f"{SIGNATURE}: {error}")
    return found


def _other_size(file: Path, named: File) -> list[str]:
    size = file.lstat().st_size
    return [] if size == named.bytes else [f"{named.path} has {size} bytes; the manifest says {named.bytes}"]


def _bytes(file: Path) -> bytes:
    opened = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(opened, "rb") as stream:  # noqa: PTH123 the descriptor that is no link
        return stream.read(MOST_MANIFEST + 1)


def manifest_of(
    folder: Path, *, name: str, revision: str, threads: int = 4, notes: Path | None = None, told: Told = lambda _: None
) -> Manifest:
    """The manifest of what lies in a folder. Raises Malformed where something in it may not, and OSError."""
    paths = list(files(folder))
    wrong = faults(folder, paths)
    if wrong:
        raise Malformed(wrong)
    done = []
    for path, digest in hashed(folder, paths, notes=notes, threads=threads, told=told):
        if isinstance(digest, OSError):
            raise digest
        done.append(File(path, (folder / path).lstat().st_size, digest))
    return read(Manifest(name, revision, tuple(sorted(done))).encoded)
