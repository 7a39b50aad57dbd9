"""Certificates and tokens, made for one run: an authority, a gateway, callers good and bad, and an issuer of tokens."""

import datetime as dt
import json
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOST = "gateway.test"
ISSUER = "https://login.test/tenant/v2.0"
CALLER = "6f1c2a9e-0000-4000-8000-00000000000c"
AUDIENCE = "6f1c2a9e-0000-4000-8000-000000000001"


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


@dataclass(frozen=True)
class Pair:
    """A certificate with its key, as files."""

    path: Path
    certificate: x509.Certificate


class Authority:
    """Issues certificates, and takes them back."""

    def __init__(self, directory: Path, name: str) -> None:
        self._directory, self.name = directory, name
        self._key = ec.generate_private_key(ec.SECP256R1())
        now = dt.datetime.now(dt.UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(_name(name))
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.path = directory / f"{name}.pem"
        self.path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, *, server: bool = False, days: int = 1) -> Pair:
        """A certificate; one that has ended where `days` is under nought."""
        key = ec.generate_private_key(ec.SECP256R1())
        now = dt.datetime.now(dt.UTC)
        use = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
        # Clients that resolve names themselves find the gateway by its address.
        address = [x509.IPAddress(ip_address("127.0.0.1"))] if server else []
        names: list[x509.GeneralName] = [x509.DNSName(name), *address]
        made = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(self.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=3))
            .not_valid_after(now + dt.timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        path = self._directory / f"{self.name}-{name}-{days}.pem"
        path.write_bytes(
            made.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return Pair(path, made)

    def revoked(self, *pairs: Pair) -> bytes:
        """The list of those taken back."""
        now = dt.datetime.now(dt.UTC)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(now - dt.timedelta(hours=1))
            .next_update(now + dt.timedelta(days=1))
        )
        for pair in pairs:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(pair.certificate.serial_number)
                .revocation_date(now - dt.timedelta(hours=1))
                .build()
            )
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


class Issuer:
    """Signs tokens as Entra does."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        numbers = self._key.public_key().public_numbers()
        self.keys = json.dumps(
            {
                "keys": [
                    {
                        "kty": "RSA",
                        "use": "sig",
                        "kid": "one",
                        "alg": "RS256",
                        "n": _number(numbers.n),
                        "e": _number(numbers.e),
                    }
                ]
            }
        )

    def token(self, *roles: str, seconds: int = 600, begun: float = 0, **claims: Any) -> str:  # noqa: ANN401 claims
        """A token with these roles; `claims` go over the usual ones, None takes one away."""
        now = time.time() + begun
        usual = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "iat": int(now),
            "exp": int(now + seconds),
            "azp": CALLER,
            "uti": "token-1",
            "idtyp": "app",
            "roles": list(roles),
        }
        held = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        return jwt.encode(held, self._key, algorithm="RS256", headers={"kid": "one"})


def _number(value: int) -> str:
    return urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).decode().rstrip("=")
