"""What a folder of weights says of itself: `manifest.json`, and the signature beside it, `manifest.dsse.json`.

    {"format": "bailiwick-weights/1", "name": "clinical-notes-27b-fp8", "revision": "<40 hex digits>",
     "files": [{"path": "config.json", "bytes": 812, "sha256": "<64 hex digits>"}, …]}

Files are sorted by path, keys by name, without spaces: the same weights have the same bytes, whose SHA-256 is what a
stack file pins (`useCases[].model.sha256`). Whoever pins it needs no signature to know that nothing was altered; the
signature says who imported it.
"""

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

FORMAT = "bailiwick-weights/1"
MANIFEST, SIGNATURE, PROVENANCE = "manifest.json", "manifest.dsse.json", "provenance.dsse.json"
BESIDE = frozenset({MANIFEST, SIGNATURE, PROVENANCE})
"""What lies in the folder and is not named in the manifest."""
MOST_FILES = 10_000
MOST_MANIFEST = 4_000_000
"""Bytes; the largest public model has some 200 shards."""
_HEX = re.compile(r"[0-9a-f]{64}")
_REVISION = re.compile(r"[0-9a-f]{40}")
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,95}")


class Malformed(ValueError):
    """A manifest that is not one, with every fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True, order=True)
class File:
    """One file of the model."""

    path: str
    """Below the folder, with `/`; no `..`, nothing absolute."""
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """Every file of one revision of one model."""

    name: str
    revision: str
    files: tuple[File, ...]

    @property
    def encoded(self) -> bytes:
        """As it is written: one form only."""
        told = {
            "format": FORMAT,
            "name": self.name,
            "revision": self.revision,
            "files": [{"path": f.path, "bytes": f.bytes, "sha256": f.sha256} for f in sorted(self.files)],
        }
        return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"

    @property
    def digest(self) -> str:
        """SHA-256 of the encoded manifest, in hex."""
        return hashlib.sha256(self.encoded).hexdigest()

    @property
    def total(self) -> int:
        """Bytes of all files."""
        return sum(file.bytes for file in self.files)


def read(encoded: bytes) -> Manifest:
    """The manifest in its bytes. Raises Malformed, with every fault; also where they are not the one form."""
    if len(encoded) > MOST_MANIFEST:
        raise Malformed([f"{MANIFEST} has {len(encoded)} bytes; at most {MOST_MANIFEST}"])
    try:
        told = json.loads(encoded)
    except (ValueError, RecursionError):
        raise Malformed([f"{MANIFEST} is not JSON"]) from None
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise Malformed([f"{MANIFEST} does not say format '{FORMAT}'"])
    faults = _faults(told)
    if faults:
        raise Malformed(faults)
    files = tuple(File(item["path"], item["bytes"], item["sha256"]) for item in told["files"])
    found = Manifest(told["name"], told["revision"], files)
    if found.encoded != encoded:
        # Else two texts would stand for one manifest, and only one of them has the digest that is pinned.
        raise Malformed([f"{MANIFEST} is not in its one form: sorted files and keys, no spaces, a line's end"])
    return found


def _faults(told: dict[str, Any]) -> list[str]:
    faults = [f"unknown key '{key}'" for key in sorted(told.keys() - {"format", "name", "revision", "files"})]
    if not isinstance(told.get("name"), str) or not _NAME.fullmatch(told["name"]):
        faults.append("name is letters, digits, '.', '_' and '-', at most 96")
    if not isinstance(told.get("revision"), str) or not _REVISION.fullmatch(told["revision"]):
        faults.append("revision is a commit of 40 hex digits")
    files = told.get("files")
    if not isinstance(files, list) or not 1 <= len(files) <= MOST_FILES:
        return [*faults, f"files is a list of 1 to {MOST_FILES}"]
    for at, item in enumerate(files):
        faults += [f"files[{at}]: {fault}" for fault in _file_faults(item)]
    paths = [str(item.get("path")) for item in files if isinstance(item, dict)]
    folded = Counter(path.casefold() for path in paths)
    faults += [f"'{path}' stands twice" for path in sorted(set(paths)) if folded[path.casefold()] > 1]
    return faults


def _file_faults(item: object) -> list[str]:
    if not isinstance(item, dict) or item.keys() != {"path", "bytes", "sha256"}:
        return ["has path, bytes and sha256, and nothing else"]
    faults = []
    if not isinstance(item["path"], str) or not safe(item["path"]):
        faults.append("path leads outside the folder, or is no plain name")
    if not isinstance(item["bytes"], int) or isinstance(item["bytes"], bool) or item["bytes"] < 0:
        faults.append("bytes is a number from 0")
    if not isinstance(item["sha256"], str) or not _HEX.fullmatch(item["sha256"]):
        faults.append("sha256 is 64 hex digits")
    return faults


def safe(path: str) -> bool:
    """Whether a path stays below its folder on every system, and looks as what it is."""
    pure = PurePosixPath(path)
    return (
        bool(path)
        and str(pure) == path
        and not pure.is_absolute()
        and ".." not in pure.parts
        and path not in BESIDE
        and path.isascii()
        and path.isprintable()
        and not set(path) & set('\\:*?"<>|')
        and not any(part.startswith(".") or part.endswith((".", " ")) for part in pure.parts)
    )
