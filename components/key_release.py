"""Who may open a confidential machine's disk key: policy text for Azure's secure key release.

Microsoft's public sample trusts shared attestation providers worldwide, so that a key could be released on another
country's word. Here only the stack's own region, and its pair inside the jurisdiction, are believed.
Form: learn.microsoft.com/azure/key-vault/keys/policy-grammar

The claims are those of the host's report, taken before the machine boots: the key opens its disk. A report that the
running guest asks for nests the same claims in `x-ms-isolation-tee`; a policy that asks for those here never releases
the key, and no machine starts.
"""

import json

from components.scope import Scope

CLAIMS = {
    # Azure/azure-cli, `az keyvault key create --default-cvm-policy` against `--default-data-disk-policy`;
    # Azure/az-cgpu-onboarding src/cmk_module/skr-policy.json has the same for its disk encryption set.
    "x-ms-attestation-type": "sevsnpvm",
    "x-ms-compliance-status": "azure-compliant-cvm",
}
"""What a report must say. AMD SEV-SNP alone: Intel TDX would say `tdxvm`, and no jurisdiction records such a size."""


class NoAuthority(ValueError):
    """No attestation provider is on record for a place that asks for confidential machines."""


def authorities(scope: Scope) -> tuple[str, ...]:
    """Attestation providers of the stack's region and its in-boundary pair; raises NoAuthority where none is known."""
    regions = scope.jurisdiction.regions
    facts = scope.region_facts
    pair = regions.get(facts.pair) if facts.pair else None
    places = [facts, *([pair] if pair else [])]
    found = tuple(place.attestation_authority for place in places if place.attestation_authority)
    if not found:
        raise NoAuthority(
            f"jurisdictions/{scope.jurisdiction.id}.yaml records no attestation_authority for {scope.region}; "
            "a confidential machine could not get its key"
        )
    return found


def key_release_policy(trusted: tuple[str, ...]) -> str:
    """The policy as JSON text, the same for the same authorities."""
    claims = [{"claim": claim, "equals": value} for claim, value in CLAIMS.items()]
    document = {"version": "1.0.0", "anyOf": [{"authority": authority, "allOf": claims} for authority in trusted]}
    return json.dumps(document, separators=(",", ":"))
