"""pip-audit: published advisories on every pinned Python package, ours, the images' and the scanners'.

It asks a service, PyPI's unless PIP_AUDIT_VULNERABILITY_SERVICE and PIP_AUDIT_OSV_URL name another, such as a mirror
inside. Where nobody answers, that is said and the scan goes on: whether a change is sound must not hang on a line to
the internet. BAILIWICK_REQUIRE_AUDIT=1 makes it a failure; the nightly pipeline sets it.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from scanners.finding import Finding, NotAsked, ScannerFailed
from scanners.ground import Ground, parsed

REQUIRED = "BAILIWICK_REQUIRE_AUDIT"
EXPORTS = {"project": (), "scan": ("--no-default-groups", "--only-group", "scan")}
"""Names of what uv.lock is exported as; the two can't be installed together, so they are two."""
TELLS_FINDINGS = 1
"""pip-audit's code for findings, and for its own failures."""


def scan(ground: Ground) -> Iterator[Finding]:
    """Every lock. Raises NotAsked where the service answered for none, or not for all."""
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder) / f"{name}.txt" for name in EXPORTS}
        for name, words in EXPORTS.items():
            _export(ground, files[name], *words)
        for name in ground.named("requirements.txt"):
            files[name] = ground.root / name
        silent: set[str] = set()
        # One package first: a mirror that has packages and no advisories is not asked hundreds of times for nothing.
        first = Path(folder) / "first.txt"
        first.write_text(_first(next(iter(files.values()))), encoding="utf-8")
        list(read(_asked(ground, first), "", silent))
        if silent:
            raise NotAsked(f"pip-audit: its service knows nothing of {', '.join(silent)}; no advisory was looked up")
        for name, file in files.items():
            yield from read(_asked(ground, file), "uv.lock" if name in EXPORTS else name, silent)
    if silent:
        few = ", ".join(sorted(silent)[:3])
        raise NotAsked(f"pip-audit: its service knows nothing of {len(silent)} packages ({few}, …)")


def _first(requirements: Path) -> str:
    entries = requirements.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    return next(entry for entry in entries if "==" in entry and not entry.lstrip().startswith("#")) + "\n"


def _asked(ground: Ground, file: Path) -> str:
    words = ("--requirement", str(file), "--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json")
    said = ground.run("pip-audit", *words, fine=(0, TELLS_FINDINGS))
    if not said.strip():
        raise NotAsked("pip-audit: its service can't be reached; no advisory was looked up")
    return said


def read(text: str, lock: str, silent: set[str]) -> Iterator[Finding]:
    """Of its JSON; `silent` gets the packages on which there was no answer."""
    for one in parsed(text, "pip-audit")["dependencies"]:
        if "skip_reason" in one:
            silent.add(one["name"])
            continue
        for advisory in one["vulns"]:
            ids = ", ".join([advisory["id"], *advisory.get("aliases", ())])
            mended = ", ".join(advisory["fix_versions"]) or "no version"
            yield Finding(
                scanner="pip-audit",
                check=advisory["id"],
                resource=f"{one['name']}=={one['version']}",
                where=lock,
                what=f"{ids}; mended in {mended}",
            )


def _export(ground: Ground, file: Path, *words: str) -> None:
    uv = os.environ.get("UV") or shutil.which("uv") or str(ground.root / ".tools" / "bin" / "uv")
    command = [uv, "export", "--frozen", "--quiet", "--no-emit-project", "--output-file", str(file), *words]
    try:
        subprocess.run(command, cwd=ground.root, capture_output=True, text=True, check=True)  # noqa: S603 no shell
    except (OSError, subprocess.CalledProcessError) as error:
        raise ScannerFailed(f"uv export: {error}") from error
