"""What the verifier asks of an image: a signature, a bill of materials and a provenance, each by a signer of the stack.

Three policies, because the verifier asks all policies that match, but of one policy's signers only one; and one with
attestations asks for those alone, not for the image's own signature (sigstore/policy-controller v0.13.1,
pkg/webhook/validator.go). Conditions are in Rego: what a condition in CUE names and the attestation lacks counts as
fulfilled there (sigstore/cosign v2.5.0, pkg/policy/eval.go validates without asking for whole values).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from config.image_verification import ImageVerification

SIGNATURES, MATERIALS, PROVENANCE = "bailiwick-signatures", "bailiwick-materials", "bailiwick-provenance"
SPDX, CYCLONEDX = "https://spdx.dev/Document", "https://cyclonedx.org/bom"
"""Predicate types of bills of materials: github.com/in-toto/attestation, spec/predicates."""
SLSA = "https://slsa.dev/provenance/v1"
"""slsa.dev/spec/v1.0/provenance"""

Spec = dict[str, Any]

_MATERIALS: Mapping[str, str] = {
    SPDX: 'startswith(input.predicate.spdxVersion, "SPDX-")\n  count(input.predicate.packages) > 0',
    CYCLONEDX: 'input.predicate.bomFormat == "CycloneDX"\n  count(input.predicate.components) > 0',
}
"""An empty list of what is inside says that nobody looked: spdx.github.io/spdx-spec, cyclonedx.org/docs."""


def image_policies(verification: ImageVerification) -> Mapping[str, Spec]:
    """Specs of ClusterImagePolicies, by name."""
    keys, asked = verification.public_keys, conditions(verification)
    return {
        SIGNATURES: _policy([_signer(index, key) for index, key in enumerate(keys)]),
        MATERIALS: _policy(
            [
                _signer(f"{index}-{kind}", key, _attested("materials", predicate, asked[predicate]))
                for index, key in enumerate(keys)
                for kind, predicate in (("spdx", SPDX), ("cyclonedx", CYCLONEDX))
            ]
        ),
        PROVENANCE: _policy(
            [_signer(index, key, _attested("provenance", SLSA, asked[SLSA])) for index, key in enumerate(keys)]
        ),
    }


def conditions(verification: ImageVerification) -> Mapping[str, str]:
    """What is asked of an attestation, by the type of what it says."""
    return {
        **{predicate: module(predicate, condition) for predicate, condition in _MATERIALS.items()},
        SLSA: module(SLSA, came_from(verification)),
    }


def came_from(verification: ImageVerification) -> str:
    """Conditions of the provenance: the one builder, and a commit of a repository of the stack's source."""
    builder, source = json.dumps(verification.builder), json.dumps(f"git+{verification.source}")
    return (
        f"input.predicate.runDetails.builder.id == {builder}\n"
        "  some i\n"
        f"  startswith(input.predicate.buildDefinition.resolvedDependencies[i].uri, {source})\n"
        '  re_match("^[0-9a-f]{40}$", input.predicate.buildDefinition.resolvedDependencies[i].digest.gitCommit)'
    )


def module(predicate: str, condition: str) -> str:
    """A module of Rego as the verifier asks it: whether the attestation, `input`, complies."""
    asked = f'  input.predicateType == "{predicate}"\n  {condition}'
    return f"package sigstore\n\ndefault isCompliant = false\n\nisCompliant {{\n{asked}\n}}\n"


def _policy(signers: Sequence[Spec]) -> Spec:
    # Every image: what none of the policies names would be nobody's business.
    return {"mode": "enforce", "images": [{"glob": "**"}], "authorities": list(signers)}


def _signer(name: object, key: str, attested: Spec | None = None) -> Spec:
    # A key alone: no transparency log and no certificate authority, which both are outside.
    signer: Spec = {"name": f"signer-{name}", "key": {"data": key, "hashAlgorithm": "sha256"}}
    return signer if attested is None else {**signer, "attestations": [attested]}


def _attested(name: str, predicate: str, condition: str) -> Spec:
    policy = {"type": "rego", "data": condition}
    return {"name": name, "predicateType": predicate, "policy": policy}
