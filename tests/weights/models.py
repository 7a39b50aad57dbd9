"""A small model in a folder, made by the tests: a sound one, to break one thing of."""

import json
import struct
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from weights.form import MANIFEST, SIGNATURE, Manifest
from weights.signature import envelope, key_id, statement
from weights.verify import manifest_of

NAME, REVISION = "tiny-notes", "0123456789abcdef0123456789abcdef01234567"


@dataclass(frozen=True)
class Key:
    """One who signs."""

    private: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, what: bytes) -> bytes:
        return self.private.sign(what, ec.ECDSA(SHA256()))


def key() -> Key:
    return Key(ec.generate_private_key(ec.SECP256R1()))


def tensors(named: dict[str, int], *, fill: int = 7) -> bytes:
    """A safetensors file of BF16 vectors, each of so many elements."""
    at, head = 0, {}
    for name, count in named.items():
        head[name] = {"dtype": "BF16", "shape": [count], "data_offsets": [at, at + 2 * count]}
        at += 2 * count
    raw = json.dumps(head).encode()
    return struct.pack("<Q", len(raw)) + raw + bytes([fill]) * at


def folder(place: Path) -> Path:
    """The files of a sound model, with no manifest yet."""
    place.mkdir(parents=True, exist_ok=True)
    (place / "config.json").write_text(json.dumps({"architectures": ["LlamaForCausalLM"], "hidden_size": 64}))
    (place / "tokenizer.json").write_text(json.dumps({"version": "1.0", "model": {"type": "WordLevel"}}))
    (place / "LICENSE.txt").write_text("Apache-2.0\n")
    (place / "model-00001-of-00002.safetensors").write_bytes(tensors({"a": 1000, "b": 24}))
    (place / "model-00002-of-00002.safetensors").write_bytes(tensors({"c": 512}, fill=9))
    (place / "model.safetensors.index.json").write_text(
        json.dumps(
            {"weight_map": {n: f"model-0000{k}-of-00002.safetensors" for n, k in (("a", 1), ("b", 1), ("c", 2))}}
        )
    )
    return place


def signed(place: Path, signer: Key) -> Manifest:
    """Its manifest and its signature, written."""
    manifest = manifest_of(place, name=NAME, revision=REVISION)
    (place / MANIFEST).write_bytes(manifest.encoded)
    said = statement(manifest.digest, {"name": NAME, "revision": REVISION})
    (place / SIGNATURE).write_bytes(envelope(said, signer.sign, key_id(signer.private.public_key())))
    return manifest
