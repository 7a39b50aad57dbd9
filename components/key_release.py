"""Who may open a confidential machine's disk key: policy text for Azure's secure key release.

Microsoft's public sample trusts shared attestation providers worldwide, so that a key could be released on another
country's word. Here only the stack's own region, and its pair inside the jurisdiction, are believed.
Form: learn.microsoft.com/azure/key-vault/keys/policy-grammar
"""

import json

from components.scope import Scope

CLAIMS = {
    # learn.microsoft.com/azure/confidential-computing/concept-skr-attestation
    "x-ms-isolation-tee.x-ms-attestation-type": "sevsnpvm",
    "x-ms-isolation-tee.x-ms-compliance-status": "azure-compliant-cvm",
}


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
