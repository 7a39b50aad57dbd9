"""Whose signature an image needs before it runs, and what has to be attested of it."""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from config.faults import Fault
from config.section import PinnedImage, Section, dial

_PEM = re.compile(r"\A-----BEGIN PUBLIC KEY-----\n((?:[A-Za-z0-9+/=]{1,64}\n)+)-----END PUBLIC KEY-----\n\Z")
P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
"""How the DER of every public key on P-256 begins: RFC 5480, section 2.1.1. `cosign generate-key-pair` makes such keys,
and so do Key Vault and managed HSMs."""
P256_BYTES = len(P256) + 65
"""One byte that says `uncompressed`, and two coordinates of 32."""


def _on_p256(pem: str) -> str:
    text = pem.strip() + "\n"
    if "PRIVATE" in text:
        raise ValueError("this is a private key: revoke it, and name its public half")
    found = _PEM.match(text)
    try:
        key = base64.b64decode(found[1].replace("\n", ""), validate=True) if found else b""
    except binascii.Error:
        key = b""
    if not key.startswith(P256 + b"\x04") or len(key) != P256_BYTES:
        raise ValueError("a signer's key is a PEM public key on P-256, as `cosign public-key` prints it")
    return text


PublicKey = Annotated[str, AfterValidator(_on_p256)]
Address = Annotated[str, StringConstraints(pattern=r"^https://[a-z0-9.-]+/[A-Za-z0-9._~/@-]+$")]
Above = Annotated[str, StringConstraints(pattern=r"^https://[a-z0-9.-]+/([A-Za-z0-9._~/@-]+/)?$")]
"""An address that ends in a slash: what begins with it lies below it, and is not merely called alike."""


class ImageVerification(Section):
    """The verifier, and whom it believes."""

    image: PinnedImage = dial(
        "The verifier's image (docs/guides/sign-images.md builds it), by digest in the stack's own registry.",
        "nothing looks at signatures: whoever may push to the registry decides what answers patients",
    )
    public_keys: tuple[PublicKey, ...] = dial(
        "PEM public keys on P-256, of which one has signed each image: two while a key is changed.",
        "nobody's signature is known, and no image runs",
        min_length=1,
        max_length=2,
    )
    builder: Address = dial(
        "`runDetails.builder.id` of the provenance: the one pipeline that may build images.",
        "an image that somebody built on a laptop runs, as long as somebody signed it",
    )
    source: Above = dial(
        "Where images' source lies, up to its last slash: the provenance names a repository below it, with its commit.",
        "an image of any repository that the pipeline ever built runs",
    )


def signers_are_told_apart(verification: ImageVerification) -> Iterator[Fault]:
    """A key that stands twice is one key: who means to change it finds that nothing was prepared."""
    if len(set(verification.public_keys)) != len(verification.public_keys):
        yield Fault(
            key="bailiwick:imageVerification.publicKeys",
            value=f"{len(verification.public_keys)} keys",
            problem="a key stands twice",
            allowed="each key once",
            consequence="the second signer that was meant is not believed, and its images don't run",
            hint="name the other key, or leave one out",
        )
