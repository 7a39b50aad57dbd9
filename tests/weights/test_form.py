"""One manifest, one text, one digest."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weights.form import File, Malformed, Manifest, read, safe

REVISION = "a" * 40
_DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)
_PATHS = st.from_regex(r"[a-z0-9]{1,8}(/[a-z0-9]{1,8}){0,2}\.json", fullmatch=True)
_FILES = st.lists(
    st.builds(File, _PATHS, st.integers(0, 2**45), _DIGESTS), min_size=1, max_size=6, unique_by=lambda f: f.path
)


class TestAManifestHasOneForm:
    """The plan pins the text's checksum: two texts for the same files would be two models."""

    @given(_FILES)
    def test_what_is_written_is_read_again_in_any_order(self, files: list[File]) -> None:
        there, back = Manifest("m", REVISION, tuple(files)), Manifest("m", REVISION, tuple(reversed(files)))
        assert there.encoded == back.encoded
        assert set(read(there.encoded).files) == set(files)
        assert read(there.encoded).digest == there.digest

    @given(_FILES, st.data())
    def test_no_byte_of_it_can_change_unseen(self, files: list[File], data: st.DataObject) -> None:
        right = Manifest("m", REVISION, tuple(files))
        raw = bytearray(right.encoded)
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] ^= data.draw(st.integers(1, 255))
        with suppress(Malformed):
            assert read(bytes(raw)).digest != right.digest

    @pytest.mark.parametrize(
        "path", ["../x.json", "/x.json", "a/../x.json", "a//x.json", "./x.json", "", "a\\x.json", ".git/x", "x\n.json",
                 "manifest.json", "ä.json", "a./x.json", "c:x.json"],
    )  # fmt: skip
    def test_no_path_leads_outside_or_looks_like_another(self, path: str) -> None:
        assert not safe(path)
        with pytest.raises(Malformed, match="path"):
            read(Manifest("m", REVISION, (File(path, 1, "0" * 64),)).encoded)

    @pytest.mark.parametrize(
        ("key", "value", "words"),
        [
            ("format", "bailiwick-weights/2", "format"),
            ("name", "../m", "name"),
            ("revision", "main", "40 hex"),
            ("files", [], "1 to"),
            ("also", 1, "unknown key 'also'"),
            ("files", [{"path": "a.json", "bytes": True, "sha256": "0" * 64}], "bytes"),
            ("files", [{"path": p, "bytes": 1, "sha256": "0" * 64} for p in ("a.json", "A.json")], "twice"),
        ],
    )
    def test_is_read_strictly(self, key: str, value: object, words: str) -> None:
        told = json.loads(Manifest("m", REVISION, (File("a.json", 1, "0" * 64),)).encoded)
        with pytest.raises(Malformed, match=words):
            read(json.dumps({**told, key: value}).encode())
