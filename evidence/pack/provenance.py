"""Where evidence comes from: the commit, the tool, and the digests of what was judged and by what."""

import hashlib
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

from policies.packs import PACKS, rules_of
from policies.rule import Rule

TOOLS: Final = ("bailiwick", "pulumi", "pulumi-azure-native", "pulumi-kubernetes", "pulumi-azuread", "pulumi-policy")
_SECONDS: Final = 30


@dataclass(frozen=True, kw_only=True)
class Commit:
    """A state of the tree."""

    id: str
    """Forty hex digits."""
    when: str
    """Committed at, ISO 8601 with its offset."""
    subject: str
    dirty: tuple[str, ...] = ()
    """Files that differ from it or are not in it; the evidence is then of no commit."""


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """All of it; the same inputs give the same values."""

    commit: Commit | None
    """None where the project lies in no git tree."""
    tools: Mapping[str, str]
    """Package to version."""
    packs: Mapping[str, str]
    """Pack to the SHA-256 of its rules: their ids and the source of their modules."""
    inputs: Mapping[str, str]
    """File of the project to SHA-256: the stack's own, exemptions, the jurisdiction."""

    @property
    def reference(self) -> str:
        """Twelve digits of the commit, with `+` where files differ from it; `no commit` outside a git tree."""
        return "no commit" if self.commit is None else self.commit.id[:12] + ("+" if self.commit.dirty else "")


def commit_of(root: Path) -> Commit | None:
    """The commit that is checked out in `root`; None where git knows none."""
    told = _git(root, "log", "-1", "--format=%H%n%cI%n%s")
    if told is None:
        return None
    lines = told.splitlines()
    # An untracked file counts: a component that nobody committed makes resources all the same.
    changed = _git(root, "status", "--porcelain", "--untracked-files=all")
    dirty = tuple(sorted(line[3:] for line in (changed or "").splitlines()))
    return Commit(id=lines[0], when=lines[1], subject=lines[2] if len(lines) > 2 else "", dirty=dirty)


def provenance_of(
    root: Path, rules: tuple[Rule, ...], files: tuple[str, ...], commit: Commit | None = None
) -> Provenance:
    """What is on record of a run in `root`; `files` are inputs by their path there, those missing left out.

    `commit` is looked up where it isn't given.
    """
    return Provenance(
        commit=commit or commit_of(root),
        tools={name: metadata.version(name) for name in TOOLS},
        packs={name: _pack_digest(rules_of(name, rules)) for name in PACKS},
        inputs={name: _digest((root / name).read_bytes()) for name in files if (root / name).is_file()},
    )


def _pack_digest(rules: tuple[Rule, ...]) -> str:
    import sys

    told = hashlib.sha256()
    for rule in rules:
        told.update(f"{rule.id}\0{rule.severity.value}\0".encode())
    for module in sorted({rule.module for rule in rules}):
        file = getattr(sys.modules[module], "__file__", None)
        told.update(Path(file).read_bytes() if file else module.encode())
    return told.hexdigest()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _git(root: Path, *words: str) -> str | None:
    command = ("git", "-C", str(root), *words)
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=_SECONDS)  # noqa: S603 our own words
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace").rstrip("\n")
