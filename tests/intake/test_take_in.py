"""An import ends in the same bytes however often it was killed, lets nothing in that runs, and says what it did."""

import base64
import hashlib
import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from intake.carried import CarriedFolder
from intake.refusal import Refused
from intake.signing import Signing
from intake.stores import FolderStore
from intake.take_in import Heard, Import, take_in
from tests.intake.conftest import REVISION
from tests.intake.weights import model, safetensors
from weights.form import MANIFEST, PROVENANCE, SIGNATURE
from weights.verify import Pinned, verify

STEPS = (
    "looking for it in the store",
    "copying",
    "looking through it",
    "scanning for malware",
    "hashing",
    "signing",
    "laying down",
)


class Killed(BaseException):
    """The process ends here."""


def contents(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


def unsigned(found: dict[str, bytes]) -> dict[str, bytes]:
    """Without what holds a signature, which is another with every signing."""
    return {path: content for path, content in found.items() if not path.endswith((SIGNATURE, PROVENANCE))}


def killing(at: str) -> Heard:
    def step(words: str) -> None:
        if words == at:
            raise Killed

    return Heard(step=step)


def after(count: int) -> Heard:
    """Killed once so many bytes have moved."""
    left = count

    def told(moved: int) -> None:
        nonlocal left
        left -= moved
        if left <= 0:
            raise Killed

    return Heard(bytes=told)


class TestItEndsInTheStore:
    """What a server is given is what was looked at."""

    def test_and_the_server_s_own_check_holds(self, job: Import, signing: Signing, tmp_path: Path) -> None:
        done = take_in(job, FolderStore(tmp_path / "store"), signing)
        place = tmp_path / "store" / "notes" / REVISION
        verdict = verify(
            place, Pinned(name="notes", revision=REVISION, sha256=done.manifest.digest, keys=[signing.public])
        )
        assert verdict.faults == []
        assert done.laid == 4 + 3
        assert (place / "model.safetensors").stat().st_mode & 0o222 == 0

    def test_the_record_says_who_from_where_and_through_what(
        self, job: Import, signing: Signing, tmp_path: Path
    ) -> None:
        take_in(job, FolderStore(tmp_path / "store"), signing)
        written = json.loads((tmp_path / "store" / "notes" / REVISION / PROVENANCE).read_bytes())
        said = json.loads(base64.b64decode(written["payload"]))["predicate"]
        assert said["runDetails"]["byproducts"] == [{"name": "importedBy", "content": "A. Engineer"}]
        assert said["buildDefinition"]["externalParameters"]["source"] == (tmp_path / "disk").as_uri()
        assert said["buildDefinition"]["internalParameters"]["malware"]["scanner"].startswith("ClamAV 1.4.2/27500")
        sums = {
            item["uri"].rpartition("/")[2]: item["digest"]["sha256"]
            for item in said["buildDefinition"]["resolvedDependencies"]
        }
        assert sums["LICENSE"] == hashlib.sha256(b"Apache License 2.0").hexdigest()

    def test_a_second_run_does_nothing(self, job: Import, signing: Signing, tmp_path: Path) -> None:
        store = FolderStore(tmp_path / "store")
        first = take_in(job, store, signing)
        before = contents(tmp_path / "store")
        again = take_in(job, store, signing)
        assert (again.laid, again.manifest) == (0, first.manifest)
        assert contents(tmp_path / "store") == before

    def test_a_second_run_needs_neither_source_nor_staging(self, job: Import, signing: Signing, tmp_path: Path) -> None:
        store = FolderStore(tmp_path / "store")
        take_in(job, store, signing)
        gone = replace(job, source=CarriedFolder(tmp_path / "no-disk"), staging=tmp_path / "elsewhere")
        assert take_in(gone, store, signing).laid == 0
        assert not (tmp_path / "elsewhere").exists()


class TestKilledAnywhereItEndsInTheSameBytes:
    """A runner is evicted when it will; nobody should have to begin 50 GB anew, or to wonder what stands there."""

    @pytest.mark.parametrize("at", STEPS)
    def test_at_the_beginning_of_a_step(self, job: Import, signing: Signing, tmp_path: Path, at: str) -> None:
        self._twice(job, signing, tmp_path, lambda: killing(at))

    @pytest.mark.parametrize("count", [1, 200_000, 300_100, 500_000, 600_500, 700_000, 900_000])
    def test_after_some_bytes(self, job: Import, signing: Signing, tmp_path: Path, count: int) -> None:
        self._twice(job, signing, tmp_path, lambda: after(count))

    def _twice(self, job: Import, signing: Signing, tmp_path: Path, heard: Callable[[], Heard]) -> None:
        plain, broken = FolderStore(tmp_path / "plain"), FolderStore(tmp_path / "broken")
        whole = take_in(replace(job, staging=tmp_path / "other"), plain, signing)
        with pytest.raises(Killed):
            take_in(job, broken, signing, heard())
        # Where the manifest stands, everything does.
        place = tmp_path / "broken" / "notes" / REVISION
        assert not (place / MANIFEST).exists()
        done = take_in(job, broken, signing)
        assert done.manifest.digest == whole.manifest.digest
        found = contents(tmp_path / "broken")
        assert unsigned(found) == unsigned(contents(tmp_path / "plain"))
        assert verify(place, Pinned(keys=[signing.public])).faults == []
        assert not [path for path in found if path.rpartition("/")[2].startswith(".")]

    def test_what_was_signed_is_not_signed_again(self, job: Import, signing: Signing, tmp_path: Path) -> None:
        signed = []
        counting = replace(signing, sign=lambda content: signed.append(content) or signing.sign(content))  # type: ignore[func-returns-value] # counts
        with pytest.raises(Killed):
            take_in(job, FolderStore(tmp_path / "store"), counting, killing("laying down"))
        take_in(job, FolderStore(tmp_path / "store"), counting)
        assert len(signed) == 2

    def test_a_signature_that_stands_is_kept_though_staging_is_gone(
        self, job: Import, signing: Signing, tmp_path: Path
    ) -> None:
        store = FolderStore(tmp_path / "store")
        take_in(job, store, signing)
        place = tmp_path / "store" / "notes" / REVISION
        before = (place / SIGNATURE).read_bytes(), (place / PROVENANCE).read_bytes()
        (place / MANIFEST).unlink()  # as if killed before the last file
        take_in(replace(job, staging=tmp_path / "new"), store, signing)
        assert ((place / SIGNATURE).read_bytes(), (place / PROVENANCE).read_bytes()) == before


class TestACopyIsRight:
    """A file that broke off is gone on with only where what is there is what should be."""

    def test_after_a_part_with_other_bytes(self, job: Import, signing: Signing, tmp_path: Path) -> None:
        part = tmp_path / "staging" / "notes" / REVISION / "parts" / "model.safetensors"
        part.parent.mkdir(parents=True)
        part.write_bytes(b"x" * 1000)
        take_in(job, FolderStore(tmp_path / "store"), signing)
        copied = tmp_path / "store" / "notes" / REVISION / "model.safetensors"
        assert copied.read_bytes() == safetensors(size=300_000)

    def test_a_file_that_the_source_has_no_more_does_not_slip_in(
        self, job: Import, signing: Signing, tmp_path: Path
    ) -> None:
        stray = tmp_path / "staging" / "notes" / REVISION / "files" / "stray.json"
        stray.parent.mkdir(parents=True)
        stray.write_text("{}")
        done = take_in(job, FolderStore(tmp_path / "store"), signing)
        assert "stray.json" not in {file.path for file in done.manifest.files}

    def test_one_record_can_not_say_two_sources(self, job: Import, signing: Signing, tmp_path: Path) -> None:
        with pytest.raises(Killed):
            take_in(job, FolderStore(tmp_path / "store"), signing, killing("hashing"))
        other = replace(job, source=CarriedFolder(model(tmp_path / "other-disk")))
        with pytest.raises(Refused, match="was begun from"):
            take_in(other, FolderStore(tmp_path / "store"), signing)


class Runs:
    """Unpickled, it would run a command."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, ...]]:
        """As an attacker writes it."""
        import os

        return os.system, ("true",)


class TestNothingComesInThatRuns:
    """A model is numbers and words. What else lies beside them is how hubs were attacked."""

    @pytest.mark.parametrize(
        ("name", "content", "said"),
        [
            ("modeling.py", b"print(1)", "modeling.py may not lie among weights"),
            ("pytorch_model.bin", pickle.dumps(Runs()), "is a pickle that would run posix.system"),
            ("config.json", b'{"auto_map": {"AutoModel": "x.Y"}}', "config.json: says 'auto_map'"),
            ("model-2.safetensors", b"\xff" * 100, "model-2.safetensors is no sound safetensors file"),
            ("LICENSE", b"EICAR", "malware: LICENSE: Eicar-Test-Signature FOUND"),
            ("weights.zip", b"PK\x03\x04", "weights.zip may not lie among weights"),
        ],
    )
    def test_is_refused(
        self, job: Import, signing: Signing, tmp_path: Path, name: str, content: bytes, said: str
    ) -> None:
        (tmp_path / "disk" / name).write_bytes(content)
        with pytest.raises(Refused) as refused:
            take_in(job, FolderStore(tmp_path / "store"), signing)
        assert said in str(refused.value)
        assert not (tmp_path / "store").exists()

    def test_a_link_is_refused(self, job: Import, signing: Signing, tmp_path: Path) -> None:
        (tmp_path / "disk" / "notes.json").symlink_to("/etc/passwd")
        with pytest.raises(Refused, match=r"notes\.json is no plain file"):
            take_in(job, FolderStore(tmp_path / "store"), signing)

    def test_no_scanner_is_no_import(
        self, job: Import, signing: Signing, tmp_path: Path, scanner: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(Refused, match="no malware scanner is here"):
            take_in(job, FolderStore(tmp_path / "store"), signing)

    def test_but_for_a_reason_that_goes_on_record(self, job: Import, signing: Signing, tmp_path: Path) -> None:
        take_in(replace(job, unscanned="scanned at the door"), FolderStore(tmp_path / "store"), signing)
        written = json.loads((tmp_path / "store" / "notes" / REVISION / PROVENANCE).read_bytes())
        said = json.loads(base64.b64decode(written["payload"]))["predicate"]["buildDefinition"]
        assert said["internalParameters"]["malware"] == {"scanned": False, "why": "scanned at the door"}


class TestItIsWhatWasExpected:
    """Two vouchers: a list that somebody brings, and the catalogue."""

    def sums(self, tmp_path: Path) -> dict[str, str]:
        return {path: hashlib.sha256(content).hexdigest() for path, content in contents(tmp_path / "disk").items()}

    def test_by_the_list(self, job: Import, signing: Signing, tmp_path: Path) -> None:
        expected = replace(job, expected=self.sums(tmp_path))
        assert take_in(expected, FolderStore(tmp_path / "store"), signing).laid == 7

    def test_another_file_is_thrown_away(self, job: Import, signing: Signing, tmp_path: Path) -> None:
        sums = {**self.sums(tmp_path), "LICENSE": "0" * 64}
        with pytest.raises(Refused, match="LICENSE came with another checksum"):
            take_in(replace(job, expected=sums), FolderStore(tmp_path / "store"), signing)
        assert not (tmp_path / "staging" / "notes" / REVISION / "files" / "LICENSE").exists()

    def test_a_file_more_or_less(self, job: Import, signing: Signing, tmp_path: Path) -> None:
        sums = {**self.sums(tmp_path), "generation_config.json": "0" * 64}
        with pytest.raises(Refused, match=r"generation_config\.json is in one of the source and the list"):
            take_in(replace(job, expected=sums), FolderStore(tmp_path / "store"), signing)

    def test_by_the_catalogue(self, job: Import, signing: Signing, tmp_path: Path) -> None:
        with pytest.raises(Refused, match="these are other weights"):
            take_in(replace(job, pinned="0" * 64), FolderStore(tmp_path / "store"), signing)

    def test_what_stands_in_the_store_with_other_bytes_is_not_replaced(
        self, job: Import, signing: Signing, tmp_path: Path
    ) -> None:
        place = tmp_path / "store" / "notes" / REVISION
        place.mkdir(parents=True)
        (place / "LICENSE").write_text("another")
        with pytest.raises(Refused, match="stands in the store with another content"):
            take_in(job, FolderStore(tmp_path / "store"), signing)
        assert (place / "LICENSE").read_text() == "another"
        assert not (place / MANIFEST).exists()

    def test_nor_what_another_key_signed(self, job: Import, signing: Signing, tmp_path: Path) -> None:
        from intake.signing import from_file
        from tests.intake.conftest import key_file

        other = from_file(key_file(tmp_path))
        take_in(job, FolderStore(tmp_path / "store"), other)
        with pytest.raises(Refused, match="is not this key's"):
            take_in(job, FolderStore(tmp_path / "store"), signing)
