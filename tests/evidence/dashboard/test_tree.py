"""The manifest over all stacks binds every stack's own, and so every file of the tree."""

import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from evidence.dashboard.data import Fleet, Unplanned
from evidence.dashboard.writing import earlier, page_files, room_for, write_page
from evidence.pack.verifying import verified
from evidence.pack.writing import Occupied, partial_of, write
from intake.signing import Signing, from_file
from tests.evidence.dashboard import fleets
from tests.evidence.pack import subjects

STACKS = ("eu-prod", "eu-dev")


@pytest.fixture(scope="module")
def signing(tmp_path_factory: pytest.TempPathFactory) -> Signing:
    """A key of the reviewer's."""
    made = ec.generate_private_key(ec.SECP256R1())
    path = tmp_path_factory.mktemp("keys") / "key.pem"
    path.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return from_file(path)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory, signing: Signing) -> Path:
    """A signed tree."""
    folder = tmp_path_factory.mktemp("evidence")
    fleets.written(folder, (signing.sign, signing.id))
    return folder


class TestTheTreeIsHeldAsAWhole:
    """One command must say whether anything of any stack was changed, taken away or put beside."""

    def test_it_is_sound_as_it_was_written(self, tree: Path, signing: Signing) -> None:
        found = verified(tree, [signing.public])
        assert found.faults == ()
        assert found.signed
        assert found.predicate["notPlanned"][0]["stack"] == "cn-prod"

    @pytest.mark.parametrize(
        ("name", "fault"),
        [
            ("index.html", "index.html is not what it was"),
            ("eu-prod/findings.csv", "eu-prod: findings.csv is not what it was"),
            ("eu-prod/manifest.json", "eu-prod/manifest.json is not what it was"),
        ],
    )
    def test_one_byte_shows(self, tree: Path, signing: Signing, tmp_path: Path, name: str, fault: str) -> None:
        folder = shutil.copytree(tree, tmp_path / "copy")
        content = bytearray((folder / name).read_bytes())
        content[len(content) // 2] ^= 1
        (folder / name).write_bytes(content)
        assert any(each.startswith(fault) for each in verified(folder, [signing.public]).faults)

    @pytest.mark.parametrize("name", ["annex.html", "eu-prod/annex.html", "us-prod/report.html"])
    def test_a_file_beside_shows(self, tree: Path, signing: Signing, tmp_path: Path, name: str) -> None:
        folder = shutil.copytree(tree, tmp_path / "copy")
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("approved")
        assert verified(folder, [signing.public]).faults

    def test_a_stack_that_is_gone_shows(self, tree: Path, signing: Signing, tmp_path: Path) -> None:
        folder = shutil.copytree(tree, tmp_path / "copy")
        shutil.rmtree(folder / "eu-prod")
        assert verified(folder, [signing.public]).faults == ("eu-prod/manifest.json is missing",)

    def test_a_stack_judged_again_is_not_the_one_of_the_page(
        self, tree: Path, signing: Signing, tmp_path: Path
    ) -> None:
        folder = shutil.copytree(tree, tmp_path / "copy")
        write(subjects.sound(), folder / "eu-prod", (signing.sign, signing.id))
        (fault,) = verified(folder, [signing.public]).faults
        assert fault.startswith("eu-prod/manifest.json is not what it was")

    def test_a_folder_that_is_a_link_shows(self, tree: Path, signing: Signing, tmp_path: Path) -> None:
        folder = shutil.copytree(tree, tmp_path / "copy")
        (folder / "eu-prod").rename(tmp_path / "elsewhere")
        (folder / "eu-prod").symlink_to(tmp_path / "elsewhere")
        assert verified(folder, [signing.public]).faults

    def test_a_link_to_a_folder_beside_shows(self, tree: Path, signing: Signing, tmp_path: Path) -> None:
        folder = shutil.copytree(tree, tmp_path / "copy")
        (folder / "annex").symlink_to(tmp_path)
        assert verified(folder, [signing.public]).faults == ("annex is not in the manifest",)


class TestWhatLiesThereIsNotLost:
    """A wrong --out must not take somebody's files away."""

    def test_a_folder_of_something_else_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "thesis.txt").write_text("three years of work")
        with pytest.raises(Occupied, match=r"thesis\.txt"):
            room_for(tmp_path, ["eu-prod"])

    def test_what_a_stopped_run_left_is_no_reason_to_refuse_the_next(self, tmp_path: Path) -> None:
        for stack in ("eu-prod", "cn-prod"):
            partial_of(tmp_path / stack).mkdir(parents=True)
        room_for(tmp_path, ["cn-prod", "eu-prod"])
        fleets.written(tmp_path)
        assert verified(tmp_path, []).faults == ()

    def test_a_page_without_a_key_leaves_no_old_signature(self, tree: Path, tmp_path: Path) -> None:
        folder = shutil.copytree(tree, tmp_path / "copy")
        write_page(fleets.fleet(), folder)
        assert not (folder / "manifest.dsse.json").exists()


class TestEvidenceOfBeforeIsKeptAndCalledThat:
    """A dial that is mistyped today must not take away what was signed yesterday, nor let it pass for today's."""

    @pytest.fixture
    def kept(self, tmp_path: Path) -> Path:
        """A tree in which eu-prod was judged once, and can't be planned now; eu-dev was never judged."""
        write(subjects.refused(), tmp_path / "eu-prod")
        gone = [Unplanned(stack=name, faults="no region", earlier=earlier(tmp_path / name)) for name in STACKS]
        write_page(Fleet(judged=subjects.DAY, stacks=(), unplanned=tuple(gone)), tmp_path)
        return tmp_path

    def test_every_file_is_there_and_held_by_the_manifest_over_all(self, kept: Path) -> None:
        assert (kept / "eu-prod" / "report.pdf").is_file()
        assert verified(kept, []).faults == ()
        (kept / "eu-prod" / "report.pdf").write_bytes(b"approved")
        assert any(fault.startswith("eu-prod: report.pdf") for fault in verified(kept, []).faults)

    def test_the_manifest_says_of_which_commit_it_is(self, kept: Path) -> None:
        held, never = verified(kept, []).predicate["notPlanned"]
        told = {"verdict": "refused", "judgedAsOf": "2026-11-22", "commit": "c0ffee000000", "asWritten": True}
        assert held == {"stack": "eu-prod", "faults": ["no region"], "earlier": told}
        assert "earlier" not in never

    def test_the_page_says_it_and_counts_the_stack_as_not_planned(self, kept: Path) -> None:
        page = (kept / "index.html").read_text()
        assert page.count("Its folder holds evidence of before: refused, judged as of 2026-11-22") == 1
        assert "That says nothing of the stack as it is now." in page
        assert '<a href="eu-prod/report.html">earlier evidence</a> is kept' in page
        assert "<b>2</b>" in page

    def test_what_was_changed_since_or_is_of_another_stack_is_told(self, kept: Path) -> None:
        found = earlier(shutil.copytree(kept / "eu-prod", kept / "us-prod"))
        assert found is not None
        assert not found.whole
        (kept / "eu-prod" / "findings.csv").write_text("none")
        found = earlier(kept / "eu-prod")
        assert found is not None
        assert "not as it was written" in found.words


class TestEvidenceDoesNotMakeTheNextOneDirty:
    """Evidence inside the project is untracked; evidence that is judged unclean for it alone would never be clean."""

    def test_its_own_files_are_named_and_nothing_else(self, tmp_path: Path) -> None:
        fleets.written(tmp_path)
        (tmp_path / "eu-prod" / "storage.py").write_text("a component that nobody committed")
        found = page_files(tmp_path, ["cn-prod", "eu-prod"])
        assert {tmp_path / "index.html", tmp_path / "eu-prod" / "report.html"} <= found
        assert tmp_path / "eu-prod" / "storage.py" not in found

    def test_files_of_those_names_without_a_manifest_are_not_evidence(self, tmp_path: Path) -> None:
        (tmp_path / "plan.json").write_text("{}")
        assert page_files(tmp_path, ["eu-prod"]) == frozenset()
