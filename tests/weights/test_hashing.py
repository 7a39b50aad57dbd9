"""Gigabytes are read once, and a container that starts again goes on where it was."""

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from weights.hashing import BUFFER, hashed, sha256


def _files(place: Path, contents: list[bytes]) -> list[str]:
    for at, content in enumerate(contents):
        (place / f"{at}.safetensors").write_bytes(content)
    return [f"{at}.safetensors" for at in range(len(contents))]


class TestTheHashIsTheFiles:
    """Whatever the sizes and the number of threads."""

    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.binary(max_size=300), max_size=6), st.integers(1, 8))
    def test_as_hashlib_says(self, contents: list[bytes], threads: int) -> None:
        import tempfile

        with tempfile.TemporaryDirectory() as place:
            paths = _files(Path(place), contents)
            found = dict(hashed(Path(place), paths, threads=threads))
        assert found == {p: hashlib.sha256(c).hexdigest() for p, c in zip(paths, contents, strict=True)}

    def test_across_the_edge_of_the_buffer(self, tmp_path: Path) -> None:
        content = os.urandom(BUFFER + 17)
        (tmp_path / "x").write_bytes(content)
        assert sha256(tmp_path / "x")[0] == hashlib.sha256(content).hexdigest()

    def test_a_link_is_not_followed(self, tmp_path: Path) -> None:
        (tmp_path / "x").write_bytes(b"x")
        (tmp_path / "y").symlink_to(tmp_path / "x")
        with pytest.raises(OSError, match="symbolic"):
            sha256(tmp_path / "y")

    def test_what_can_not_be_read_is_told_and_the_rest_is_hashed(self, tmp_path: Path) -> None:
        paths = [*_files(tmp_path, [b"one"]), "gone.safetensors"]
        found = dict(hashed(tmp_path, paths))
        assert isinstance(found["gone.safetensors"], OSError)
        assert found[paths[0]] == hashlib.sha256(b"one").hexdigest()


class TestAnInterruptedRunGoesOn:
    """Seventy gigabytes take a minute or more; a server that crashed must not read them at each start."""

    def test_what_was_hashed_is_not_read_again(self, tmp_path: Path) -> None:
        paths, notes = _files(tmp_path, [b"a" * 1000, b"b" * 2000, b"c" * 3000]), tmp_path / "notes"
        running = hashed(tmp_path, paths, notes=notes, threads=1)
        next(running)
        running.close()
        read = list[int]()
        before = notes.read_bytes()
        found = dict(hashed(tmp_path, paths, notes=notes, threads=1, told=read.append))
        assert notes.read_bytes().startswith(before)
        assert len(before.splitlines()) >= 1
        assert found == {p: hashlib.sha256((tmp_path / p).read_bytes()).hexdigest() for p in paths}
        again = notes.read_bytes()
        dict(hashed(tmp_path, paths, notes=notes))
        assert notes.read_bytes() == again

    def test_a_file_that_changed_is_read_again(self, tmp_path: Path) -> None:
        paths, notes = _files(tmp_path, [b"a" * 1000]), tmp_path / "notes"
        dict(hashed(tmp_path, paths, notes=notes))
        was = (tmp_path / paths[0]).stat()
        (tmp_path / paths[0]).write_bytes(b"z" * 1000)
        # Its times can be set back; the moment at which they were can't.
        os.utime(tmp_path / paths[0], ns=(was.st_atime_ns, was.st_mtime_ns))
        assert dict(hashed(tmp_path, paths, notes=notes))[paths[0]] == hashlib.sha256(b"z" * 1000).hexdigest()

    @pytest.mark.parametrize("torn", [b'{"path": "0.safeten', b"[]\n", b'{"path": 1, "identity": 2, "sha256": 3}\n'])
    def test_a_line_that_was_cut_is_no_line(self, torn: bytes, tmp_path: Path) -> None:
        paths, notes = _files(tmp_path, [b"a" * 1000]), tmp_path / "notes"
        notes.write_bytes(torn)
        right = {paths[0]: hashlib.sha256(b"a" * 1000).hexdigest()}
        assert dict(hashed(tmp_path, paths, notes=notes)) == right
        grown = notes.read_bytes()
        assert dict(hashed(tmp_path, paths, notes=notes)) == right
        assert notes.read_bytes() == grown
