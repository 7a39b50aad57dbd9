"""Which stacks a change touches: those whose own files it names, or all."""

import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from plan.model import environment_of, jurisdiction_of

WITHOUT_EFFECT = (
    ".ci/*",
    ".github/*",
    ".secrets-allowed.yaml",
    ".yamllint.yaml",
    "*.md",
    "LICENSE",
    "azure-pipelines.yml",
    "benchmarks/*",
    "docs/*",
    "pentest/*",
    "pipeline/*",
    "scanners/*",
    "tests/*",
    "tools/*",
)
"""What neither plans nor judges. A file that is neither here nor a stack's own touches every stack."""


NOT_PLANNED = {"cn-prod": "no confidential size and no attestation provider is known of its region"}
"""Stacks that are refused before they are planned, and why: a review of one never passes, and would keep every change
from being merged. A test fails when one can be planned.
"""


class CannotTell(ValueError):
    """Git knows no such revision; the message says what was asked."""


@dataclass(frozen=True)
class Stack:
    """A stack as a pipeline needs it."""

    name: str

    def as_json(self) -> dict[str, str]:
        """Its name, whose law it is under, and whether it holds regulated data."""
        return {
            "stack": self.name,
            "jurisdiction": jurisdiction_of(self.name),
            "environment": environment_of(self.name),
        }


def touched(files: Iterable[str], stacks: Sequence[str]) -> tuple[Stack, ...]:
    """The stacks that a change of these files touches, in order of name. A stack whose file is gone is none."""
    found: set[str] = set()
    for file in files:
        own = _own(file, stacks)
        if own is not None:
            found |= own
        elif not any(fnmatchcase(file, pattern) for pattern in WITHOUT_EFFECT):
            found |= set(stacks)
    return tuple(Stack(name) for name in sorted(found))


def _own(file: str, stacks: Sequence[str]) -> set[str] | None:
    """Stacks whose own file this is; None where it is nobody's own."""
    parts = Path(file).parts
    if len(parts) == 1 and file.startswith("Pulumi.") and file.endswith(".yaml") and file != "Pulumi.yaml":
        return {file.removeprefix("Pulumi.").removesuffix(".yaml")} & set(stacks)
    if len(parts) == 2 and parts[0] == "jurisdictions" and file.endswith(".yaml"):
        return {stack for stack in stacks if jurisdiction_of(stack) == Path(file).stem}
    if len(parts) > 2 and parts[0] == "lifecycle":
        return {parts[1]} & set(stacks)
    return None


def files_since(root: Path, base: str) -> list[str]:
    """What was changed since a branch left `base`, both names of what was renamed. Raises CannotTell."""
    unknown = CannotTell(
        f"'{base}' is no revision that HEAD comes from\nhint: fetch it first; a shallow clone has no past"
    )
    # Git takes an empty one for HEAD, since when nothing changed; and one with a dash for an option.
    if not base or base.startswith("-"):
        raise unknown
    words = ["git", "-C", str(root), "diff", "--name-only", "--no-renames", "-z", f"{base}...HEAD", "--"]
    done = subprocess.run(words, capture_output=True, check=False)  # noqa: S603 no shell; a revision can be no option
    if done.returncode != 0:
        raise unknown
    return [name for name in done.stdout.decode("utf-8", "surrogateescape").split("\0") if name]
