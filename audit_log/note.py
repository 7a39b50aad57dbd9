"""Signed notes: a text and lines of signatures below it. c2sp.org/signed-note.

Two kinds of key. Ed25519 (type 1) is the note's own. ECDSA (type 2, P-256 or P-384) is for keys that a vault holds:
Azure Key Vault and Managed HSM sign ES256 and ES384 and have no Ed25519
(learn.microsoft.com/azure/key-vault/keys/about-keys-details). FIPS 186-5 approves both; whether a module is validated
is the module's certificate, not the algorithm's.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol, runtime_checkable

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

ED25519, ECDSA = 1, 2
MOST_SIGNATURES = 16
"""The specification asks to take as many; a note with more is refused before anything is computed."""
DASH = "— "


class BadNote(ValueError):
    """Not a note, or not signed by a known key; the message repeats nothing of it."""


class BadKey(ValueError):
    """Not a key that can sign or verify a note; the message repeats nothing of it."""


@runtime_checkable
class Signer(Protocol):
    """Whoever holds the key: a mounted file here, a vault elsewhere."""

    verifier: "Verifier"

    def sign(self, text: bytes) -> bytes:
        """The signature, as the verifier's type has it. Raises whatever it likes: nothing is signed then."""


@dataclass(frozen=True)
class Verifier:
    """A public key by its name."""

    name: str
    kind: int
    public: bytes = field(repr=False)
    """Ed25519: its 32 bytes. ECDSA: SubjectPublicKeyInfo, DER."""

    @property
    def key_id(self) -> bytes:
        """Four bytes that lead a signature. ECDSA's has no name in it: so says the specification."""
        if self.kind == ECDSA:
            return hashlib.sha256(self.public).digest()[:4]
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def vkey(self) -> str:
        """As text: name+id+key, the form of golang.org/x/mod/sumdb/note."""
        key = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{key}"

    @classmethod
    def of(cls, vkey: str) -> "Verifier":
        """From text. Raises BadKey."""
        parts = vkey.strip().split("+", 2)
        try:
            name, key_id, key = parts
            raw = base64.b64decode(key, validate=True)
            found = cls(name=_named(name), kind=raw[0], public=raw[1:])
            _loaded(found)
        except (ValueError, IndexError, binascii.Error, UnsupportedAlgorithm) as error:
            raise BadKey("not a note's key: <name>+<id, 8 hex digits>+<base64>") from error
        if found.key_id.hex() != key_id:
            raise BadKey("the key's id does not belong to name and key")
        return found

    def signed(self, text: bytes, signature: bytes) -> bool:
        """Whether this key signed the text."""
        key = _loaded(self)
        try:
            if isinstance(key, ed25519.Ed25519PublicKey):
                key.verify(signature, text)
            else:
                key.verify(signature, text, ec.ECDSA(_digest(key.curve)))
        except InvalidSignature:
            return False
        return True


class FileSigner:
    """A private key in PEM (PKCS 8), as a mounted secret brings it."""

    def __init__(self, name: str, pem: bytes) -> None:
        try:
            key = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            # Without the cause: words about a private key stay here.
            raise BadKey("the signing key is no private key in PEM without a password") from None
        if isinstance(key, ed25519.Ed25519PrivateKey):
            form = serialization.Encoding.Raw, serialization.PublicFormat.Raw
            self.verifier = Verifier(_named(name), ED25519, key.public_key().public_bytes(*form))
        elif isinstance(key, ec.EllipticCurvePrivateKey):
            _digest(key.curve)
            spki = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            self.verifier = Verifier(_named(name), ECDSA, key.public_key().public_bytes(*spki))
        else:
            raise BadKey("a note is signed with Ed25519, or ECDSA on P-256 or P-384")
        self._key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey = key

    def sign(self, text: bytes) -> bytes:
        """The signature."""
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return self._key.sign(text)
        return self._key.sign(text, ec.ECDSA(_digest(self._key.curve)))


def sign(text: str, signer: Signer) -> str:
    """The note: text, an empty line, the signature's line."""
    if not text.endswith("\n") or any(ord(sign) < 0x20 and sign != "\n" for sign in text):
        raise BadNote("a note's text ends with a line's end, and has no control characters")
    raw = signer.verifier.key_id + signer.sign(text.encode())
    return f"{text}\n{DASH}{signer.verifier.name} {base64.b64encode(raw).decode()}\n"


def opened(note: str, keys: Sequence[Verifier]) -> str:
    """The text, if a known key signed it and none of the known ones' signatures is wrong. Raises BadNote."""
    text, signatures = divided(note)
    good = False
    for name, raw in signatures:
        for key in keys:
            if (key.name, key.key_id) == (name, raw[:4]):
                if not key.signed(text.encode(), raw[4:]):
                    raise BadNote("the signature does not belong to the text")
                good = True
    if not good:
        raise BadNote("no known key signed it")
    return text


def divided(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Text and signatures (name, id and signature), of which nothing is verified. Raises BadNote."""
    text, middle, rest = note.rpartition("\n\n")
    lines = rest.split("\n")
    if not middle or lines.pop() != "" or not 0 < len(lines) <= MOST_SIGNATURES:
        raise BadNote("not a text, an empty line and lines of signatures")
    if any(ord(sign) < 0x20 and sign != "\n" for sign in note):
        raise BadNote("control characters")
    found = []
    for line in lines:
        name, _, signature = line.removeprefix(DASH).partition(" ")
        try:
            raw = base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError):
            raise BadNote("a signature is not base64") from None
        # One encoding only: base64 leaves bits over, and a changed byte has to show.
        if line != f"{DASH}{name} {base64.b64encode(raw).decode()}" or len(raw) < 5 or not name:
            raise BadNote("a line of signatures is not as it has to be")
        found.append((name, raw))
    return text + "\n", found


def _named(name: str) -> str:
    if not name or "+" in name or any(sign.isspace() or ord(sign) < 0x20 for sign in name):
        raise BadKey("a key's name has no spaces, no plus, and is not empty")
    return name


@lru_cache(maxsize=64)
def _loaded(key: Verifier) -> ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey:
    if key.kind == ED25519:
        return ed25519.Ed25519PublicKey.from_public_bytes(key.public)
    if key.kind == ECDSA:
        found = serialization.load_der_public_key(key.public)
        if isinstance(found, ec.EllipticCurvePublicKey):
            _digest(found.curve)
            return found
    raise BadKey("a note is signed with Ed25519, or ECDSA on P-256 or P-384")


def _digest(curve: ec.EllipticCurve) -> hashes.HashAlgorithm:
    """ES256 and ES384 of RFC 7518, as a vault has them."""
    if isinstance(curve, ec.SECP256R1):
        return hashes.SHA256()
    if isinstance(curve, ec.SECP384R1):
        return hashes.SHA384()
    raise BadKey("a note is signed with Ed25519, or ECDSA on P-256 or P-384")
