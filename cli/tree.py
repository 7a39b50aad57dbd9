"""The files of a tree, as text: what git tracks, or what is named."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from repository.git import GitFailed, names

LARGEST = 8 * 1024 * 1024
"""Bytes; a larger file is not read, and named."""
_BYTE_ORDER = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}


@dataclass(frozen=True)
class TextFile:
    """One file; `text` is None where it was too large to read."""

    path: str
    """Relative to the tree's root where it lies inside, with `/`."""
    text: str | None


def tracked(root: Path) -> list[Path]:
    """Every file that git tracks under a folder.

    Raises click.UsageError where git knows no such tree.
    """
    return _listed(root, "--cached")


def within(paths: Iterable[Path]) -> list[Path]:
    """The files named, and those of the folders named: all, where git knows no folder or ignores it; else its own."""
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        try:
            files = _listed(path, "--cached", "--others", "--exclude-standard")
        except click.UsageError:
            files = []
        found += files or sorted(item for item in path.rglob("*") if item.is_file())
    return list(dict.fromkeys(found))


def texts(files: Iterable[Path], root: Path) -> Iterator[TextFile]:
    """The files' texts. Binary files, links, and files that are tracked but gone are left out."""
    base = root.resolve()
    for file in files:
        if file.is_symlink() or not file.is_file():
            continue
        full = file.resolve()
        name = full.relative_to(base).as_posix() if full.is_relative_to(base) else file.as_posix()
        if file.stat().st_size > LARGEST:
            yield TextFile(name, None)
            continue
        content = file.read_bytes()
        encoding = _BYTE_ORDER.get(content[:2]) or _BYTE_ORDER.get(content[:3], "utf-8")
        if encoding != "utf-16" and b"\0" in content[:8192]:
            continue
        yield TextFile(name, content.decode(encoding, errors="replace"))


def _listed(root: Path, *which: str) -> list[Path]:
    try:
        return [root / name for name in names(root, "ls-files", "-z", *which)]
    except GitFailed as error:
        raise click.UsageError(f"{root} is no git tree; name the PATHs to scan") from error
