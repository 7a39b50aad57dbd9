"""Suites: what is asked, and what makes an answer right. YAML, JSON lines or CSV; unknown keys are refused."""

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

from model_images.evaluation.scoring import Score

SUITES = Path(__file__).parent / "suites"
"""Those that the project ships: synthetic, no person is in them."""
Purpose = Literal["accuracy", "safety"]
MOST_ITEMS, MOST_BYTES = 100_000, 256 * 2**20


class BadSuite(ValueError):
    """A suite that can't be read; the message names the file and every item with a fault."""


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One question."""

    id: str
    lang: str = "en"
    task: str
    note: str = ""
    """The text that it is about; put before the question."""
    ask: str
    score: Score
    """Which scorer, and with what; see `scoring`."""

    @property
    def prompt(self) -> str:
        """What the model is sent."""
        return f"{self.note}\n\n{self.ask}" if self.note else self.ask

    @property
    def digest(self) -> str:
        """Of all that decides what is asked and what is right."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()


class Suite(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Questions with one purpose."""

    name: str
    version: int
    purpose: Purpose
    about: str = ""
    least: float | None = None
    """Of a safety suite: the share that must pass."""
    items: tuple[Item, ...]

    @property
    def digest(self) -> str:
        """Of every item, in order, and of what the suite is for."""
        told = [self.name, self.version, self.purpose, self.least, [item.digest for item in self.items]]
        return hashlib.sha256(json.dumps(told, separators=(",", ":")).encode()).hexdigest()


def shipped() -> tuple[str, ...]:
    """Names of the suites that the project ships."""
    return tuple(sorted(path.stem for path in SUITES.glob("*.yaml")))


def find(word: str) -> Suite:
    """A shipped suite by name, or a file. Raises BadSuite."""
    return load(SUITES / f"{word}.yaml") if word in shipped() else load(Path(word))


def load(path: Path) -> Suite:
    """A suite of a file, by its suffix: `.yaml` or `.json` whole; `.jsonl` and `.csv` item by item.

    JSON lines begin with a line that is the suite without `items`. A CSV has columns id, lang, task, note, ask, kind
    and `with` (JSON of what the scorer takes); its suite is `accuracy`, its name that of the file. Raises BadSuite.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadSuite(f"{path} has more than {MOST_BYTES} bytes")
        raw = path.read_bytes()
        text = raw.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadSuite(f"{path} can't be read: {error}\nhint: a file, or one of {', '.join(shipped())}") from error
    readers = {".yaml": _yaml, ".yml": _yaml, ".json": _yaml, ".jsonl": _lines, ".csv": _csv}
    if path.suffix not in readers:
        raise BadSuite(f"{path}: a suite is .yaml, .json, .jsonl or .csv")
    try:
        document = readers[path.suffix](path, text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadSuite(f"{path}: {error}") from error
    return _suite(path, document)


def _yaml(_: Path, text: str) -> dict[str, Any]:
    found = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 a safe loader, in C
    if not isinstance(found, dict):
        raise ValueError("must be a mapping")  # noqa: TRY004 one kind of fault
    return found


def _lines(_: Path, text: str) -> dict[str, Any]:
    rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    if not rows or not isinstance(rows[0], dict):
        raise ValueError("the first line is the suite without its items")
    return {**rows[0], "items": rows[1:]}


def _csv(path: Path, text: str) -> dict[str, Any]:
    rows = list(csv.DictReader(io.StringIO(text), strict=True))
    items: list[dict[str, Any]] = []
    for row in rows:
        if None in row or None in row.values():
            raise ValueError(f"line {len(items) + 2} has not as many cells as the first")
        score = {"kind": row.pop("kind", ""), **json.loads(row.pop("with", "") or "{}")}
        items.append({**{key: value for key, value in row.items() if value}, "score": score})
    return {"name": path.stem, "version": 1, "purpose": "accuracy", "items": items}


def _suite(path: Path, document: dict[str, Any]) -> Suite:
    raw = document.get("items")
    if not isinstance(raw, list) or not 0 < len(raw) <= MOST_ITEMS:
        raise BadSuite(f"{path}: `items` is a list of 1 to {MOST_ITEMS}")
    items: list[Item] = []
    faults: list[str] = []
    for number, one in enumerate(raw, 1):
        name = one.get("id", "no id") if isinstance(one, dict) else "no mapping"
        try:
            items.append(msgspec.convert(one, Item))
        except (msgspec.ValidationError, ValueError) as error:
            faults.append(f"item {number} ({name}): {error}")
    faults += _twice(items)
    try:
        suite = msgspec.convert({**document, "items": []}, Suite)
    except msgspec.ValidationError as error:
        raise BadSuite("\n".join((f"{path}: {error}", *faults))) from error
    if faults:
        raise BadSuite("\n".join(f"{path}: {fault}" for fault in faults))
    if (suite.purpose == "safety") != (suite.least is not None):
        raise BadSuite(f"{path}: a safety suite, and no other, says in `least` what share must pass")
    return msgspec.structs.replace(suite, items=tuple(items))


def _twice(items: Sequence[Item]) -> list[str]:
    ids = [item.id for item in items]
    return [f"id '{name}' stands twice" for name in sorted({name for name in ids if ids.count(name) > 1})]
