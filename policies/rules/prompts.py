"""What a model is told, and which model: pinned, private, and changed only where it leaves a trace."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from plan.model import UNKNOWN, PlannedResource
from policies.require import given, items, require
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, rule, stack_rule
from policies.tenants import use_cases
from policies.types import CONFIGURATION_STORE, DEPLOYMENT_OF_TEMPLATE, KEY_VALUE, NAMESPACE
from policies.verdict import PASSED, Verdict, all_of, not_evaluated, refused

_HEX40, _HEX64 = re.compile(r"^[0-9a-f]{40}$"), re.compile(r"^[0-9a-f]{64}$")
STAYS_INSIDE = frozenset({"personal", "phi", "payment"})
"""Of a person or of a card. The dials' list is the same: tests/config/test_payment_data.py."""
SNAPSHOT = "microsoft.appconfiguration/configurationstores/snapshots"
RETENTION_SECONDS = 90 * 24 * 3600
"""The most that Azure takes: Azure/bicep-types-az, SnapshotProperties of 2024-06-01."""


@rule(
    "prompts.store-has-no-access-keys",
    title="The prompt store is private and takes no access keys",
    severity=Severity.HIGH,
    applies_to=CONFIGURATION_STORE,
    fix="set disableLocalAuth, and publicNetworkAccess to Disabled",
    example="a configuration store with disableLocalAuth false",
    remediate=True,
)
def no_access_keys(store: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Who changes a prompt changes what the model does, without touching the model."""
    return all_of(
        [
            require(store, "disableLocalAuth", equals=True),
            require(store, "publicNetworkAccess", equals="Disabled"),
            require(store, "dataPlaneProxy.authenticationMode", equals="Pass-through"),
        ]
    )


@rule(
    "prompts.store-uses-customer-key",
    title="The prompt store is encrypted with a key the operator holds",
    severity=Severity.HIGH,
    applies_to=CONFIGURATION_STORE,
    fix="pass key=keys.of['configuration'] to the store",
    example="a configuration store without encryption.keyVaultProperties",
)
def store_customer_key(store: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Templates carry clinical knowledge, and at times examples."""
    return given(store, "encryption.keyVaultProperties.keyIdentifier")


@rule(
    "prompts.store-keeps-what-was-deleted",
    title="A deleted prompt store can be had back",
    severity=Severity.MEDIUM,
    applies_to=CONFIGURATION_STORE,
    fix="set enablePurgeProtection",
    example="a configuration store without purge protection",
    remediate=True,
)
def keeps_deleted(store: PlannedResource, stack: StackUnderReview) -> Verdict:
    """It says which prompt answered which patient."""
    return require(store, "enablePurgeProtection", equals=True)


@stack_rule(
    "prompts.use-cases-are-pinned",
    title="Each use case names its model, its prompt and its limits exactly",
    severity=Severity.HIGH,
    applies_to=(CONFIGURATION_STORE, KEY_VALUE, NAMESPACE),
    fix="name revision, version and checksums under useCases of the stack file",
    example="a use case whose model's revision is 'main'",
)
def use_cases_pinned(stack: StackUnderReview) -> Iterable[Judged]:
    """What answered a patient must be found again, to the byte."""
    values = [item for item in stack.of_type(KEY_VALUE) if str(item.get("keyValueName")).startswith("use-case:")]
    if not values:
        yield from absent(stack, "no use case is pinned in a prompt store")
    for value in values:
        yield value, _pinned(value)
    pinned = {str(value.get("keyValueName")).removeprefix("use-case:").partition("$")[0] for value in values}
    for name in sorted(use_cases(stack) - pinned):
        if values and not stack.partial:
            yield None, refused(f"use case '{name}' is served, and pinned nowhere")


def _pinned(value: PlannedResource) -> Verdict:
    text = value.get("value")
    if text is UNKNOWN:
        return not_evaluated("the value is known only after deployment")
    try:
        found = json.loads(str(text))
        model, prompt = dict(found["model"]), dict(found["prompt"])
        external, classes = found["externalAllowed"], set(found["dataClasses"])
        floor = float(found["accuracyFloor"])
    except (ValueError, KeyError, TypeError) as error:
        return refused(f"is not what pins a use case ({type(error).__name__}: {error})")
    verdicts = [
        PASSED if _HEX40.match(str(model.get("revision"))) else refused(f"model revision is '{model.get('revision')}'"),
        PASSED if _HEX64.match(str(model.get("sha256"))) else refused("the model has no checksum"),
        PASSED if _HEX64.match(str(prompt.get("sha256"))) else refused("the prompt has no checksum"),
        PASSED if re.match(r"^\d+\.\d+\.\d+$", str(prompt.get("version"))) else refused("the prompt has no version"),
        PASSED if floor > 0 else refused("accuracyFloor is 0"),
    ]
    if external is not False and classes & STAYS_INSIDE:
        verdicts.append(
            refused(f"may go to an external model with data of class {', '.join(sorted(classes & STAYS_INSIDE))}")
        )
    return all_of(verdicts)


@stack_rule(
    "prompts.every-version-is-a-snapshot",
    title="What a use case is held to is kept as a snapshot, which nobody can write over",
    severity=Severity.HIGH,
    applies_to=(CONFIGURATION_STORE, KEY_VALUE, DEPLOYMENT_OF_TEMPLATE),
    fix="make the value by PromptStore, which makes a snapshot with it",
    example="a pinned use case that no snapshot of its store holds",
)
def every_version_snapshot(stack: StackUnderReview) -> Iterable[Judged]:
    """A value shows what holds today; what answered a patient last month is in its snapshot, or nowhere."""
    made = [pair for deployment in stack.of_type(DEPLOYMENT_OF_TEMPLATE) for pair in _snapshots(deployment)]
    values = stack.parts(KEY_VALUE, "configStoreName", CONFIGURATION_STORE, "configStoreName")
    for store in stack.of_type(CONFIGURATION_STORE):
        name = store.get("configStoreName")
        for value in values.get(store.urn, ()):
            if str(value.get("keyValueName")).startswith("use-case:"):
                yield value, _held(value, [(of, item) for of, item in made if _store_of(item) == name])


def _snapshots(deployment: PlannedResource) -> Iterator[tuple[PlannedResource, dict[str, Any]]]:
    for item in items(deployment.get("properties.template.resources")):
        if str(item.get("type")).lower() == SNAPSHOT:
            yield deployment, item


def _store_of(snapshot: Mapping[str, Any]) -> str:
    return str(snapshot.get("name")).partition("/")[0]


def _held(value: PlannedResource, made: list[tuple[PlannedResource, dict[str, Any]]]) -> Verdict:
    text = value.get("value")
    if text is UNKNOWN:
        return not_evaluated("the value is known only after deployment")
    key, _, label = str(value.get("keyValueName")).partition("$")
    for deployment, snapshot in made:
        held = snapshot.get("properties")
        held = held if isinstance(held, Mapping) else {}
        if items(held.get("filters")) != [{"key": key, "label": label}]:
            continue
        # An old snapshot under an old name is left as it is: only a name of this value makes one of this value.
        wanted = hashlib.sha256("\n".join((key, label, str(RETENTION_SECONDS), str(text))).encode()).hexdigest()[:12]
        named = str(snapshot.get("name")).rpartition("-")[2] == wanted
        kept = held.get("retentionPeriod") == RETENTION_SECONDS
        return all_of(
            [
                PASSED
                if named
                else refused(f"its snapshot's name does not end in {wanted}, so it is of another value"),
                PASSED if kept else refused(f"its snapshot is kept {held.get('retentionPeriod')} s once archived"),
                PASSED if value.urn in deployment.dependencies else refused("its snapshot does not wait for it"),
            ]
        )
    return refused("no snapshot of its store holds it")
