"""The commit that is checked out, and what differs from it."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path

from repository.git import GitFailed, answer, lies_in_one, names


@dataclass(frozen=True, kw_only=True)
class Commit:
    """A state of the tree."""

    id: str
    """Forty hex digits."""
    when: str
    """Committed at, ISO 8601 with its offset."""
    subject: str
    dirty: tuple[str, ...] = ()
    """Files that differ from it or are not in it; evidence made here is then of no commit."""


def commit_of(root: Path, own: Container[Path] = ()) -> Commit | None:
    """The commit that is checked out in `root`; None where there is no repository, or nothing is committed in it.

    Files of `own`, by their whole path, don't count where git doesn't track them. Raises GitFailed where git can't
    tell, since what it doesn't tell can't be called clean.
    """
    if not lies_in_one(root):
        return None
    try:
        answer(root, "rev-parse", "--verify", "--quiet", "HEAD")
    except GitFailed as error:
        if error.code == 1:  # a repository without a commit
            return None
        raise
    identity, when, *subject = answer(root, "log", "-1", "--format=%H%n%cI%n%s").split("\n")
    top = Path(answer(root, "rev-parse", "--show-toplevel"))
    dirty = sorted(_text(name) for name, tracked in _differing(root) if tracked or (top / name).resolve() not in own)
    return Commit(id=identity, when=when, subject=_text("".join(subject)), dirty=tuple(dirty))


def _text(told: str) -> str:
    """What was no UTF-8 with a sign in its place: the evidence is."""
    return told.encode("utf-8", "replace").decode()


def _differing(root: Path) -> Iterator[tuple[str, bool]]:
    """A path from the top of the working tree, and whether git tracks it."""
    # An untracked file counts: a component that nobody committed makes resources all the same.
    told = iter(names(root, "status", "--porcelain", "-z", "--untracked-files=all"))
    for line in told:
        yield line[3:], not line.startswith("??")
        if "R" in line[:2] or "C" in line[:2]:
            yield next(told), True  # the name that it had
