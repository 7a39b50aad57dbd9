"""The manifest over all stacks binds every stack's own, and so every file of the tree."""

import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from evidence.dashboard.writing import room_for, write_page
from evidence.pack.verifying import verified
from evidence.pack.writing import Occupied, write
from intake.signing import Signing, from_file
from tests.evidence.dashboard import fleets
from tests.evidence.pack import subjects


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

    def test_old_evidence_of_a_stack_that_can_not_be_planned_goes(self, tmp_path: Path) -> None:
        write(subjects.sound(), tmp_path / "cn-prod")
        fleets.written(tmp_path)
        assert not (tmp_path / "cn-prod").exists()
        assert verified(tmp_path, []).faults == ()

    def test_a_page_without_a_key_leaves_no_old_signature(self, tree: Path, tmp_path: Path) -> None:
        folder = shutil.copytree(tree, tmp_path / "copy")
        write_page(fleets.fleet(), folder)
        assert not (folder / "manifest.dsse.json").exists()
