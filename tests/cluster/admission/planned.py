"""Objects of the stack's plan, as they are and changed."""

import copy

from plan.manifests import manifests
from tests.cluster.admission.case import Change, later
from tests.cluster.client import Object
from tests.plans import compliant

MODELS, GATEWAY, RETRIEVAL = "inference-clinical-notes", "gateway", "retrieval"
REGISTRY = "acrbweuprod.azurecr.io"
DIGEST = f"@sha256:{'0' * 64}"


def planned(kind: str, name: str) -> Object:
    """A copy of one object of the stack."""
    found = (m for m in manifests(compliant()) if m["kind"] == kind and m["metadata"]["name"] == name)
    return copy.deepcopy(next(found))


@later
def changed(kind: str, name: str, change: Change | None = None) -> Object:
    """A planned object with one thing changed."""
    made = planned(kind, name)
    if change:
        change(made)
    return made
