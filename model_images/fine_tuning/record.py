"""What a training leaves behind beside the weights: a manifest, a record of what it cost, and a candidate's record."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

MANIFEST, RECORD = "manifest.json", "training.json"


@dataclass(frozen=True, kw_only=True)
class Base:
    """The model that the adapter is for."""

    name: str
    revision: str
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What it cost in privacy, and by which accountant."""

    epsilon: float
    delta: float
    noise_multiplier: float
    max_grad_norm: float
    """Each record's gradient is clipped to it."""
    sample_rate: float
    """With which each record was in a batch (Poisson)."""
    steps: int
    accountant: str = "rdp"
    unit: str = "record, of which each subject has one"
    total: float
    """Of all trainings on the same population so far, this one among them."""
    budget: float
    """What they may come to."""
    ledger_entry: int
    ledger_sha256: str
    """Of that entry's file."""


def manifest(folder: Path) -> str:
    """Write the SHA-256 of every file of an adapter; the SHA-256 of that list names it."""
    files = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name not in (MANIFEST, RECORD)
    }
    raw = json.dumps({"format": "bailiwick-adapter/1", "files": files}, indent=1, sort_keys=True).encode() + b"\n"
    (folder / MANIFEST).write_bytes(raw)
    return hashlib.sha256(raw).hexdigest()


def written(
    folder: Path,
    *,
    name: str,
    sha256: str,
    base: Base,
    cost: Cost,
    dataset: Mapping[str, object],
    training: Mapping[str, object],
) -> Path:
    """Write the record. `dataset`: path, store, population, sha256, records. `training`: settings, versions, times."""
    told = {
        "format": "bailiwick-training/1",
        "adapter": {"name": name, "revision": sha256[:40], "sha256": sha256},
        "base": asdict(base),
        "privacy": asdict(cost),
        "dataset": dict(dataset),
        "training": dict(training),
    }
    path = folder / RECORD
    path.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return path


def candidate(
    folder: Path,
    *,
    stack: str,
    use_case: str,
    name: str,
    sha256: str,
    prompt: Mapping[str, str],
    by: str,
    why: str,
    today: date,
) -> Path:
    """Write the record of the adapter as a candidate, to be committed as it lies: records/lifecycle.py reads it.

    An adapter has no commit; its revision is the beginning of its manifest's SHA-256. JSON is YAML.
    """
    revision = sha256[:40]
    document = {
        "stack": stack,
        "use_case": use_case,
        "model": {"name": name, "revision": revision, "sha256": sha256},
        "prompt": dict(prompt),
    }
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in document.items()]
    step = {"by": by, "why": why}
    lines += ["history:", "  - to: candidate", f"    date: {today.isoformat()}"]
    lines += [f"    {key}: {json.dumps(value, ensure_ascii=False)}" for key, value in step.items()]
    path = folder / "lifecycle" / stack / use_case / f"{name}-{revision[:12]}-{prompt['version']}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
