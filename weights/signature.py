"""Who stands for a manifest: an in-toto statement about its SHA-256, in a DSSE envelope, signed with ECDSA P-256.

The forms are in-toto's Statement v1 and secure-systems-lab's DSSE v1.0.2, as for images. Keys are on P-256, with which
Key Vault and managed HSM sign (ES256): signing takes a function, so that the key need not be here.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from weights.form import MANIFEST

STATEMENT = "https://in-toto.io/Statement/v1"
PAYLOAD = "application/vnd.in-toto+json"
IMPORTED = "urn:bailiwick:weights:v1"
"""The predicate's type: name, revision, files and bytes."""

Signer = Callable[[bytes], bytes]
"""The DER signature by ECDSA P-256 with SHA-256 of the bytes."""


class Unsigned(ValueError):
    """No signature of a key that was named, or of something else; the words say which."""


def statement(digest: str, predicate: Mapping[str, object], *, kind: str = IMPORTED) -> bytes:
    """What is signed of a manifest: its digest, and what the signer says of it."""
    told = {
        "_type": STATEMENT,
        "subject": [{"name": MANIFEST, "digest": {"sha256": digest}}],
        "predicateType": kind,
        "predicate": predicate,
    }
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()


def envelope(payload: bytes, sign: Signer, key_id: str) -> bytes:
    """The signed envelope, as it is written."""
    told = {
        "payloadType": PAYLOAD,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": key_id, "sig": base64.b64encode(sign(_encoded(payload))).decode()}],
    }
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def verified(written: bytes, keys: Sequence[str], *, digest: str, kind: str = IMPORTED) -> Mapping[str, Any]:
    """What a holder of one of the keys (PEM) said of the manifest with this digest. Raises Unsigned."""
    payload = opened(written, keys)
    try:
        said = json.loads(payload)
        named = [item["digest"]["sha256"] for item in said["subject"]]
        predicate = said["predicate"]
        of = (said["_type"], said["predicateType"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Unsigned("what was signed is no in-toto statement") from None
    if of != (STATEMENT, kind) or not isinstance(predicate, dict):
        raise Unsigned(f"what was signed is a statement of another kind: {str(of[1])[:60]}")
    if named != [digest]:
        raise Unsigned("what was signed is another manifest")
    return predicate


def opened(written: bytes, keys: Sequence[str]) -> bytes:
    """What a holder of one of the keys (PEM) signed, of whatever kind of statement. Raises Unsigned."""
    try:
        told = json.loads(written)
        payload = base64.b64decode(told["payload"], validate=True)
        signatures = [base64.b64decode(item["sig"], validate=True) for item in told["signatures"]]
        sort = told["payloadType"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Unsigned("the signature is no DSSE envelope") from None
    if sort != PAYLOAD:
        raise Unsigned(f"the signature is of '{str(sort)[:60]}', not of an in-toto statement")
    if not any(_holds(public(key), signature, payload) for key in keys for signature in signatures):
        raise Unsigned("no signature in it is of a key that is trusted here")
    return payload


def public(pem: str) -> ec.EllipticCurvePublicKey:
    """The key in a PEM text. Raises Unsigned where it is none on P-256."""
    try:
        key = load_pem_public_key(pem.encode())
    except ValueError:
        raise Unsigned("a trusted key is no public key in PEM") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise Unsigned("a trusted key is not on P-256")
    return key


def key_id(key: ec.EllipticCurvePublicKey) -> str:
    """SHA-256 of the key's SubjectPublicKeyInfo, in hex."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _holds(key: ec.EllipticCurvePublicKey, signature: bytes, payload: bytes) -> bool:
    try:
        key.verify(signature, _encoded(payload), ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _encoded(payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: what the signature is of."""
    return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD), PAYLOAD.encode(), len(payload), payload)
