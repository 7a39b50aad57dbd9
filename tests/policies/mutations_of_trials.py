"""Breaches of the rules on candidates, in eu-prod with one: its plan takes the place of the one that is handed in."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from plan.model import Plan
from tests.plans import Matches, changed, where
from tests.policies.mutation import Mutation
from tests.tried import ONE_APPROVED, TOO_LOW, USE_CASE, tried

DEPLOYMENT, CONFIG = "kubernetes:apps/v1:Deployment", "kubernetes:core/v1:ConfigMap"
KEY_VALUE = "azure-native:appconfiguration:KeyValue"
NOTED = "spec.template.metadata.annotations.bailiwick"
OWNER = "5ae67dd6-50cb-40e7-96ff-dc2bfa4b606b"


def noted(plan: Plan, key: str, value: str) -> Plan:
    """Another annotation on the candidate's pods."""
    return changed(plan, DEPLOYMENT, f"{NOTED}/{key}", value, where(metadata__name="vllm-canary"))


def routed(plan: Plan, **changes: object) -> Plan:
    """Other settings of the gateway for the candidate."""
    config = next(item for item in plan.of_type(CONFIG) if item.get("metadata.name") == "gateway")
    data: Any = config.get("data")
    settings = json.loads(data["gateway.json"])
    settings["canaries"][USE_CASE] |= changes
    told = {**data, "gateway.json": json.dumps(settings)}
    return changed(plan, CONFIG, "data", told, where(metadata__name="gateway"))


def held(plan: Plan, **changes: object) -> Plan:
    """Other limits of the job."""
    config = next(item for item in plan.of_type(CONFIG) if item.get("metadata.name") == "limits")
    data: Any = config.get("data")
    told = {"limits.json": json.dumps([item | changes for item in json.loads(data["limits.json"])])}
    return changed(plan, CONFIG, "data", told, where(metadata__name="limits"))


def under(plan: Plan, change: str) -> Plan:
    """The same candidate by another record."""
    return held(routed(noted(plan, "change", change), change=change), change=change)


def _in_the_prompts_store(plan: Plan) -> Plan:
    prompts = next(s for s in plan.of_type("azure-native:appconfiguration:ConfigurationStore") if "prompts" in s.name)
    return changed(
        plan,
        "authorization:RoleAssignment",
        "scope",
        prompts.id,
        lambda found: str(found.get("roleDefinitionId")).endswith(OWNER),
    )


def _trial(breaks: Callable[[Plan], Plan], also: str = "") -> Mutation:
    return Mutation(breaks=lambda _: breaks(tried()), also=frozenset(also.split()))


def pinned(plan: Plan, key: str, **changes: object) -> Plan:
    """Another model, prompt or floor where the gateway reads them."""
    wanted: Matches = lambda value: str(value.get("keyValueName")).startswith(f"use-case:{key}$")  # noqa: E731
    value = next(item for item in plan.of_type(KEY_VALUE) if wanted(item))
    pin = json.loads(str(value.get("value")))
    for name, change in changes.items():
        pin[name] = {**pin[name], **change} if isinstance(change, dict) else change
    return changed(plan, KEY_VALUE, "value", json.dumps(pin, sort_keys=True), wanted)


def said(plan: Plan, **changes: object) -> Plan:
    """Another standing of what is served, as the cluster is told."""
    only = where(metadata__name="lifecycle", metadata__namespace="inference-clinical-notes")
    data: Any = next(item for item in plan.of_type(CONFIG) if only(item)).get("data")
    told = json.loads(data["lifecycle.json"])
    told["versions"][0] |= changes
    return changed(plan, CONFIG, "data", {"lifecycle.json": json.dumps(told)}, only)


TRIED = "lifecycle.tried-versions-are-approved"
"""Its record names the change, too."""
SNAPSHOT, SAYS = "prompts.every-version-is-a-snapshot", "lifecycle.namespaces-say-what-they-serve"
OTHER = {"sha256": "1" * 64}
LIVES: Mapping[str, Mutation] = {
    "lifecycle.served-versions-are-active": Mutation(
        breaks=lambda plan: pinned(plan, USE_CASE, model=OTHER), also=frozenset({SNAPSHOT, SAYS})
    ),
    TRIED: Mutation(
        breaks=lambda _: pinned(tried(), f"{USE_CASE}-candidate", model=OTHER),
        also=frozenset({SNAPSHOT, SAYS, "delivery.changes-name-these-versions"}),
    ),
    "lifecycle.evaluations-meet-the-floor": Mutation(
        breaks=lambda plan: pinned(plan, USE_CASE, accuracyFloor=0.95), also=frozenset({SNAPSHOT})
    ),
    SAYS: Mutation(breaks=lambda plan: said(plan, state="approved")),
}
TRIALS: Mapping[str, Mutation] = {
    "delivery.canaries-name-a-sound-change": _trial(lambda plan: under(plan, "no-such-change"), TRIED),
    "delivery.candidates-widen-nothing": _trial(
        lambda plan: held(noted(plan, "canary-steps", "5,90,100"), steps=[5, 90, 100])
    ),
    "delivery.changes-are-approved-by-two": _trial(lambda plan: under(plan, ONE_APPROVED), TRIED),
    "delivery.changes-name-these-versions": _trial(lambda plan: noted(plan, "model-sha256", "0" * 64)),
    "delivery.evaluations-meet-the-floor": _trial(lambda plan: under(plan, TOO_LOW), TRIED),
    "delivery.gateway-bounds-the-weight": _trial(lambda plan: routed(plan, staleMinutes=600)),
    "delivery.jobs-are-judged-as-pods": _trial(
        lambda plan: changed(plan, "kubernetes:batch/v1:CronJob", "spec.concurrencyPolicy", "Allow")
    ),
    "delivery.weights-have-one-hand": _trial(_in_the_prompts_store),
}
