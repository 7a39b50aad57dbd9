"""What scanners stand on: the tree, what git tracks of it, what its stacks export, and where programs lie."""

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.tree import within
from scanners.finding import ScannerFailed

PROGRAMS = Path(".tools") / "scan" / "bin"
"""Git-ignored; made by `make scan-tools` from the dependency group `scan` and from tools/linters/go.mod."""
SECRETS = Path(".tools") / "secrets" / "bin"
"""The same, of the group `secrets`: checkov's fork of detect-secrets has its name and its files."""
TIMEOUT = 900
"""Seconds, of any one scanner; the slowest takes half a minute."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """The place of one scan."""

    root: Path
    exports: Path
    """Holds `arm/<stack>.json` and `manifests/<stack>.yaml`."""
    files: tuple[Path, ...]
    """What git tracks, and what it would track: a scan before a commit sees what the commit brings."""

    @classmethod
    def of(cls, root: Path, exports: Path) -> "Ground":
        """The tree's ground."""
        return cls(root=root, exports=exports, files=tuple(path for path in within([root]) if path.is_file()))

    def named(self, *endings: str) -> list[str]:
        """Files whose name ends so, relative to the root."""
        found = (path.relative_to(self.root).as_posix() for path in self.files)
        return sorted(name for name in found if name.endswith(endings))

    def run(
        self, *words: str, fine: Sequence[int] = (0,), more: dict[str, str] | None = None, programs: Path = PROGRAMS
    ) -> str:
        """What a scanner says on stdout.

        Raises ScannerFailed where it is missing, takes too long, or ends with a code that is not `fine`.
        """
        program = self.root / programs / words[0]
        if not os.access(program, os.X_OK):
            raise ScannerFailed(f"{words[0]} is not in {programs.as_posix()}/\n  hint: make scan-tools")
        try:
            done = subprocess.run(  # noqa: S603 no shell, our own words
                [str(program), *words[1:]],
                cwd=self.root,
                env={**os.environ, **(more or {})},
                capture_output=True,
                text=True,
                timeout=TIMEOUT,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ScannerFailed(f"{words[0]}: {error}") from error
        if done.returncode not in fine:
            said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-3:]
            raise ScannerFailed(f"{words[0]} ended with code {done.returncode}: {' / '.join(said)}")
        return done.stdout


def parsed(text: str, scanner: str) -> Any:  # noqa: ANN401 JSON, whose shape each reader knows
    """A scanner's JSON. Raises ScannerFailed."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise ScannerFailed(f"{scanner} said what is not JSON: {text[:80]!r}") from error
