"""What was compiled is read again, and nothing else is."""

from pathlib import Path

import hyperscan
import pytest

from model_images.gateway.guard import compiled

EXPRESSIONS = [rb"ab+c", rb"\d{3}", rb"x[yz]", rb"end$"]
FLAGS = [hyperscan.HS_FLAG_SOM_LEFTMOST] * 4


def found(database: hyperscan.Database) -> list[tuple[int, int, int]]:
    out: list[tuple[int, int, int]] = []

    def matched(number: int, start: int, end: int, _flags: int, _context: object) -> None:
        out.append((number, start, end))

    database.scan(b"abbc 123 xz end", match_event_handler=matched, scratch=hyperscan.Scratch(database))
    return out


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(compiled.FOLDER, str(tmp_path / "compiled"))
    return tmp_path / "compiled"


class TestADatabaseFromAFileFindsWhatOneJustCompiledFinds:
    """It is the same one."""

    def test_the_first_time_and_the_second(self, folder: Path) -> None:
        first = found(compiled.database(EXPRESSIONS, FLAGS))
        assert len(list(folder.iterdir())) == 1
        assert found(compiled.database(EXPRESSIONS, FLAGS)) == first != []

    def test_without_a_folder(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        monkeypatch.delenv(compiled.FOLDER)
        assert found(compiled.database(EXPRESSIONS, FLAGS))
        assert not folder.exists()


class TestWhatIsNotSurelyTheSameIsCompiledAnew:
    """A database of other expressions would miss identifiers, and nobody would see it."""

    def test_other_expressions_and_flags_have_other_files(self, folder: Path) -> None:
        compiled.database(EXPRESSIONS, FLAGS)
        compiled.database([*EXPRESSIONS[:3], b"END"], FLAGS)
        compiled.database(EXPRESSIONS, [0, *FLAGS[1:]])
        compiled.database([b"ab+", rb"c\d{3}", *EXPRESSIONS[2:]], FLAGS)
        assert len(list(folder.iterdir())) == 4

    @pytest.mark.parametrize("broken", [b"", b"x", b"\0" * 4_000])
    def test_a_file_that_is_broken(self, folder: Path, broken: bytes) -> None:
        first = found(compiled.database(EXPRESSIONS, FLAGS))
        (path,) = folder.iterdir()
        path.write_bytes(broken)
        assert found(compiled.database(EXPRESSIONS, FLAGS)) == first
        assert path.read_bytes() != broken

    def test_a_changed_byte(self, folder: Path) -> None:
        first = found(compiled.database(EXPRESSIONS, FLAGS))
        (path,) = folder.iterdir()
        raw = bytearray(path.read_bytes())
        raw[len(raw) // 2] ^= 1
        path.write_bytes(raw)
        assert found(compiled.database(EXPRESSIONS, FLAGS)) == first


class TestAFolderThatMayNotBeWrittenIsLeftAsItIs:
    """The image's."""

    def test_it_is_compiled_all_the_same(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "file").write_text("")
        monkeypatch.setenv(compiled.FOLDER, str(tmp_path / "file" / "below"))
        assert found(compiled.database(EXPRESSIONS, FLAGS))
