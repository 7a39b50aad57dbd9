"""Every version's record of this project, by stack and use case.

A file with a fault speaks for nothing. Where two files say that they are what is served, neither is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from records.lifecycle import Life
    from records.reading import Fault

FOLDER = Path(__file__).resolve().parent.parent / "lifecycle"
"""Beside the stack files; in a published pack, the copy that travels in it."""


@dataclass(frozen=True, kw_only=True)
class Lives:
    """The records as they were read: sound ones by file, and the faults of the rest."""

    records: "Mapping[str, Life]" = field(default_factory=dict)
    faults: "Mapping[str, tuple[Fault, ...]]" = field(default_factory=dict)

    def of(self, stack: str, use_case: str) -> "tuple[Life, ...]":
        """Those of one use case of a stack."""
        found = self.records.values()
        return tuple(life for life in found if (life.stack, life.use_case) == (stack, use_case))

    def find(self, stack: str, use_case: str, version: "Mapping[str, str]") -> "Life | None":
        """The record of a version, by name and not by checksum: that one differs is for the caller to say.

        `version`: `model`, `revision`, `prompt` and `promptVersion`.
        """
        for life in self.of(stack, use_case):
            own = (life.model.name, life.model.revision, life.prompt.name, life.prompt.version)
            if own == tuple(version.get(key) for key in ("model", "revision", "prompt", "promptVersion")):
                return life
        return None


def load(folder: Path | None = None) -> Lives:
    """The records of this project."""
    return _read(folder or FOLDER)


@lru_cache(maxsize=4)
def _read(folder: Path) -> Lives:
    paths = sorted(folder.glob("*/*/*.yaml"))
    if not paths:
        return Lives()
    from records.lifecycle import read
    from records.reading import Fault

    records: dict[str, Life] = {}
    faults: dict[str, tuple[Fault, ...]] = {}
    for path in paths:
        name = "lifecycle/" + path.relative_to(folder).as_posix()
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            faults[name] = (Fault(name, 1, f"can't be read: {error}"),)
            continue
        life, found = read(name, text)
        if life is not None:
            records[name] = life
        if found:
            faults[name] = found
    for name, twice in _twice(records).items():
        faults[name] = (Fault(name, 1, twice),)
    return Lives(records={name: life for name, life in records.items() if name not in faults}, faults=faults)


def _twice(records: "Mapping[str, Life]") -> dict[str, str]:
    held: dict[tuple[str, str, str], list[str]] = {}
    for name, life in records.items():
        if life.standing.state in ("active", "canary"):
            held.setdefault((life.stack, life.use_case, life.standing.state), []).append(name)
    return {
        name: f"{len(names)} versions of {use_case} are {state} in {stack}; one may be ({', '.join(names)})"
        for (stack, use_case, state), names in held.items()
        if len(names) > 1
        for name in names
    }
