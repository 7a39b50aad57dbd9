"""A commit's tree beside the working one: whatever its size, all of it comes."""

import subprocess
from pathlib import Path

import pytest

from cli import revisions

BLOCK, BLOCKS = 512, 20
"""tar's, and how many of them git writes at once."""


class TestATreeIsUnpackedWhateverItsSize:
    """tar ends with blocks of noughts, which nobody reads: for some sizes git was still writing them, and died."""

    def test_of_every_number_of_blocks(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        git = ("git", "-C", str(tmp_path / "r"), "-c", "user.name=a", "-c", "user.email=a@b.example")
        subprocess.run(["git", "init", "--quiet", str(tmp_path / "r")], check=True)
        monkeypatch.setattr(revisions, "ROOT", tmp_path / "r")
        for number in range(BLOCKS):
            (tmp_path / "r" / "file").write_bytes(b"x" * (number * BLOCK + 1))
            subprocess.run([*git, "add", "file"], check=True)
            subprocess.run([*git, "commit", "--quiet", "-m", "x"], check=True)
            revisions._unpack("HEAD", tmp_path / str(number))
            assert (tmp_path / str(number) / "file").stat().st_size == number * BLOCK + 1
