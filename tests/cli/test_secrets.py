"""`bailiwick secrets`: what it reads, what it says, and what it never repeats."""

import base64
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.planning import ROOT
from tests.cli.test_command import run

TOKEN = "gh" + "p_" + "a1B2" * 9
Tree = Callable[..., Path]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """Makes a git tree of some files, and lets the command believe that it is the project."""

    def make(**files: str | bytes) -> Path:
        for name, content in {"readme": "nothing here\n", **files}.items():
            path = tmp_path / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        subprocess.run(["git", "init", "-q", "."], cwd=tmp_path, check=True)
        subprocess.run(["git", "add", "-A"], cwd=tmp_path, check=True)
        monkeypatch.setattr("cli.planning.ROOT", tmp_path)
        return tmp_path

    return make


def _allow(root: Path, file: str, **changed: str) -> None:
    (found,) = json.loads(run("secrets", str(root / file), "--json", "--digests").stdout)["findings"]
    entry = {"path": file, "kind": found["kind"], "sha256": found["sha256"], "reason": "opens nothing", **changed}
    (root / ".secrets-allowed.yaml").write_text(json.dumps({"allowed": [entry]}))


class TestThisRepository:
    """What is delivered holds no secret, and allows none."""

    def test_it_is_clean(self) -> None:
        if not (ROOT / ".git").exists():
            pytest.skip("not a checkout: git knows of no files here")
        done = run("secrets")
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
        assert done.stdout.endswith("files: no secret\n")


class TestWhatIsSaid:
    """A line per secret, which says where it is and not what it is."""

    def test_a_secret_is_refused_by_file_line_kind_and_a_glimpse(self, tree: Tree) -> None:
        tree(src__app="one\ntwo\nkey = '" + TOKEN + "'\n")
        done = run("secrets")
        assert done.returncode == 3
        assert "✗ src/app:3: github-token: a GitHub token (ghp_…)\n" in done.stdout
        assert done.stdout.endswith("2 files: 1 secret\n")
        assert TOKEN[:6] not in done.stdout + done.stderr

    def test_json_says_the_same_and_the_digest_only_when_asked(self, tree: Tree) -> None:
        tree(app=TOKEN)
        done = run("secrets", "--json")
        document = json.loads(done.stdout)
        (finding,) = document["findings"]
        assert finding == {
            "path": "app",
            "line": 1,
            "kind": "github-token",
            "what": "a GitHub token",
            "preview": "ghp_…",
        }
        assert (document["verdict"], document["files"], done.returncode) == ("refused", 2, 3)
        assert len(json.loads(run("secrets", "--json", "--digests").stdout)["findings"][0]["sha256"]) == 64
        assert "  sha256 " in run("secrets", "--digests").stdout

    def test_base64_hides_nothing(self, tree: Tree) -> None:
        tree(secret="data:\n  a: " + base64.b64encode(TOKEN.encode()).decode())
        assert "✗ secret:2: github-token: a GitHub token, in base64" in run("secrets").stdout

    def test_a_clean_tree_is_fine(self, tree: Tree) -> None:
        tree()
        done = run("secrets")
        assert (done.returncode, done.stdout, done.stderr) == (0, "1 files: no secret\n", "")


class TestWhatIsRead:
    """What git tracks, and what is named."""

    def test_what_git_does_not_track_is_left_out_until_it_is_named(self, tree: Tree) -> None:
        root = tree()
        (root / "new").write_text(TOKEN)
        assert run("secrets").returncode == 0
        assert run("secrets", str(root)).returncode == 3
        assert run("secrets", str(root / "new")).returncode == 3
        assert run("secrets", str(root / "readme")).returncode == 0

    def test_binary_files_links_and_deleted_files_are_left_out(self, tree: Tree) -> None:
        root = tree(binary=b"\0" + TOKEN.encode(), gone="x")
        (root / "link").symlink_to(root / "binary")
        (root / "gone").unlink()
        assert run("secrets", str(root)).returncode == 0
        assert run("secrets").stdout == "1 files: no secret\n"

    def test_text_of_any_encoding_is_read(self, tree: Tree) -> None:
        tree(wide=TOKEN.encode("utf-16"), latin=b"\xe9 " + TOKEN.encode())
        assert len(json.loads(run("secrets", "--json").stdout)["findings"]) == 2

    def test_a_file_too_large_is_named(self, tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("cli.tree.LARGEST", 64)
        tree(large=TOKEN * 9)
        done = run("secrets")
        assert done.returncode == 0
        assert "large: not scanned, larger than" in done.stderr

    def test_a_folder_that_git_does_not_know_is_read_whole(self, tree: Tree) -> None:
        root = tree(ignored__a="x")
        (root / ".gitignore").write_text("/apart\n")
        (root / "apart").mkdir()
        (root / "apart" / "b").write_text(TOKEN)
        assert run("secrets", str(root)).returncode == 0
        assert run("secrets", str(root / "apart")).returncode == 3

    def test_without_git_or_files_it_says_so(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("cli.planning.ROOT", tmp_path)
        done = run("secrets")
        assert done.returncode == 2
        assert "is no git tree; name the PATHs" in done.stderr
        done = run("secrets", str(tmp_path))
        assert done.returncode == 2
        assert "nothing can be said of nothing" in done.stderr
        assert run("secrets", str(tmp_path / "nowhere")).returncode == 2


class TestAllowed:
    """A fixture may look like a secret, if somebody says why, and only there."""

    def test_a_fixture_is_allowed_by_its_value(self, tree: Tree) -> None:
        root = tree(tests__fixture=TOKEN)
        _allow(root, "tests/fixture")
        done = run("secrets")
        assert (done.returncode, done.stdout) == (0, "2 files: no secret, 1 allowed\n")
        (root / "tests" / "fixture").write_text(TOKEN + "x")
        assert run("secrets").returncode == 3

    def test_an_entry_that_matches_nothing_is_a_fault(self, tree: Tree) -> None:
        root = tree(tests__fixture=TOKEN, tests__other="x")
        _allow(root, "tests/fixture")
        (root / "tests" / "fixture").write_text("mended")
        done = run("secrets")
        assert done.returncode == 2
        assert "the entry for tests/fixture (github-token) matches nothing" in done.stderr
        assert run("secrets", str(root / "tests" / "other")).returncode == 0

    def test_a_secret_outweighs_a_fault(self, tree: Tree) -> None:
        root = tree(tests__fixture=TOKEN, app=TOKEN)
        _allow(root, "tests/fixture", path="tests/gone")
        assert run("secrets").returncode == 3

    @pytest.mark.parametrize(
        ("changed", "words"),
        [
            ({"path": "config/app"}, "only fixtures under tests/"),
            ({"path": "tests/../app"}, "only fixtures under tests/"),
            ({"kind": "anything"}, "kind 'anything' is unknown"),
            ({"sha256": "*"}, "64 hex digits"),
            ({"reason": " "}, "non-empty"),
            ({"until": "2027"}, "exactly path, kind, sha256, reason"),
        ],
    )
    def test_a_faulty_entry_is_refused_with_its_fault(self, tree: Tree, changed: dict[str, str], words: str) -> None:
        root = tree(tests__fixture=TOKEN)
        _allow(root, "tests/fixture", **changed)
        done = run("secrets")
        assert done.returncode == 2
        assert words in done.stderr

    @pytest.mark.parametrize("text", ["[]", "allowed: 1", "allowed: [1]", "{", "allowed: []\nmore: 1", "\xff\xfe"])
    def test_a_file_that_is_no_list_is_refused(self, tree: Tree, text: str) -> None:
        root = tree()
        (root / ".secrets-allowed.yaml").write_bytes(text.encode("latin-1"))
        assert run("secrets").returncode == 2
