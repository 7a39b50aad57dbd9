"""Signing as cosign does, with a key that lives as long as a test: openssl, and two formats that are a page each.

github.com/sigstore/cosign, specs/SIGNATURE_SPEC.md and specs/ATTESTATION_SPEC.md; github.com/secure-systems-lab/dsse,
protocol.md; github.com/in-toto/attestation, spec/v1.
"""

import base64
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.images.registry import Layer, Registry

SIMPLE = "application/vnd.dev.cosign.simplesigning.v1+json"
DSSE, IN_TOTO = "application/vnd.dsse.envelope.v1+json", "application/vnd.in-toto+json"
SIGNATURE = "dev.cosignproject.cosign/signature"


@dataclass(frozen=True, kw_only=True)
class Signer:
    """A key pair in a folder of the test's."""

    private: Path

    @classmethod
    def made(cls, folder: Path, name: str) -> "Signer":
        """A new pair on P-256."""
        private = folder / f"{name}.pem"
        words = ["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(private)]
        subprocess.run(words, capture_output=True, check=True)
        return cls(private=private)

    @property
    def public(self) -> str:
        """The half that may be known, as PEM."""
        words = ["openssl", "ec", "-in", str(self.private), "-pubout"]
        return subprocess.run(words, capture_output=True, check=True, text=True).stdout

    def signed(self, content: bytes) -> str:
        """ECDSA with SHA-256, in base64."""
        words = ["openssl", "dgst", "-sha256", "-sign", str(self.private)]
        done = subprocess.run(words, input=content, capture_output=True, check=True)
        return base64.b64encode(done.stdout).decode()


def image(registry: Registry, content: str) -> str:
    """An image, and its digest."""
    return registry.push("app", [(content.encode(), "application/vnd.oci.image.layer.v1.tar", {})])


def sign(registry: Registry, digest: str, signer: Signer) -> None:
    """What `cosign sign --tlog-upload=false` leaves in the registry."""
    claim = {
        "critical": {
            "identity": {"docker-reference": f"{registry.host}/app"},
            "image": {"docker-manifest-digest": digest},
            "type": "cosign container image signature",
        },
        "optional": None,
    }
    payload = json.dumps(claim, separators=(",", ":")).encode()
    registry.push("app", [(payload, SIMPLE, {SIGNATURE: signer.signed(payload)})], _tag(digest, "sig"))


def attestation(digest: str, signer: Signer, predicate_type: str, predicate: object) -> Layer:
    """What `cosign attest --tlog-upload=false` leaves there, as one layer."""
    statement: dict[str, Any] = {
        "_type": "https://in-toto.io/Statement/v0.1",
        "predicateType": predicate_type,
        "subject": [{"name": "app", "digest": {"sha256": digest.removeprefix("sha256:")}}],
        "predicate": predicate,
    }
    payload = json.dumps(statement).encode()
    before = b"DSSEv1 %d %s %d " % (len(IN_TOTO), IN_TOTO.encode(), len(payload))
    envelope = {
        "payloadType": IN_TOTO,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [{"keyid": "", "sig": signer.signed(before + payload)}],
    }
    return json.dumps(envelope).encode(), DSSE, {SIGNATURE: "", "predicateType": predicate_type}


def attest(registry: Registry, digest: str, *attestations: Layer) -> None:
    """All attestations of an image lie under one tag."""
    registry.push("app", attestations, _tag(digest, "att"))


def _tag(digest: str, what: str) -> str:
    return f"{digest.replace(':', '-')}.{what}"
