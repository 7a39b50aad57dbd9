"""Whether a folder is the evidence that somebody signed: every file there, none changed, none beside."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from evidence.pack.manifest import FILE, INDEX_KIND, KIND, SIGNED
from weights.signature import STATEMENT, Unsigned, opened

MOST: Final = 64 * 2**20
"""Bytes of a manifest; whatever is longer is none of ours."""


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What was found; sound where `faults` is empty."""

    folder: str
    predicate: Mapping[str, Any] = field(default_factory=dict)
    files: int = 0
    signed: bool = False
    """By a key that was named."""
    faults: tuple[str, ...] = ()


def verified(folder: Path, keys: Sequence[str]) -> Verified:
    """Hold a folder against its manifest, and the manifest against its signature by one of `keys` (PEM).

    Without keys the signature is not looked at, and `signed` is false. Raises OSError where the folder can't be read.
    """
    try:
        content = _read(folder / FILE)
    except FileNotFoundError:
        return Verified(folder=str(folder), faults=(f"{FILE} is missing: nothing says what should be here",))
    faults: list[str] = []
    if keys:
        faults += _unsigned(folder, content, keys)
    signed = bool(keys) and not faults
    kind, listed, predicate, wrong = _listed(content)
    faults += wrong
    within = [name.removesuffix(f"/{FILE}") for name in listed if kind == INDEX_KIND and name.endswith(f"/{FILE}")]
    faults += _held(folder, listed, within)
    files = len(listed)
    for stack in within:
        if (folder / stack).is_symlink() or not (folder / stack / FILE).is_file():
            continue  # told above
        found = verified(folder / stack, keys)
        files += found.files
        signed = signed and found.signed
        faults += [f"{stack}: {fault}" for fault in found.faults]
        if found.predicate and found.predicate.get("stack") != stack:
            faults.append(f"{stack}: is the evidence of another stack, or of none")
    return Verified(folder=str(folder), predicate=predicate, files=files, signed=signed, faults=tuple(faults))


def _unsigned(folder: Path, content: bytes, keys: Sequence[str]) -> list[str]:
    try:
        same = opened(_read(folder / SIGNED), keys) == content
    except FileNotFoundError:
        return [f"{SIGNED} is missing: nobody has signed this"]
    except Unsigned as error:
        return [f"{SIGNED}: {error}"]
    return [] if same else [f"{SIGNED} is of another {FILE}"]


def _listed(content: bytes) -> tuple[str, Mapping[str, str], Mapping[str, Any], list[str]]:
    """Its kind, file to SHA-256, what is said beside, and what is wrong with the manifest's form."""
    try:
        said = json.loads(content)
        listed = {str(item["name"]): str(item["digest"]["sha256"]) for item in said["subject"]}
        of, predicate = (said["_type"], said["predicateType"]), said["predicate"]
        whole = len(listed) == len(said["subject"]) > 0 and isinstance(predicate, dict)
    except (ValueError, KeyError, TypeError, RecursionError):
        return "", {}, {}, [f"{FILE} is no in-toto statement"]
    if of not in ((STATEMENT, KIND), (STATEMENT, INDEX_KIND)) or not whole:
        return "", {}, {}, [f"{FILE} is a statement of another kind, or names a file twice, or none"]
    return of[1], listed, predicate, []


def _held(folder: Path, listed: Mapping[str, str], within: Sequence[str]) -> list[str]:
    """Faults of the files here; those `within` a stack's folder are held against its own manifest."""
    faults = []
    found = [path for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir()]
    there = {path.relative_to(folder).as_posix(): path for path in found}
    for name, digest in listed.items():
        path = there.get(name)
        if path is None:
            faults.append(f"{name} is missing")
        elif path.is_symlink():
            faults.append(f"{name} is a link: what it shows may change")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            faults.append(f"{name} is not what it was when the manifest was written")
    owned = tuple(f"{stack}/" for stack in within)
    beside = sorted(name for name in set(there) - set(listed) - {FILE, SIGNED} if not name.startswith(owned))
    return [*faults, *(f"{name} is not in the manifest" for name in beside)]


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST)
