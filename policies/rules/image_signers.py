"""Reading an image policy: whom it believes, and what it asks them to have said."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping

from plan.model import UNKNOWN, PlannedResource
from policies.require import items
from policies.verdict import Verdict, not_evaluated, refused_for

IMAGE_POLICY = "kubernetes:policy.sigstore.dev/v1alpha1:ClusterImagePolicy"
SIGNATURES, MATERIALS, PROVENANCE = "bailiwick-signatures", "bailiwick-materials", "bailiwick-provenance"
P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
"""RFC 5480, section 2.1.1: how a public key on P-256 begins, uncompressed."""
P256_BYTES = 91
CONDITIONS: Mapping[tuple[str, str], str] = {
    (MATERIALS, "https://spdx.dev/Document"): "3f0388257f3898ed828a3843ecbb3efe66972f977393e07bd05726a169bf1b1f",
    (MATERIALS, "https://cyclonedx.org/bom"): "fca8abd85f9f21ff25389eb4928f6e0df1714f492d4639f54ae34087ac685e2d",
    (PROVENANCE, "https://slsa.dev/provenance/v1"): "3c3f3bd7e20003c48afe6fdcc48a2efa9ff0ec202481e1fe3913883265d52b78",
}
"""Digests of the conditions that were reviewed, by policy and predicate; of the provenance's without its two values."""
_VALUES = re.compile(r'(builder\.id == |\.uri, )"(https://|git\+https://)[A-Za-z0-9.-]+/[A-Za-z0-9._~/@-]+"')


def believed(policy: PlannedResource) -> list[str]:
    """Keys, as text, each once."""
    found = (str(_key(authority).get("data")) for authority in items(policy.get("spec.authorities")))
    return list(dict.fromkeys(found))


def conditions(policies: Iterable[PlannedResource]) -> dict[str, str]:
    """What is asked of attestations, by the type of what they say."""
    asked = (
        one
        for policy in policies
        for _, found in policy.each("spec.authorities[*].attestations")
        for one in items(found)
    )
    told = {str(one.get("predicateType")): one.get("policy") for one in asked}
    return {predicate: str(policy.get("data")) for predicate, policy in told.items() if isinstance(policy, dict)}


def asked_of(policy: PlannedResource, name: str) -> Verdict:
    """Whether each of its authorities is a key, and says what is wanted of its kind of policy."""
    authorities = policy.get("spec.authorities")
    if authorities is UNKNOWN:
        return not_evaluated("spec.authorities are known only after deployment")
    told = [fault for authority in items(authorities) for fault in _faults(authority, name)]
    if not items(authorities):
        told.append("asks nobody: an image without a signer passes")
    if name not in (SIGNATURES, MATERIALS, PROVENANCE):
        told.append("is an image policy that nobody reviewed")
    return refused_for(dict.fromkeys(told))


def _faults(authority: Mapping[str, object], name: str) -> Iterator[str]:
    more = sorted(set(authority) - {"name", "key", "attestations"})
    if more:
        yield f"believes by {', '.join(more)}, and not by a key alone"
    key = _key(authority)
    if set(key) - {"data", "hashAlgorithm"} or key.get("hashAlgorithm", "sha256") != "sha256" or not _on_p256(key):
        yield "believes something that is no public key on P-256"
    attested = items(authority.get("attestations"))
    if name == SIGNATURES:
        # With attestations, the verifier would ask for these, and not for the image's own signature.
        if attested:
            yield "asks for attestations in place of the signature"
    elif len(attested) != 1:
        yield "asks for no attestation, or for several"
    for attestation in attested:
        reviewed = CONDITIONS.get((name, str(attestation.get("predicateType"))))
        if name != SIGNATURES and _digest(attestation) != reviewed:
            yield f"asks something that nobody reviewed of {attestation.get('predicateType')}"


def _key(authority: Mapping[str, object]) -> Mapping[str, object]:
    found = authority.get("key")
    return found if isinstance(found, dict) else {}


def _on_p256(key: Mapping[str, object]) -> bool:
    lines = str(key.get("data")).strip().split("\n")
    if (lines[0], lines[-1]) != ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"):
        return False
    try:
        der = base64.b64decode("".join(lines[1:-1]), validate=True)
    except binascii.Error:
        return False
    return der.startswith(P256) and len(der) == P256_BYTES


def _digest(attestation: Mapping[str, object]) -> str:
    """Of a condition's text: one word is the difference between a condition and none."""
    policy = attestation.get("policy")
    if not isinstance(policy, dict) or set(policy) != {"type", "data"} or policy["type"] != "rego":
        return ""
    return hashlib.sha256(_VALUES.sub(r"\1", str(policy["data"])).encode()).hexdigest()
