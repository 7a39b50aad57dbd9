"""The pack as a whole: the same bytes for the same inputs, and nothing in it can change unseen."""

import json
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from evidence.pack.files import WRITERS, files
from evidence.pack.manifest import FILE, SIGNED
from evidence.pack.subject import Subject
from evidence.pack.verifying import verified
from evidence.pack.writing import Occupied, write
from intake.signing import Signing, from_file
from tests.evidence.pack import subjects
from tests.plans import compliant


@pytest.fixture(scope="module")
def signing(tmp_path_factory: pytest.TempPathFactory) -> Signing:
    """A key of the reviewer's."""
    return from_file(_key(tmp_path_factory.mktemp("keys") / "key.pem"))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, signing: Signing) -> Path:
    """The signed evidence of the compliant stack."""
    folder = tmp_path_factory.mktemp("evidence") / "eu-prod"
    write(subjects.sound(), folder, (signing.sign, signing.id))
    return folder


class TestTheSameInputsAreTheSameBytes:
    """An auditor who writes it again must get what was signed."""

    def test_twice_from_two_judgements(self, written: Path, signing: Signing, tmp_path: Path) -> None:
        again = subjects.subject(compliant())
        write(again, tmp_path / "again", (signing.sign, signing.id))
        assert _bytes(tmp_path / "again") == _bytes(written)

    def test_no_file_tells_the_time_or_the_machine(self, written: Path) -> None:
        import getpass
        import socket

        whole = b"".join(_bytes(written).values())
        assert str(Path.cwd()).encode() not in whole
        assert socket.gethostname().encode() not in whole or len(socket.gethostname()) < 5
        assert f"/home/{getpass.getuser()}".encode() not in whole


class TestTheManifestHoldsEveryFile:
    """Whatever is changed, taken away or put beside afterwards must show."""

    def test_it_is_sound_as_it_was_written(self, written: Path, signing: Signing) -> None:
        found = verified(written, [signing.public])
        assert found.faults == ()
        assert found.signed
        assert found.files == len(WRITERS)
        assert found.predicate["verdict"] == "compliant"

    @pytest.mark.parametrize("name", list(WRITERS))
    def test_one_byte_of_any_file_shows(self, written: Path, signing: Signing, tmp_path: Path, name: str) -> None:
        folder = shutil.copytree(written, tmp_path / "copy")
        content = bytearray((folder / name).read_bytes())
        content[len(content) // 2] ^= 1
        (folder / name).write_bytes(content)
        (fault,) = verified(folder, [signing.public]).faults
        assert fault.startswith(f"{name} is not what it was")

    def test_a_missing_file_shows(self, written: Path, signing: Signing, tmp_path: Path) -> None:
        folder = shutil.copytree(written, tmp_path / "copy")
        (folder / "findings.csv").unlink()
        assert verified(folder, [signing.public]).faults == ("findings.csv is missing",)

    def test_a_file_beside_shows(self, written: Path, signing: Signing, tmp_path: Path) -> None:
        folder = shutil.copytree(written, tmp_path / "copy")
        (folder / "annex.html").write_text("approved")
        assert verified(folder, [signing.public]).faults == ("annex.html is not in the manifest",)

    def test_a_link_shows(self, written: Path, signing: Signing, tmp_path: Path) -> None:
        folder = shutil.copytree(written, tmp_path / "copy")
        (folder / "junit.xml").rename(tmp_path / "elsewhere.xml")
        (folder / "junit.xml").symlink_to(tmp_path / "elsewhere.xml")
        assert verified(folder, [signing.public]).faults == ("junit.xml is a link: what it shows may change",)

    def test_a_manifest_written_again_is_not_the_one_that_was_signed(
        self, written: Path, signing: Signing, tmp_path: Path
    ) -> None:
        folder = shutil.copytree(written, tmp_path / "copy")
        said = json.loads((folder / FILE).read_text())
        said["predicate"]["verdict"] = "refused"
        (folder / FILE).write_text(json.dumps(said))
        assert verified(folder, [signing.public]).faults == (f"{SIGNED} is of another {FILE}",)
        assert not verified(folder, [signing.public]).signed

    def test_another_persons_key_is_not_trusted(self, written: Path, tmp_path: Path) -> None:
        stranger = from_file(_key(tmp_path / "stranger.pem"))
        (fault,) = verified(written, [stranger.public]).faults
        assert "no signature in it is of a key that is trusted here" in fault

    def test_without_a_signature_it_is_not_signed(self, written: Path, signing: Signing, tmp_path: Path) -> None:
        folder = shutil.copytree(written, tmp_path / "copy")
        (folder / SIGNED).unlink()
        assert verified(folder, [signing.public]).faults == (f"{SIGNED} is missing: nobody has signed this",)
        assert verified(folder, []).faults == ()

    @pytest.mark.parametrize("content", [b"", b"[]", b"\xff\xfe", b'{"subject": [1]}', b'{"subject": []}'])
    def test_what_is_no_manifest_is_refused(self, written: Path, tmp_path: Path, content: bytes) -> None:
        folder = shutil.copytree(written, tmp_path / "copy")
        (folder / FILE).write_bytes(content)
        assert verified(folder, []).faults


class TestWhatLiesThereIsNotLost:
    """A wrong --out must not take somebody's files away."""

    def test_a_folder_of_something_else_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "thesis.txt").write_text("three years of work")
        with pytest.raises(Occupied, match="left as it is"):
            write(subjects.sound(), tmp_path)
        assert (tmp_path / "thesis.txt").read_text() == "three years of work"

    def test_evidence_is_replaced_by_evidence(self, written: Path, tmp_path: Path) -> None:
        folder = shutil.copytree(written, tmp_path / "eu-prod")
        write(subjects.refused(), folder)
        assert verified(folder, []).predicate["verdict"] == "refused"
        assert not (folder / SIGNED).exists()
        assert [path.name for path in tmp_path.iterdir()] == ["eu-prod"]

    def test_a_writer_that_fails_leaves_what_was_there(
        self, written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = shutil.copytree(written, tmp_path / "eu-prod")

        def fails(_: Subject) -> bytes:
            raise OSError(28, "No space left on device")

        monkeypatch.setitem(WRITERS, "junit.xml", fails)
        with pytest.raises(OSError, match="No space"):
            write(subjects.refused(), folder)
        monkeypatch.undo()
        assert verified(folder, []).faults == ()
        assert [path.name for path in tmp_path.iterdir()] == ["eu-prod"]


class TestARefusalIsInEveryFile:
    """Whatever file a reader opens must not look better than the verdict."""

    def test_each_tells_it(self) -> None:
        found = dict(files(subjects.refused()))
        rule = next(item.rule.id for item in subjects.refused().report.of_state("refused"))
        for name in (
            "summary.md",
            "report.html",
            "findings.csv",
            "results.sarif",
            "junit.xml",
            "verdict.json",
            "assessment-results.json",
        ):
            assert rule.encode() in found[name], name
        assert b'"verdict": "refused"' in found[FILE]
        assert "❌ refused".encode() in found["summary.md"]


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _key(path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path
