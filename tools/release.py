"""`make release-check VERSION=x.y.z`: is what stands here that release? All faults at once, one a line; ends with 3.

The version stands in pyproject.toml, its lock and the changelog's head; the tree is clean; a tag of that name is not
there yet, or is this commit. The form of the changelog is Keep a Changelog's (docs/release.md).
"""

import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from repository.git import GitFailed, answer

ROOT = Path(__file__).resolve().parent.parent
_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_HEAD = re.compile(r"^## (.+)$", re.MULTILINE)
_RELEASE = re.compile(r"\[(?P<version>[^\]]+)\] - (?P<day>\S+)")
UNRELEASED = "[Unreleased]"
OK, FAILED, USAGE, REFUSED = 0, 1, 2, 3


def main(words: Sequence[str]) -> int:
    """The exit code; faults on stderr."""
    if len(words) != 1 or not _VERSION.fullmatch(words[0]):
        sys.stderr.write("make release-check VERSION=x.y.z: three numbers without leading noughts, as 0.2.0\n")
        return USAGE
    try:
        faults = list(check(ROOT, words[0], datetime.now(UTC).date()))
    except (GitFailed, OSError, KeyError, tomllib.TOMLDecodeError) as error:
        sys.stderr.write(f"error: {type(error).__name__}: {error}\n")
        return FAILED
    for fault in faults:
        sys.stderr.write(f"✗ {fault}\n")
    sys.stdout.write(f"{'✗' if faults else '✓'} {words[0]}: {len(faults) or 'no'} faults\n")
    return REFUSED if faults else OK


def check(root: Path, version: str, today: date) -> Iterator[str]:
    """Every fault. Raises GitFailed, OSError, KeyError and TOMLDecodeError for what can't be read."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    if project["version"] != version:
        yield f'pyproject.toml: project.version is {project["version"]}; write version = "{version}"'
    locked = _locked(root, project["name"])
    if locked != version:
        yield f"uv.lock: {project['name']} is {locked}; run uv lock"
    yield from changelog((root / "CHANGELOG.md").read_text(encoding="utf-8"), version, today)
    yield from _repository(root, version)


def _locked(root: Path, name: str) -> str | None:
    packages = tomllib.loads((root / "uv.lock").read_text(encoding="utf-8"))["package"]
    return next((str(found.get("version")) for found in packages if found["name"] == name), None)


def changelog(text: str, version: str, today: date) -> Iterator[str]:
    """Faults of the changelog: heads in order, this version the newest, something under it, nothing above it."""
    heads = list(_HEAD.finditer(text))
    bodies = [
        text[head.end() : after.start() if after else None]
        for head, after in zip(heads, [*heads[1:], None], strict=True)
    ]
    if not heads or heads[0][1] != UNRELEASED:
        yield f"CHANGELOG.md: its first head is not ## {UNRELEASED}"
        return
    if bodies[0].strip():
        yield f"CHANGELOG.md: something stands under {UNRELEASED}; move it under [{version}], or wait for the next"
    released = [(head[1], _RELEASE.fullmatch(head[1]), body) for head, body in zip(heads[1:], bodies[1:], strict=True)]
    for words, found, _ in released:
        if found is None or not _VERSION.fullmatch(found["version"]) or _day(found["day"]) is None:
            yield f"CHANGELOG.md: ## {words}: write ## [x.y.z] - YYYY-MM-DD"
    known = [(found, body) for _, found, body in released if found and _VERSION.fullmatch(found["version"])]
    numbers = [tuple(map(int, found["version"].split("."))) for found, _ in known]
    if numbers != sorted(set(numbers), reverse=True):
        yield "CHANGELOG.md: releases are not in order, newest first, or one stands twice"
    if not known or known[0][0]["version"] != version:
        yield f"CHANGELOG.md: the newest release is not {version}; write ## [{version}] - {today.isoformat()}"
        return
    day = _day(known[0][0]["day"])
    if day is not None and day > today:
        yield f"CHANGELOG.md: {version} is of {day.isoformat()}, which is still to come"
    if not re.search(r"^- \S", known[0][1], re.MULTILINE):
        yield f"CHANGELOG.md: nothing is said under [{version}]"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        return None


def _repository(root: Path, version: str) -> Iterator[str]:
    changed = answer(root, "status", "--porcelain")
    if changed:
        lines = changed.splitlines()
        yield f"the tree is not clean: {', '.join(line[3:] for line in lines[:5])}{' …' if len(lines) > 5 else ''}"
    tag = f"v{version}"
    if answer(root, "tag", "--list", tag):
        at, here = answer(root, "rev-parse", f"{tag}^{{commit}}"), answer(root, "rev-parse", "HEAD")
        if at != here:
            yield f"tag {tag} is there, on {at[:12]}, and this is {here[:12]}: a tag never moves, take the next number"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
