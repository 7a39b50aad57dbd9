"""The result as an in-toto statement in a DSSE envelope: what was measured of which bytes, signed, without content.

in-toto.io/Statement/v1; github.com/secure-systems-lab/dsse, protocol. Keys are ECDSA P-256, which an HSM of Azure Key
Vault signs with, or Ed25519. Whoever holds the public key verifies it with no network.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://bailiwick.example/evaluation/v1"
Public = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


class BadResult(ValueError):
    """A result that is not what it should be; the message says what, and what may be done."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a verified statement says, as far as a version's record needs it."""

    sha256: str
    """Of the envelope's bytes: by this a record names the report."""
    model_name: str
    model_revision: str
    model_sha256: str
    prompt_sha256: str
    suite: str
    """Names and versions of the suites that accuracy is over."""
    finished: datetime
    accuracy: float
    scores: Mapping[str, float]
    predicate: Mapping[str, Any]


def signed(statement: Mapping[str, Any], key_pem: bytes) -> bytes:
    """The envelope. Raises BadResult for a key that can't sign."""
    payload = json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    try:
        key = serialization.load_pem_private_key(key_pem, None)
    except (ValueError, TypeError) as error:
        raise BadResult(f"the key can't be read: {error}") from error
    told = pae(payload)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        signature = key.sign(told)
        public: Public = key.public_key()
    elif isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        signature = key.sign(told, ec.ECDSA(hashes.SHA256()))
        public = key.public_key()
    else:
        raise BadResult("the key is neither ECDSA P-256 nor Ed25519")
    envelope = {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": keyid(public), "sig": base64.b64encode(signature).decode()}],
    }
    return json.dumps(envelope, sort_keys=True, indent=1).encode() + b"\n"


def pae(payload: bytes) -> bytes:
    """What is signed: type and payload, each with its length (DSSE v1, PAE)."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def keyid(public: Public) -> str:
    """SHA-256 of the key's SubjectPublicKeyInfo."""
    raw = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(raw).hexdigest()


def verified(envelope: bytes, keys_pem: Sequence[bytes]) -> Result:
    """What it says, where one of these keys signed it and it is complete. Raises BadResult."""
    payload = _opened(envelope, keys_pem)
    try:
        found = json.loads(payload)
        if found["_type"] != STATEMENT or found["predicateType"] != PREDICATE:
            raise BadResult(f"is no result of an evaluation: its predicate is {found['predicateType']}")
        subjects = {one["name"]: one["digest"]["sha256"] for one in found["subject"]}
        said = found["predicate"]
        if said["unanswered"]:
            raise BadResult(f"{said['unanswered']} items have no answer: it is no result. Run it again, it goes on")
        if not said["complete"]:
            raise BadResult("no suite in it measures accuracy: by itself it is no result. Run one with it")
        return Result(
            sha256=hashlib.sha256(envelope).hexdigest(),
            model_name=str(said["model"]["name"]),
            model_revision=str(said["model"]["revision"]),
            model_sha256=subjects["model"],
            prompt_sha256=subjects["prompt"],
            suite=str(said["suite"]),
            finished=datetime.fromisoformat(said["finished"]),
            accuracy=float(said["accuracy"]),
            scores={str(key): float(value) for key, value in said["scores"].items()},
            predicate=said,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, BadResult):
            raise
        raise BadResult(f"is signed, and has not the form of a result: {type(error).__name__}: {error}") from error


def _opened(envelope: bytes, keys_pem: Sequence[bytes]) -> bytes:
    try:
        found = json.loads(envelope)
        kind, payload = found["payloadType"], base64.b64decode(found["payload"], validate=True)
        signatures = [base64.b64decode(one["sig"], validate=True) for one in found["signatures"]]
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise BadResult(f"is no DSSE envelope: {type(error).__name__}") from error
    if kind != PAYLOAD_TYPE:
        raise BadResult(f"is an envelope of {kind}, not of {PAYLOAD_TYPE}")
    told = pae(payload)
    if not any(_holds(_public(pem), signature, told) for pem in keys_pem for signature in signatures):
        raise BadResult("none of the keys signed it: it was changed, or somebody else made it")
    return payload


def _public(pem: bytes) -> Public:
    try:
        key = serialization.load_pem_public_key(pem)
    except ValueError as error:
        raise BadResult(f"the public key can't be read: {error}") from error
    if isinstance(key, ed25519.Ed25519PublicKey) or (
        isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
    ):
        return key
    raise BadResult("the public key is neither ECDSA P-256 nor Ed25519")


def _holds(key: Public, signature: bytes, told: bytes) -> bool:
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, told)
        else:
            key.verify(signature, told, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True
