"""What is trained on comes from one place, whole, and once of each patient."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from model_images.fine_tuning.__main__ import main
from model_images.fine_tuning.data import LEAST_RECORDS, STORE, BadData, read, store
from model_images.fine_tuning.record import candidate, manifest

LINES = [{"subject": f"s{number}", "text": "a note"} for number in range(LEAST_RECORDS)]


def _written(path: Path, lines: Sequence[Any]) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return path


class TestDataComeFromTheTrainingStoreAlone:
    """A patient's store that is mounted by mistake must not be read by mistake."""

    def test_what_lies_there_is_read(self, tmp_path: Path) -> None:
        found = read(_written(tmp_path / "hips" / "set.jsonl", LINES), tmp_path)
        assert len(found.texts) == LEAST_RECORDS
        assert (found.population, found.name) == ("hips", "hips/set.jsonl")

    def test_what_is_in_no_populations_folder_is_refused(self, tmp_path: Path) -> None:
        """By that folder it is counted what its people have given already."""
        with pytest.raises(BadData, match="no population's folder"):
            read(_written(tmp_path / "set.jsonl", LINES), tmp_path)
        (tmp_path / "hips").mkdir()
        (tmp_path / "hips" / "link.jsonl").symlink_to(tmp_path / "set.jsonl")
        with pytest.raises(BadData, match="no population's folder"):
            read(tmp_path / "hips" / "link.jsonl", tmp_path)

    @pytest.mark.parametrize("way", ["beside", "up", "link", "linked folder", "prefix"])
    def test_what_does_not_is_refused_by_whatever_way(self, tmp_path: Path, way: str) -> None:
        inside, outside = tmp_path / "training", tmp_path / "training-patients"
        inside.mkdir()
        outside.mkdir()
        secret = _written(outside / "set.jsonl", LINES)
        if way == "link":
            (inside / "link.jsonl").symlink_to(secret)
        if way == "linked folder":
            (inside / "more").symlink_to(outside)
        path = {
            "beside": secret,
            "up": inside / ".." / outside.name / "set.jsonl",
            "link": inside / "link.jsonl",
            "linked folder": inside / "more" / "set.jsonl",
            "prefix": Path(f"{inside}-patients") / "set.jsonl",
        }[way]
        with pytest.raises(BadData, match="does not lie in the training store"):
            read(path, inside)

    @pytest.mark.parametrize("root", ["/", "training"])
    def test_everything_is_no_store_and_neither_is_a_relative_path(self, tmp_path: Path, root: str) -> None:
        with pytest.raises(BadData, match="does not lie in the training store"):
            read(_written(tmp_path / "set.jsonl", LINES), Path(root))

    def test_the_mount_is_the_images_unless_it_is_told(self) -> None:
        assert store({}) == STORE
        assert store({"BAILIWICK_TRAINING_STORE": "/mnt/other"}) == Path("/mnt/other")


class TestOneRecordOfEachSubject:
    """Epsilon is counted by record: a patient with ten has ten times the epsilon that is written down."""

    @pytest.mark.parametrize(
        ("lines", "says"),
        [
            ([*LINES, LINES[0]], "line 9: a second record of the subject of line 1"),
            ([*LINES, "{"], "line 9: is not an object"),
            ([*LINES, {"subject": "x", "text": " "}], "line 9: subject or text is empty"),
            ([*LINES, {"subject": "x", "text": "y", "name": "Z"}], "line 9: is not an object"),
            (LINES[:3], "has 3 records"),
        ],
    )
    def test_every_fault_by_its_line_and_without_its_text(
        self, tmp_path: Path, lines: Sequence[Any], says: str
    ) -> None:
        with pytest.raises(BadData) as error:
            read(_written(tmp_path / "hips" / "set.jsonl", lines), tmp_path)
        assert says in str(error.value)
        assert "a note" not in str(error.value)


class TestTheCommandSaysWhatIsWrong:
    """With no torch at hand as well: a wrong path is told before anything is loaded."""

    def test_a_file_elsewhere_ends_with_2(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        words: dict[str, object] = {
            "base": tmp_path,
            "data": _written(tmp_path / "x.jsonl", LINES),
            "out": tmp_path / "o",
            "ledger": tmp_path / "ledger",
        }
        names = ("base-name", "base-revision", "base-sha256", "name", "stack", "use-case", "prompt", "prompt-version")
        words |= dict.fromkeys((*names, "prompt-sha256", "by"), "x") | {"most-epsilon": 1}
        assert main(["train", *(str(word) for name, value in words.items() for word in (f"--{name}", value))]) == 2
        assert "does not lie in the training store" in capsys.readouterr().err


class TestTheManifestIsTheAdaptersName:
    """Another byte, another name."""

    def test_of_every_file(self, tmp_path: Path) -> None:
        (tmp_path / "adapter_model.safetensors").write_bytes(b"1")
        first = manifest(tmp_path)
        assert manifest(tmp_path) == first
        (tmp_path / "adapter_model.safetensors").write_bytes(b"2")
        assert manifest(tmp_path) != first

    def test_a_name_with_quotes_is_still_a_record(self, tmp_path: Path) -> None:
        from datetime import date

        from records.lifecycle import read as lived

        path = candidate(
            tmp_path,
            stack="eu-prod",
            use_case="notes",
            name="m",
            sha256="a" * 64,
            prompt={"name": "notes", "version": "1.0.0", "sha256": "b" * 64},
            by='A. "Author": #1',
            why="because: [it] {must}",
            today=date(2026, 11, 22),
        )
        life, faults = lived(path.relative_to(tmp_path).as_posix(), path.read_text())
        assert faults == ()
        assert life is not None
        assert (life.author, life.history[0].why) == ('A. "Author": #1', "because: [it] {must}")
