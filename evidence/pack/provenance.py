"""Where evidence comes from: the commit, the tool, and the digests of what was judged and by what."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

from policies.packs import PACKS, rules_of
from policies.rule import Rule
from repository.commit import Commit

TOOLS: Final = ("bailiwick", "pulumi", "pulumi-azure-native", "pulumi-kubernetes", "pulumi-azuread", "pulumi-policy")


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


def provenance_of(root: Path, rules: tuple[Rule, ...], files: tuple[str, ...], commit: Commit | None) -> Provenance:
    """What is on record of a run in `root`; `files` are inputs by their path there, those missing left out."""
    return Provenance(
        commit=commit,
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
