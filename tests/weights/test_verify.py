"""A server starts on what was pinned, byte for byte, or not at all."""

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.weights.models import NAME, REVISION, Key, folder, key, signed, tensors
from weights.form import MANIFEST, SIGNATURE, Malformed, Manifest
from weights.verify import Pinned, manifest_of, verify

Break = Callable[[Path], object]


@pytest.fixture(scope="module")
def signer() -> Key:
    return key()


@pytest.fixture
def model(tmp_path: Path, signer: Key) -> tuple[Path, Manifest]:
    place = folder(tmp_path / "model")
    return place, signed(place, signer)


def pinned(manifest: Manifest, signer: Key) -> Pinned:
    return Pinned(name=NAME, revision=REVISION, sha256=manifest.digest, keys=[signer.pem])


def _flip(place: Path) -> None:
    file = place / "model-00002-of-00002.safetensors"
    raw = bytearray(file.read_bytes())
    raw[-1] ^= 1
    file.write_bytes(raw)


def _link(place: Path) -> None:
    (place / "config.json").rename(place.parent / "elsewhere.json")
    (place / "config.json").symlink_to(place.parent / "elsewhere.json")


def _below(place: Path) -> None:
    (place / "code").mkdir()
    (place / "code" / "modeling.py").write_text("x")


def _no_tensors(place: Path) -> None:
    for file in place.glob("*.safetensors"):
        file.unlink()


def _reformat(place: Path) -> None:
    (place / MANIFEST).write_text(json.dumps(json.loads((place / MANIFEST).read_bytes()), indent=1))


BREACHES: dict[str, tuple[Break, str]] = {
    "one bit of a tensor": (_flip, "model-00002-of-00002.safetensors has sha256"),
    "a file more": (lambda p: (p / "extra.json").write_text("{}"), "extra.json is not in the manifest"),
    "a file less": (lambda p: (p / "LICENSE.txt").unlink(), "LICENSE.txt is in the manifest and not there"),
    "a file shorter": (
        lambda p: os.truncate(p / "tokenizer.json", 3),
        "tokenizer.json",
    ),
    "a link for a file": (_link, "config.json is no plain file"),
    "a hidden file": (lambda p: (p / ".profile").write_text("x"), ".profile is not in the manifest"),
    "Python in a folder below": (
        _below,
        "code/modeling.py is not in the manifest",
    ),
    "the manifest in other words": (_reformat, "not in its one form"),
    "no manifest": (lambda p: (p / MANIFEST).unlink(), "manifest.json can't be read"),
    "no signature": (lambda p: (p / SIGNATURE).unlink(), "nobody stands for these weights"),
    "a signature of nothing": (lambda p: (p / SIGNATURE).write_text("{}"), "no DSSE envelope"),
}


class TestAServerStartsOnWhatWasPinnedAlone:
    """The checksum in the plan is the one thing that a reviewer saw."""

    def test_sound_weights_pass_and_every_byte_was_read(self, model: tuple[Path, Manifest], signer: Key) -> None:
        place, manifest = model
        found = verify(place, pinned(manifest, signer))
        assert found.sound
        assert found.hashed == manifest.total > 3000

    @pytest.mark.parametrize("name", BREACHES)
    def test_is_refused(self, name: str, model: tuple[Path, Manifest], signer: Key) -> None:
        place, manifest = model
        broken, words = BREACHES[name]
        broken(place)
        found = verify(place, pinned(manifest, signer))
        assert not found.sound
        assert words in "\n".join(found.faults)

    @pytest.mark.parametrize(
        ("other", "words"),
        [
            (Pinned(sha256="0" * 64), "the plan pins 000"),
            (Pinned(name="another"), "the plan pins another"),
            (Pinned(revision="f" * 40), "the plan pins fff"),
        ],
    )
    def test_another_pin_is_refused_and_nothing_is_hashed_for_it(
        self, other: Pinned, words: str, model: tuple[Path, Manifest]
    ) -> None:
        found = verify(model[0], other)
        assert words in "\n".join(found.faults)
        assert found.hashed == 0

    def test_a_signature_by_somebody_else_is_refused(self, model: tuple[Path, Manifest]) -> None:
        place, manifest = model
        found = verify(place, pinned(manifest, key()))
        assert "no signature in it is of a key that is trusted here" in "\n".join(found.faults)

    def test_a_signature_of_other_weights_is_refused(
        self, model: tuple[Path, Manifest], signer: Key, tmp_path: Path
    ) -> None:
        place, _ = model
        other = folder(tmp_path / "other")
        (other / "LICENSE.txt").write_text("MIT\n")
        signed(other, signer)
        (other / SIGNATURE).rename(place / SIGNATURE)
        manifest = manifest_of(place, name=NAME, revision=REVISION)
        assert "what was signed is another manifest" in "\n".join(verify(place, pinned(manifest, signer)).faults)

    def test_every_fault_is_told_at_once(self, model: tuple[Path, Manifest], signer: Key) -> None:
        place, manifest = model
        (place / "extra.json").write_text("{}")
        (place / "LICENSE.txt").unlink()
        assert len(verify(place, pinned(manifest, signer)).faults) == 2


REFUSED: dict[str, Callable[[Path], object]] = {
    "a pickle": lambda p: (p / "pytorch_model.bin").write_bytes(pickle.dumps({})),
    "Python": lambda p: (p / "modeling_x.py").write_text("import os"),
    "a library": lambda p: (p / "kernel.so").write_bytes(b"\x7fELF"),
    "a pickle under a licence's name": lambda p: (p / "LICENSE").write_bytes(pickle.dumps({})),
    "an archive under a page's name": lambda p: (p / "README.md").write_bytes(b"PK\x03\x04"),
    "auto_map": lambda p: (p / "config.json").write_text('{"auto_map": {"AutoModel": "x.Y"}}'),
    "auto_map, deep in another file": lambda p: (p / "tokenizer_config.json").write_text(
        '{"a": [{"b": {"auto_map": null}}]}'
    ),
    "JSON that is none": lambda p: (p / "generation_config.json").write_text("{"),
    "JSON so deep that a parser falls": lambda p: (p / "x.json").write_text("[" * 200_000),
    "tensors past the end": lambda p: os.truncate(p / "model-00001-of-00002.safetensors", 500),
    "bytes after the tensors": lambda p: (p / "model-00001-of-00002.safetensors").open("ab").write(b"x"),
    "a header longer than its file": lambda p: (p / "y.safetensors").write_bytes(b"\xff" * 8 + b"{}"),
    "an empty tensor file": lambda p: (p / "y.safetensors").write_bytes(b""),
    "a tensor twice": lambda p: (p / "y.safetensors").write_bytes(tensors({"a": 3})),
    "an index that names what is not there": lambda p: (p / "model.safetensors.index.json").write_text(
        '{"weight_map": {"a": "model-00009-of-00009.safetensors"}}'
    ),
    "no tensors": _no_tensors,
    "no configuration": lambda p: (p / "config.json").unlink(),
    "a device": lambda p: os.mkfifo(p / "pipe.json"),
}


class TestNothingThatRunsMayLieAmongWeights:
    """A pickle runs what it holds as it is loaded, and a model's JSON can name Python: neither gets a manifest."""

    def test_a_sound_folder_gets_one(self, tmp_path: Path) -> None:
        assert len(manifest_of(folder(tmp_path / "m"), name=NAME, revision=REVISION).files) == 6

    @pytest.mark.parametrize("name", REFUSED)
    def test_gets_no_manifest(self, name: str, tmp_path: Path) -> None:
        place = folder(tmp_path / "m")
        REFUSED[name](place)
        with pytest.raises(Malformed):
            manifest_of(place, name=NAME, revision=REVISION)
