"""`bailiwick evidence`: the words of the command, its exit codes, and what it says when it can't."""

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from plan.file import to_json
from tests.cli.test_command import run
from tests.evidence.pack.subjects import weak_plan
from tests.plans import compliant


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A reviewer's key and its public half."""
    folder = tmp_path_factory.mktemp("keys")
    key = ec.generate_private_key(ec.SECP256R1())
    private, public = folder / "key.pem", folder / "key.pub.pem"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return private, public


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, keys: tuple[Path, Path]) -> Path:
    """Signed evidence of a refused plan's file, written by the command."""
    folder = tmp_path_factory.mktemp("evidence")
    (folder / "plan.json").write_text(to_json(weak_plan()))
    done = run(
        "evidence", str(folder / "plan.json"), "--out", str(folder / "out"), "--key", str(keys[0]),
        "--as-of", "2026-11-22", "--json",
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    told = json.loads(done.stdout)
    assert told["verdict"] == "refused"
    assert told["judgedAsOf"] == "2026-11-22"
    assert told["signedBy"]
    assert set(told["files"]) == {path.name for path in (folder / "out").iterdir()}
    return folder / "out"


class TestARefusedPlanHasEvidenceToo:
    """A refusal is what an auditor wants to see first."""

    def test_it_is_verified_by_the_reviewers_key(self, written: Path, keys: tuple[Path, Path]) -> None:
        done = run("evidence", "verify", str(written), "--key", str(keys[1]))
        assert done.returncode == 0
        assert "signed by a key that you named" in done.stdout
        assert "eu-prod: refused" in done.stdout

    def test_the_plan_in_it_is_judged_the_same(self, written: Path) -> None:
        done = run("check", str(written / "plan.json"), "--json")
        assert (done.returncode, json.loads(done.stdout)["verdict"]) == (3, "refused")

    def test_a_change_ends_with_three(self, written: Path, tmp_path: Path, keys: tuple[Path, Path]) -> None:
        import shutil

        folder = shutil.copytree(written, tmp_path / "copy")
        (folder / "summary.md").write_text("✅ compliant")
        done = run("evidence", "verify", str(folder), "--key", str(keys[1]), "--json")
        assert done.returncode == 3
        assert json.loads(done.stdout)["faults"] == ["summary.md is not what it was when the manifest was written"]


class TestWhatCanNotBeDoneIsSaidInWords:
    """Whoever writes evidence in a pipeline reads one line of its log."""

    def test_neither_a_stack_nor_all(self, tmp_path: Path) -> None:
        done = run("evidence", "--out", str(tmp_path / "out"))
        assert (done.returncode, "name one stack, or --all" in done.stderr) == (2, True)

    def test_a_mistyped_stack(self, tmp_path: Path) -> None:
        done = run("evidence", "eu-prd", "--out", str(tmp_path / "out"))
        assert done.returncode == 2
        assert "eu-prod" in done.stderr
        assert not (tmp_path / "out").exists()

    def test_a_folder_of_something_else(self, tmp_path: Path) -> None:
        (tmp_path / "plan.json").write_text(to_json(compliant()))
        done = run("evidence", str(tmp_path / "plan.json"), "--out", str(tmp_path))
        assert done.returncode == 2
        assert "left as it is" in done.stderr

    @pytest.mark.parametrize("content", [b"", b"not a key", b"\xff\x00"])
    def test_a_key_that_is_none(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "key.pem").write_bytes(content)
        done = run("evidence", "eu-prod", "--out", str(tmp_path / "out"), "--key", str(tmp_path / "key.pem"))
        assert (done.returncode, "no private key in PEM" in done.stderr) == (2, True)

    def test_a_key_that_is_not_there(self, tmp_path: Path) -> None:
        done = run("evidence", "eu-prod", "--out", str(tmp_path / "out"), "--key", str(tmp_path / "none.pem"))
        assert (done.returncode, "No such file" in done.stderr) == (2, True)

    def test_verify_asks_whose_signature(self, written: Path, keys: tuple[Path, Path]) -> None:
        assert run("evidence", "verify", str(written)).returncode == 2
        both = run("evidence", "verify", str(written), "--unsigned", "--key", str(keys[1]))
        assert both.returncode == 2
        assert "--key PUBLIC.pem, or --unsigned" in both.stderr

    def test_verify_of_a_folder_without_a_manifest(self, tmp_path: Path) -> None:
        done = run("evidence", "verify", str(tmp_path), "--unsigned")
        assert (done.returncode, "manifest.json is missing" in done.stdout) == (3, True)

    def test_a_private_key_where_a_public_one_is_asked_for(self, written: Path, keys: tuple[Path, Path]) -> None:
        done = run("evidence", "verify", str(written), "--key", str(keys[0]))
        assert done.returncode == 3
        assert "no public key in PEM" in done.stdout
