"""Keys on elliptic curves."""

from plan.model import PlannedResource
from policies.require import require, same
from policies.review import StackUnderReview
from policies.rule import Severity, rule
from policies.types import HSM_KEY, KEY
from policies.verdict import PASSED, Verdict

CURVES = ("P-256", "P-384", "P-521")
"""NIST SP 800-186; the fourth that a vault makes, P-256K, is for chains of blocks."""


@rule(
    "encryption.keys-on-sound-curves",
    title="A key on a curve is on one that NIST recommends",
    severity=Severity.HIGH,
    applies_to=(KEY, HSM_KEY),
    fix="set curveName to P-256, P-384 or P-521",
    example="a key of kty EC-HSM with curveName P-256K",
)
def keys_on_sound_curves(key: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Being in hardware says where a key is, not how strong."""
    if not any(same(key.get("properties.kty"), kind) for kind in ("EC", "EC-HSM")):
        return PASSED
    # Without a name it is P-256: learn.microsoft.com/azure/templates/microsoft.keyvault/vaults/keys.
    return require(key, "properties.curveName", one_of=CURVES, default="P-256")
