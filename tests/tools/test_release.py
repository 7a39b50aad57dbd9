"""`make release-check`: a tag on the wrong commit can't be taken back."""

import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from repository.git import GitFailed
from tools.release import changelog, check, main

TODAY = date(2026, 11, 22)
CHANGELOG = """# Changelog

## [Unreleased]

## [0.2.0] - 2026-11-22

### Added
- Something that an operator sees.

## [0.1.0] - 2026-10-01

### Added
- The first.
"""


def git(root: Path, *words: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false", *words],
        cwd=root,
        check=True,
        capture_output=True,
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project that is ready for 0.2.0."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "bailiwick"\nversion = "0.2.0"\n', encoding="utf-8")
    lock = '[[package]]\nname = "other"\nversion = "9"\n\n[[package]]\nname = "bailiwick"\nversion = "0.2.0"\n'
    (tmp_path / "uv.lock").write_text(lock, encoding="utf-8")
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG, encoding="utf-8")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "ready")
    return tmp_path


def rewrite(root: Path, name: str, change: Callable[[str], str]) -> None:
    path = root / name
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    git(root, "commit", "--quiet", "--all", "--message", "changed")


class TestWhatIsReadyPasses:
    """A check that nobody can pass is switched off."""

    def test_before_the_tag_and_on_it(self, root: Path) -> None:
        assert not list(check(root, "0.2.0", TODAY))
        git(root, "tag", "v0.2.0")
        assert not list(check(root, "0.2.0", TODAY))

    def test_a_release_of_yesterday(self, root: Path) -> None:
        assert not list(check(root, "0.2.0", date(2026, 12, 1)))


class TestWhatIsAmissIsTold:
    """Each alone, with the line that mends it."""

    @pytest.mark.parametrize(
        ("name", "old", "new", "told"),
        [
            ("pyproject.toml", "0.2.0", "0.1.9", "project.version is 0.1.9"),
            ("uv.lock", 'version = "0.2.0"', 'version = "0.1.0"', "run uv lock"),
            ("CHANGELOG.md", "## [Unreleased]\n", "", "its first head is not"),
            ("CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n\n- Not yet.\n", "something stands under"),
            ("CHANGELOG.md", "[0.2.0] - 2026-11-22", "[0.2.0] - 2026-11-23", "still to come"),
            ("CHANGELOG.md", "[0.2.0] - 2026-11-22", "[0.2.0] - 2026-13-01", "write ## [x.y.z] - YYYY-MM-DD"),
            ("CHANGELOG.md", "[0.2.0] - 2026-11-22", "0.2.0", "write ## [x.y.z] - YYYY-MM-DD"),
            ("CHANGELOG.md", "- Something that an operator sees.\n", "", "nothing is said under [0.2.0]"),
            ("CHANGELOG.md", "[0.1.0]", "[0.3.0]", "not in order"),
            ("CHANGELOG.md", "[0.1.0]", "[0.2.0]", "stands twice"),
            ("CHANGELOG.md", "[0.2.0] - 2026-11-22", "[0.1.9] - 2026-11-22", "the newest release is not 0.2.0"),
        ],
    )
    def test_in_a_file(self, root: Path, name: str, old: str, new: str, told: str) -> None:
        rewrite(root, name, lambda text: text.replace(old, new, 1))
        assert any(told in fault for fault in check(root, "0.2.0", TODAY))

    @pytest.mark.parametrize("name", ["new.txt", "CHANGELOG.md"])
    def test_a_tree_that_is_not_clean(self, root: Path, name: str) -> None:
        with (root / name).open("a", encoding="utf-8") as file:
            file.write("\n")
        assert any(f"not clean: {name}" in fault for fault in check(root, "0.2.0", TODAY))

    def test_a_tag_that_is_another_commit(self, root: Path) -> None:
        git(root, "tag", "v0.2.0")
        rewrite(root, "CHANGELOG.md", lambda text: text + "\n")
        assert any("a tag never moves" in fault for fault in check(root, "0.2.0", TODAY))

    def test_all_at_once(self, root: Path) -> None:
        assert len(list(check(root, "0.3.0", TODAY))) >= 3

    def test_a_folder_without_git(self, root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
        bare = tmp_path_factory.mktemp("bare")
        for name in ("pyproject.toml", "uv.lock", "CHANGELOG.md"):
            (bare / name).write_bytes((root / name).read_bytes())
        with pytest.raises(GitFailed, match="not a git repository"):
            list(check(bare, "0.2.0", TODAY))


class TestTheProjectsOwn:
    """The form that a release asks for is kept meanwhile, too."""

    def test_changelog_has_its_head_and_its_releases_in_form(self) -> None:
        text = (Path(__file__).parent.parent.parent / "CHANGELOG.md").read_text(encoding="utf-8")
        found = [fault for fault in changelog(text, "0.0.0", TODAY) if "first head" in fault or "write ##  [" in fault]
        assert not found

    @pytest.mark.parametrize("words", [[], [""], ["1.2"], ["v1.2.3"], ["01.2.3"], ["1.2.3", "4"], ["1.2.3-rc1"]])
    def test_a_version_that_is_none_is_told(self, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        assert main(words) == 2
        assert "VERSION=x.y.z" in capsys.readouterr().err
