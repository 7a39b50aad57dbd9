"""Breaches of the rules on models and images: of what is in no catalogue, not allowed, or too large."""

import json
from collections.abc import Mapping

from plan.model import Plan
from tests.plans import changed, where
from tests.policies.mutation import Mutation

DEPLOYMENT, KEY_VALUE = "kubernetes:apps/v1:Deployment", "appconfiguration:KeyValue"
SERVER = where(metadata__name="vllm")
ARGUMENTS = "spec.template.spec.containers.0.args"


def told(plan: Plan, **arguments: object) -> Plan:
    """Other arguments of the model server; None leaves one out."""
    server = next(item for item in plan.of_type(DEPLOYMENT) if SERVER(item))
    found = server.get(ARGUMENTS)
    assert isinstance(found, list)
    names = {f"--{name}".replace("_", "-"): value for name, value in arguments.items()}
    kept = [item for item in found if str(item).partition("=")[0] not in names]
    new = [f"{name}={value}" for name, value in names.items() if value is not None]
    return changed(plan, DEPLOYMENT, ARGUMENTS, [*kept, *new], SERVER)


def noted(plan: Plan, key: str, value: str) -> Plan:
    """Another annotation on the model server's pods."""
    return changed(plan, DEPLOYMENT, f"spec.template.metadata.annotations.bailiwick/{key}", value, SERVER)


def pinned(plan: Plan, **changes: object) -> Plan:
    """Other words of the use case in the prompt store."""
    value = next(item for item in plan.of_type(f"azure-native:{KEY_VALUE}") if _pins(item.get("keyValueName")))
    text = json.dumps(json.loads(str(value.get("value"))) | changes, sort_keys=True)
    return changed(plan, KEY_VALUE, "value", text, lambda item: item.urn == value.urn)


def _pins(name: object) -> bool:
    return str(name).startswith("use-case:")


def other_image(plan: Plan) -> Plan:
    """A digest of the stack's own registry that nobody wrote down."""
    image = "acrbweuprod.azurecr.io/bailiwick/vllm@sha256:" + "0" * 64
    return changed(plan, DEPLOYMENT, "spec.template.spec.containers.0.image", image, SERVER)


OF_MODELS: Mapping[str, Mutation] = {
    "models.in-catalogue": Mutation(breaks=lambda plan: noted(plan, "model-revision", "0" * 40)),
    "models.allowed-for-their-use": Mutation(
        breaks=lambda plan: pinned(plan, dataClasses=["personal", "phi", "confidential"]),
        # The snapshot is of what stood there before.
        also=frozenset({"prompts.every-version-is-a-snapshot"}),
    ),
    "models.fits-its-gpu": Mutation(breaks=lambda plan: told(plan, max_model_len=131072, max_num_seqs=8)),
    "images.in-catalogue": Mutation(breaks=other_image),
}

OF_MODELS_TOO: Mapping[str, str] = {
    # Nothing says any more which data the use case takes.
    "prompts.use-cases-are-pinned": "models.allowed-for-their-use lifecycle.namespaces-say-what-they-serve",
    "workload.images-by-digest": "images.in-catalogue",
    "workload.images-from-own-registry": "images.in-catalogue",
    "workload.models-are-pinned": "models.in-catalogue",
    # Another checksum is another thing to the catalogue, too.
    "delivery.changes-name-these-versions": "models.in-catalogue",
    # The breach takes every argument, those by which the cache is counted among them.
    "workload.models-run-no-code": "models.fits-its-gpu",
}
"""Breaches of other rules that offend these as well."""
