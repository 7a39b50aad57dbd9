"""Who signs: a key in a file, or one of a vault, which never leaves it (P-256, as for images)."""

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from intake.http import LOOPBACK, Answer, ask
from intake.refusal import Interrupted, Refused
from weights.signature import Signer, key_id

API = "api-version=7.4"
"""learn.microsoft.com/rest/api/keyvault/keys: get key, sign. Not run against Azure."""
MOST_KEY = 100_000


@dataclass(frozen=True, kw_only=True)
class Signing:
    """A key that signs."""

    sign: Signer
    public: str
    """Its public half, in PEM."""
    id: str
    where: str
    """For the record."""


def from_file(file: Path) -> Signing:
    """A private key in PEM, without a password. Raises Refused where it is none on P-256, and OSError."""
    try:
        key = load_pem_private_key(file.read_bytes()[:MOST_KEY], password=None)
    except (ValueError, TypeError) as error:
        raise Refused([f"{file} is no private key in PEM without a password"]) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise Refused([f"{file} is not on P-256; make one: openssl ecparam -name prime256v1 -genkey -noout"])
    own = key
    # RFC 6979: the same words by the same key are the same bytes, and no bad source of chance gives the key away.
    form = ec.ECDSA(SHA256(), deterministic_signing=True)
    return _signing(lambda content: own.sign(content, form), own.public_key(), f"file {file.name}")


def from_vault(url: str, token: Callable[[], str]) -> Signing:
    """A key of a vault or managed HSM, by its address with its version.

    Raises Refused where it is none on P-256, Interrupted where the vault does not answer.
    """
    parts = urlsplit(url)
    path = parts.path.strip("/").split("/")
    if (parts.scheme != "https" and parts.hostname not in LOOPBACK) or len(path) != 3 or path[0] != "keys":
        raise Refused([f"{url} is no key: https://<vault>.vault.azure.net/keys/<name>/<version>"])
    public = _public(ask("GET", f"{url}?{API}", token=token()))
    if public is None:
        raise Refused([f"{url} is no key on P-256 that may be read"])

    def sign(content: bytes) -> bytes:
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        asked = json.dumps({"alg": "ES256", "value": digest}).encode()
        signed = ask(
            "POST", f"{url}/sign?{API}", headers={"Content-Type": "application/json"}, body=asked, token=token()
        )
        try:
            raw = _bytes(json.loads(signed.body)["value"])
        except (ValueError, KeyError, TypeError) as error:
            raise Interrupted(f"{parts.hostname} did not sign (answer {signed.status})") from error
        # A vault gives the two numbers side by side; a DSSE signature here is in DER.
        return encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))

    return _signing(sign, public, f"key {url}")


def _signing(sign: Signer, public: ec.EllipticCurvePublicKey, where: str) -> Signing:
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return Signing(sign=sign, public=pem, id=key_id(public), where=where)


def _public(answer: Answer) -> ec.EllipticCurvePublicKey | None:
    try:
        told = json.loads(answer.body)["key"]
        if answer.status != 200 or told["crv"] != "P-256":
            return None
        return ec.EllipticCurvePublicNumbers(_number(told["x"]), _number(told["y"]), ec.SECP256R1()).public_key()
    except (ValueError, KeyError, TypeError):
        return None


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _number(text: str) -> int:
    return int.from_bytes(_bytes(text))
