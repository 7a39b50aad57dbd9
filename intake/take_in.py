"""The import, step by step: copy, look through, hash, sign, lay down, say what was done. Each step can be killed.

The staging folder holds what was done so far, for one model and revision:

    files/        the weights, whole; parts/ those that are still coming
    notes         what was hashed already (weights/hashing.py)
    begun.json    when and by whom this import was begun: the record says it however often it was gone on with
    signed/       manifest, signature and provenance, as they will be laid down

The manifest is laid down last: where it stands, everything does.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from intake.malware import Scan, scan
from intake.pickles import SUSPECT, imports
from intake.provenance import KIND, predicate
from intake.refusal import Refused
from intake.signing import Signing
from intake.stores import Store
from weights.contents import faults, files
from weights.form import MANIFEST, PROVENANCE, SIGNATURE, Malformed, Manifest, read
from weights.hashing import sha256
from weights.signature import IMPORTED, Unsigned, envelope, statement, verified
from weights.verify import manifest_of

Told = Callable[[int], None]


class Source(Protocol):
    """Where weights come from."""

    described: str

    def paths(self) -> Sequence[str]:
        """Every file of it. Raises Refused."""

    def fetch(self, path: str, part: Path, told: Told) -> None:
        """Bring one file, after the bytes of it that are in `part`. Raises Interrupted, Refused."""


@dataclass(frozen=True, kw_only=True)
class Import:
    """What is to be imported, and how."""

    name: str
    revision: str
    who: str
    """Who imports it: on record."""
    source: Source
    staging: Path
    """A folder that this run alone writes to."""
    expected: Mapping[str, str] | None = None
    """SHA-256 by path that somebody vouches for."""
    pinned: str | None = None
    """SHA-256 of the manifest, where the catalogue has it."""
    unscanned: str | None = None
    """Why there is no malware scan; None to scan."""
    version: str = ""
    """Of this tool."""


@dataclass(frozen=True, kw_only=True)
class Done:
    """What came of it."""

    manifest: Manifest
    laid: int
    """Files that were laid down by this run; 0 where all stood there."""
    bytes: int
    """Of the files, all told."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """Who hears of the progress."""

    step: Callable[[str], None] = lambda _: None
    bytes: Told = lambda _: None


def take_in(job: Import, store: Store, signing: Signing, heard: Heard | None = None) -> Done:
    """Do what is not done yet.

    Raises Refused where something may not come in, Interrupted where a source, a store or a tool failed, OSError.
    """
    heard = heard or Heard()
    heard.step("looking for it in the store")
    standing = _standing(job, store, signing)
    if standing is not None:
        return Done(manifest=standing, laid=0, bytes=standing.total)
    place = job.staging / job.name / job.revision
    (place / "files").mkdir(parents=True, exist_ok=True)
    began = _begun(place, job)
    heard.step("copying")
    _copy(job, place, heard)
    heard.step("looking through it")
    _look_through(place / "files")
    heard.step("scanning for malware")
    scanned = scan(place / "files", why_not=job.unscanned)
    heard.step("hashing")
    manifest = _manifest(job, place, heard)
    heard.step("signing")
    signed = _signed(job, place, manifest, signing, store, (began, scanned))
    heard.step("laying down")
    laid = _lay(job, place, manifest, signed, store, heard)
    return Done(manifest=manifest, laid=laid, bytes=manifest.total)


def _at(job: Import, path: str) -> str:
    return f"{job.name}/{job.revision}/{path}"


def _standing(job: Import, store: Store, signing: Signing) -> Manifest | None:
    """The manifest in the store, where it is what this import would end in. Raises Refused where it is another."""
    written = store.read(_at(job, MANIFEST))
    if written is None:
        return None
    try:
        found = read(written)
        signature = store.read(_at(job, SIGNATURE)) or b""
        verified(signature, [signing.public], digest=found.digest)
    except (Malformed, Unsigned) as error:
        raise Refused([f"what stands in the store as {_at(job, '')} is not this key's: {error}"]) from error
    told = []
    if (found.name, found.revision) != (job.name, job.revision):
        told.append(f"the store has {found.name}@{found.revision} where {job.name}@{job.revision} belongs")
    if job.pinned is not None and found.digest != job.pinned:
        told.append(f"the store's manifest is {found.digest}; the catalogue pins {job.pinned}")
    if job.expected is not None:
        told += _differences(job.expected, {file.path: file.sha256 for file in found.files}, "the store")
    if told:
        raise Refused(told)
    return found


def _begun(place: Path, job: Import) -> Mapping[str, str]:
    file = place / "begun.json"
    if not file.exists():
        told = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "by": job.who, "from": job.source.described}
        _write(file, json.dumps(told).encode())
    found = json.loads(file.read_bytes())
    if found["from"] != job.source.described:
        words = f"{place} was begun from {found['from']}, and this is {job.source.described}: one record can't say both"
        raise Refused([f"{words}; take another --staging folder"])
    return {key: str(found[key]) for key in ("at", "by", "from")}


def _copy(job: Import, place: Path, heard: Heard) -> None:
    paths = job.source.paths()
    if job.expected is not None:
        missing = sorted(set(job.expected) ^ set(paths))
        if missing:
            raise Refused([f"{path} is in one of the source and the list of checksums alone" for path in missing])
    # What an earlier source had, and this one does not, must not slip in.
    for path in files(place / "files"):
        if path not in paths:
            (place / "files" / path).unlink()
    for path in paths:
        whole, part = place / "files" / path, place / "parts" / path
        if whole.exists():
            heard.bytes(whole.stat().st_size)
            continue
        for file in (whole, part):
            file.parent.mkdir(parents=True, exist_ok=True)
        job.source.fetch(path, part, heard.bytes)
        if job.expected is not None and sha256(part)[0] != job.expected[path]:
            part.unlink()
            raise Refused([f"{path} came with another checksum than was expected; it was thrown away"])
        part.replace(whole)


def _look_through(folder: Path) -> None:
    paths = list(files(folder))
    told = faults(folder, paths)
    for path in paths:
        if path.endswith(SUSPECT):
            names = imports(folder / path)
            told += [f"{path} is a pickle that would run {', '.join(names[:8])}"] if names else []
    if told:
        raise Refused(told)


def _manifest(job: Import, place: Path, heard: Heard) -> Manifest:
    try:
        found = manifest_of(
            place / "files", name=job.name, revision=job.revision, notes=place / "notes", told=heard.bytes
        )
    except Malformed as error:
        raise Refused(error.faults) from error
    told = []
    if job.expected is not None:
        told += _differences(job.expected, {file.path: file.sha256 for file in found.files}, "what came")
    if job.pinned is not None and found.digest != job.pinned:
        told.append(
            f"the manifest of what came is {found.digest}; the catalogue pins {job.pinned} for "
            f"{job.name}@{job.revision[:12]}: these are other weights"
        )
    if told:
        raise Refused(told)
    return found


def _differences(wanted: Mapping[str, str], found: Mapping[str, str], whose: str) -> list[str]:
    return [
        f"{path}: {whose} has {found.get(path, 'nothing')[:12]}, expected is {wanted.get(path, 'nothing')[:12]}"
        for path in sorted(set(wanted) | set(found))
        if wanted.get(path) != found.get(path)
    ]


def _signed(
    job: Import,
    place: Path,
    manifest: Manifest,
    signing: Signing,
    store: Store,
    record: tuple[Mapping[str, str], Scan],
) -> Mapping[str, Path]:
    """Manifest, signature and provenance, as files. What was signed once is not signed again: it would differ."""
    folder = place / "signed"
    folder.mkdir(exist_ok=True)
    _write(folder / MANIFEST, manifest.encoded)
    began, scanned = record
    said: Mapping[str, tuple[str, Mapping[str, object]]] = {
        SIGNATURE: (
            IMPORTED,
            {
                "name": manifest.name,
                "revision": manifest.revision,
                "files": len(manifest.files),
                "bytes": manifest.total,
            },
        ),
        PROVENANCE: (
            KIND,
            predicate(manifest, began=began, scanned=scanned.as_json(), expected=job.expected, version=job.version),
        ),
    }
    for name, (kind, words) in said.items():
        standing = store.read(_at(job, name))
        if standing is not None and _is_ours(standing, signing, manifest, kind):
            _write(folder / name, standing)
        elif not (folder / name).exists() or not _is_ours((folder / name).read_bytes(), signing, manifest, kind):
            _write(folder / name, envelope(statement(manifest.digest, words, kind=kind), signing.sign, signing.id))
    return {name: folder / name for name in (SIGNATURE, PROVENANCE, MANIFEST)}


def _is_ours(written: bytes, signing: Signing, manifest: Manifest, kind: str) -> bool:
    try:
        verified(written, [signing.public], digest=manifest.digest, kind=kind)
    except Unsigned:
        return False
    return True


def _lay(job: Import, place: Path, manifest: Manifest, signed: Mapping[str, Path], store: Store, heard: Heard) -> int:
    laid = 0
    for file in manifest.files:
        laid += store.lay(_at(job, file.path), place / "files" / file.path, file.sha256, heard.bytes)
    for name, file_ in signed.items():
        laid += store.lay(_at(job, name), file_, sha256(file_)[0], lambda _: None)
    return laid


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all."""
    beside = file.with_name(f".{file.name}.writing")
    with beside.open("wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    beside.replace(file)
