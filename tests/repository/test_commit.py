"""What evidence says of the commit: never clean where something differs, never silent where git can't tell."""

import os
import subprocess
from pathlib import Path

import pytest

from repository.commit import commit_of
from repository.git import GitFailed


def git(root: Path, *words: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(("git", "-C", str(root), *who, *words), check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with one commit."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / "storage.py").write_text("one")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "feat: a store")
    return tmp_path


def dirty(root: Path, *own: Path) -> tuple[str, ...]:
    found = commit_of(root, frozenset(own))
    assert found is not None
    return found.dirty


class TestWhatDiffersFromTheCommitIsTold:
    """Evidence that names a commit, and was made from something else, is evidence of nothing."""

    def test_a_clean_tree_is_its_commit(self, root: Path) -> None:
        found = commit_of(root)
        assert found is not None
        assert (len(found.id), found.subject, found.dirty) == (40, "feat: a store", ())

    def test_a_changed_file_and_one_that_nobody_added(self, root: Path) -> None:
        (root / "storage.py").write_text("two")
        (root / "components").mkdir()
        (root / "components" / "open.py").write_text("public")
        assert dirty(root) == ("components/open.py", "storage.py")

    def test_both_names_of_a_file_that_was_moved(self, root: Path) -> None:
        git(root, "mv", "storage.py", "moved.py")
        assert dirty(root) == ("moved.py", "storage.py")

    @pytest.mark.parametrize("name", ["größe.py", 'a "quoted" name', " spaces ", "-> arrow"])
    def test_an_odd_name_as_it_is(self, root: Path, name: str) -> None:
        (root / name).write_text("x")
        assert dirty(root) == (name,)

    def test_a_name_that_is_no_utf8_can_be_written_down(self, root: Path) -> None:
        (root / os.fsdecode(b"caf\xe9.py")).write_text("x")
        assert dirty(root) == ("caf?.py",)


class TestEvidenceOfBeforeIsNoChange:
    """What is written over does not count, unless somebody committed it and changed it since."""

    def test_where_git_does_not_track_it(self, root: Path) -> None:
        for name in ("report.html", "storage2.py"):
            (root / name).write_text("x")
        assert dirty(root, root / "report.html") == ("storage2.py",)

    def test_what_is_tracked_counts_all_the_same(self, root: Path) -> None:
        (root / "storage.py").write_text("two")
        assert dirty(root, root / "storage.py") == ("storage.py",)

    def test_a_link_to_something_else_counts(self, root: Path) -> None:
        (root / "report.html").symlink_to(root / "storage.py")
        assert dirty(root, root / "report.html") == ("report.html",)


class TestWhatGitCanNotTellIsNotCalledClean:
    """A status that failed once passed for a clean tree."""

    def test_no_repository_and_none_with_a_commit_are_none(self, tmp_path: Path) -> None:
        assert commit_of(tmp_path) is None
        git(tmp_path, "init", "--quiet")
        assert commit_of(tmp_path) is None

    def test_a_repository_without_git_on_the_machine(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(root))
        with pytest.raises(GitFailed, match="can't be run"):
            commit_of(root)

    def test_an_index_that_is_broken(self, root: Path) -> None:
        (root / ".git" / "index").write_bytes(b"DIRC")
        with pytest.raises(GitFailed, match="status"):
            commit_of(root)
